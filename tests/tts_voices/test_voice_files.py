import dataclasses
import json
import math

import pytest
from tiny_voice import write_tiny_voice

from tts_voices.voice import VoiceError
from tts_voices.voice_files import (
    DESCRIPTION,
    VoiceDescription,
    checked_files,
    read_description,
    write_description,
)


@pytest.fixture
def folder(tmp_path):
    write_tiny_voice(tmp_path / "voice")
    return tmp_path / "voice"


def change(folder, **fields):
    path = folder / DESCRIPTION
    stored = json.loads(path.read_text(encoding="utf-8")) | fields
    path.write_text(json.dumps({name: value for name, value in stored.items() if value != "left out"}))


def test_what_is_written_is_read_again(folder):
    description = read_description(folder)
    changed = dataclasses.replace(
        description, name="نام", reader="characters", blank="_", opening=("^",), closing=(".", "~")
    )
    write_description(changed, folder)
    assert read_description(folder) == changed


def test_a_missing_description_is_named(tmp_path):
    with pytest.raises(VoiceError, match=r"voice\.json can't be read \(No such file"):
        read_description(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"\xff\xfe\x00",
        b"{}",
        b'{"version": 1}',
        b"\x00" * 99,
        b"{]",
    ],
)
def test_a_file_that_is_no_description_is_named(folder, content):
    (folder / DESCRIPTION).write_bytes(content)
    with pytest.raises(VoiceError, match=r"voice\.json"):
        read_description(folder)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"version": 2}, "version 1"),
        ({"version": "left out"}, "version 1"),
        ({"surprise": 1}, "unknown fields: surprise"),
        ({"name": "left out"}, "name"),
        ({"length": "left out"}, "length"),
        ({"files": "left out"}, "files"),
        ({"files": ["encoder.onnx"]}, "no description"),
        ({"language": "de"}, "'de'"),
        ({"reader": "magic"}, "'magic'"),
        ({"symbols": []}, "symbols"),
        ({"symbols": ["a", "b", "a"]}, "once"),
        ({"symbols": 7}, "no description"),
        ({"sample_rate_hz": 7_999}, "samples a second"),
        ({"sample_rate_hz": 96_000}, "samples a second"),
        ({"sample_rate_hz": "fast"}, "fast"),
        ({"hop": 0, "fft": 0}, "four hops"),
        ({"hop": -256, "fft": -1_024}, "four hops"),
        ({"fft": 2_048}, "four hops"),
        ({"length": 0}, "length"),
        ({"length": 9}, "length"),
        ({"length": math.nan}, "length"),
        ({"noise": -0.1}, "noise"),
        ({"noise": math.inf}, "noise"),
        ({"gain": 0}, "gain"),
        ({"gain": 1e9}, "gain"),
        ({"gain": None}, "no description"),
    ],
)
def test_a_field_that_can_not_be_is_refused_with_the_file(folder, fields, message):
    change(folder, **fields)
    with pytest.raises(VoiceError) as refused:
        read_description(folder)
    assert DESCRIPTION in str(refused.value)
    assert message in str(refused.value)


def test_files_are_found_by_their_names(folder):
    files = checked_files(folder, read_description(folder).files)
    assert files == {name: folder / name for name in ("encoder.onnx", "decoder.onnx", "vocoder.onnx")}


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder.onnx", "vocoder.onnx"])
@pytest.mark.parametrize(
    "damage", [lambda content: content[:-1], lambda content: content + b"\0", lambda content: b""]
)
def test_a_file_that_was_changed_is_named(folder, name, damage):
    path = folder / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(VoiceError, match=f"{name} is not the file that was released"):
        checked_files(folder, read_description(folder).files)


def test_a_missing_file_is_named(folder):
    (folder / "decoder.onnx").unlink()
    with pytest.raises(VoiceError, match=r"decoder\.onnx can't be read \(No such file.*install"):
        checked_files(folder, read_description(folder).files)


def test_a_folder_in_the_place_of_a_file_is_named(folder):
    (folder / "decoder.onnx").unlink()
    (folder / "decoder.onnx").mkdir()
    with pytest.raises(VoiceError, match=r"decoder\.onnx can't be read"):
        checked_files(folder, read_description(folder).files)


def test_a_description_keeps_to_its_rules_when_it_is_made(folder):
    description = read_description(folder)
    assert isinstance(description, VoiceDescription)
    with pytest.raises(VoiceError, match="once"):
        dataclasses.replace(description, symbols=("a", "a"))
