"""A voice's networks on trial when it is loaded: what does not fit is told then, and not in a talk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tts_voices.pronunciation.phones import SYMBOLS
from tts_voices.sessions import run_network
from tts_voices.vocoder import Vocoder
from tts_voices.voice import VoiceError
from tts_voices.voice_files import DESCRIPTION, VoiceDescription
from tts_voices.waveform_vocoder import WaveformVocoder

__all__ = ["try_networks", "try_symbols"]

_SYMBOLS = 12  # fewer would be less than some encoders' convolutions are wide
_LENGTH = 0.3
_MOST_FRAMES = 10_000


def try_symbols(described: VoiceDescription, folder: Path) -> None:
    """Raises `VoiceError` where a reader of ours gives symbols that the voice in `folder` does not have."""
    missing = set(SYMBOLS[described.language]).difference(described.symbols)
    if described.reader == "hamdel" and missing:
        raise VoiceError(
            f"{folder / DESCRIPTION} lacks symbols of its reader ({' '.join(sorted(missing)[:5])}): "
            "install the voice again"
        )


def try_networks(
    described: VoiceDescription,
    files: tuple[Path, Path, Path],
    networks: tuple[onnxruntime.InferenceSession, onnxruntime.InferenceSession, Vocoder | WaveformVocoder],
) -> None:
    """Has encoder, decoder and vocoder speak a few symbols, among them the first and the last, shortly.

    Raises `VoiceError` naming which of `files` does not fit: other names, kinds or ranks of inputs and
    outputs, too few symbols, another number of bands, or no finite sound.
    """
    encoder, decoder, vocoder = networks
    count = len(described.symbols)
    ids = np.linspace(0, count - 1, _SYMBOLS).astype(np.int64)[None]
    length = np.asarray([_LENGTH], dtype=np.float32)
    with _on_trial(files[0], f"no frames for the {count} symbols of {DESCRIPTION}"):
        frames = run_network(encoder, ("frames",), {"ids": ids, "length": length})[0]
        _check(frames, rank=3, longest=_MOST_FRAMES)
    with _on_trial(files[1], f"no mel frames for those of {files[0].name}"):
        mel = run_network(decoder, ("mel",), {"frames": frames})[0]
        _check(mel, rank=3, longest=_MOST_FRAMES)
    with _on_trial(files[2], f"no sound for the mel frames of {files[1].name}"):
        samples = vocoder.whole(mel)
        _check(samples, rank=1, longest=described.hop * _MOST_FRAMES)
        if len(samples) < described.hop * (mel.shape[2] - 1):
            raise ValueError("a frame has fewer samples")


@contextmanager
def _on_trial(path: Path, lacking: str) -> Iterator[None]:
    try:
        with np.errstate(all="ignore"):
            yield
    except Exception as error:  # what a network of any other kind gives can fail in numpy in any way
        raise VoiceError(
            f"{path} does not fit the voice, it gives {lacking}: install the voice again"
        ) from error


def _check(values: NDArray[np.float32], *, rank: int, longest: int) -> None:
    if values.dtype != np.float32 or values.ndim != rank or (rank == 3 and values.shape[0] != 1):
        raise ValueError("the output is of another kind or rank")
    if not 0 < values.shape[-1] <= longest or not np.isfinite(values).all():
        raise ValueError("the output is empty, endless or holds no finite numbers")
