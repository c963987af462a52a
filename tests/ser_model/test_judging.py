from pathlib import Path

import numpy as np
import pytest

from emotion import MOODS, UNCLEAR
from ser_model.calibration import Calibration
from ser_model.corpus import CorpusClip
from ser_model.judging import GREATEST_RISK, Chosen, answers_of, choose_on
from ser_model.manifest import LABELS

NEUTRAL, ANGER, FEAR, DISGUST = (LABELS.index(name) for name in ("neutral", "anger", "fear", "disgust"))
TRAINED = sorted([NEUTRAL, ANGER, DISGUST])
AS_IT_IS = Calibration((1.0,) * 3, (0.0,) * 3)


def clip(emotion, speaker="made/1", language="en"):
    return CorpusClip(Path("a.wav"), "made", speaker, emotion, language, "test")


def logits_for(outputs, strength=4.0):
    """Logits in favour of one output of each clip; untrained outputs are said to be far likelier."""
    logits = np.full((len(outputs), len(LABELS)), 50.0)
    logits[:, TRAINED] = 0.0
    logits[np.arange(len(outputs)), outputs] = strength
    return logits


def speakers(count, of=10):
    return [f"made/{place % of}" for place in range(count)]


def answered_by(chosen, logits):
    return chosen.calibration.apply(logits[:, TRAINED]).max(axis=1) >= chosen.threshold


def test_what_is_always_right_is_always_answered():
    truth = np.array([NEUTRAL, ANGER] * 50)
    chosen = choose_on(logits_for(truth), truth, speakers(100), TRAINED)
    assert len(chosen.calibration.scale) == len(TRAINED)
    assert chosen.threshold < 0.5


def test_the_threshold_keeps_the_risk_on_the_validation_clips():
    random = np.random.default_rng(3)
    truth = random.choice([NEUTRAL, ANGER], 600)
    strength = random.uniform(-1.0, 4.0, size=600)
    logits = logits_for(truth)
    logits[np.arange(600), truth] = strength
    chosen = choose_on(logits, truth, speakers(600), TRAINED)
    answered = answered_by(chosen, logits)
    wrong = np.array(TRAINED)[chosen.calibration.apply(logits[:, TRAINED]).argmax(axis=1)] != truth
    assert 0.3 < answered.mean() < 1.0
    assert wrong[answered].mean() <= GREATEST_RISK < wrong.mean()


def test_disgust_is_no_mood_and_its_errors_keep_nobody_from_an_answer():
    truth = np.array([NEUTRAL, ANGER, NEUTRAL, ANGER] * 25)
    aside = np.array([NEUTRAL, ANGER, DISGUST, DISGUST] * 25)
    logits = logits_for(aside)
    chosen = choose_on(logits, truth, speakers(100), TRAINED)
    assert answered_by(chosen, logits)[aside == truth].all()
    logits = logits_for(np.array([NEUTRAL, ANGER, ANGER, NEUTRAL] * 25))
    assert not answered_by(choose_on(logits, truth, speakers(100), TRAINED), logits).any()


def test_where_only_disgust_is_likely_nothing_is_answered():
    truth = np.array([NEUTRAL, ANGER, DISGUST] * 8)
    logits = logits_for(np.full(24, DISGUST), strength=30.0)
    assert choose_on(logits, truth, speakers(24, of=4), TRAINED).threshold == 1.0


@pytest.mark.parametrize("strange", [FEAR, LABELS.index("surprise")])
def test_an_untrained_emotion_calibrates_nothing_and_is_always_wrong(strange):
    truth = np.array([NEUTRAL, ANGER] * 50)
    logits = logits_for(truth)
    plain = choose_on(logits, truth, speakers(100), TRAINED)
    more = np.concatenate([truth, np.full(60, strange)])
    both = choose_on(
        np.concatenate([logits, logits_for(np.full(60, ANGER))]),
        more,
        [*speakers(100), *speakers(60)],
        TRAINED,
    )
    assert both.calibration == plain.calibration
    assert plain.threshold < both.threshold == 1.0


def test_answers_name_the_likeliest_mood_from_the_threshold_on():
    outputs = [ANGER, NEUTRAL, DISGUST, ANGER]
    logits = logits_for(outputs)
    logits[3, ANGER] = 0.1
    clips = [clip("anger"), clip("fear", "made/2", "fa"), clip("disgust"), clip("anger")]
    answers = answers_of(logits, clips, Chosen(AS_IT_IS, 0.5), TRAINED, validated=["en"], sha256="ab")
    assert answers.moods == ("anger", "neutral", UNCLEAR, UNCLEAR)
    assert set(answers.moods) <= {*MOODS, UNCLEAR}
    assert answers.truth.tolist() == [ANGER, FEAR, DISGUST, ANGER]
    assert answers.languages == ("en", "fa", "en", "en")
    assert answers.speakers == ("made/1", "made/2", "made/1", "made/1")
    assert (answers.validated, answers.sha256) == (("en",), "ab")
    assert not answers.milliseconds.any()


def test_untrained_emotions_have_no_probability():
    answers = answers_of(logits_for([ANGER]), [clip("anger")], Chosen(AS_IT_IS, 0.5), TRAINED)
    expected = np.exp([0.0, 4.0, 0.0]) / np.exp([0.0, 4.0, 0.0]).sum()
    np.testing.assert_allclose(answers.probabilities[0, TRAINED], expected)
    assert np.flatnonzero(answers.probabilities[0]).tolist() == TRAINED


def test_the_calibration_is_applied_to_the_trained_outputs_in_order():
    favours_disgust = Calibration((1.0, 1.0, 1.0), (0.0, 0.0, 9.0))
    answers = answers_of(logits_for([ANGER]), [clip("anger")], Chosen(favours_disgust, 0.5), TRAINED)
    assert answers.probabilities[0].argmax() == DISGUST
