import numpy as np
import pytest
import soundfile

from emotion import UNCLEAR
from ser_model.detector import SpeechEmotionDetector
from ser_model.errors import ManifestError
from ser_model.evaluate import Answers, answer_all, report
from ser_model.manifest import LABELS, ManifestRow

FIGURES = {
    "n",
    "accuracy",
    "uar",
    "macro_f1",
    "ece",
    "coverage",
    "risk_at_coverage",
    "per_class",
    "confusion",
    "majority_baseline",
    "latency_ms_per_item",
    "model_sha256",
    "by_language",
    "product",
    "ece_debiased",
    "ece_band_95",
    "coverage_at_20_risk",
    "error_at_80_coverage",
    "recall_at_90_precision",
    "four_class",
}


def answers(*said, languages=None, speakers=()):
    """Answers made up from (truth, likeliest label, its probability, named mood)."""
    probabilities = np.zeros((len(said), len(LABELS)))
    for place, (_, label, probability, _) in enumerate(said):
        probabilities[place] = (1.0 - probability) / (len(LABELS) - 1)
        probabilities[place, LABELS.index(label)] = probability
    return Answers(
        truth=np.array([LABELS.index(truth) for truth, *_ in said], dtype=np.intp),
        probabilities=probabilities,
        moods=tuple(mood for *_, mood in said),
        languages=languages or ("en",) * len(said),
        milliseconds=np.array([float(place + 1) for place in range(len(said))]),
        validated=("en",),
        sha256="0" * 64,
        speakers=speakers,
    )


SAID = answers(
    ("anger", "anger", 0.9, "anger"),
    ("anger", "fear", 0.8, "fear"),
    ("sadness", "sadness", 0.4, UNCLEAR),
    ("disgust", "disgust", 0.9, UNCLEAR),
    languages=("en", "en", "en", "fa"),
)


def test_report_has_all_figures_of_the_contract():
    assert set(report(SAID)) == FIGURES


def test_own_labels_are_judged_without_abstention():
    figures = report(SAID)
    assert (figures["n"], figures["accuracy"]) == (4, 0.75)
    assert figures["uar"] == pytest.approx((0.5 + 1.0 + 1.0) / 3, abs=1e-4)
    assert figures["majority_baseline"] == 0.5
    assert figures["latency_ms_per_item"] == 2.5
    anger = {"recall": 0.5, "recall_95": [0.0945, 0.9055], "precision": 1.0, "f1": 0.6667, "n": 2}
    assert figures["per_class"]["anger"] == anger
    labels, counts = figures["confusion"]["labels"], np.array(figures["confusion"]["counts"])
    assert counts[labels.index("anger"), labels.index("fear")] == 1
    assert counts.sum() == 4
    assert "surprise" not in labels


def test_coverage_and_risk_are_those_of_named_moods():
    figures = report(SAID)
    assert (figures["coverage"], figures["risk_at_coverage"]) == (0.5, 0.5)


def test_disgust_is_unclear_for_the_product():
    product = report(SAID)["product"]
    unclear = {"recall": 1.0, "recall_95": [0.2065, 1.0], "precision": 0.5, "f1": 0.6667, "n": 1}
    assert product["per_class"][UNCLEAR] == unclear
    assert "disgust" not in product["per_class"]


def test_each_language_has_its_figures_and_says_whether_it_was_validated():
    by_language = report(SAID)["by_language"]
    assert by_language["en"]["n"] == 3
    assert by_language["en"]["validated"]
    assert not by_language["fa"]["validated"]
    assert by_language["fa"]["risk_at_coverage"] is None


def test_emotion_that_the_model_never_learnt_counts_as_missed():
    figures = report(answers(("surprise", "fear", 0.6, "fear"), ("fear", "fear", 0.6, "fear")))
    assert figures["per_class"]["surprise"]["recall"] == 0.0
    assert figures["uar"] == 0.5


def test_ranking_figures_are_those_of_any_threshold():
    figures = report(SAID)
    assert figures["coverage_at_20_risk"] == 0.5  # anger and disgust at 0.9; then fear at 0.8 is wrong
    assert figures["error_at_80_coverage"] == 0.25  # 80 % of four clips are four
    assert figures["recall_at_90_precision"] == {"sadness": 1.0, "anger": 0.5, "disgust": 1.0}


def test_four_classes_are_compared_among_themselves():
    said = [("anger", "anger", 0.9, "anger"), ("sadness", "fear", 0.7, "fear"), ("fear", "fear", 0.9, "fear")]
    assert report(answers(*said[:1], said[2]))["four_class"] == {"uar": 1.0, "n": 1}
    made = answers(*said)
    made.probabilities[1, LABELS.index("sadness")] += 0.01  # likeliest of the four, though fear leads
    figures = report(made)
    assert figures["four_class"] == {"uar": 1.0, "n": 2}
    assert figures["uar"] == pytest.approx(2 / 3, abs=1e-4)
    assert report(answers(said[2]))["four_class"] == {"uar": None, "n": 0}


def test_calibration_is_beside_the_band_of_a_perfectly_calibrated_model():
    assert report(SAID)["ece_debiased"] is None
    assert report(SAID)["ece_band_95"] is None
    hits = [("anger", "anger", 0.75, "anger")] * 75
    calibrated = report(answers(*hits, *[("fear", "anger", 0.75, "anger")] * 25))
    assert calibrated["ece_debiased"] == 0.0
    assert calibrated["ece_band_95"][0] == 0.0
    overconfident = report(answers(*hits, *[("fear", "anger", 0.75, "anger")] * 75))
    assert overconfident["ece_debiased"] == pytest.approx(0.2466, abs=1e-4)  # √(0.25² - 0.25 / 149)
    assert overconfident["ece_debiased"] > overconfident["ece_band_95"][1]
    assert report(answers(*hits[:20]))["by_language"]["en"]["ece_debiased"] is not None


def test_interval_by_speaker_is_there_where_all_speakers_are_known():
    said = [("anger", "anger", 0.9, "anger")] * 4 + [
        ("fear", "anger", 0.9, "anger"),
        ("fear", "fear", 0.9, "fear"),
    ]
    speakers = ("a", "a", "b", "b", "a", "b")
    figures = report(answers(*said, speakers=speakers))
    assert figures["uar_95_by_speaker"] == [0.5, 1.0]
    assert figures["uar"] == 0.75
    for unknown in ((), ("a",) * 6, ("a", "b", "", "a", "b", "a")):
        assert "uar_95_by_speaker" not in report(answers(*said, speakers=unknown))


def test_part_may_repeat_answers_as_resampling_does():
    part = SAID.part(np.array([0, 0, 3]))
    assert part.moods == ("anger", "anger", UNCLEAR)
    assert report(part)["accuracy"] == 1.0


def test_recordings_are_answered_in_their_order(tmp_path):
    silence, tone = tmp_path / "silence.wav", tmp_path / "tone.flac"
    soundfile.write(silence, np.zeros(16_000), 16_000)
    soundfile.write(tone, 0.3 * np.sin(np.arange(44_100) / 20), 44_100)
    rows = [ManifestRow(silence, "neutral", "s", "en", "test"), ManifestRow(tone, "fear", "s", "fa", "test")]
    said = answer_all(SpeechEmotionDetector.load(), rows, progress=False)
    assert said.moods[0] == UNCLEAR
    assert said.speakers == ("s", "s")
    np.testing.assert_allclose(said.probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert said.probabilities[:, LABELS.index("surprise")].max() == 0.0
    assert (said.milliseconds > 0.0).all()


def test_damaged_recording_is_named(tmp_path):
    (tmp_path / "damaged.wav").write_bytes(b"RIFF")
    rows = [ManifestRow(tmp_path / "damaged.wav", "fear", "s", "en", "test")]
    with pytest.raises(ManifestError, match=r"damaged\.wav"):
        answer_all(SpeechEmotionDetector.load(), rows, progress=False)
