"""Needs the model whisper-base in the cache (`python -m bot models fetch`) and espeak-ng."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.asr import main
from bot.model_store import ModelMissingError, default_store


def test_spoken_sentence_is_scored_against_its_words(tmp_path: Path) -> None:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    text = "I feel sad and alone today."
    subprocess.run([espeak, "-v", "en-us", "-w", str(tmp_path / "a.wav"), text], check=True)
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(f"path,language,text\na.wav,en,{text}\n", encoding="utf-8")
    assert main(["--manifest", str(manifest), "--no-stock", "--json", str(tmp_path / "out.json")]) == 0
    result = json.loads((tmp_path / "out.json").read_text())["results"]["en"]["short_window"]
    assert result["n"] == 1
    assert result["error_rate"] < 0.5
    assert result["median_ms"] > 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot read"),
        ("path,text\na.wav,hello\n", "needs rows"),
        ("path,language,text\n", "needs rows"),
        ("path,language,text\na.wav,de,hallo\n", "other languages"),
        ("path,language,text\na.wav,en,hello\n", "not there"),
    ],
)
def test_bad_manifest_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, complaint: str
) -> None:
    manifest = tmp_path / "manifest.csv"
    if content is not None:
        manifest.write_text(content, encoding="utf-8")
    assert main(["--manifest", str(manifest)]) == 2
    assert complaint in capsys.readouterr().err
