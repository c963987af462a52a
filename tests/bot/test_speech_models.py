"""Needs the model whisper-base in the cache (`python -m bot models fetch`)."""

import io
import json
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
import soxr

from bot import speech_models
from bot.model_store import ModelMissingError, default_store
from bot.settings import RecogniserSettings, Settings
from bot.speech_models import load_speech
from ser_model.detector import StatesEmotionDetector
from ser_model.errors import ModelFileError
from ser_model.model_card import STANDALONE_DIRECTORY, sha256_of

LAYERS = (2, 3)
WIDTH = 2 * 512


@pytest.fixture(autouse=True)
def model():
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def angry():
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    command = [espeak, "-v", "en-us", "--stdout", "I am angry with my brother."]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wave), dtype="float32")
    return np.asarray(soxr.resample(samples, rate_hz, 16_000), dtype=np.float32)


@pytest.fixture
def loaded(monkeypatch):
    """What is asked of each transcriber that is loaded."""
    asked = []
    load = speech_models.Transcriber.load
    monkeypatch.setattr(
        speech_models.Transcriber,
        "load",
        lambda path, **options: asked.append((path, options)) or load(path, **options),
    )
    return asked


@pytest.fixture
def reading(tmp_path, monkeypatch):
    """Puts a small network that reads states of some encoder in the place of the default detector."""

    def reading(sha256):
        onnx = pytest.importorskip("onnx")
        rows = onnx.numpy_helper.from_array(np.zeros((WIDTH, 7), dtype=np.float32), "rows")
        axis = onnx.numpy_helper.from_array(np.array([1]), "axis")
        nodes = [
            onnx.helper.make_node("ReduceMean", ["states"], ["mean"], axes=[1], keepdims=0),
            onnx.helper.make_node("MatMul", ["mean", "rows"], ["logits"]),
        ]
        value = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(
            nodes,
            "tiny",
            [value("states", onnx.TensorProto.FLOAT, ["batch", "time", WIDTH])],
            [value("logits", onnx.TensorProto.FLOAT, ["batch", 7])],
            [rows, axis],
        )
        opset = [onnx.helper.make_opsetid("", 17)]
        weights = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
        card = json.loads((STANDALONE_DIRECTORY / "card.json").read_text(encoding="utf-8"))
        card.update(
            name="tiny",
            input="states",
            width=WIDTH,
            weights="tiny.onnx",
            sha256=sha256_of(weights),
            encoder={"name": "whisper-base", "sha256": sha256, "layers": LAYERS},
        )
        (tmp_path / "tiny.onnx").write_bytes(weights)
        (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
        monkeypatch.setattr(speech_models, "DEFAULT_DIRECTORY", tmp_path)
        load = StatesEmotionDetector.load
        monkeypatch.setattr(speech_models.StatesEmotionDetector, "load", lambda: load(tmp_path))
        return tmp_path

    return reading


def base_sha256():
    (status,) = (status for status in default_store().list() if status.name == "whisper-base")
    return next(file.sha256 for file in status.entry.files if file.path == "model.bin")


def test_a_model_of_the_settings_is_loaded_once_for_all_its_languages(loaded):
    recogniser = RecogniserSettings(by_language={"fa": "whisper-base", "en": "whisper-base"})
    load_speech(Settings(recogniser=recogniser)).close()
    assert len(loaded) == 1


async def test_feelings_are_heard_in_the_encoder_that_the_detector_was_trained_on(loaded, reading, angry):
    reading(base_sha256())
    speech = load_speech(Settings())
    ((_, options),) = loaded
    assert options["layers"] == LAYERS
    heard = await speech.understand(angry, language=None, with_emotion=True)
    speech.close()
    assert heard.mood.model.startswith("tiny")


async def test_another_encoder_leaves_it_to_the_detector_that_needs_none(loaded, reading, angry):
    reading("0" * 64)
    speech = load_speech(Settings())
    ((_, options),) = loaded
    assert options["layers"] == ()
    heard = await speech.understand(angry, language=None, with_emotion=True)
    speech.close()
    card = json.loads((STANDALONE_DIRECTORY / "card.json").read_text(encoding="utf-8"))
    assert heard.mood.model.startswith(card["name"])


def test_a_damaged_detector_is_named_at_the_start(reading):
    (reading(base_sha256()) / "tiny.onnx").write_bytes(b"cut")
    with pytest.raises(ModelFileError, match=r"tiny\.onnx.*make train-ser"):
        load_speech(Settings())
