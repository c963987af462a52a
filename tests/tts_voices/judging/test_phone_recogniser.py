"""Needs PyTorch: runs in the environment of the voices' training."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="only in the environment of the voices' training")

import soundfile  # noqa: E402

from tts_voices.judging.phone_recogniser import (  # noqa: E402
    PhoneRecogniser,
    greedy_phones,
    phones_of,
    recogniser_path,
    train_recogniser,
)
from tts_voices.training.corpus import Lesson  # noqa: E402
from tts_voices.voice import VoiceError  # noqa: E402

RATE = 22_050
TONES = {"aa1": 400.0, "iy1": 900.0, "uw1": 1_800.0, "s": 4_500.0}


def _sound(symbols: tuple[str, ...], seed: int) -> np.ndarray:
    """A tone a symbol: speech that twenty steps can learn."""
    random = np.random.default_rng(seed)
    time = np.arange(RATE * 15 // 100) / RATE
    parts = [0.3 * np.sin(2 * np.pi * TONES[symbol] * time) for symbol in symbols[1:-1]]
    sound = np.concatenate([np.zeros(1_000), *parts, np.zeros(1_000)])
    return (sound + 1e-3 * random.standard_normal(len(sound))).astype(np.float32)


def _lessons(folder: Path, count: int = 12, split: str = "train") -> list[Lesson]:
    random = np.random.default_rng(count)
    lessons = []
    for number in range(count):
        symbols = ("^", *random.choice(list(TONES), size=5), ".")
        path = folder / f"{split}{number}.wav"
        soundfile.write(path, _sound(symbols, number), RATE)
        lessons.append(Lesson(f"{split}{number}", split, symbols, "", path))
    return lessons


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("recogniser")
    lessons = [*_lessons(folder), *_lessons(folder, 3, "test")]
    train_recogniser(lessons, "en", folder / "kept", steps=20)
    return folder / "kept"


def _posteriors(*outputs: int) -> np.ndarray:
    return np.log(np.eye(4, dtype=np.float32)[list(outputs)] * 0.9 + 0.02)


def test_repeats_merge_and_a_blank_parts_the_same_phone() -> None:
    phones = ("a", "b", "c")
    assert greedy_phones(_posteriors(0, 1, 1, 0, 1, 2, 2, 3, 0), phones) == ["a", "a", "b", "c"]
    assert greedy_phones(_posteriors(3, 3), phones) == ["c"]
    assert greedy_phones(_posteriors(0, 0, 0), phones) == []
    assert greedy_phones(np.zeros((0, 4), dtype=np.float32), phones) == []


@pytest.mark.parametrize(("language", "count"), [("en", 40), ("fa", 30)])
def test_each_sound_of_a_language_is_one_phone(language: str, count: int) -> None:
    phones = phones_of(language)
    assert len(phones) == len(set(phones)) == count
    assert not {"^", ",", ".", "!"} & set(phones)
    assert not any(phone.endswith(("0", "1")) for phone in phones)


def test_another_language_is_refused() -> None:
    with pytest.raises(VoiceError, match="no phones of 'de'"):
        phones_of("de")


def test_the_network_is_small(trained: Path) -> None:
    network = PhoneRecogniser.load(trained, "en").network
    assert sum(weights.numel() for weights in network.parameters()) <= 500_000


def test_training_lowers_the_loss_and_can_go_on(tmp_path: Path) -> None:
    lessons = _lessons(tmp_path)
    kept = tmp_path / "kept"

    def loss() -> float:
        stored = torch.load(recogniser_path(kept, "en"), weights_only=True)
        return float(stored["history"][-1]["loss"])

    train_recogniser(lessons, "en", kept, steps=3)
    first, first_identity = loss(), PhoneRecogniser.load(kept, "en").identity
    train_recogniser(lessons, "en", kept, steps=60)
    assert loss() < 0.5 * first
    assert torch.load(recogniser_path(kept, "en"), weights_only=True)["step"] == 60
    last = PhoneRecogniser.load(kept, "en").identity
    assert last != first_identity
    train_recogniser(lessons, "en", kept, steps=60)
    assert PhoneRecogniser.load(kept, "en").identity == last
    assert not list(kept.glob("*.partial"))


def test_a_trained_recogniser_gives_phones_of_its_language(trained: Path) -> None:
    recogniser = PhoneRecogniser.load(trained, "en")
    heard = recogniser.recognise(_sound(("^", "aa1", "s", "iy1", "."), 1))
    assert set(heard) <= set(phones_of("en"))


def test_what_is_heard_does_not_depend_on_the_level(trained: Path) -> None:
    recogniser = PhoneRecogniser.load(trained, "en")
    sound = _sound(("^", "aa1", "s", "iy1", "uw1", "."), 2)
    assert recogniser.recognise(sound) == recogniser.recognise(sound * np.float32(0.25))


@pytest.mark.parametrize("length", [0, 1, 500, 2_000])
def test_next_to_nothing_has_no_phones(trained: Path, length: int) -> None:
    assert PhoneRecogniser.load(trained, "en").recognise(np.full(length, 0.1, dtype=np.float32)) == []


def test_silence_has_no_phones(trained: Path) -> None:
    assert PhoneRecogniser.load(trained, "en").recognise(np.zeros(RATE, dtype=np.float32)) == []


@pytest.mark.parametrize(
    "samples",
    [
        np.full(RATE, np.nan, dtype=np.float32),
        np.full(RATE, np.inf, dtype=np.float32),
        np.zeros((2, RATE), dtype=np.float32),
        np.zeros(RATE * 121, dtype=np.float32),
    ],
)
def test_what_is_no_utterance_is_refused(trained: Path, samples: np.ndarray) -> None:
    with pytest.raises(VoiceError, match="must be|longer than"):
        PhoneRecogniser.load(trained, "en").recognise(samples)


def test_a_missing_recogniser_is_named(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="train the recogniser first"):
        PhoneRecogniser.load(tmp_path, "en")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(100), bytes(5_000)])
def test_a_damaged_recogniser_is_refused(tmp_path: Path, content: bytes) -> None:
    recogniser_path(tmp_path, "en").write_bytes(content)
    with pytest.raises(VoiceError, match="train it anew"):
        PhoneRecogniser.load(tmp_path, "en")


def test_a_recogniser_of_another_language_is_refused(trained: Path, tmp_path: Path) -> None:
    recogniser_path(tmp_path, "fa").write_bytes(recogniser_path(trained, "en").read_bytes())
    with pytest.raises(VoiceError, match="train it anew"):
        PhoneRecogniser.load(tmp_path, "fa")


@pytest.mark.parametrize("change", [{"network": {}}, {"mean": None}, {"phones": ["a"]}, {"phones": 5}])
def test_a_recogniser_with_a_wrong_part_is_refused(
    trained: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    stored = torch.load(recogniser_path(trained, "en"), weights_only=True)
    torch.save(stored | change, recogniser_path(tmp_path, "en"))
    with pytest.raises(VoiceError, match="train it anew"):
        PhoneRecogniser.load(tmp_path, "en")


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="nothing to learn from"):
        train_recogniser(_lessons(tmp_path, 2, "test"), "en", tmp_path / "kept", steps=1)
