from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from faster_whisper.utils import get_assets_path

from bot.voice_activity import (
    FRAME_SAMPLES,
    VoiceActivity,
    VoiceActivityError,
    load_voice_activity_model,
)

SHIPPED = Path(get_assets_path()) / "silero_vad_v6.onnx"
OTHER = Path(__file__).resolve().parents[2] / "ser_model" / "standalone" / "weights" / "logmel_cnn.onnx"


def test_the_shipped_model_gives_a_probability_for_each_frame() -> None:
    voice = VoiceActivity(load_voice_activity_model())
    probabilities = voice.probabilities(np.zeros(3 * FRAME_SAMPLES, dtype=np.float32))
    assert probabilities.shape == (3,)
    assert probabilities.max() < 0.1
    assert voice.probabilities(np.zeros(0, dtype=np.float32)).shape == (0,)


def _truncated(path: Path) -> None:
    path.write_bytes(SHIPPED.read_bytes()[:100_000])


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\x00rubbish"),
        _truncated,
        lambda path: path.write_bytes(OTHER.read_bytes()),
        lambda path: path.mkdir(),
        lambda path: None,
    ],
    ids=["empty", "garbled", "truncated", "of another network", "a folder", "missing"],
)
def test_a_file_that_is_not_the_model_is_an_error_that_says_how_to_get_it_back(
    tmp_path: Path, make: object
) -> None:
    path = tmp_path / "silero_vad_v6.onnx"
    make(path)  # type: ignore[operator]
    with pytest.raises(VoiceActivityError, match=r"silero_vad_v6\.onnx is .*make serve") as caught:
        load_voice_activity_model(path)
    assert "\n" not in str(caught.value)


def test_frames_without_numbers_do_not_spoil_the_stream_for_good() -> None:
    voice = VoiceActivity(load_voice_activity_model())
    voice.probabilities(np.full(4 * FRAME_SAMPLES, np.nan, dtype=np.float32))
    after = voice.probabilities(np.zeros(40 * FRAME_SAMPLES, dtype=np.float32))
    assert np.isfinite(after).all()
