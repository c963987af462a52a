import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_voice import FFT, HOP, MELS, tiny_vocoder

from tts_voices.vocoder import Vocoder
from tts_voices.voice import VoiceError
from tts_voices.waveform_vocoder import CONTEXT, PADDING, WaveformVocoder, open_vocoder

REACH = 4


def waveform_graph(metadata=None, output="samples"):
    """One convolution that looks at four frames on each side, and then makes each frame's samples."""
    weights = np.random.default_rng(1).standard_normal((HOP, MELS, 2 * REACH + 1)).astype(np.float32) / 30
    nodes = [
        helper.make_node("Conv", ["mel", "w"], ["frames"], pads=[REACH, REACH]),
        helper.make_node("Tanh", ["frames"], ["bent"]),
        helper.make_node("Transpose", ["bent"], ["rows"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["rows", "flat"], [output]),
    ]
    shapes = {"flat": np.asarray([1, -1], dtype=np.int64), "w": weights}
    graph = helper.make_graph(
        nodes,
        "waveform",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, MELS, "f"])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [1, "n"])],
        [numpy_helper.from_array(values, name) for name, values in shapes.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    stored = {CONTEXT: REACH, PADDING: 2} if metadata is None else metadata
    for name, value in stored.items():
        model.metadata_props.add(key=name, value=str(value))
    onnx.checker.check_model(model)
    return model.SerializeToString()


def opened(folder, content):
    path = folder / "vocoder.onnx"
    path.write_bytes(content)
    return open_vocoder(path, size=FFT, hop=HOP)


@pytest.fixture(scope="module")
def vocoder(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("vocoder"), waveform_graph())


def mel(frames):
    return np.random.default_rng(frames).standard_normal((1, MELS, frames)).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 2, 17, 18, 19, 36, 37, 60, 200, 700])
def test_pieces_are_the_whole(vocoder, frames):
    whole = vocoder.whole(mel(frames))
    pieces = list(vocoder.stream(mel(frames)))
    assert whole.shape == (frames * HOP,)
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-5)


def test_the_first_piece_is_short_and_later_ones_grow(vocoder):
    sizes = [len(piece) // HOP for piece in vocoder.stream(mel(500))]
    assert sizes[0] == 18
    assert sizes == sorted(sizes[:-1]) + sizes[-1:]
    assert max(sizes) <= 144 + 18


def test_too_little_context_would_be_heard(tmp_path):
    short = opened(tmp_path, waveform_graph({CONTEXT: 1, PADDING: 2}))
    assert not np.allclose(np.concatenate(list(short.stream(mel(90)))), short.whole(mel(90)), atol=1e-3)


def test_the_ends_are_lengthened_by_repeating_them(vocoder, tmp_path):
    bare = opened(tmp_path, waveform_graph({CONTEXT: REACH, PADDING: 0}))
    padded = np.pad(mel(30), ((0, 0), (0, 0), (2, 2)), mode="edge")
    assert np.allclose(vocoder.whole(mel(30)), bare.whole(padded)[2 * HOP : -2 * HOP], atol=1e-5)


def test_the_kind_of_vocoder_is_told_by_its_outputs(vocoder, tmp_path):
    assert isinstance(vocoder, WaveformVocoder)
    assert isinstance(opened(tmp_path, tiny_vocoder()), Vocoder)
    with pytest.raises(VoiceError, match="no vocoder"):
        opened(tmp_path, waveform_graph(output="something"))


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {CONTEXT: "4"},
        {CONTEXT: "x", PADDING: "2"},
        {CONTEXT: "-1", PADDING: "2"},
        {CONTEXT: "4", PADDING: "9999"},
    ],
)
def test_a_graph_that_does_not_say_its_context_is_refused(tmp_path, metadata):
    with pytest.raises(VoiceError, match="import it again"):
        opened(tmp_path, waveform_graph(metadata))


@pytest.mark.parametrize("content", [b"", b"not a network", waveform_graph()[:200]])
def test_a_damaged_file_is_refused(tmp_path, content):
    with pytest.raises(VoiceError):
        opened(tmp_path, content)
