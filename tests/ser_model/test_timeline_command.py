import json

import numpy as np
import pytest
import soundfile
from speech_like import speech_like

from ser_model.detector import SpeechEmotionDetector
from ser_model.errors import ManifestError
from ser_model.timeline_command import predict_windows


@pytest.fixture(scope="module")
def detector():
    return SpeechEmotionDetector.load()


@pytest.fixture
def recording(tmp_path):
    """Five seconds of voice, four of silence, three of voice."""
    samples = np.concatenate([speech_like(5.0), np.zeros(64_000, np.float32), speech_like(3.0, seed=1)])
    soundfile.write(tmp_path / "call.flac", samples, 16_000)
    return tmp_path / "call.flac"


def test_every_second_is_an_object_of_json(detector, recording):
    lines = [json.loads(line) for line in predict_windows(detector, recording, "fa", None, True)]
    assert [(line["start_s"], line["end_s"]) for line in lines] == [(n, n + 1.0) for n in range(12)]
    assert lines[0]["file"] == str(recording)
    assert lines[0]["model"] == detector.model
    assert lines[0]["language"] == "fa"
    assert not lines[0]["validated"]
    assert sum(lines[0]["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert (lines[6]["label"], lines[6]["reason"], lines[6]["probabilities"]) == ("unclear", "silent", None)


def test_lines_cover_the_recording_without_a_hole(detector, recording):
    spans = [
        line.split("  ")[0].split("-") for line in predict_windows(detector, recording, "en", None, False)
    ]
    assert spans[0][0] == "0:00"
    assert spans[-1][1] == "0:12"
    assert all(before[1] == after[0] for before, after in zip(spans, spans[1:], strict=False))


def test_a_silent_stretch_says_why(detector, recording):
    lines = list(predict_windows(detector, recording, "en", None, False))
    assert "0:05-0:09  unclear: silent" in lines


def test_a_picture_is_drawn_on_demand(detector, recording, tmp_path):
    pytest.importorskip("matplotlib", reason="draws the picture")
    list(predict_windows(detector, recording, "en", tmp_path / "call.png", True))
    assert (tmp_path / "call.png").read_bytes().startswith(b"\x89PNG")


def test_no_bar_is_shown_away_from_a_terminal(detector, recording, capsys):
    list(predict_windows(detector, recording, "en", None, False))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("count", [0, 16])
def test_a_recording_with_nothing_in_it_is_refused(detector, tmp_path, count):
    soundfile.write(tmp_path / "a.wav", np.zeros(count), 16_000)
    with pytest.raises(ManifestError, match="less than a tenth of a second"):
        list(predict_windows(detector, tmp_path / "a.wav", "en", None, False))


def test_what_is_no_recording_is_refused(detector, tmp_path):
    (tmp_path / "a.wav").write_text("words")
    with pytest.raises(ManifestError, match="cannot be decoded"):
        list(predict_windows(detector, tmp_path / "a.wav", "en", None, False))
