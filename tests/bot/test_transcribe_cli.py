"""Needs the model whisper-base in the cache (`python -m bot models fetch`)."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.model_store import ModelMissingError, default_store
from bot.transcribe_cli import add_transcribe_arguments, run_transcribe


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_transcribe_arguments(parser)
    return run_transcribe(parser.parse_args(arguments))


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros((88_200, 2)), 44_100)
    return path


def test_stereo_recording_of_another_rate_is_read_and_reported_as_json(
    silence: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    assert _run(str(silence), "--language", "fa", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["file"] == str(silence)
    assert shown["text"] == ""
    assert shown["language"] == "fa"
    assert shown["duration_ms"] == 2000


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("missing.wav", lambda path: None, "No such file"),
        ("folder", lambda path: path.mkdir(), "Is a directory"),
        ("empty.wav", lambda path: path.write_bytes(b""), "Format not recognised"),
        ("garbage.wav", lambda path: path.write_bytes(bytes(range(256)) * 8), "Format not recognised"),
        ("garbage.raw", lambda path: path.write_bytes(bytes(range(256)) * 8), "samplerate"),
    ],
)
def test_what_is_no_recording_is_bad_input_and_named_with_its_reason(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    make: Callable[[Path], object],
    message: str,
) -> None:
    make(tmp_path / name)
    assert _run(str(tmp_path / name)) == 2
    said = capsys.readouterr().err
    assert f"{name}: cannot be read (" in said
    assert message in said
    assert said.count("\n") == 1


def test_a_recording_of_another_user_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "private.wav"
        soundfile.write(path, np.zeros(1_600), 16_000)
        path.chmod(0o000)
        before = os.geteuid()
        try:
            if before == 0:
                os.seteuid(65534)
            assert _run(str(path)) == 2
        finally:
            os.seteuid(before)
    assert "private.wav: cannot be read (Permission denied)" in capsys.readouterr().err


@pytest.mark.parametrize("threads", ["0", "-3", "many", "1000"])
def test_an_impossible_number_of_threads_is_bad_input(
    silence: Path, threads: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        _run(str(silence), "--threads", threads)
    assert ended.value.code == 2
    assert "must be a whole number from 1 to 256" in capsys.readouterr().err


def test_a_recording_without_numbers_is_bad_input_and_one_without_samples_is_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    empty, spoilt = tmp_path / "empty.wav", tmp_path / "spoilt.wav"
    soundfile.write(empty, np.zeros(0), 16_000)
    soundfile.write(spoilt, np.full(16_000, np.nan), 16_000, subtype="FLOAT")
    assert _run(str(empty), str(spoilt)) == 2
    out, err = capsys.readouterr()
    assert "empty.wav" in out
    assert "spoilt.wav: samples must be finite numbers" in err
    assert err.count("\n") == 1


def test_unknown_model_is_bad_input_and_a_missing_one_says_how_to_fetch_it(
    silence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert _run(str(silence), "--model", "whisper-giant") == 2
    assert "known are" in capsys.readouterr().err
    assert _run(str(silence)) == 2
    assert "python -m bot models fetch whisper-base" in capsys.readouterr().err
