"""How sound travels between client and server: the encodings of the protocol, each with its rate. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot import g711
from bot.audio import StreamResampler, pcm16_from_samples, samples_from_pcm16

__all__ = [
    "ALAW",
    "ENCODINGS",
    "MULAW",
    "PCM16",
    "SAMPLE_RATE_HZ",
    "AudioEncoding",
    "SoundDecoder",
    "SoundEncoder",
]

SAMPLE_RATE_HZ = 24_000
"""Sample rate of `audio/pcm` in both directions, the only one that stock clients know, and of all speech
until it is encoded. The page has it in `widget/audio-format.js`."""

_TELEPHONE_RATE_HZ = 8_000


@dataclass(frozen=True, slots=True)
class AudioEncoding:
    """One way to carry mono sound as bytes.

    Attributes:
        name: in `session.audio.input.format.type` and `.output`.
        sample_rate_hz: samples a second.
        sample_bytes: bytes a sample.
        decode: bytes to samples (n,).
        encode: samples (n,) to bytes.
    """

    name: str
    sample_rate_hz: int
    sample_bytes: int
    decode: Callable[[bytes], NDArray[np.int16]]
    encode: Callable[[NDArray[np.int16]], bytes]

    def bytes_of(self, duration_ms: int) -> int:
        """How many bytes sound of this length has."""
        return self.sample_rate_hz * duration_ms // 1000 * self.sample_bytes


PCM16 = AudioEncoding("audio/pcm", SAMPLE_RATE_HZ, 2, samples_from_pcm16, pcm16_from_samples)
MULAW = AudioEncoding("audio/pcmu", _TELEPHONE_RATE_HZ, 1, g711.samples_from_mulaw, g711.mulaw_from_samples)
ALAW = AudioEncoding("audio/pcma", _TELEPHONE_RATE_HZ, 1, g711.samples_from_alaw, g711.alaw_from_samples)

ENCODINGS = {encoding.name: encoding for encoding in (PCM16, MULAW, ALAW)}


class SoundDecoder:
    """Takes a stream of sound in an encoding, gives its samples at another rate.

    Args:
        encoding: of what comes in.
        to_hz: sample rate of what goes out.
    """

    def __init__(self, encoding: AudioEncoding, to_hz: int) -> None:
        self._encoding = encoding
        self._resampler = StreamResampler(encoding.sample_rate_hz, to_hz)

    def decode(self, data: bytes, *, last: bool = False) -> NDArray[np.int16]:
        """Takes a piece, gives the samples (n,) that are ready; `last` flushes the rest.

        Raises:
            ValueError: where PCM16 has an odd number of bytes.
        """
        return self._resampler.convert(self._encoding.decode(data), last=last)


class SoundEncoder:
    """Takes a stream of PCM16 at `SAMPLE_RATE_HZ`, gives it in an encoding.

    Args:
        encoding: of what goes out.
    """

    def __init__(self, encoding: AudioEncoding) -> None:
        self._encoding = encoding
        self._resampler = StreamResampler(SAMPLE_RATE_HZ, encoding.sample_rate_hz)

    def encode(self, pcm: bytes, *, last: bool = False) -> bytes:
        """Takes a piece, gives the bytes that are ready, which may be none; `last` flushes the rest."""
        if self._encoding is PCM16:
            return pcm
        return self._encoding.encode(self._resampler.convert(samples_from_pcm16(pcm), last=last))
