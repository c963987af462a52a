"""The shipped network that needs no encoder, copied and changed where something has to be refused."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from emotion import MOODS, UNCLEAR
from ser_model.calibration import Calibration
from ser_model.errors import ModelFileError
from ser_model.model_card import STANDALONE_DIRECTORY
from ser_model.network import EmotionNetwork


@pytest.fixture(scope="module")
def network():
    return EmotionNetwork.load(STANDALONE_DIRECTORY, kind="log_mel")


@pytest.fixture
def copied(tmp_path):
    """Gives a copy of the shipped model with a card that is changed in parts."""

    def copied(**changes):
        shutil.copytree(STANDALONE_DIRECTORY, tmp_path, dirs_exist_ok=True)
        card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
        (tmp_path / "card.json").write_text(json.dumps({**card, **changes}), encoding="utf-8")
        return tmp_path

    return copied


def frames(count=80, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 64)).astype(np.float32)


def test_another_kind_of_input_is_refused(copied):
    with pytest.raises(ModelFileError, match=r"card\.json: reads log_mel, not states; train anew"):
        EmotionNetwork.load(STANDALONE_DIRECTORY, kind="states")
    encoder = {"name": "whisper-base", "sha256": "0" * 64, "layers": [2]}
    folder = copied(input="states", encoder=encoder)
    with pytest.raises(ModelFileError, match="reads states, not log_mel"):
        EmotionNetwork.load(folder, kind="log_mel")
    with pytest.raises(ModelFileError, match="is another network"):
        EmotionNetwork.load(folder, kind="states")


def test_a_card_with_another_width_is_refused(copied):
    with pytest.raises(ModelFileError, match="is another network"):
        EmotionNetwork.load(copied(width=65), kind="log_mel")


@pytest.mark.parametrize("count", [20, 80, 700])
def test_an_estimate_has_a_probability_for_each_trained_emotion(network, count):
    estimate = network.estimate(frames(count), language="en")
    assert tuple(estimate.probabilities) == network.labels
    assert set(network.labels) == {emotion.value for emotion in network.card.trained}
    assert sum(estimate.probabilities.values()) == pytest.approx(1.0)
    assert all(0.0 <= share <= 1.0 for share in estimate.probabilities.values())
    assert estimate.label in (*MOODS, UNCLEAR)
    assert estimate.modality == "speech"
    assert estimate.model == network.model == f"{network.card.name}-{network.card.version}"
    assert estimate.threshold == network.card.threshold


def test_logits_are_of_the_trained_outputs_and_the_probabilities_are_calibrated(network):
    logits = network.logits(frames())
    assert logits.shape == (len(network.labels),)
    assert logits.dtype == np.float64
    card = network.card.calibration
    shares = Calibration(card.scale, card.bias).apply(logits)
    estimate = network.estimate(frames(), language="en")
    np.testing.assert_allclose(list(estimate.probabilities.values()), shares, atol=1e-9)


def test_an_output_that_the_card_calls_untrained_has_no_probability(copied, network):
    kept = [place for place, label in enumerate(network.labels) if label != "fear"]
    calibration = {"scale": [1.0] * len(kept), "bias": [0.0] * len(kept)}
    untrained = [*(emotion.value for emotion in network.card.untrained), "fear"]
    fewer = EmotionNetwork.load(copied(untrained=untrained, calibration=calibration), kind="log_mel")
    assert fewer.labels == tuple(network.labels[place] for place in kept)
    np.testing.assert_allclose(fewer.logits(frames()), network.logits(frames())[kept])


def test_the_bias_of_the_card_moves_the_answer(copied, network):
    place = network.labels.index("anger")
    bias = [100.0 * (number == place) for number in range(len(network.labels))]
    folder = copied(calibration={"scale": [1.0] * len(bias), "bias": bias})
    assert EmotionNetwork.load(folder, kind="log_mel").estimate(frames(), language="en").label == "anger"


def test_unread_is_unclear_with_all_emotions_alike(network):
    unread = network.unread(language="en")
    assert unread.label == UNCLEAR
    assert tuple(unread.probabilities) == network.labels
    assert set(unread.probabilities.values()) == {1.0 / len(network.labels)}
    read = network.estimate(frames(), language="en")
    for field in ("modality", "model", "threshold", "validated"):
        assert getattr(unread, field) == getattr(read, field), field
    assert {field.name for field in dataclasses.fields(unread)} >= {"label", "probabilities"}


@pytest.mark.parametrize("language", ["en", "de", "fa", ""])
def test_only_languages_of_the_card_are_validated(network, language):
    expected = language in network.card.validated_languages
    assert network.unread(language=language).validated is expected
    assert network.estimate(frames(), language=language).validated is expected
