import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion import estimate_from_probabilities, fuse


def estimate(probabilities, modality="speech", threshold=0.5, validated=True):
    return estimate_from_probabilities(
        probabilities, modality=modality, model=f"{modality}-1", threshold=threshold, validated=validated
    )


def test_nothing_to_fuse_gives_nothing():
    assert fuse([]) is None


def test_one_estimate_keeps_its_probabilities():
    fused = fuse([estimate({"anger": 0.7, "fear": 0.2, "neutral": 0.1})])
    assert fused.modality == "fused"
    assert fused.label == "anger"
    assert fused.probabilities["fear"] == pytest.approx(0.2, abs=1e-6)


def test_two_that_agree_are_surer_than_either():
    part = {"sadness": 0.6, "neutral": 0.4}
    fused = fuse([estimate(part), estimate(part, "text")])
    assert fused.probabilities["sadness"] > 0.6


def test_two_that_contradict_abstain():
    fused = fuse(
        [estimate({"sadness": 0.9, "anger": 0.1}), estimate({"sadness": 0.1, "anger": 0.9}, "text")],
        threshold=0.6,
    )
    assert fused.abstained


def test_a_label_that_one_never_learnt_is_not_held_against_it():
    speech = estimate({"anger": 0.5, "neutral": 0.5})
    text = estimate({"surprise": 0.98, "anger": 0.01, "neutral": 0.01}, "text")
    assert fuse([speech, text]).label == "surprise"


def test_weights_count():
    speech = estimate({"anger": 0.8, "neutral": 0.2})
    text = estimate({"anger": 0.2, "neutral": 0.8}, "text")
    assert fuse([speech, text], weights={"text": 0.2}).label == "anger"


def test_a_part_that_is_not_validated_makes_the_whole_not_validated():
    part = {"anger": 0.8, "neutral": 0.2}
    assert not fuse([estimate(part), estimate(part, "text", validated=False)]).validated


@given(
    st.lists(st.floats(0.001, 1), min_size=3, max_size=3),
    st.lists(st.floats(0.001, 1), min_size=3, max_size=3),
)
def test_the_result_is_a_distribution(first, second):
    labels = ("anger", "fear", "neutral")
    parts = [
        estimate({label: value / sum(values) for label, value in zip(labels, values, strict=True)}, modality)
        for values, modality in ((first, "speech"), (second, "text"))
    ]
    assert sum(fuse(parts).probabilities.values()) == pytest.approx(1, abs=1e-6)
