import json
import shutil
import threading
import time

import numpy as np
import pytest

from emotion import MOODS, UNCLEAR
from ser_model.detector import SpeechEmotionDetector
from ser_model.errors import ModelFileError
from ser_model.model_card import STANDALONE_DIRECTORY, sha256_of

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def detector():
    return SpeechEmotionDetector.load()


@pytest.fixture
def copied(tmp_path):
    """A folder with a copy of the shipped card and weights."""
    shutil.copyfile(STANDALONE_DIRECTORY / "card.json", tmp_path / "card.json")
    shutil.copytree(STANDALONE_DIRECTORY / "weights", tmp_path / "weights")
    return tmp_path


def tone(seconds, amplitude=0.3, pitch_hz=220.0):
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * pitch_hz * time)).astype(np.float32)


def noise(seconds, amplitude=0.1):
    random = np.random.default_rng(8)
    return (amplitude * random.standard_normal(int(seconds * RATE_HZ))).astype(np.float32)


SOUNDS = {
    "tone": tone(2.0),
    "noise": noise(2.0),
    "clipped": np.clip(tone(2.0) * 100.0, -1.0, 1.0),
    "constant offset with noise": noise(1.5) + np.float32(0.5),
    "one click": np.concatenate([np.zeros(8_000), [1.0], np.zeros(8_000)]).astype(np.float32),
    "shortest": noise(0.3),
    "twenty seconds": noise(20.0),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_any_sound_gives_probabilities_of_the_trained_emotions(detector, name):
    estimate = detector.estimate(SOUNDS[name], language="en")
    assert set(estimate.probabilities) == {"neutral", "happiness", "sadness", "anger", "fear", "disgust"}
    assert sum(estimate.probabilities.values()) == pytest.approx(1.0)
    assert estimate.label in (*MOODS, UNCLEAR)
    assert estimate.modality == "speech"
    assert estimate.model == f"{detector.card.name}-{detector.card.version}"


def test_surprise_was_not_learnt_and_has_no_probability(detector):
    assert "surprise" in {emotion.value for emotion in detector.card.untrained}
    assert "surprise" not in detector.labels


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, dtype=np.float32),
        tone(0.001),
        tone(0.29),
        np.zeros(2 * RATE_HZ, dtype=np.float32),
        np.full(2 * RATE_HZ, 0.4, dtype=np.float32),
        noise(2.0, amplitude=1e-4),
    ],
    ids=["empty", "1 ms", "290 ms", "silence", "silence with an offset", "hiss at -80 dB"],
)
def test_too_little_to_judge_is_unclear_with_equal_probabilities(detector, samples):
    estimate = detector.estimate(samples, language="en")
    assert estimate.label == UNCLEAR
    assert estimate.abstained
    assert set(estimate.probabilities.values()) == {1.0 / 6.0}


@pytest.mark.parametrize(
    "samples",
    [
        np.full(RATE_HZ, np.nan, dtype=np.float32),
        np.zeros(RATE_HZ),
        np.zeros(RATE_HZ, dtype=np.int16),
        np.zeros((RATE_HZ, 2), dtype=np.float32),
    ],
    ids=["NaN", "float64", "int16", "stereo"],
)
def test_unusable_samples_are_refused(detector, samples):
    with pytest.raises(ValueError, match="samples"):
        detector.estimate(samples, language="en")


def test_samples_are_left_as_they_were(detector):
    samples = noise(1.0)
    before = samples.copy()
    samples.setflags(write=False)
    detector.estimate(samples, language="en")
    np.testing.assert_array_equal(samples, before)


def test_louder_microphone_does_not_change_the_estimate(detector):
    sound = tone(1.5) * (1.0 + 0.5 * tone(1.5, pitch_hz=3.0)) + noise(1.5, 0.01)
    quiet = detector.estimate(sound * np.float32(0.1), language="en").probabilities
    for label, probability in detector.estimate(sound, language="en").probabilities.items():
        assert probability == pytest.approx(quiet[label], abs=0.01)


def test_only_languages_with_validation_data_are_validated(detector):
    validated = {
        code: detector.estimate(tone(1.0), language=code).validated for code in ("en", "de", "fa", "")
    }
    assert validated == {"en": True, "de": True, "fa": False, "": False}


def test_below_the_threshold_the_label_is_unclear(copied):
    card = json.loads((copied / "card.json").read_text(encoding="utf-8"))
    card.update(threshold=1.0)
    (copied / "card.json").write_text(json.dumps(card), encoding="utf-8")
    assert SpeechEmotionDetector.load(copied).estimate(tone(1.0), language="en").label == UNCLEAR


def test_several_threads_get_the_answers_of_one(detector):
    sounds = [tone(1.0, pitch_hz=pitch) for pitch in (110.0, 220.0, 330.0, 440.0)]
    alone = [dict(detector.estimate(sound, language="en").probabilities) for sound in sounds]
    together: list[dict[str, float] | None] = [None] * len(sounds)

    def run(place):
        for _ in range(5):
            together[place] = dict(detector.estimate(sounds[place], language="en").probabilities)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(sounds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_five_seconds_are_judged_well_within_a_turn(detector):
    sound = noise(5.0)
    durations = []
    for _ in range(5):
        started = time.process_time()
        detector.estimate(sound, language="en")
        durations.append(time.process_time() - started)
    assert min(durations) < 0.2


def test_truncated_weights_are_refused(copied):
    weights = copied / "weights" / "logmel_cnn.onnx"
    weights.write_bytes(weights.read_bytes()[:1_000])
    with pytest.raises(ModelFileError, match=r"SHA-256.*make train-ser"):
        SpeechEmotionDetector.load(copied)


def test_missing_weights_are_refused(copied):
    (copied / "weights" / "logmel_cnn.onnx").unlink()
    with pytest.raises(ModelFileError, match=r"logmel_cnn\.onnx: cannot be read"):
        SpeechEmotionDetector.load(copied)


def test_weights_that_are_no_network_are_refused_even_with_their_own_hash(copied):
    weights = copied / "weights" / "logmel_cnn.onnx"
    weights.write_bytes(b"")
    card = json.loads((copied / "card.json").read_text(encoding="utf-8"))
    card["sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    (copied / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelFileError, match="onnxruntime cannot load it"):
        SpeechEmotionDetector.load(copied)


def test_card_with_another_number_of_outputs_is_refused(copied):
    card = json.loads((copied / "card.json").read_text(encoding="utf-8"))
    card["outputs"] = card["outputs"][:-1]
    for part in ("scale", "bias"):
        card["calibration"][part] = card["calibration"][part][:-1]
    (copied / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelFileError, match="has 7 outputs, the card names 6"):
        SpeechEmotionDetector.load(copied)


def test_another_network_with_its_own_hash_is_refused_at_the_start(copied):
    other = (STANDALONE_DIRECTORY.parents[1] / "recommender" / "weights" / "paper_lstm.onnx").read_bytes()
    (copied / "weights" / "logmel_cnn.onnx").write_bytes(other)
    card = json.loads((copied / "card.json").read_text(encoding="utf-8"))
    card["sha256"] = sha256_of(other)
    (copied / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"logmel_cnn\.onnx: is another network.*make train-ser"):
        SpeechEmotionDetector.load(copied)
