from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bot.model_store_cli import add_models_arguments, run_models


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_models_arguments(parser)
    return run_models(parser.parse_args(arguments))


def test_list_shows_each_model_with_its_state_and_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("list") == 0
    shown = capsys.readouterr().out
    assert "whisper-base  missing, needed, 147.9 MB" in shown
    assert "whisper-small  missing, optional" in shown
    assert "MIT" in shown


def test_verify_without_models_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("verify") == 1
    assert "python -m bot models fetch" in capsys.readouterr().err
    assert _run("verify", "whisper-base") == 1
    assert "model.bin is missing" in capsys.readouterr().out


def test_unknown_name_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("fetch", "whisper-giant") == 2
    assert "known are: whisper-base, whisper-small" in capsys.readouterr().err


def test_failed_fetch_is_reported_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    assert _run("fetch", "whisper-small") == 1
    assert "could not be fetched" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recogniser", "fetched"),
    [
        ("{}", "whisper-base"),
        ("{model: whisper-small}", "whisper-small"),
        ("{by_language: {fa: whisper-small}}", "whisper-base"),
    ],
)
def test_without_names_the_models_of_the_settings_are_fetched(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    recogniser: str,
    fetched: str,
) -> None:
    endpoints = tmp_path / "endpoints.yml"
    endpoints.write_text(f"hamdel: {{recogniser: {recogniser}}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(endpoints))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    assert _run("fetch") == 1
    assert f"{fetched} could not be fetched" in capsys.readouterr().err


def test_settings_that_cannot_be_used_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(tmp_path / "nothing.yml"))
    assert _run("fetch") == 2
    assert "nothing.yml" in capsys.readouterr().err
