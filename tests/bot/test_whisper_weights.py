import struct

import numpy as np
import pytest

from bot.whisper_graphs import shape_of
from bot.whisper_weights import WeightsFormatError, read_weights

VARIABLES = {
    "decoder/num_heads": np.array(8, dtype=np.int16),
    "encoder/conv1/bias": np.arange(4, dtype=np.float16),
    "encoder/layer_0/ffn/linear_0/weight": np.ones((2, 3), dtype=np.float32),
    "encoder/layer_1/ffn/linear_0/weight": np.ones((2, 3), dtype=np.int8),
    "encoder/layer_norm/beta": np.zeros(4, dtype=np.float16),
}
KINDS = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}


def _text(text):
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def _file(variables, *, version=6, specification="WhisperSpec"):
    data = struct.pack("<I", version) + _text(specification) + struct.pack("<II", 3, len(variables))
    for name, values in variables.items():
        data += _text(name) + struct.pack("<B", values.ndim)
        data += struct.pack(f"<{values.ndim}I", *values.shape)
        data += struct.pack("<BI", KINDS[values.dtype.name], values.nbytes) + values.tobytes()
    return data + struct.pack("<I", 0)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(_file(VARIABLES))
    return path


def test_variables_are_read(model):
    weights = read_weights(model)
    assert weights.number("decoder/num_heads") == 8
    assert weights.layers("encoder") == 2
    assert weights.matrix("encoder/conv1/bias").dtype == np.float32
    np.testing.assert_array_equal(weights.matrix("encoder/conv1/bias"), np.arange(4))
    assert weights.matrix("encoder/layer_0/ffn/linear_0/weight").shape == (2, 3)


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (lambda weights: weights.matrix("encoder/conv2/bias"), "lacks encoder/conv2/bias"),
        (lambda weights: weights.matrix("encoder/layer_1/ffn/linear_0/weight"), "quantised already"),
        (lambda weights: weights.number("encoder/conv1/bias"), "lacks encoder/conv1/bias"),
        (shape_of, "lacks"),
    ],
)
def test_what_is_missing_is_said(model, ask, complaint):
    weights = read_weights(model)
    with pytest.raises(WeightsFormatError, match=complaint):
        ask(weights)


@pytest.mark.parametrize("kept", range(0, len(_file(VARIABLES)) - 4, 7))
def test_a_cut_file_is_refused(model, kept):
    model.write_bytes(_file(VARIABLES)[:kept])
    with pytest.raises(WeightsFormatError):
        read_weights(model)


@pytest.mark.parametrize(
    "data",
    [
        _file(VARIABLES, version=99),
        _file(VARIABLES, specification="TransformerSpec"),
        b"PK\x03\x04 a zip file",
        _file(VARIABLES).replace(struct.pack("<BI", 4, 8), struct.pack("<BI", 9, 8)),
        _file(VARIABLES).replace(struct.pack("<BI", 4, 8), struct.pack("<BI", 4, 2**31)),
    ],
    ids=["newer format", "another model", "another file", "unknown type", "too large"],
)
def test_another_file_is_refused(model, data):
    model.write_bytes(data)
    with pytest.raises(WeightsFormatError):
        read_weights(model)
