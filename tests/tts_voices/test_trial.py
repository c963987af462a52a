import hashlib
import re
import shutil
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_voice import HOP, MELS, write_tiny_voice

from tts_voices.glow_voice import GlowVoice
from tts_voices.pronunciation.phones import network_symbols
from tts_voices.voice import VoiceError
from tts_voices.voice_files import write_description
from tts_voices.waveform_vocoder import CONTEXT, PADDING

LETTERS = tuple(" .,?!abcdefghijklmnopqrstuvwxyz")
ENGLISH = network_symbols("en")


def written(folder, **changes):
    """A voice whose reader needs no dictionary."""
    return write_tiny_voice(folder, **({"reader": "characters", "symbols": LETTERS} | changes))


def put(folder, description, name, content):
    """Puts another network in the place of one, and its digest into the description."""
    (folder / name).write_bytes(content)
    files = description.files | {name: hashlib.sha256(content).hexdigest()}
    write_description(replace(description, files=files), folder)


def weights(name, change):
    def changed(model):
        for stored in model.graph.initializer:
            if stored.name == name:
                stored.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(stored)), name))

    return changed


def named(place, name):
    """Renames an input or output."""

    def changed(model):
        before = getattr(model.graph, place)[0].name
        getattr(model.graph, place)[0].name = name
        for node in model.graph.node:
            for names in (node.input, node.output):
                names[:] = [name if one == before else one for one in names]

    return changed


def ending(operator, kind=TensorProto.FLOAT, shape=None, **attributes):
    """One more operation at the end, whose output has the name of what was the last."""

    def changed(model):
        output = model.graph.output[0]
        for node in model.graph.node:
            node.output[:] = ["inside" if one == output.name else one for one in node.output]
        model.graph.node.append(helper.make_node(operator, ["inside"], [output.name], **attributes))
        output.CopyFrom(helper.make_tensor_value_info(output.name, kind, shape))

    return changed


def first_of(axis):
    return lambda values: np.take(values, range(40), axis=axis)


@pytest.mark.parametrize(
    ("file", "change", "lacking"),
    [
        ("encoder.onnx", named("input", "letters"), "no frames for the 31 symbols of voice.json"),
        ("encoder.onnx", named("output", "latent"), "no frames"),
        ("encoder.onnx", weights("means", lambda values: values * np.float32(np.nan)), "no frames"),
        ("encoder.onnx", weights("two", lambda values: values * 1_000), "no frames"),
        ("encoder.onnx", ending("Cast", TensorProto.DOUBLE, to=TensorProto.DOUBLE), "no frames"),
        ("encoder.onnx", ending("Flatten"), "no frames"),
        ("decoder.onnx", named("input", "latent"), "no mel frames for those of encoder.onnx"),
        ("decoder.onnx", named("output", "mels"), "no mel frames"),
        ("decoder.onnx", weights("mix", lambda values: values * np.float32(np.inf)), "no mel frames"),
        ("decoder.onnx", weights("mix", first_of(1)), "no mel frames"),
        ("decoder.onnx", ending("Flatten"), "no mel frames"),
        ("decoder.onnx", ending("Cast", TensorProto.FLOAT16, to=TensorProto.FLOAT16), "no mel frames"),
        ("vocoder.onnx", named("input", "frames"), "no sound for the mel frames of decoder.onnx"),
        ("vocoder.onnx", weights("head", lambda values: values * np.float32(np.nan)), "no sound"),
        ("vocoder.onnx", weights("w0", first_of(1)), "no sound"),
        ("vocoder.onnx", ending("Flatten"), "no sound"),
    ],
)
def test_a_network_that_does_not_fit_is_named_when_the_voice_is_loaded(tmp_path, file, change, lacking):
    description = written(tmp_path)
    model = onnx.load(tmp_path / file)
    # What is declared of shapes would already be refused when the file is opened.
    for value in (*model.graph.output, *model.graph.input):
        value.type.tensor_type.ClearField("shape")
    change(model)
    put(tmp_path, description, file, model.SerializeToString())
    with pytest.raises(VoiceError) as refused:
        GlowVoice.load(tmp_path)
    message = str(refused.value)
    assert re.fullmatch(
        rf"{tmp_path / file} does not fit the voice, it gives {lacking}.*: install.*", message
    )


def test_without_a_change_the_same_files_are_loaded(tmp_path):
    written(tmp_path)
    assert sum(map(len, GlowVoice.load(tmp_path).speak("I hear you.", language="en"))) > 1_000


@pytest.mark.parametrize("file", ["encoder.onnx", "decoder.onnx", "vocoder.onnx"])
def test_one_network_in_the_place_of_another_is_named(tmp_path, file):
    description = written(tmp_path)
    other = "decoder.onnx" if file != "decoder.onnx" else "vocoder.onnx"
    put(tmp_path, description, file, (tmp_path / other).read_bytes())
    with pytest.raises(VoiceError, match=str(tmp_path / file)):
        GlowVoice.load(tmp_path)


def test_every_symbol_must_have_its_place_in_the_encoder(tmp_path):
    fitting = tuple(f"<{number}>" for number in range(len(ENGLISH) - 1))
    written(tmp_path / "fitting", symbols=(*fitting, "a"))
    assert list(GlowVoice.load(tmp_path / "fitting").speak("a", language="en"))
    written(tmp_path / "more", symbols=(*fitting, "b", "a"))
    with pytest.raises(VoiceError, match=rf"encoder\.onnx.*the {len(ENGLISH) + 1} symbols"):
        GlowVoice.load(tmp_path / "more")


def test_a_vocoder_that_does_not_fit_is_named_where_it_lies(tmp_path):
    (tmp_path / "shared").mkdir()
    description = written(tmp_path / "voice")
    shutil.move(tmp_path / "voice" / "vocoder.onnx", tmp_path / "shared" / "vocoder.onnx")
    files = dict(description.files)
    del files["vocoder.onnx"]
    model = onnx.load(tmp_path / "shared" / "vocoder.onnx")
    weights("w0", first_of(1))(model)
    model.graph.input[0].type.tensor_type.ClearField("shape")
    put(
        tmp_path / "voice",
        replace(description, files=files),
        "../shared/vocoder.onnx",
        model.SerializeToString(),
    )
    with pytest.raises(VoiceError, match=r"\.\./shared/vocoder\.onnx does not fit"):
        GlowVoice.load(tmp_path / "voice")


def waveform_vocoder(hop):
    """One convolution that makes each frame's samples."""
    values = np.random.default_rng(1).standard_normal((hop, MELS, 1)).astype(np.float32) / 30
    nodes = [
        helper.make_node("Conv", ["mel", "w"], ["frames"]),
        helper.make_node("Transpose", ["frames"], ["rows"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["rows", "flat"], ["samples"]),
    ]
    shapes = {"flat": np.asarray([1, -1], dtype=np.int64), "w": values}
    graph = helper.make_graph(
        nodes,
        "waveform",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, MELS, "f"])],
        [helper.make_tensor_value_info("samples", TensorProto.FLOAT, [1, "n"])],
        [numpy_helper.from_array(stored, name) for name, stored in shapes.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    for name in (CONTEXT, PADDING):
        model.metadata_props.add(key=name, value="2")
    return model.SerializeToString()


def test_a_vocoder_of_samples_must_make_as_many_as_the_description_says(tmp_path):
    description = written(tmp_path)
    put(tmp_path, description, "vocoder.onnx", waveform_vocoder(HOP))
    assert sum(map(len, GlowVoice.load(tmp_path).speak("a", language="en"))) > 1_000
    put(tmp_path, description, "vocoder.onnx", waveform_vocoder(HOP // 2))
    with pytest.raises(VoiceError, match=r"vocoder\.onnx does not fit"):
        GlowVoice.load(tmp_path)


def test_a_voice_without_a_symbol_that_its_reader_gives_is_refused(tmp_path):
    lacking = tuple(symbol for symbol in ENGLISH if symbol != "zh")
    write_tiny_voice(tmp_path / "ours", symbols=lacking)
    with pytest.raises(VoiceError, match=r"voice\.json lacks symbols of its reader \(zh\): install"):
        GlowVoice.load(tmp_path / "ours")
    written(tmp_path / "foreign", symbols=lacking, blank="_")
    GlowVoice.load(tmp_path / "foreign")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")
def test_a_foreign_voice_of_phonemes_is_loaded(tmp_path):
    written(tmp_path, reader="espeak", symbols=tuple("_^~ .,abdefhiklmnopstuvwzəɛɪʊˈː"), opening=("^",))
    assert sum(map(len, GlowVoice.load(tmp_path).speak("I hear you.", language="en"))) > 1_000
