"""A whole training run on generated voices, small enough for a few seconds."""

import csv
import json

import numpy as np
import pytest
import soundfile

pytest.importorskip("tensorflow", reason="needs the training environment (make train-ser)")

from ser_model import learning
from ser_model.configuration import Configuration
from ser_model.detector import SpeechEmotionDetector
from ser_model.features import log_mel, normalised
from ser_model.learning import Examples, learn
from ser_model.network import EmotionNetwork
from ser_model.train import train

TINY = Configuration.model_validate(
    {
        "name": "tiny",
        "version": "0.1",
        "network": {
            "kind": "paper_cnn",
            "filters": [4, 6, 8],
            "kernels": [[3, 3], [3, 5], 3],
            "attention": 4,
        },
        "schedule": {"epochs": 2, "batch": 8, "frames": [40, 56], "averaging": 0.5, "warm_up_epochs": 0.2},
        "repeats": {"generated": 2},
    }
)
PITCH_HZ = {"anger": 380.0, "neutral": 180.0, "sadness": 110.0}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    random = np.random.default_rng(5)
    rows = []
    for split, speakers in (("train", 4), ("valid", 2), ("test", 2)):
        for speaker in range(speakers):
            for emotion, pitch in PITCH_HZ.items():
                for take in range(2):
                    time = np.arange(int(16_000 * random.uniform(0.7, 1.1))) / 16_000
                    voice = np.sign(np.sin(2 * np.pi * pitch * random.uniform(0.9, 1.1) * time))
                    voice = 0.2 * voice + 0.01 * random.standard_normal(len(time))
                    name = f"{split}{speaker}{emotion}{take}.wav"
                    soundfile.write(folder / name, voice, 16_000)
                    rows.append([name, "generated", f"{split}{speaker}", emotion, "en", split])
    soundfile.write(folder / "bored.wav", np.zeros(16_000), 16_000)
    rows.append(["bored.wav", "generated", "train0", "boredom", "en", "train"])
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "corpus", "speaker", "emotion", "language", "split"])
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    """The folder of a finished run, and the cache that it left."""
    home, out = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAMDEL_HOME", str(home))
        train(TINY, corpus=corpus, out=out, configurations=out, command="python -m ser_model train")
        yield out


def test_training_writes_weights_that_the_detector_runs(trained):
    detector = SpeechEmotionDetector.load(trained)
    assert detector.model == "tiny-0.1"
    assert detector.labels == ("neutral", "sadness", "anger")
    time = np.arange(16_000) / 16_000
    estimate = detector.estimate(np.sin(2 * np.pi * 200 * time).astype(np.float32), language="en")
    assert sum(estimate.probabilities.values()) == pytest.approx(1.0)
    assert estimate.validated


def test_card_says_what_was_learnt_and_measured(trained):
    card = json.loads((trained / "card.json").read_text(encoding="utf-8"))
    assert card["untrained"] == ["happiness", "surprise", "fear", "disgust"]
    assert card["data"]["generated"]["train"] == {
        "clips": 24,
        "speakers": 4,
        "emotions": {"anger": 8, "neutral": 8, "sadness": 8},
    }
    test = card["metrics"]["test"]
    assert test["n"] == 12
    assert test["uar_95"][0] <= test["uar"] <= test["uar_95"][1]
    assert set(card["baselines"]) >= {"majority", "logistic_regression", "svm", "mlp"}
    assert card["baselines"]["majority"]["uar"] == pytest.approx(1 / 3, abs=1e-4)


def test_calibration_can_be_chosen_on_all_speakers_but_those_of_the_test(trained, corpus, tmp_path):
    train(TINY, corpus=corpus, out=tmp_path, configurations=tmp_path, folds=3, judged="generated")
    card, before = (
        json.loads((out / "card.json").read_text(encoding="utf-8")) for out in (tmp_path, trained)
    )
    assert card["calibration"]["chosen"].startswith("on 3 folds of 6 training speakers")
    assert card["calibration"]["chosen_on"]["n"] == 36
    assert before["calibration"]["chosen_on"]["n"] == 12
    assert card["sha256"] == before["sha256"]


def test_finished_run_is_not_repeated_when_started_again(trained, corpus, tmp_path, capsys):
    train(TINY, corpus=corpus, out=tmp_path, configurations=tmp_path)
    assert "epoch 1: loss" not in capsys.readouterr().out
    assert (tmp_path / "weights/tiny.onnx").read_bytes() == (trained / "weights/tiny.onnx").read_bytes()


def test_interrupted_run_goes_on_after_its_last_whole_epoch(tmp_path, capsys):
    random = np.random.default_rng(2)
    clips = [random.normal(-40.0, 10.0, size=(60, 64)).astype(np.float32) for _ in range(16)]
    examples = Examples([(clip,) for clip in clips], np.arange(16) % 2, np.ones(16, dtype=np.intp))
    for epochs in (1, 2):  # a run of one epoch leaves what an interruption in the second would leave
        schedule = TINY.schedule.model_copy(update={"epochs": epochs})
        learn(
            TINY.model_copy(update={"schedule": schedule}),
            examples,
            outputs=3,
            trained=[0, 1],
            checkpoint=tmp_path / "run.npz",
        )
    said = capsys.readouterr().out
    assert said.count("epoch 1: loss") == 1
    assert "going on after epoch 1" in said
    assert said.count("epoch 2: loss") == 1


def test_fine_tuning_goes_on_from_the_weights_of_another_run(trained, corpus, tmp_path):
    schedule = TINY.schedule.model_copy(update={"epochs": 1, "learning_rate": 1e-7, "averaging": 0.0})
    slow = TINY.model_copy(update={"schedule": schedule, "name": "tuned"})
    train(slow, corpus=corpus, out=tmp_path, configurations=tmp_path, start=trained, fresh=True)
    sound = normalised(log_mel(np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)))
    before, after = (EmotionNetwork.load(folder, kind="log_mel") for folder in (trained, tmp_path))
    assert after.model == "tuned-0.1"
    np.testing.assert_allclose(before.logits(sound), after.logits(sound), atol=0.05)


def test_a_rare_emotion_counts_more_where_it_should():
    def importance(balance):
        schedule = TINY.schedule.model_copy(update={"balance": balance})
        examples = Examples([], np.array([0, 0, 0, 0, 0, 0, 2, 2, 3]), np.ones(9, dtype=np.intp))
        configuration = TINY.model_copy(update={"schedule": schedule})
        return learning._importance(configuration, examples, [0, 2, 3])

    np.testing.assert_allclose(importance(0.0), [1.0, 1.0, 1.0])
    np.testing.assert_allclose(importance(1.0), [0.5, 1.5, 3.0])
    even = importance(0.5)
    assert even[0] < 1.0 < even[1] < even[2]
    assert float(even @ [6, 2, 1]) == pytest.approx(9.0)
