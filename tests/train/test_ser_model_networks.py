"""Each network in Keras and as an ONNX graph: the same numbers for any length."""

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("tensorflow", reason="needs the training environment (make train-ser)")

import keras

from ser_model.configuration import LogMelNetwork, PaperNetwork, StatesNetwork
from ser_model.errors import ConfigurationError
from ser_model.model import build_network, onnx_bytes
from ser_model.stored_network import StoredNetworks
from ser_model.whisper_cnn import LayerMix

NETWORKS = {
    "paper_cnn": (PaperNetwork(filters=(4, 6, 8), kernels=((3, 3), (3, 5), 3), attention=4), 64),
    "logmel_cnn": (LogMelNetwork(channels=(4, 6, 8, 10), width=12, attention=4), 64),
    "whisper_cnn": (StatesNetwork(layers=(1, 2, 3), width=12, attention=4), 3 * 16),
    "whisper_cnn without blocks": (StatesNetwork(layers=(1,), width=12, blocks=0, attention=4), 16),
}


def network_of(name, seed):
    """With random numbers everywhere, as training might leave them, instead of the initial ones."""
    sizes, width = NETWORKS[name]
    random = np.random.default_rng(seed)
    mean, deviation = random.normal(size=width), random.uniform(0.5, 2.0, size=width)
    model = build_network(sizes, 7, mean.astype(np.float32), deviation.astype(np.float32))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            continue
        weights = [random.normal(0.0, 0.3, size=weight.shape) for weight in layer.get_weights()]
        if isinstance(layer, keras.layers.BatchNormalization):
            weights[3] = random.uniform(0.1, 2.0, size=weights[3].shape)
        if not isinstance(layer, keras.layers.Dropout | keras.layers.SpatialDropout1D):
            layer.set_weights(weights)
    return model, width


def exported(models, frames, width):
    session = onnxruntime.InferenceSession(onnx_bytes(models), providers=["CPUExecutionProvider"])
    clips = np.random.default_rng(frames).normal(size=(2, frames, width)).astype(np.float32)
    name = session.get_inputs()[0].name
    return session.run(None, {name: clips})[0], clips


@pytest.mark.parametrize("frames", [4, 21, 250])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_exported_graph_equals_keras_for_any_length(name, frames):
    model, width = network_of(name, frames)
    logits, clips = exported([model], frames, width)
    np.testing.assert_allclose(logits, model(clips, training=False).numpy(), atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_training_can_go_on_from_an_exported_graph(name):
    models = [network_of(name, seed)[0] for seed in (1, 2)]
    stored = StoredNetworks(onnx_bytes(models), "graph")
    sizes, width = NETWORKS[name]
    clips = np.random.default_rng(0).normal(size=(1, 20, width)).astype(np.float32)
    for member in (0, 1, 2):  # after the last comes the first
        again = build_network(sizes, 7, *stored.statistics(member))
        stored.give(again, member)
        before = models[member % 2](clips, training=False).numpy()
        np.testing.assert_allclose(again(clips, training=False).numpy(), before, atol=1e-5)


def test_noise_on_the_layers_is_in_units_of_their_own_and_in_training_alone():
    states = np.random.default_rng(1).normal(size=(4, 200, 3, 16)).astype(np.float32)
    mix = LayerMix(0.5)
    plain = mix(states, training=False).numpy()
    np.testing.assert_allclose(plain, states.mean(axis=2), atol=1e-6)
    noise = mix(states, training=True).numpy() - plain
    assert noise.std() == pytest.approx(0.5 / np.sqrt(3), rel=0.05)  # of three equal shares
    assert noise.mean() == pytest.approx(0.0, abs=0.02)
    again = mix(states, training=True).numpy() - plain
    assert np.abs(again - noise).max() > 0.1
    np.testing.assert_array_equal(LayerMix(0.0)(states, training=True), LayerMix(0.0)(states))


def test_another_network_is_not_gone_on_from():
    stored = StoredNetworks(onnx_bytes([network_of("paper_cnn", 1)[0]]), "graph")
    other, _ = network_of("logmel_cnn", 1)
    with pytest.raises(ConfigurationError, match="another layer"):
        stored.give(other, 0)
    with pytest.raises(ConfigurationError, match="no ONNX file"):
        StoredNetworks(b"\xff\xff", "graph")
    with pytest.raises(ConfigurationError, match="no weights that training can go on from"):
        StoredNetworks(b"", "graph")


def test_the_probabilities_of_members_are_averaged():
    first, width = network_of("whisper_cnn", 1)
    second, _ = network_of("whisper_cnn", 2)
    logits, clips = exported([first, second], 30, width)
    shares = [keras.ops.softmax(model(clips, training=False)).numpy() for model in (first, second)]
    np.testing.assert_allclose(np.exp(logits), np.mean(shares, axis=0), atol=1e-5)


def test_the_network_learns_how_much_of_each_layer_it_takes():
    model, width = network_of("whisper_cnn", 3)
    model.get_layer("mix").set_weights([np.array([0.0, 50.0, 0.0], dtype=np.float32)])
    clips = np.random.default_rng(0).normal(size=(1, 20, width)).astype(np.float32)
    other = clips.copy()
    other[:, :, :16] += 5.0
    other[:, :, 32:] -= 5.0
    np.testing.assert_allclose(
        model(clips, training=False).numpy(), model(other, training=False).numpy(), atol=1e-4
    )
