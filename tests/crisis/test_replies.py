import json
from pathlib import Path

import pytest

from crisis import RepliesError, assess, before_question, reply, sentence
from crisis.lines import LineTable, default_line_table
from crisis.replies import ADDITIONS, ReplyTable, default_reply_table
from language import detect_script_language, speakable

LEVELS_OF_KINDS = {
    "suicide": (1, 2, 3),
    "self_harm": (1, 2, 3),
    "past": (1,),
    "third_person": (1, 3),
    "harm_to_others": (2, 3),
    "abuse": (1, 2, 3),
    "child_danger": (2, 3),
    "medical": (1, 3),
    "psychosis": (1, 3),
}
COUNTRIES = (*default_line_table().countries(), None, "XX")


def test_level_1_asks_whether_the_person_thinks_of_ending_their_life() -> None:
    assert "Are you thinking of ending your life?" in reply(1, "en", "US").text
    assert "آیا به پایان دادن به زندگی‌تان فکر می‌کنید؟" in reply(1, "fa", "IR").text


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("kind", ["suicide", "past", "third_person"])
def test_yes_to_our_own_question_is_level_2(language: str, kind: str) -> None:
    question = reply(1, language, "US", kind).text
    assert assess("yes" if language == "en" else "بله", context=[question]).level == 2


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize(
    ("level", "kind"),
    [
        (2, "suicide"),
        (2, "self_harm"),
        (2, "abuse"),
        (1, "abuse"),
        (2, "harm_to_others"),
        (2, "child_danger"),
        (3, "child_danger"),
        (3, "suicide"),
        (3, "self_harm"),
        (3, "third_person"),
        (3, "harm_to_others"),
        (3, "psychosis"),
    ],
)
def test_no_to_whether_they_are_safe_or_can_call_is_level_3(language: str, level: int, kind: str) -> None:
    question = reply(level, language, "US", kind).text
    assert assess("no" if language == "en" else "نه", context=[question]).level == 3


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize(
    ("kind", "level", "meant"),
    [("medical", 3, "medical"), ("psychosis", 3, "psychosis"), ("self_harm", 2, "self_harm")],
)
def test_yes_to_the_other_questions_is_understood(language: str, kind: str, level: int, meant: str) -> None:
    found = assess("yes" if language == "en" else "بله", context=[reply(1, language, "US", kind).text])
    assert (found.level, found.kind) == (level, meant)


@pytest.mark.parametrize(
    ("danger", "kind"),
    [
        ("My husband beats me every week.", "abuse"),
        ("I keep thinking about killing myself.", "suicide"),
        ("شوهرم هر هفته کتکم می‌زند.", "abuse"),
    ],
)
def test_no_to_are_you_safe_is_of_the_kind_that_was_spoken_of(danger: str, kind: str) -> None:
    language = detect_script_language(danger) or "en"
    question = reply(2, language, "US", kind).text
    found = assess("no" if language == "en" else "نه", context=[danger, question])
    assert (found.level, found.kind) == (3, kind)


@pytest.mark.parametrize(
    ("country", "language", "numbers"),
    [
        ("US", "en", ["988", "911"]),
        ("US", "fa", ["۹۸۸", "۹۱۱"]),
        ("GB", "en", ["116 123", "999"]),
        ("IR", "fa", ["۱۲۳", "۱۱۵"]),
        ("AU", "en", ["13 11 14", "000"]),
        (None, "en", ["your local emergency number", "112", "findahelpline.com"]),
        (None, "fa", ["شمارهٔ اضطراری محل خودتان", "۱۱۲", "findahelpline.com"]),
    ],
)
@pytest.mark.parametrize("level", [2, 3])
def test_the_numbers_of_the_country_are_said_and_shown(
    level: int, country: str | None, language: str, numbers: list[str]
) -> None:
    answer = reply(level, language, country)
    assert all(number in answer.text for number in numbers)
    assert answer.lines == default_line_table().lines(country, language)


def _line(kind: str, *, country: str = "QQ", verified_on: str = "2026-11-20") -> dict[str, str]:
    names = {"name_en": f"the {kind} line", "name_fa": "خط کمک", "note_en": "", "note_fa": ""}
    return {"country": country, "number": f"{kind}-number", "kind": kind, "verified_on": verified_on, **names}


def _said(level: int, kind: str, *rows: dict[str, str], language: str = "en") -> str:
    anywhere = [row for row in default_line_table().rows if row["country"] == "*"]
    table = ReplyTable(default_reply_table().texts, LineTable((*rows, *anywhere), {}))
    return table.reply(level, language, "QQ", kind).text


def test_without_a_crisis_line_of_its_own_a_country_is_told_the_directory() -> None:
    said = _said(2, "suicide", _line("emergency"))
    assert "emergency-number" in said
    assert "findahelpline.com" in said


@pytest.mark.parametrize(("language", "warning"), [("en", "not verified"), ("fa", "تأییدنشده")])
def test_a_number_without_a_date_is_said_to_be_unverified(language: str, warning: str) -> None:
    assert warning in _said(2, "suicide", _line("emergency", verified_on=""), language=language)
    assert warning not in _said(2, "suicide", _line("emergency"), language=language)


@pytest.mark.parametrize("kind", ["medical", "text", "counselling", "directory"])
def test_other_kinds_of_lines_are_shown_and_never_spoken(kind: str) -> None:
    every = [_line("emergency"), _line("crisis"), _line("police"), _line(kind)]
    for level, about, language in default_reply_table().texts:
        assert f"{kind}-number" not in _said(level, about, *every, language=language)
    assert "emergency-number" in _said(3, "medical", *every)


def test_every_reply_is_complete_short_and_in_its_language() -> None:
    count = 0
    for level, _kind, language, _country, answer in default_reply_table().every(COUNTRIES):
        count += 1
        assert "{" not in answer.text
        assert detect_script_language(answer.text) == language
        assert 40 < len(answer.text) < 600
        assert len(speakable(answer.text, language)) > 40
        if level >= 2:
            assert answer.lines
    replies = [kind for _, kind, _ in default_reply_table().texts if kind not in ADDITIONS]
    assert count == len(replies) * len(COUNTRIES)


@pytest.mark.parametrize("kind", ADDITIONS)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_what_is_said_beside_a_reply_is_complete_and_in_its_language(kind: str, language: str) -> None:
    for country in COUNTRIES:
        said = sentence(kind, language, country)
        assert "{" not in said
        assert detect_script_language(said) == language
        assert 30 < len(said) < 300
        assert assess(said).level < 2
        assert reply(0, language, country, kind).text == "", "it is no reply"


def test_an_addition_stands_before_the_question_at_the_end() -> None:
    whole = reply(2, "en", "US", "suicide", minor=True).text
    assert whole.endswith(f"{sentence('minor', 'en', 'US')} Are you safe right now?")
    assert before_question("It is so. Call now.", "Please.", "en") == "It is so. Call now. Please."
    assert before_question("حالتان خوب است؟", "لطفاً.", "fa") == "لطفاً. حالتان خوب است؟"
    assert before_question("", "Please.", "en") == "Please."
    assert before_question("Is it so?", "", "en") == "Is it so?"


def test_no_reply_is_taken_for_a_thought_of_suicide() -> None:
    for _level, _kind, _language, country, answer in default_reply_table().every(("US", "IR")):
        found = assess(answer.text)
        assert found.level <= 1 or found.kind not in {"suicide", "self_harm"}, (country, answer.text)


def test_every_kind_that_the_guard_knows_has_a_reply_of_its_own() -> None:
    texts = default_reply_table().texts
    for language in ("en", "fa"):
        for kind, levels in LEVELS_OF_KINDS.items():
            assert [level for level in (1, 2, 3) if (level, kind, language) in texts] == list(levels)


def test_a_kind_without_a_text_of_its_level_takes_its_next_graver_one() -> None:
    assert reply(1, "en", "US", "harm_to_others").text == reply(2, "en", "US", "harm_to_others").text
    assert reply(2, "fa", "IR", "third_person").text == reply(3, "fa", "IR", "third_person").text


def test_kinds_without_a_text_fall_back_on_the_general_one() -> None:
    assert reply(3, "en", "US", "unheard").text == reply(3, "en", "US").text
    assert reply(3, "en", "US", "past").text == reply(3, "en", "US").text
    assert reply(2, "de", "US").text == reply(2, "en", "US").text
    assert reply(0, "en", "US").text == ""


def test_police_is_called_in_violence_where_it_has_its_own_number() -> None:
    assert "۱۱۰" in reply(3, "fa", "IR", "abuse").text
    assert "۱۱۵" in reply(3, "fa", "IR", "medical").text


@pytest.mark.parametrize("level", [-1, 4])
def test_a_level_that_does_not_exist_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match="is not 0, 1, 2 or 3"):
        reply(level, "en", "US")


@pytest.mark.parametrize(
    "row", [{"level": 1}, {"level": 2, "kind": "suicide", "language": "en", "text": "{x}"}]
)
def test_a_broken_row_is_named(tmp_path: Path, row: dict[str, object]) -> None:
    (tmp_path / "replies.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(RepliesError, match="line 1"):
        ReplyTable.load(tmp_path, default_line_table())


def test_a_missing_reply_is_named(tmp_path: Path) -> None:
    (tmp_path / "replies.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(RepliesError, match="has no reply of level 1.*git checkout"):
        ReplyTable.load(tmp_path, default_line_table())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "not UTF-8"),
        (b'{"level": 2, "kind": "suicide", "language": "en"}', "line 1: 'text' is missing"),
        (
            b'{"level": 2, "kind": "suicide", "language": "en", "text": " "}',
            "line 1: text must be a sentence",
        ),
        (b'{"level": 2, "kind": "suicide", "language": "en", "text": 7}', "line 1: "),
        (b'{"level": 2, "kind": "suicide", "language": "en", "text": "{phone}"}', "line 1: unknown place"),
        (b"[1]", "line 1: "),
    ],
)
def test_damaged_replies_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "replies.jsonl").write_bytes(content)
    with pytest.raises(RepliesError, match=rf"replies\.jsonl.*{message}"):
        ReplyTable.load(tmp_path, default_line_table())


def test_a_folder_in_place_of_the_replies_is_named(tmp_path: Path) -> None:
    (tmp_path / "replies.jsonl").mkdir()
    with pytest.raises(RepliesError, match=r"Is a directory.*git checkout"):
        ReplyTable.load(tmp_path, default_line_table())
