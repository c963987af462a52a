from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the environment of training")

from tts_voices.pronunciation.building import english_letters_training as training
from tts_voices.pronunciation.building.english_alignment import align
from tts_voices.pronunciation.english_letters import LetterReader

PAIRS = [
    ("cat", ("k", "ae1", "t")),
    ("check", ("ch", "eh1", "k")),
    ("chat", ("ch", "ae1", "t")),
    ("tack", ("t", "ae1", "k")),
    ("tax", ("t", "ae1", "k", "s")),
    ("w", ("d", "ah1", "b", "ax", "l", "y", "uw1")),
] * 5


def test_the_simplest_reading_knows_no_neighbours() -> None:
    read = training.commonest(PAIRS, align(PAIRS))
    assert read("tat") == ["t", "ae1", "t"]
    assert read("?") == []


def test_a_twentieth_is_held_out() -> None:
    held_out = sum(training.is_held_out(f"word{number}") for number in range(4_000))
    assert 140 < held_out < 260


@pytest.mark.filterwarnings("ignore")
def test_a_short_training_gives_a_network_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_dictionary", lambda: PAIRS)
    figures = training.train(0.02, tmp_path / "letters.onnx")
    assert figures["words learnt"] > 0
    assert LetterReader.load(tmp_path / "letters.onnx").symbols("cat")
