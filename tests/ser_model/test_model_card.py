import json

import pytest

from emotion import Emotion
from ser_model.errors import ModelFileError
from ser_model.model_card import STANDALONE_DIRECTORY, read_card, read_weights, sha256_of

CARD = {
    "name": "made_up",
    "version": "2",
    "weights": "weights.bin",
    "sha256": sha256_of(b"weights"),
    "outputs": ["anger", "surprise", "sadness"],
    "untrained": ["surprise"],
    "input": "log_mel",
    "width": 64,
    "calibration": {"scale": [1.0, 1.2], "bias": [0.0, -0.1], "method": "not the detector's business"},
    "threshold": 0.5,
    "validated_languages": ["en"],
    "limits": ["none of the detector's business"],
}


def folder_with(tmp_path, **changes):
    (tmp_path / "card.json").write_text(json.dumps({**CARD, **changes}), encoding="utf-8")
    return tmp_path


def test_trained_emotions_keep_the_order_of_the_outputs(tmp_path):
    assert read_card(folder_with(tmp_path)).trained == (Emotion.ANGER, Emotion.SADNESS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"calibration": {"scale": [1.0], "bias": [0.0]}}, "calibration must have"),
        ({"calibration": {"scale": [1.0, 1.0]}}, "calibration.bias"),
        ({"input": "states"}, "encoder must be named"),
        ({"input": "mfcc"}, "input"),
        ({"width": 0}, "width"),
        ({"encoder": {"name": "whisper-base", "sha256": "0" * 64, "layers": [1]}}, "encoder must be named"),
        ({"threshold": 1.5}, "threshold"),
        ({"sha256": "abc"}, "sha256"),
        ({"outputs": ["anger", "bliss"]}, "outputs"),
        ({"outputs": ["anger", "anger", "surprise"]}, "twice"),
        ({"untrained": ["fear"]}, "untrained must name"),
        ({"untrained": ["anger", "surprise", "sadness"]}, "untrained must name"),
    ],
)
def test_impossible_card_is_refused_with_what_to_do(tmp_path, changes, words):
    with pytest.raises(ModelFileError, match=rf"{words}.*make train-ser"):
        read_card(folder_with(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_card_that_is_no_json_object_is_refused(tmp_path, content):
    (tmp_path / "card.json").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"card\.json"):
        read_card(tmp_path)


def test_missing_card_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_card(tmp_path)


def test_weights_are_given_out_only_with_the_hash_of_the_card(tmp_path):
    card = read_card(folder_with(tmp_path))
    (tmp_path / "weights.bin").write_bytes(b"weights")
    assert read_weights(tmp_path, card) == b"weights"
    (tmp_path / "weights.bin").write_bytes(b"weightz")
    with pytest.raises(ModelFileError, match="SHA-256"):
        read_weights(tmp_path, card)


def test_shipped_card_tells_of_data_licence_figures_and_limits():
    card = json.loads((STANDALONE_DIRECTORY / "card.json").read_text(encoding="utf-8"))
    assert {"licence", "data", "protocol", "limits", "reproduce", "calibration", "abstention"} <= set(card)
    assert any("Persian" in limit for limit in card["limits"])
    assert any("urprise" in limit for limit in card["limits"])
    assert not card["metrics"]["by_language"]["fa"]["validated"]


def test_network_of_the_shipped_card_beats_logistic_regression_with_intervals_apart():
    card = json.loads((STANDALONE_DIRECTORY / "card.json").read_text(encoding="utf-8"))
    least = card["metrics"]["test"]["uar_95"][0]
    for baseline in ("logistic_regression", "logistic_regression_decibels"):
        assert least > card["baselines"][baseline]["uar_95"][1]


def test_shipped_weights_are_small():
    card = read_card(STANDALONE_DIRECTORY)
    assert len(read_weights(STANDALONE_DIRECTORY, card)) < 6_000_000
