"""A voice of a few kilobytes with random networks, in the files and with the inputs and outputs of a real one."""

import hashlib
import json

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tts_voices.pronunciation.phones import BLANK, network_symbols
from tts_voices.voice_files import VoiceDescription, write_description

__all__ = ["FFT", "HOP", "MELS", "RATE", "tiny_vocoder", "write_tiny_voice"]

RATE, FFT, HOP, MELS = 22_050, 1_024, 256, 80
_CHANNELS = 6
_FRAMES_A_SYMBOL = 6


def write_tiny_voice(folder, language="en", **changes):
    """Writes the files of a voice; `changes` replace fields of its description. Returns that."""
    folder.mkdir(parents=True, exist_ok=True)
    symbols = network_symbols(language)
    graphs = {
        "encoder.onnx": _encoder(len(symbols)),
        "decoder.onnx": _decoder(),
        "vocoder.onnx": tiny_vocoder(),
    }
    for name, content in graphs.items():
        (folder / name).write_bytes(content)
    fields = {
        "name": "tiny",
        "language": language,
        "reader": "hamdel",
        "symbols": symbols,
        "blank": BLANK if changes.get("reader", "hamdel") == "hamdel" else None,
        "sample_rate_hz": RATE,
        "fft": FFT,
        "hop": HOP,
        "length": 1.0,
        "noise": 0.3,
        "gain": 1.0,
        "licence": "CC0-1.0",
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in graphs.items()},
    }
    rate = changes.pop("sample_rate_hz", None)
    description = VoiceDescription(**{**fields, **changes})
    write_description(description, folder)
    if rate is not None:
        stored = json.loads((folder / "voice.json").read_text(encoding="utf-8"))
        (folder / "voice.json").write_text(json.dumps({**stored, "sample_rate_hz": rate}), encoding="utf-8")
    return description


def tiny_vocoder(seed=3):
    """Five convolutions of width 7, as the real vocoder has, and their spectra."""
    weights, nodes, channels, inside = {}, [], MELS, "mel"
    for number in range(5):
        weights[f"w{number}"] = _random(seed + number, (_CHANNELS, channels, 7), 1 / np.sqrt(7 * channels))
        nodes += [
            helper.make_node("Conv", [inside, f"w{number}"], [f"c{number}"], pads=[3, 3]),
            helper.make_node("Tanh", [f"c{number}"], [f"t{number}"]),
        ]
        channels, inside = _CHANNELS, f"t{number}"
    bins = FFT // 2 + 1
    weights["head"] = _random(seed + 9, (2 * bins, _CHANNELS, 1), 6.0)
    weights["sizes"] = np.asarray([bins, bins], dtype=np.int64)
    nodes += [
        helper.make_node("Conv", [inside, "head"], ["both"]),
        helper.make_node("Split", ["both", "sizes"], ["real", "imaginary"], axis=1),
    ]
    outputs = [_value("real", [1, bins, "f"]), _value("imaginary", [1, bins, "f"])]
    return _model(nodes, [_value("mel", [1, MELS, "f"])], outputs, weights)


def _encoder(symbols):
    """Each symbol's mean, for 6 frames times the length, made even."""
    weights = {
        "means": _random(1, (symbols, MELS), 1.0),
        "half": np.asarray([_FRAMES_A_SYMBOL / 2], dtype=np.float32),
        "two": np.asarray([2], dtype=np.int64),
        "point": np.asarray([0.5], dtype=np.float32),
        "split": np.asarray([1, MELS, -1, 1], dtype=np.int64),
        "joined": np.asarray([1, MELS, -1], dtype=np.int64),
        "ones": np.asarray([1, 1, 1], dtype=np.int64),
        "flat": np.asarray([-1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["means", "ids"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["columns"], perm=[0, 2, 1]),
        helper.make_node("Mul", ["length", "half"], ["exact"]),
        helper.make_node("Add", ["exact", "point"], ["raised"]),
        helper.make_node("Floor", ["raised"], ["floored"]),
        helper.make_node("Cast", ["floored"], ["halves"], to=TensorProto.INT64),
        helper.make_node("Mul", ["halves", "two"], ["times"]),
        helper.make_node("Reshape", ["columns", "split"], ["apart"]),
        helper.make_node("Concat", ["ones", "times"], ["shape"], axis=0),
        helper.make_node("Expand", ["apart", "shape"], ["repeated"]),
        helper.make_node("Reshape", ["repeated", "joined"], ["frames"]),
        helper.make_node("Reshape", ["ids", "flat"], ["line"]),
        helper.make_node("Sub", ["line", "line"], ["zeros"]),
        helper.make_node("Add", ["zeros", "times"], ["durations"]),
    ]
    inputs = [_value("ids", [1, "n"], TensorProto.INT64), _value("length", [1])]
    outputs = [_value("frames", [1, MELS, "f"]), _value("durations", ["n"], TensorProto.INT64)]
    return _model(nodes, inputs, outputs, weights)


def _decoder():
    nodes = [helper.make_node("Conv", ["frames", "mix"], ["mel"])]
    mix = {"mix": _random(2, (MELS, MELS, 1), 1 / np.sqrt(MELS))}
    return _model(nodes, [_value("frames", [1, MELS, "f"])], [_value("mel", [1, MELS, "f"])], mix)


def _random(seed, shape, scale):
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def _value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def _model(nodes, inputs, outputs, weights):
    initializers = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()
