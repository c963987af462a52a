import json
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.stages import main
from bot.model_store import ModelMissingError, default_store


def test_every_stage_of_a_spoken_sentence_is_timed(tmp_path: Path) -> None:
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        pytest.skip("espeak-ng is not installed")
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    recording = tmp_path / "a.wav"
    subprocess.run([espeak, "-v", "en-us", "-w", str(recording), "I feel sad and alone today."], check=True)
    assert main([str(recording), "--json", str(tmp_path / "out.json")]) == 0
    report = json.loads((tmp_path / "out.json").read_text())
    assert len(report["processor_ms"]) == 7
    assert report["processor_ms"]["decoder"] > 0


@pytest.mark.parametrize("content", [None, b"", b"no sound"])
def test_a_file_that_is_no_recording_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    recording = tmp_path / "a.wav"
    if content is not None:
        recording.write_bytes(content)
    assert main([str(recording)]) == 2
    assert "a.wav" in capsys.readouterr().err
