import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from tts_voices.model import VocoderNetwork, glow_tts, spectrum_to_samples
from tts_voices.training.configuration import Acoustic, Vocoder
from tts_voices.training.export import (
    DecoderGraph,
    EncoderGraph,
    decoder_graph,
    encoder_graph,
    half_precision,
    vocoder_graph,
)
from tts_voices.waveform_vocoder import open_vocoder

SYMBOLS = 41
SIZES = Acoustic(
    hidden=32, feed_forward=64, encoder_layers=2, duration_hidden=32, flow_blocks=3, flow_layers=2
)


@pytest.fixture(scope="module")
def network():
    """A network whose flow changes what goes through it, as a trained one does; weights as they are stored."""
    torch.manual_seed(1)
    made = glow_tts(SIZES, SYMBOLS)
    for name, weight in made.named_parameters():
        if name.endswith(("logs", "bias")) or "end.weight" in name:
            weight.data += 0.1 * torch.randn_like(weight)
        weight.data = weight.data.half().float()
    return made.eval()


@pytest.fixture(scope="module")
def statistics():
    return torch.linspace(-6, -3, 80), torch.linspace(1, 2, 80)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, network, statistics):
    folder = tmp_path_factory.mktemp("graphs")
    encoder_graph(network, folder / "encoder.onnx")
    decoder_graph(network, *statistics, folder / "decoder.onnx")
    return folder


def run(path, **given):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, given)


@pytest.mark.parametrize("count", [1, 2, 7, 60, 220])
@pytest.mark.parametrize("length", [0.5, 1.0, 1.7])
def test_the_encoder_gives_what_pytorch_gives(network, folder, count, length):
    ids = np.random.default_rng(count).integers(0, SYMBOLS, (1, count))
    scale = np.asarray([length], dtype=np.float32)
    frames, durations = run(folder / "encoder.onnx", ids=ids, length=scale)
    with torch.no_grad():
        expected, lengths = EncoderGraph(network)(torch.from_numpy(ids), torch.from_numpy(scale))
    assert np.array_equal(durations, lengths.numpy())
    assert np.abs(frames - expected.numpy()).max() < 1e-3
    assert frames.shape[2] % 2 == 0
    assert 0 <= frames.shape[2] - durations.sum() <= 1
    assert durations.min() >= 1


def test_each_frame_has_the_mean_of_its_symbol(network, folder):
    ids = np.asarray([[3, 9, 4, 30]])
    frames, durations = run(folder / "encoder.onnx", ids=ids, length=np.asarray([2.0], dtype=np.float32))
    with torch.no_grad():
        means = network.encoder(torch.from_numpy(ids), torch.tensor([4]))[0][0].numpy()
    owners = np.repeat(np.arange(4), durations)
    assert np.abs(frames[0][:, : len(owners)] - means[:, owners]).max() < 1e-3


@pytest.mark.parametrize("count", [2, 40, 301 * 2])
def test_the_decoder_gives_what_coquis_gives_backwards(network, statistics, folder, count):
    mean, deviation = statistics
    latent = torch.randn(1, 80, count, generator=torch.Generator().manual_seed(count))
    made = run(folder / "decoder.onnx", frames=latent.numpy())[0]
    with torch.no_grad():
        plain, _ = network.decoder(latent, torch.ones(1, 1, count), reverse=True)
    expected = plain * deviation[:, None] + mean[:, None]
    assert np.abs(made - expected.numpy()).max() < 1e-3


def test_exporting_leaves_the_network_as_it_was(network, statistics, tmp_path):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    decoder_graph(network, *statistics, tmp_path / "decoder.onnx")
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_a_decoder_run_backwards_undoes_its_run_forwards(network, statistics):
    mean, deviation = statistics
    mel = torch.randn(1, 80, 64)
    with torch.no_grad():
        latent, _ = network.decoder(mel, torch.ones(1, 1, 64))
        back = DecoderGraph(network, mean, deviation)(latent)
    assert torch.allclose(back, mel * deviation[:, None] + mean[:, None], atol=1e-3)


def test_the_vocoder_gives_what_pytorch_gives_in_chunks_too(tmp_path):
    torch.manual_seed(2)
    made = VocoderNetwork(Vocoder(channels=32, blocks=4))
    for weight in made.parameters():
        weight.data = weight.data.half().float()
    vocoder_graph(made, tmp_path / "vocoder.onnx")
    mel = torch.randn(1, 80, 203)
    with torch.no_grad():
        expected = spectrum_to_samples(*made(mel))[0].numpy()
    file = open_vocoder(tmp_path / "vocoder.onnx", size=1024, hop=256)
    assert np.abs(file.whole(mel.numpy()) - expected).max() < 1e-3
    chunked = np.concatenate(list(file.stream(mel.numpy())))
    assert chunked.shape == expected.shape
    assert np.abs(chunked - file.whole(mel.numpy())).max() < 1e-4


def test_large_weights_are_stored_in_half_the_bytes(folder):
    for name in ("encoder.onnx", "decoder.onnx"):
        tensors = [numpy_helper.to_array(one) for one in onnx.load(folder / name).graph.initializer]
        whole = sum(values.size for values in tensors if values.dtype == np.float32)
        assert whole < 0.5 * sum(values.size for values in tensors)


def test_what_is_no_graph_is_refused():
    with pytest.raises(Exception, match=r"[Pp]ars|[Dd]ecode"):
        half_precision(b"no graph")
