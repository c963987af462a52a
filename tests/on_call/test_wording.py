import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from on_call.rota import Contact
from on_call.wording import facts, one_line

UTC_CONTACT = Contact("First", email="a@b.example")
KINDS = (
    "suicide",
    "self_harm",
    "harm_to_others",
    "abuse",
    "child_danger",
    "medical",
    "psychosis",
    "third_person",
    "past",
)


def value(alert, label, language):
    return dict(facts(alert, UTC_CONTACT, language))[label]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_the_guard_has_words_in_both_languages(make_alert, kind):
    assert "_" not in value(make_alert(kind=kind), "Kind", "en")
    assert any("ا" <= sign <= "ی" for sign in value(make_alert(kind=kind), "نوع خطر", "fa"))


def test_another_kind_is_told_by_its_code(make_alert):
    assert value(make_alert(kind="flood"), "نوع خطر", "fa") == "flood"


def test_what_is_not_known_is_left_out(make_alert):
    bare = make_alert(clinic=None, country=None, language=None)
    assert [label for label, _ in facts(bare, UTC_CONTACT, "en")] == ["Level", "Kind", "Time", "Talk"]


def test_a_moment_in_utc_is_told_once(make_alert):
    assert value(make_alert(), "Time", "en") == "2026-11-20 19:44 UTC"


@settings(deadline=None)
@given(st.text())
def test_one_line_is_one_line_without_direction_signs(text):
    line = one_line(text)
    assert len(line) == len(text)
    assert len(line.splitlines()) <= 1
    assert not set(line) & set("\x00\x1b\u202e\u2066\u2069\u200f")


def test_half_spaces_are_kept():
    assert one_line("می\u200cروم") == "می\u200cروم"
