import pytest
from foreign_voice import foreign
from hypothesis import given
from hypothesis import strategies as st

from tts_voices.pronunciation import load_reader
from tts_voices.pronunciation.characters_reader import CharactersReader

ENGLISH = tuple("_^~ ,.!?'abcdefghijklmnopqrstuvwxyz")
PERSIAN = tuple("_ .،؟ءآابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیئ\u200c")


def read(text, **changes):
    fields = {"reader": "characters", "symbols": ENGLISH} | changes
    return "".join(CharactersReader.load(foreign(**fields)).symbols(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, you!", "hello, you!"),
        ("I am 25.", "i am twenty five."),
        ("Wait; what: now – go", "wait, what, now, go"),
        ("good 🙂 day", "good day"),
        ("It’s “fine”.", "it's fine."),
        ("naïve", "nave"),
    ],
)
def test_english_is_read_letter_by_letter(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سلام، خوبی؟", "سلام، خوبی؟"),
        ("سلام, خوبی?", "سلام، خوبی؟"),
        ("مي‌خواهم", "می‌خواهم"),
        ("حالِ ۲ نفر", "حال دو نفر"),
    ],
)
def test_persian_marks_are_those_that_the_voice_learnt(text, expected):
    assert read(text, language="fa", symbols=PERSIAN) == expected


def test_a_voice_of_arabic_letters_gets_them():
    arabic = tuple("_ .ابتيكخوهم")
    assert read("می‌خواهم، کتاب", language="fa", symbols=arabic) == "ميخواهم كتاب"


def test_capitals_are_kept_where_the_voice_has_them():
    assert read("Hello", symbols=("H", *ENGLISH)) == "Hello"


@pytest.mark.parametrize("text", ["", "   ", "…!?", "🙂", "😀 -- ", "سلام", "\x00\ud800"[:1]])
def test_nothing_that_the_voice_can_read_is_silence(text):
    assert read(text) == ""


@given(st.text(max_size=80), st.sampled_from(["en", "fa"]))
def test_every_symbol_is_one_of_the_voice(text, language):
    description = foreign(
        reader="characters",
        language=language,
        symbols=ENGLISH if language == "en" else PERSIAN,
        blank="_",
    )
    assert set(load_reader(description)(text)) <= set(description.symbols)
