import dataclasses
import json
import math
import os

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
        description, name="نامِ\u200cمن", reader="characters", blank="_", opening=("^",), closing=(".", "!")
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
        ({"surprise": 1}, "unknown fields: ['surprise']"),
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
        ({"name": ""}, "name and licence"),
        ({"name": " \u200c "}, "name and licence"),
        ({"name": 7}, "name and licence"),
        ({"name": "a\nb"}, "name and licence"),
        ({"name": "\x1b[31mred"}, "name and licence"),
        ({"name": "a" * 301}, "name and licence"),
        ({"licence": None}, "name and licence"),
        ({"licence": "a" * 2_001}, "name and licence"),
        ({"language": ["en"]}, "['en']"),
        ({"hop": 4_097, "fft": 4 * 4_097}, "four hops"),
        ({"hop": math.inf}, "infinity"),
        ({"symbols": [f"s{number}" for number in range(1_001)]}, "1,000"),
        ({"symbols": ["a", ""]}, "1 to 32"),
        ({"symbols": ["a", "b" * 33]}, "1 to 32"),
        ({"blank": "no symbol"}, "list of symbols"),
        ({"blank": 7}, "list of symbols"),
        ({"blank": []}, "no description"),
        ({"opening": ["no symbol"]}, "list of symbols"),
        ({"closing": ["."] * 9}, "at most 8"),
        ({"opening": 7}, "no description"),
        ({"files": {f"{number}.onnx": "0" * 64 for number in range(17)}}, "16"),
        ({"files": {"/etc/passwd": "0" * 64}}, "relative"),
        ({"files": {"": "0" * 64}}, "relative"),
        ({"files": {"a\0b": "0" * 64}}, "relative"),
        ({"files": {"a" * 301: "0" * 64}}, "relative"),
        ({"files": {"encoder.onnx": "0" * 63}}, "64 digits"),
        ({"files": {"encoder.onnx": "0" * 64 + "\n"}}, "64 digits"),
        ({"files": {"encoder.onnx": None}}, "64 digits"),
        ({"surprise\n" + "a" * 10_000: 1}, "unknown fields"),
    ],
)
def test_a_field_that_can_not_be_is_refused_with_the_file(folder, fields, message):
    change(folder, **fields)
    with pytest.raises(VoiceError) as refused:
        read_description(folder)
    assert DESCRIPTION in str(refused.value)
    assert message in str(refused.value)
    assert len(str(refused.value)) < 600
    assert str(refused.value).isprintable()


def test_limits_are_within_what_is_allowed(folder):
    change(folder, name="a" * 300, licence="b" * 2_000, symbols=[f"s{number}" for number in range(1_000)])
    change(folder, opening=["s1"] * 8, closing=["s999"] * 8, blank="s0")
    assert len(read_description(folder).symbols) == 1_000


def test_a_vocoder_may_be_shared_with_another_folder(folder):
    (folder.parent / "shared").mkdir()
    (folder / "vocoder.onnx").rename(folder.parent / "shared" / "vocoder.onnx")
    files = read_description(folder).files
    change(folder, files={"../shared/vocoder.onnx": files.pop("vocoder.onnx"), **files})
    found = checked_files(folder, read_description(folder).files)
    assert found["../shared/vocoder.onnx"].resolve() == folder.parent / "shared" / "vocoder.onnx"


def test_a_huge_description_is_refused_before_it_is_read_whole(folder):
    with (folder / DESCRIPTION).open("ab") as file:
        file.truncate(10_000_000_000)  # sparse: it takes no room, unless it is read
    with pytest.raises(VoiceError, match=r"voice\.json: more than 1,000,000 bytes"):
        read_description(folder)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize("name", [DESCRIPTION, "decoder.onnx"])
def test_a_pipe_or_a_folder_in_the_place_of_a_file_is_refused_and_not_waited_for(folder, name, make):
    files = read_description(folder).files
    (folder / name).unlink()
    make(folder / name)
    with pytest.raises(VoiceError, match=rf"{name} can't be read \(not a plain file\)"):
        read_description(folder) if name == DESCRIPTION else checked_files(folder, files)


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


def test_a_description_keeps_to_its_rules_when_it_is_made(folder):
    description = read_description(folder)
    assert isinstance(description, VoiceDescription)
    with pytest.raises(VoiceError, match="once"):
        dataclasses.replace(description, symbols=("a", "a"))
