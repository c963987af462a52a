from pathlib import Path

import pytest

from tts_voices.pronunciation.english_letters import NETWORK, LetterReader, letter_ids, stressed_once
from tts_voices.pronunciation.phones import SYMBOLS
from tts_voices.voice import VoiceError

READER = LetterReader.load()


def test_the_network_is_small() -> None:
    assert NETWORK.stat().st_size < 600_000


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("blip", "b l ih p"),
        ("tron", "t r aa n"),
        ("shunk", "sh ah ng k"),
        ("frake", "f r ey k"),
        ("phip", "f ih p"),
    ],
)
def test_made_up_words_are_read_by_the_rules_of_english(word: str, said: str) -> None:
    assert " ".join(symbol.rstrip("01") for symbol in READER.symbols(word)) == said


@pytest.mark.parametrize("word", ["", "é", "1", "a", "z" * 300, "Straße", "q'q"])
def test_any_word_gives_known_symbols(word: str) -> None:
    assert set(READER.symbols(word)) <= set(SYMBOLS["en"])


def test_capitals_do_not_matter() -> None:
    assert READER.symbols("Blip") == READER.symbols("blip")


def test_every_word_with_a_full_vowel_has_stress() -> None:
    assert stressed_once(["b", "ax", "t", "ih0"]) == ["b", "ax", "t", "ih1"]
    assert stressed_once(["b", "ih0", "t", "aa1"]) == ["b", "ih0", "t", "aa1"]
    assert stressed_once(["b", "ax"]) == ["b", "ax"]


def test_letters_are_numbered_within_word_ends() -> None:
    assert letter_ids("az") == [27, 1, 26, 28]


def test_a_damaged_network_is_named(tmp_path: Path) -> None:
    path = tmp_path / "letters.onnx"
    with pytest.raises(VoiceError, match=r"letters\.onnx"):
        LetterReader.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(VoiceError, match=r"letters\.onnx"):
        LetterReader.load(path)
