from __future__ import annotations

import base64
import shutil

import numpy as np
import pytest

from benchmarks import barge_in
from benchmarks.made_interruptions import RATE_HZ, made_interruptions

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_interruptions_are_the_same_in_each_run_and_begin_where_their_voice_does(language: str) -> None:
    made = list(made_interruptions(language, sentences=1, back_channels=2, coughs=2))
    again = list(made_interruptions(language, sentences=1, back_channels=2, coughs=2))
    assert [each.kind for each in made] == ["sentence", "back-channel", "back-channel", "cough", "cough"]
    for one, other in zip(made, again, strict=True):
        assert np.array_equal(one.samples, other.samples)
        length_ms = len(one.samples) * 1000 / RATE_HZ
        assert 0 <= one.onset_ms < one.end_ms
        assert one.onset_ms < 200
        assert one.end_ms <= length_ms + 200


def audio(seconds: float) -> dict[str, str]:
    sound = base64.b64encode(bytes(int(seconds * RATE_HZ) * 2)).decode()
    return {"type": "response.output_audio.delta", "item_id": "item_1", "delta": sound}


def duck(gain_db: int) -> dict[str, object]:
    return {"type": "hamdel.duck", "item_id": "item_1", "gain_db": gain_db}


def test_the_client_plays_what_it_has_unless_it_is_paused_or_cut() -> None:
    playing = barge_in._Playing()
    playing.take(audio(1.0), 10.0)
    playing.take(duck(-18), 10.2)
    assert playing.played_ms == pytest.approx(200)
    playing.take(duck(-60), 10.4)
    playing.take(duck(0), 10.7)
    assert playing.played_ms == pytest.approx(400)
    playing.take({"type": "input_audio_buffer.speech_started"}, 10.9)
    playing.advance(20.0)
    assert playing.played_ms == pytest.approx(600)
    assert (playing.ducked_at, playing.silent_at, playing.cut_at) == (10.2, 10.4, 10.9)
    playing.take(audio(0.1), 11.0)
    assert playing.unexpected == ["sound after the cut"]


def test_nothing_is_played_that_has_not_come() -> None:
    playing = barge_in._Playing()
    playing.take(audio(0.2), 10.0)
    playing.advance(15.0)
    assert playing.played_ms == pytest.approx(200)


def test_without_a_server_it_says_what_to_do(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    assert barge_in.main(["--sentences", "0", "--back-channels", "0", "--coughs", "1"]) == 2
    assert "make serve" in capsys.readouterr().err
