import pytest

from emotion import MOODS, UNCLEAR, Emotion, estimate_from_probabilities
from emotion.labels import CORPUS_LABELS


def estimate(probabilities, threshold=0.5):
    return estimate_from_probabilities(
        probabilities, modality="speech", model="m-1", threshold=threshold, validated=True
    )


def test_the_likeliest_mood_is_named():
    found = estimate({"anger": 0.7, "fear": 0.2, "neutral": 0.1})
    assert (found.label, found.abstained) == ("anger", False)


def test_below_the_threshold_it_abstains():
    found = estimate({"anger": 0.45, "fear": 0.35, "neutral": 0.2})
    assert (found.label, found.abstained) == (UNCLEAR, True)


def test_disgust_is_unclear_to_the_dialogue_however_sure():
    assert estimate({"disgust": 0.95, "neutral": 0.05}).label == UNCLEAR


@pytest.mark.parametrize(
    "probabilities",
    [{}, {"joy": 1.0}, {"anger": 1.2, "fear": -0.2}, {"anger": 0.5, "fear": 0.1}, {"anger": float("nan")}],
)
def test_what_is_no_distribution_is_refused(probabilities):
    with pytest.raises(ValueError, match=r"probabilities|labels"):
        estimate(probabilities)


def test_every_corpus_label_maps_to_one_of_ours_or_to_none():
    for labels in CORPUS_LABELS.values():
        assert all(label is None or isinstance(label, Emotion) for label in labels.values())
    assert "disgust" not in MOODS
