import pytest
from foreign_voice import foreign
from hypothesis import given
from hypothesis import strategies as st

from tts_voices.pronunciation.enclosing import enclosed, short_parts, single_symbols

PLAIN = foreign()
AROUND = foreign(opening=("^",), closing=("~",))
BLANKS = foreign(blank="_")
ALL = foreign(blank="_", opening=("^",), closing=("~",))


@pytest.mark.parametrize(
    ("description", "expected"), [(PLAIN, "hi"), (AROUND, "^hi~"), (BLANKS, "_h_i_"), (ALL, "^_h_i_~")]
)
def test_symbols_are_put_together_as_in_training(description, expected):
    assert "".join(enclosed("hi", description)) == expected


def test_nothing_stays_nothing():
    assert enclosed("", ALL) == []
    assert list(short_parts([], ALL, 50)) == []


def test_what_stands_around_symbols_is_no_symbol_of_a_text():
    assert single_symbols(PLAIN) - single_symbols(ALL) == {"_", "^", "~"}
    assert single_symbols(foreign(symbols=("<PAD>", "<3>", "a"))) == {"a"}


@given(
    st.lists(st.sampled_from("abc ,."), max_size=300),
    st.sampled_from([PLAIN, AROUND, BLANKS, ALL]),
    st.integers(20, 80),
)
def test_parts_hold_all_symbols_and_none_is_too_long(symbols, description, longest):
    parts = list(short_parts(enclosed(symbols, description), description, longest))
    assert all(0 < len(part) <= longest for part in parts)
    inner = [part[len(description.opening) : len(part) - len(description.closing)] for part in parts]
    if description.blank is not None:
        assert all(set(part[::2]) == {"_"} for part in inner)
        inner = [part[1::2] for part in inner]
    assert [symbol for part in inner for symbol in part] == symbols


def test_a_long_utterance_is_cut_after_a_pause_or_else_between_words():
    text = "one two, " * 6 + "three four"
    parts = ["".join(part) for part in short_parts(list(text), PLAIN, 30)]
    assert "".join(parts) == text
    assert all(part.rstrip().endswith(",") for part in parts[:-1])
    words = ["".join(part) for part in short_parts(list("abcd " * 20), PLAIN, 32)]
    assert all(part.endswith(" ") for part in words)
