import pytest

from tts_voices.pronunciation.english_letters import LetterReader
from tts_voices.pronunciation.english_lexicon import EnglishLexicon
from tts_voices.pronunciation.english_words import LETTER_NAMES, WordReader, spelled
from tts_voices.pronunciation.phones import SYMBOLS

LEXICON = EnglishLexicon.load()
WORDS = WordReader(LEXICON, LetterReader.load())


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("frobs", None),
        ("unlearnable", "ax n l er1 n ax b ax l"),
        ("pleasantness", "p l eh1 z ax n t n ax s"),
        ("untidily", None),
        ("breathlessness", "b r eh1 th l ax s n ax s"),
        ("teabag's", "t iy1 b ae1 g z"),
        ("compress's", "k aa1 m p r eh0 s ax z"),
        ("students'", "s t uw1 d ax n t s"),
        ("catlike", "k ae1 t l ay1 k"),
        ("apologised", "ax p aa1 l ax jh ay1 z d"),
        ("flavourless", "f l ey1 v er0 l ax s"),
        ("snowblanket", "s n ow1 b l ae1 ng k ax t"),
        ("re-read", None),
        ("half-finished", "hh ae1 f f ih1 n ih0 sh t"),
        ("tapping", "t ae1 p ih0 ng"),
        ("worrywarts", None),
        ("who'll", "hh uw1 l"),
        ("mum'd", "m ah1 m ax d"),
    ],
)
def test_words_by_their_parts(word: str, said: str | None) -> None:
    read = " ".join(WORDS.read(word))
    assert read if said is None else read == said


@pytest.mark.parametrize(
    ("word", "ending"),
    [("grunks", "k s"), ("blorgs", "g z"), ("fritches", "ax z"), ("splunked", "k t"), ("blorged", "d")],
)
def test_made_up_words_end_as_english_words_do(word: str, ending: str) -> None:
    assert " ".join(WORDS.read(word)).endswith(ending)


def test_abbreviations_go_by_letter() -> None:
    assert " ".join(WORDS.read("NHS")) == "eh1 n ey1 ch eh1 s"
    assert " ".join(WORDS.read("GPs")) == "jh iy1 p iy1 z"
    assert " ".join(WORDS.read("XQZ's")) == "eh1 k s k y uw1 z iy1 z"
    assert WORDS.read("xqz") == spelled("xqz")
    assert WORDS.read("AND") == WORDS.read("and")


def test_without_a_network_unknown_words_go_by_letter() -> None:
    bare = WordReader(LEXICON, None)
    assert bare.read("blorft") == spelled("blorft")
    assert bare.read("table") == LEXICON.get("table")


@pytest.mark.parametrize(
    "word", ["", "'", "-", "--", "''s", "x", "'s", "s'", "-'-", "a'b'c'd'e'f", "a" * 5_000, "é"]
)
def test_odd_words_give_known_symbols(word: str) -> None:
    assert set(WORDS.read(word)) <= set(SYMBOLS["en"])


def test_every_letter_has_a_name() -> None:
    assert sorted(LETTER_NAMES) == list("abcdefghijklmnopqrstuvwxyz")
    assert all(set(name) <= set(SYMBOLS["en"]) for name in LETTER_NAMES.values())
