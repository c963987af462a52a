"""Mel frames to samples, in chunks that follow on each other without a seam.

The network gives each frame's complex spectrum and needs 15 frames on both sides of it; the inverse
transform adds up overlapping windows. Both are done piece by piece here with the same result as at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tts_voices.blocks import piece_ends
from tts_voices.sessions import run_network
from tts_voices.voice import VoiceError

__all__ = ["CONTEXT_FRAMES", "OverlapAdd", "Vocoder"]

CONTEXT_FRAMES = 15
"""Frames on each side that the network's five convolutions of width 7 look at."""


Frames = NDArray[np.float32]


class OverlapAdd:
    """The inverse short-time Fourier transform as a stream: centred frames, periodic Hann window.

    Args:
        size: samples of the transform and its window, four times `hop`.
        hop: samples from frame to frame.
    """

    def __init__(self, size: int, hop: int) -> None:
        self._size, self._hop = size, hop
        self._window = np.hanning(size + 1)[:-1].astype(np.float32)
        self._sum = np.zeros(size, dtype=np.float32)
        self._weight = np.zeros(size, dtype=np.float32)
        # Half a window of the first frames lies before the sound.
        self._before = size // 2

    def add(self, spectra: NDArray[np.complex64]) -> Frames:
        """Takes frames [n, size / 2 + 1]; gives the samples that no later frame changes."""
        frames = np.fft.irfft(spectra, n=self._size, axis=1).astype(np.float32) * self._window
        count = len(frames)
        length = (count - 1) * self._hop + self._size
        total = np.zeros(length, dtype=np.float32)
        weight = np.zeros(length, dtype=np.float32)
        total[: self._size], weight[: self._size] = self._sum, self._weight
        squared = self._window**2
        for place, frame in enumerate(frames):
            start = place * self._hop
            total[start : start + self._size] += frame
            weight[start : start + self._size] += squared
        done = count * self._hop
        samples = (total[:done] / np.maximum(weight[:done], 1e-8)).astype(np.float32)
        self._sum = np.concatenate([total[done:], np.zeros(self._hop, dtype=np.float32)])
        self._weight = np.concatenate([weight[done:], np.zeros(self._hop, dtype=np.float32)])
        return self._cut(samples)

    def rest(self) -> Frames:
        """What is left when no frame follows: the sound then has hop × (frames - 1) samples."""
        left = self._size // 2 - self._hop
        return self._cut((self._sum[:left] / np.maximum(self._weight[:left], 1e-8)).astype(np.float32))

    def _cut(self, samples: Frames) -> Frames:
        cut = min(self._before, len(samples))
        self._before -= cut
        return samples[cut:]


class Vocoder:
    """The network in a file, and the way its spectra become sound. Safe to use from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, *, size: int, hop: int) -> None:
        self._session = session
        self._size, self._hop = size, hop

    def whole(self, mel: Frames) -> Frames:
        """Log-mel frames [1, 80, n] as samples [hop × (n - 1)] at once."""
        adder = OverlapAdd(self._size, self._hop)
        return np.concatenate([adder.add(self._spectra(mel)), adder.rest()])

    def stream(self, mel: Frames) -> Iterator[Frames]:
        """The same samples as `whole`, the first 209 ms as soon as they exist, then in growing pieces."""
        adder = OverlapAdd(self._size, self._hop)
        frames = mel.shape[2]
        start = 0
        for end in piece_ends(frames):
            first, last = max(0, start - CONTEXT_FRAMES), min(frames, end + CONTEXT_FRAMES)
            spectra = self._spectra(mel[:, :, first:last])
            yield adder.add(spectra[start - first : end - first])
            start = end
        yield adder.rest()

    def _spectra(self, mel: Frames) -> NDArray[np.complex64]:
        given = {"mel": np.ascontiguousarray(mel)}
        real, imaginary = run_network(self._session, ("real", "imaginary"), given)
        if real.shape[1:] != (self._size // 2 + 1, mel.shape[2]):
            raise VoiceError("the vocoder is for another transform: install the voice again")
        spectra: NDArray[np.complex64] = (real[0] + 1j * imaginary[0]).T
        return spectra
