"""Needs the model whisper-base in the cache (`python -m bot models fetch`)."""

from __future__ import annotations

import argparse
import json
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


def test_file_that_is_no_recording_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"not audio")
    for path in (broken, tmp_path / "missing.wav"):
        assert _run(str(path)) == 2
        assert path.name in capsys.readouterr().err


def test_unknown_model_is_bad_input_and_a_missing_one_says_how_to_fetch_it(
    silence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert _run(str(silence), "--model", "whisper-giant") == 2
    assert "known are" in capsys.readouterr().err
    assert _run(str(silence)) == 1
    assert "python -m bot models fetch whisper-base" in capsys.readouterr().err
