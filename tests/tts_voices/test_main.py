import gc
import io
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from tiny_voice import write_tiny_voice

from tts_voices import __main__ as command_line
from tts_voices.__main__ import COMMANDS, Command, main

ROOT = Path(__file__).resolve().parents[2]
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


class Bytes:
    """Standard input with these bytes."""

    def __init__(self, content):
        self.buffer = io.BytesIO(content)


def seconds(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getnframes() / file.getframerate()


@needs_espeak
@pytest.mark.parametrize(
    ("language", "text"), [("fa", "سلام. حال شما چطور است؟"), ("en", "Hello. How are you?")]
)
def test_say_writes_a_wav_file(tmp_path, language, text):
    path = tmp_path / "out.wav"
    assert main(["say", "--language", language, text, "-o", str(path)]) == 0
    assert 0.8 < seconds(path) < 5


@needs_espeak
def test_say_reads_a_text_of_ten_thousand_characters(tmp_path):
    path = tmp_path / "out.wav"
    assert main(["say", "--speed", "2", "word " * 2_000, "-o", str(path)]) == 0
    assert seconds(path) > 100


@needs_espeak
def test_say_reads_standard_input(tmp_path, monkeypatch):
    text = "سلام. حال شما چطور است؟"
    assert main(["say", text, "-o", str(tmp_path / "given.wav")]) == 0
    monkeypatch.setattr(sys, "stdin", Bytes(text.encode()))
    assert main(["say", "-", "-o", str(tmp_path / "read.wav")]) == 0
    assert (tmp_path / "read.wav").read_bytes() == (tmp_path / "given.wav").read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "no word"), (b"\xff\xfe", "no UTF-8"), (b"a" * 1_000_001, "longer than a million bytes")],
)
def test_standard_input_that_can_not_be_said_ends_with_2_and_one_line(
    tmp_path, monkeypatch, capsys, content, message
):
    monkeypatch.setattr(sys, "stdin", Bytes(content))
    assert main(["say", "-", "-o", str(tmp_path / "out.wav")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out.wav").exists()


@needs_espeak
@pytest.mark.parametrize("style", ["plain", "soft"])
def test_say_gives_the_style_to_the_voice(tmp_path, monkeypatch, style):
    from tts_voices.espeak import EspeakVoice

    styles = []
    speak = EspeakVoice.speak

    def watched(self, text, **options):
        styles.append(options["style"])
        return speak(self, text, **options)

    monkeypatch.setattr(EspeakVoice, "speak", watched)
    assert (
        main(["say", "Hello.", "--voice", "espeak", "--style", style, "-o", str(tmp_path / "out.wav")]) == 0
    )
    assert styles == [style]


def test_the_help_of_say_tells_which_speeds_sound_natural(capsys):
    with pytest.raises(SystemExit):
        main(["say", "--help"])
    assert "0.7 to 1.3" in capsys.readouterr().out


@needs_espeak
def test_voices_tells_what_voices_there_are(capsys):
    assert main(["voices"]) == 0
    heading, espeak, hamdel = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "languages", "rate", "size", "licence", "state"]
    assert espeak.startswith("espeak")
    assert espeak.endswith("ready")
    assert "22050 Hz" in espeak
    assert hamdel.startswith("hamdel")


def test_voices_tells_of_a_folder_that_has_no_voice(capsys, tmp_path):
    assert main(["voices", f"{tmp_path}/"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(str(tmp_path))
    assert "voice.json can't be read" in last


def test_voices_tells_of_networks_that_do_not_fit(capsys, tmp_path):
    folder = tmp_path / "voice"
    write_tiny_voice(folder, reader="characters", symbols=tuple("abcd"))
    assert main(["voices", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("ready")
    write_tiny_voice(folder, reader="characters", symbols=tuple(f"<{number}>" for number in range(999)))
    assert main(["voices", str(folder)]) == 1
    assert "encoder.onnx does not fit the voice" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["say", "hello", "--voice", "nobody"], "there is no voice"),
        (["say", "hello", "--speed", "9"], "speed must be"),
        (["say", "😀"], "no word to speak"),
    ],
)
def test_say_ends_with_2_and_one_line_on_bad_input(tmp_path, capsys, arguments, message):
    path = tmp_path / "out.wav"
    assert main([*arguments, "-o", str(path)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not path.exists()


@needs_espeak
@pytest.mark.parametrize("place", ["folder", "file/out.wav", "nowhere/out.wav"])
def test_a_place_that_cannot_be_written_ends_with_2_and_one_line(tmp_path, place, capfd):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert main(["say", "hello", "-o", str(tmp_path / place)]) == 2
    gc.collect()  # a half-made file object would complain now
    error = capfd.readouterr().err
    assert f"{place} can't be written (" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["say", "hello"], [], ["sing"], ["say", "x", "--style", "loud"]])
def test_a_missing_or_unknown_argument_ends_with_2(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tts_voices", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_help_lists_every_command_and_imports_none(monkeypatch, capsys):
    monkeypatch.setattr(command_line, "_imported", lambda name: pytest.fail(f"{name} was imported"))
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"tts_voices {name}" in capsys.readouterr().out


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Adds a command whose module has this text."""

    def add(text):
        (tmp_path / "command_of_a_test.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "command_of_a_test", raising=False)
        monkeypatch.setitem(COMMANDS, "made", Command("command_of_a_test", "made by a test"))
        return "made"

    return add


ARGUMENTS = "def add_arguments(parser): parser.add_argument('--status', type=int, default=0)\n"


def test_a_command_is_a_line_of_the_table_and_a_module(command):
    name = command(f"{ARGUMENTS}def run(options): return options.status")
    assert main([name]) == 0
    assert main([name, "--status", "1"]) == 1


@pytest.mark.parametrize("package", ["torch", "TTS.tts.models"])
@pytest.mark.parametrize(
    "place", ["import {}\n{}def run(options): return 0", "{1}def run(options):\n import {0}"]
)
def test_without_the_environment_of_the_training_it_is_said_how_to_get_it(
    command, monkeypatch, capsys, package, place
):
    monkeypatch.setitem(sys.modules, package.partition(".")[0], None)
    name = command(place.format(package, ARGUMENTS))
    assert main([name]) == 2
    error = capsys.readouterr().err
    assert f"made needs the environment of the voices' training ({package.partition('.')[0]} is" in error
    assert "make .venv-voices/.ready" in error
    assert len(error.splitlines()) == 1


def test_a_missing_module_of_our_own_is_no_matter_of_the_environment(command):
    name = command(f"import tts_voices.nothing_of_this_name\n{ARGUMENTS}")
    with pytest.raises(ModuleNotFoundError):
        main([name])


def test_ctrl_c_ends_with_130_and_one_line(command, capsys):
    name = command(f"{ARGUMENTS}def run(options): raise KeyboardInterrupt")
    assert main([name]) == 130
    assert capsys.readouterr().err.strip() == "tts_voices: stopped"


def test_a_reader_that_has_gone_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -u -m tts_voices voices | true",
        cwd=ROOT,
        shell=True,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
