import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language import split_sentences
from language.sentences import PIECE_CHARACTERS


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello. How are you? Fine!", "en", ["Hello.", "How are you?", "Fine!"]),
        ("I'm Dr. Smith. Call me.", "en", ["I'm Dr. Smith.", "Call me."]),
        (
            "It costs 3.5 dollars. Call 555.123.4567 now.",
            "en",
            ["It costs 3.5 dollars.", "Call 555.123.4567 now."],
        ),
        ("Walk, e.g. outside. Rest.", "en", ["Walk, e.g. outside.", "Rest."]),
        ("At 8 p.m. we rest. Good.", "en", ["At 8 p.m. we rest.", "Good."]),
        ("We met J. Brown. He left.", "en", ["We met J. Brown.", "He left."]),
        ("1. Breathe in.\n2. Breathe out.", "en", ["1. Breathe in.", "2. Breathe out."]),
        ("See findahelpline.com. Then rest.", "en", ["See findahelpline.com.", "Then rest."]),
        ('She said "Stop." Then left.', "en", ['She said "Stop."', "Then left."]),
        ("Well… maybe; or not.", "en", ["Well…", "maybe;", "or not."]),
        ("What?! No...", "en", ["What?!", "No..."]),
        ("So it was I. Then you.", "en", ["So it was I.", "Then you."]),
        (
            "سلام. حالتان چطور است؟ من اینجا هستم؛ بمانید…",
            "fa",
            ["سلام.", "حالتان چطور است؟", "من اینجا هستم؛", "بمانید…"],
        ),
        ("خوبید؟بله", "fa", ["خوبید؟", "بله"]),
        ("«آرام باشید.» بعد بنشینید.", "fa", ["«آرام باشید.»", "بعد بنشینید."]),
        ("عدد ۳٫۵ و 3.5 است.", "fa", ["عدد ۳٫۵ و 3.5 است."]),
        ("one\n\ntwo", "en", ["one", "two"]),
        ("", "en", []),
        (" \n ", "fa", []),
        ("!!!", "en", ["!!!"]),
        ("Hi. !!!", "en", ["Hi.!!!"]),
    ],
)
def test_text_is_cut_where_a_sentence_ends(text: str, language: str, expected: list[str]) -> None:
    assert split_sentences(text, language) == expected


def test_a_long_first_sentence_is_cut_at_its_first_clause() -> None:
    text = "I hear how heavy this has been for you, and I am here while we look for one thing that may help."
    assert split_sentences(text, "en")[0] == "I hear how heavy this has been for you,"


def test_a_long_first_persian_sentence_is_cut_at_its_first_clause() -> None:
    text = "می‌شنوم که این روزها چقدر برایتان سنگین بوده است، و من اینجا هستم تا با هم راهی پیدا کنیم."
    first = split_sentences(text, "fa")[0]
    assert 12 <= len(first) <= 60


@given(
    st.text(st.one_of(st.characters(), st.sampled_from(" .!?؟\n,،aب1")), max_size=600),
    st.sampled_from(["en", "fa"]),
)
@settings(max_examples=300, deadline=None)
def test_no_character_is_lost_and_no_piece_is_long(text: str, language: str) -> None:
    pieces = split_sentences(text, language)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < len(piece) <= PIECE_CHARACTERS for piece in pieces)


def test_ten_thousand_letters_without_a_space_are_cut() -> None:
    pieces = split_sentences("x" * 10_000, "en")
    assert len("".join(pieces)) == 10_000
    assert max(map(len, pieces)) <= PIECE_CHARACTERS


@pytest.mark.parametrize("word", ["doesn't", "tomorrow's", "didn’t"])
def test_a_contraction_ends_a_sentence(word):
    assert split_sentences(f"It is {word}. Then go on.", "en") == [f"It is {word}.", "Then go on."]
