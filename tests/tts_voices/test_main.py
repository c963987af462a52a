import gc
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from tts_voices.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng")


@needs_espeak
@pytest.mark.parametrize(
    ("language", "text"), [("fa", "سلام. حال شما چطور است؟"), ("en", "Hello. How are you?")]
)
def test_say_writes_a_wav_file(tmp_path: Path, language: str, text: str) -> None:
    path = tmp_path / "out.wav"
    assert main(["say", "--language", language, text, "-o", str(path)]) == 0
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert 0.8 < file.getnframes() / file.getframerate() < 5


@needs_espeak
def test_say_reads_a_text_of_ten_thousand_characters(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    assert main(["say", "--speed", "2", "word " * 2_000, "-o", str(path)]) == 0
    with wave.open(str(path)) as file:
        assert file.getnframes() / file.getframerate() > 100


def test_list_names_the_voices(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert "espeak" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["say", "hello", "--voice", "nobody"], "there is no voice"),
        (["say", "hello", "--speed", "9"], "speed must be"),
        (["say", "😀"], "no word to speak"),
    ],
)
def test_say_ends_with_2_and_one_line_on_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    path = tmp_path / "out.wav"
    assert main([*arguments, "-o", str(path)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not path.exists()


@needs_espeak
@pytest.mark.parametrize("place", ["folder", "file/out.wav", "nowhere/out.wav"])
def test_a_place_that_cannot_be_written_ends_with_2_and_one_line(
    tmp_path: Path, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert main(["say", "hello", "-o", str(tmp_path / place)]) == 2
    gc.collect()  # a half-made file object would complain now
    error = capfd.readouterr().err
    assert f"{place} can't be written (" in error
    assert error.count("\n") == 1


def test_a_missing_argument_ends_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tts_voices", "say", "hello"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
