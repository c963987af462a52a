"""Log-mel spectrograms as the voices learn and speak them.

22,050 Hz, Hann window and transform of 1,024 samples, hop 256, 80 mel bands of Slaney's scale and norm from
0 to 8,000 Hz, natural logarithm of the amplitude, not below 1e-5. The frames are centred: n samples give
1 + n // 256 of them. Needs librosa for the filters; speaking does not need this module.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from librosa.filters import mel as slaney_filters
from numpy.typing import NDArray

__all__ = ["FLOOR", "FFT", "HOP", "MELS", "SAMPLE_RATE_HZ", "TOP_HZ", "log_mel", "mel_filters"]

SAMPLE_RATE_HZ = 22_050
FFT = 1024
HOP = 256
MELS = 80
TOP_HZ = 8_000
FLOOR = 1e-5


@lru_cache(maxsize=1)
def mel_filters() -> NDArray[np.float32]:
    """The filters, shape [80 bands, 513 bins]."""
    filters = slaney_filters(sr=SAMPLE_RATE_HZ, n_fft=FFT, n_mels=MELS, fmin=0, fmax=TOP_HZ)
    return np.asarray(filters, dtype=np.float32)


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples in -1 to 1, shape [n] with n >= 513, as [1 + n // 256 frames, 80 bands]."""
    padded = np.pad(samples.astype(np.float32), FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    window = np.hanning(FFT + 1)[:-1].astype(np.float32)
    amplitude = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32)
    mel: NDArray[np.float32] = np.log(np.maximum(amplitude @ mel_filters().T, FLOOR)).astype(np.float32)
    return mel
