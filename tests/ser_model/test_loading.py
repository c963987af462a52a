"""The detector with its encoder; what needs the recogniser is skipped where whisper-base is not in the cache."""

import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from speech_like import speech_like

from bot.model_store import ModelMissingError, default_store
from emotion import UNCLEAR
from ser_model import loading
from ser_model.configuration import StatesNetwork
from ser_model.detector import EncodingDetector, SpeechEmotionDetector
from ser_model.encoder_states import averaged_pairs
from ser_model.errors import ConfigurationError, ModelFileError
from ser_model.loading import load_detector, load_encoder
from ser_model.manifest import LABELS
from ser_model.model_card import STANDALONE_DIRECTORY, sha256_of

NETWORK = StatesNetwork(layers=(2, 4))
WIDTH = 2 * 512


@pytest.fixture(scope="module")
def whisper():
    try:
        default_store().path(NETWORK.encoder)
    except ModelMissingError as error:
        pytest.skip(str(error))


def linear_network(kernel):
    """The mean over time of states (1, t, d), times a kernel (d, 7)."""
    nodes = [
        helper.make_node("ReduceMean", ["states"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "kernel"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("states", TensorProto.FLOAT, [None, None, len(kernel)])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [None, kernel.shape[1]])],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model.SerializeToString()


KERNEL = np.random.default_rng(0).normal(0.0, 0.02, size=(WIDTH, len(LABELS))).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    """Gives a folder with a network on encoder states, whose card names an encoder."""

    def folder(sha256=NETWORK.encoder_sha256, name=NETWORK.encoder):
        weights = linear_network(KERNEL)
        (tmp_path / "weights.onnx").write_bytes(weights)
        card = {
            "name": "linear",
            "version": "1",
            "weights": "weights.onnx",
            "sha256": sha256_of(weights),
            "outputs": list(LABELS),
            "input": "states",
            "width": WIDTH,
            "encoder": {"name": name, "sha256": sha256, "layers": list(NETWORK.layers)},
            "calibration": {"scale": [1.0] * 7, "bias": [0.0] * 7},
            "threshold": 0.3,
        }
        (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
        return tmp_path

    return folder


def test_a_model_without_encoder_needs_no_recogniser(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert isinstance(load_detector(STANDALONE_DIRECTORY), SpeechEmotionDetector)


def test_without_a_default_model_the_one_that_needs_no_encoder_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(loading, "DEFAULT_DIRECTORY", tmp_path)
    assert load_detector().card == SpeechEmotionDetector.load(STANDALONE_DIRECTORY).card
    shutil.copytree(STANDALONE_DIRECTORY, tmp_path, dirs_exist_ok=True)
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    (tmp_path / "card.json").write_text(json.dumps({**card, "version": "7"}), encoding="utf-8")
    assert load_detector().card.version == "7"


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"card\.json: cannot be read"):
        load_detector(tmp_path)


def test_a_missing_recogniser_is_named(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path / "home"))
    with pytest.raises(ConfigurationError, match="the recogniser whisper-base cannot be loaded"):
        load_detector(folder())


def test_an_unknown_recogniser_is_named(folder):
    with pytest.raises(ConfigurationError, match="the recogniser whisper-nowhere cannot be loaded"):
        load_detector(folder(name="whisper-nowhere"))


@pytest.mark.usefixtures("whisper")
def test_another_recogniser_than_the_network_reads_is_refused(folder):
    with pytest.raises(ConfigurationError, match=r"another model \(d01c3014881c…\).*reads \(000000000000…\)"):
        load_detector(folder(sha256="0" * 64))


@pytest.mark.usefixtures("whisper")
@pytest.mark.parametrize("layers", [(0,), (7,)])
def test_a_layer_that_the_recogniser_lacks_is_refused(layers):
    with pytest.raises(ConfigurationError, match="the recogniser whisper-base cannot be loaded"):
        load_encoder(NETWORK.encoder, NETWORK.encoder_sha256, layers)


@pytest.mark.usefixtures("whisper")
def test_the_detector_judges_what_the_encoder_makes_of_speech(folder):
    detector = load_detector(folder())
    assert isinstance(detector, EncodingDetector)
    assert detector.model == "linear-1"
    samples = speech_like(1.5)
    estimate = detector.estimate(samples, language="en")
    encoder = load_encoder(NETWORK.encoder, NETWORK.encoder_sha256, NETWORK.layers)
    states = averaged_pairs(encoder.encode(samples))
    assert states.shape[1] == WIDTH
    logits = states.mean(axis=0) @ KERNEL
    shares = np.exp(logits - logits.max())
    np.testing.assert_allclose(
        [estimate.probabilities[label] for label in LABELS], shares / shares.sum(), atol=1e-4
    )
    assert not estimate.validated
    silence = detector.estimate(np.zeros(16_000, dtype=np.float32), language="en")
    assert silence.label == UNCLEAR
    assert set(silence.probabilities.values()) == {1.0 / 7.0}
