from pathlib import Path

import pytest

from benchmarks.latency import main


@pytest.mark.parametrize("content", [None, b"", b"no sound"])
def test_a_file_that_is_no_recording_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    recording = tmp_path / "a.wav"
    if content is not None:
        recording.write_bytes(content)
    assert main([str(recording)]) == 2
    assert "a.wav" in capsys.readouterr().err


def test_without_a_server_it_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert main(["--repeats", "1"]) == 2
    assert "make serve" in capsys.readouterr().err
