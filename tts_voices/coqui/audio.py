"""What the mel frames of a coqui checkpoint are, and how they become those that a vocoder wants.

coqui's frames are levels (`spec_gain` × logarithm of the amplitude, in the base of `log_func`), brought into
a range by the least and a reference level, or by a mean and deviation for each band, which are stored in a
file of statistics. Here every definition is expressed as natural logarithms of amplitude, so that those of
two models can be compared.
"""

from __future__ import annotations

import pickle  # noqa: S403 - a reader that lets arrays through and nothing else
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from tts_voices.features import FFT, FLOOR, HOP, MELS, SAMPLE_RATE_HZ, TOP_HZ
from tts_voices.voice import VoiceError

__all__ = ["OURS", "Conversion", "MelDefinition", "Scale", "conversion", "mel_definition"]

_COQUI_FLOOR = 1e-8
_LARGEST_STATISTICS = 1_000_000

Bands = NDArray[np.float32]


@dataclass(frozen=True)
class Scale:
    """From a network's frames to natural log amplitudes: clip to the limits, times `factor`, plus `shift`.

    `factor` and `shift` have shape [bands, 1].
    """

    factor: Bands
    shift: Bands
    lowest: float = -np.inf
    highest: float = np.inf


@dataclass(frozen=True)
class MelDefinition:
    """How mel frames are made of sound. `scale` undoes a network's own normalisation."""

    sample_rate_hz: int
    fft: int
    window: int
    hop: int
    bands: int
    bottom_hz: float
    top_hz: float
    emphasis: float
    floor: float
    scale: Scale

    @property
    def centres_hz(self) -> NDArray[np.float64]:
        """The middle of each band, shape [bands], on Slaney's mel scale."""
        edges = librosa.mel_frequencies(self.bands + 2, fmin=self.bottom_hz, fmax=self.top_hz)
        return np.asarray(edges[1:-1], dtype=np.float64)

    @property
    def same_frames(self) -> tuple[object, ...]:
        """What two definitions must agree in for their frames to be the same."""
        rates = (self.sample_rate_hz, self.fft, self.window, self.hop)
        return (*rates, self.bands, self.bottom_hz, self.top_hz, self.emphasis)


def _plain(bands: int) -> Scale:
    return Scale(np.ones((bands, 1), dtype=np.float32), np.zeros((bands, 1), dtype=np.float32))


OURS = MelDefinition(SAMPLE_RATE_HZ, FFT, FFT, HOP, MELS, 0.0, float(TOP_HZ), 0.0, FLOOR, _plain(MELS))
"""The frames of our own voices and vocoder, see `features`."""


def mel_definition(audio: Any, folder: Path) -> MelDefinition:
    """The definition in the `audio` block of a coqui configuration that lies in `folder`.

    Raises `VoiceError` for frames that are no logarithms, a number out of range or missing statistics.
    """
    if audio.log_func not in ("np.log", "np.log10") or not audio.do_amp_to_db_mel:
        raise VoiceError("its mel frames are no logarithms (log_func, do_amp_to_db_mel): they can't be used")
    hop, window = audio.hop_length, audio.win_length
    if audio.frame_shift_ms and not hop:
        window = int(audio.frame_length_ms / 1000 * audio.sample_rate)
        hop = int(audio.frame_shift_ms / 1000 * audio.sample_rate)
    rate, bands = int(audio.sample_rate), int(audio.num_mels)
    sane = 8_000 <= rate <= 48_000 and 10 <= bands <= 256 and 1 <= hop <= window <= audio.fft_size <= 8_192
    top_hz = float(audio.mel_fmax or rate / 2)
    if not (sane and 0 <= audio.mel_fmin < top_hz <= rate / 2 and 0 <= audio.preemphasis < 1):
        raise VoiceError(
            "the audio block of its config.json is not possible: rate, bands, transform or limits"
        )
    return MelDefinition(
        sample_rate_hz=rate,
        fft=int(audio.fft_size),
        window=int(window),
        hop=int(hop),
        bands=bands,
        bottom_hz=float(audio.mel_fmin),
        top_hz=top_hz,
        emphasis=float(audio.preemphasis),
        floor=_COQUI_FLOOR,
        scale=_scale(audio, bands, folder),
    )


def _scale(audio: Any, bands: int, folder: Path) -> Scale:
    # A level is gain × log_base(amplitude): this makes a natural logarithm of it.
    natural = (np.log(10) if audio.log_func == "np.log10" else 1.0) / float(audio.spec_gain)
    if not audio.signal_norm:
        return _even(natural, 0.0, bands)
    if audio.stats_path:
        mean, deviation = _statistics(folder / Path(audio.stats_path).name, bands)
        return Scale(np.float32(natural) * deviation[:, None], np.float32(natural) * mean[:, None])
    least, reference, most = float(audio.min_level_db), float(audio.ref_level_db), float(audio.max_norm)
    if least >= 0 or most <= 0:
        raise VoiceError("min_level_db of its config.json must be below 0, and max_norm above")
    lowest = -most if audio.symmetric_norm else 0.0
    factor = -least / (most - lowest)
    limits = (lowest, most) if audio.clip_norm else (-np.inf, np.inf)
    return _even(natural * factor, natural * (least + reference - lowest * factor), bands, *limits)


def _even(factor: float, shift: float, bands: int, lowest: float = -np.inf, highest: float = np.inf) -> Scale:
    full = np.ones((bands, 1), dtype=np.float32)
    return Scale(np.float32(factor) * full, np.float32(shift) * full, lowest, highest)


class _ArraysOnly(pickle.Unpickler):
    """Reads pickled dictionaries of arrays and numbers; a pickle could else run any program."""

    _SAFE = frozenset(
        (module, name)
        for package in ("numpy.core", "numpy._core")
        for module, name in ((f"{package}.multiarray", "_reconstruct"), (f"{package}.multiarray", "scalar"))
    ) | {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._SAFE:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in statistics")
        return super().find_class(module, name)


def _statistics(path: Path, bands: int) -> tuple[Bands, Bands]:
    """Mean and deviation of each band, shape [bands], from coqui's `scale_stats.npy`."""
    try:
        if path.stat().st_size > _LARGEST_STATISTICS:
            raise VoiceError(f"{path} is too large for statistics of mel frames")
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            stored = _ArraysOnly(file).load().item()
        mean = np.asarray(stored["mel_mean"], dtype=np.float32).reshape(-1)
        deviation = np.asarray(stored["mel_std"], dtype=np.float32).reshape(-1)
    except OSError as error:
        reason = f"{path} can't be read ({error.strerror}): the checkpoint needs its statistics beside it"
        raise VoiceError(reason) from error
    except VoiceError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise VoiceError(f"{path} holds no statistics of mel frames: {error}") from error
    finite = bool(np.isfinite(mean).all() and np.isfinite(deviation).all() and (deviation > 0).all())
    if len(mean) != bands or len(deviation) != bands or not finite:
        raise VoiceError(f"{path} has no mean and deviation for each of {bands} bands")
    return mean, deviation


@dataclass(frozen=True)
class Conversion:
    """From the frames of one definition to those of another, both natural log amplitudes.

    Attributes:
        pace: frames of the new definition for each old one.
        mixture: [new bands, old bands], applied to log amplitudes; None where the bands are the same.
        shift: [new bands, 1], added then.
        lowest: the least new log amplitude, where the new definition has a higher floor than the old one.
    """

    pace: float
    mixture: Bands | None
    shift: Bands
    lowest: float


def conversion(given: MelDefinition, wanted: MelDefinition) -> Conversion:
    """How frames of `given` become those of `wanted`: exactly where only scales differ, else nearly.

    The filters are normalised by their width, so that bands are samples of a smooth curve: the new ones are
    read from it at their centres. Log amplitudes so made are 0.13 to 0.21 off on speech that is not too
    quiet, those of the least-squares spectrum 0.20 to 0.26. Another window changes amplitudes in the ratio
    of the lengths. Raises `VoiceError` where bands that are needed are missing.
    """
    lowest = float(np.log(wanted.floor)) if wanted.floor > given.floor else -np.inf
    if given.same_frames == wanted.same_frames:
        return Conversion(1.0, None, np.zeros((wanted.bands, 1), dtype=np.float32), lowest)
    if given.top_hz < 0.85 * wanted.top_hz or given.bottom_hz > wanted.bottom_hz + 150:
        reach = f"{given.bottom_hz:.0f} to {given.top_hz:.0f} Hz"
        needed = f"{wanted.bottom_hz:.0f} to {wanted.top_hz:.0f} Hz"
        raise VoiceError(
            f"its mel frames reach from {reach}, the vocoder needs {needed}: choose another vocoder"
        )
    old, new = given.centres_hz, wanted.centres_hz
    mixture = np.stack([np.interp(new, old, one) for one in np.eye(given.bands)], axis=1)
    shift = np.log(_emphasis(wanted, new) / _emphasis(given, new) * wanted.window / given.window)
    pace = (wanted.sample_rate_hz / wanted.hop) / (given.sample_rate_hz / given.hop)
    return Conversion(pace, mixture.astype(np.float32), shift.astype(np.float32)[:, None], lowest)


def _emphasis(definition: MelDefinition, hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gain at each frequency of the filter that emphasised the high ones."""
    turns = 2 * np.pi * hz / definition.sample_rate_hz
    gain: NDArray[np.float64] = np.abs(1 - definition.emphasis * np.exp(-1j * turns))
    return gain
