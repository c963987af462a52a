"""The embedded voice of one language: front end, Glow-TTS and vocoder, streamed from the first 200 ms on.

Glow-TTS (Kim and others, 2020) gives all frames of a sentence in one pass of a few milliseconds; the vocoder
then makes sound of them piece by piece, so that the first piece is out before the rest exists and a reply
that is broken off costs nothing more.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tts_voices.levels import finished_chunks, frame_loudness, levelling
from tts_voices.pronunciation import load_reader
from tts_voices.pronunciation.enclosing import short_parts
from tts_voices.pronunciation.phones import with_blanks
from tts_voices.sessions import open_session, run_network
from tts_voices.trial import try_networks, try_symbols
from tts_voices.vocoder import Vocoder
from tts_voices.voice import CHUNK_MS, FASTEST, SLOWEST, Style, VoiceError
from tts_voices.voice_files import VoiceDescription, checked_files, read_description
from tts_voices.waveform_vocoder import WaveformVocoder, open_vocoder

__all__ = ["GlowVoice"]

_LONGEST_TEXT = 5_000
_LONGEST_PART = 220
"""Symbols that go through the networks at once; a longer sentence is cut at a pause."""

_SOFT_LENGTH = 1.12
_SOFT_NOISE = 0.8


class GlowVoice:
    """A `Voice` for one language. Safe to use from several threads at once.

    Args:
        description: of the voice.
        encoder, decoder: its networks, see `export`.
        vocoder: what makes samples of its mel frames.
        read: gives the symbols of one sentence.
    """

    def __init__(
        self,
        description: VoiceDescription,
        encoder: onnxruntime.InferenceSession,
        decoder: onnxruntime.InferenceSession,
        vocoder: Vocoder | WaveformVocoder,
        read: Callable[[str], list[str]],
    ) -> None:
        self.description = description
        self.name = description.name
        self.sample_rate_hz = description.sample_rate_hz
        self.languages = frozenset({description.language})
        self._encoder, self._decoder, self._vocoder = encoder, decoder, vocoder
        self.read = read
        # Readers of foreign voices put the blanks where their opening and closing symbols want them.
        self._blank = description.blank if description.reader == "hamdel" else None
        self._numbers = {symbol: number for number, symbol in enumerate(description.symbols)}

    @classmethod
    def load(cls, folder: Path) -> GlowVoice:
        """The voice in `folder`; raises `VoiceError` where a file is missing, damaged or does not fit."""
        description = read_description(folder)
        try_symbols(description, folder)
        paths = checked_files(folder, description.files)
        try:
            encoder, decoder = paths["encoder.onnx"], paths["decoder.onnx"]
            vocoder = next(path for name, path in paths.items() if name.endswith("vocoder.onnx"))
        except (KeyError, StopIteration):
            raise VoiceError(
                f"{folder} lacks the encoder, decoder or vocoder: install the voice again"
            ) from None
        networks = (
            open_session(encoder),
            open_session(decoder),
            open_vocoder(vocoder, size=description.fft, hop=description.hop),
        )
        try_networks(description, (encoder, decoder, vocoder), networks)
        return cls(description, *networks, load_reader(description))

    def speak(
        self,
        text: str,
        *,
        language: str,
        speed: float = 1.0,
        style: Style = "plain",
        cancelled: threading.Event | None = None,
    ) -> Iterator[NDArray[np.int16]]:
        """As `Voice.speak`."""
        if language not in self.languages:
            raise VoiceError(f"the voice {self.name} speaks {self.description.language!r}, not {language!r}")
        if not SLOWEST <= speed <= FASTEST:
            raise VoiceError(f"speed must be between {SLOWEST} and {FASTEST}, not {speed}")
        if len(text) > _LONGEST_TEXT:
            raise VoiceError("the text is too long for one sentence: split it with language.split_sentences")
        return self.speak_symbols(self.read(text), speed=speed, style=style, cancelled=cancelled)

    def speak_symbols(
        self,
        symbols: list[str],
        *,
        speed: float = 1.0,
        style: Style = "plain",
        cancelled: threading.Event | None = None,
    ) -> Generator[NDArray[np.int16], None, None]:
        """As `speak`, of an utterance that was read already."""
        stop = cancelled or threading.Event()
        if not symbols or stop.is_set():
            return
        raw = self._raw(symbols, speed, style, stop)
        chunk = self.sample_rate_hz * CHUNK_MS // 1000
        yield from finished_chunks(raw, chunk=chunk, gain=self.description.gain, style=style, stop=stop)

    def _raw(
        self, symbols: list[str], speed: float, style: Style, stop: threading.Event
    ) -> Iterator[NDArray[np.float32]]:
        for part in self._short(symbols):
            mel = self.mel(part, speed=speed, style=style)
            factor = levelling(self.loudness(mel), self.description.level)
            for samples in self._vocoder.stream(mel):
                if stop.is_set():
                    return
                yield samples * factor

    def _short(self, symbols: list[str]) -> Iterator[list[str]]:
        if self.description.reader == "hamdel":
            return _parts(symbols)
        return short_parts(symbols, self.description, _LONGEST_PART)

    def mel(self, symbols: list[str], *, speed: float = 1.0, style: Style = "plain") -> NDArray[np.float32]:
        """The log-mel frames of symbols, [1, 80, frames], the same at every call.

        Raises `VoiceError` for a symbol that the voice does not have, or networks that do not fit.
        """
        soft = style == "soft"
        inputs = self._inputs(symbols, speed * (1 / _SOFT_LENGTH if soft else 1.0))
        frames = run_network(self._encoder, ("frames",), inputs)[0]
        # Seeded by what is said: the same sentence sounds the same each time, as a recording would.
        chance = np.random.default_rng(zlib.crc32(inputs["ids"].tobytes()))
        noise = self.description.noise * (_SOFT_NOISE if soft else 1.0)
        frames += noise * chance.standard_normal(frames.shape, dtype=np.float32)
        return run_network(self._decoder, ("mel",), {"frames": frames})[0]

    def durations(self, symbols: list[str], *, speed: float = 1.0) -> NDArray[np.int64]:
        """How many frames each symbol lasts, [n], a blank counted with the symbol after it."""
        given = self._inputs(symbols, speed)
        each: NDArray[np.int64] = run_network(self._encoder, ("durations",), given)[0].astype(np.int64)
        if self._blank is None:
            return each
        lasting: NDArray[np.int64] = each[0:-1:2] + each[1::2]
        lasting[-1] += each[-1]
        return lasting

    def _inputs(self, symbols: list[str], speed: float) -> dict[str, NDArray[Any]]:
        given = symbols if self._blank is None else with_blanks(symbols, self._blank)
        try:
            numbers = np.asarray([[self._numbers[symbol] for symbol in given]], dtype=np.int64)
        except KeyError as error:
            raise VoiceError(
                f"the voice {self.name} has no symbol {error}: its reader does not fit"
            ) from None
        return {"ids": numbers, "length": np.asarray([self.description.length / speed], dtype=np.float32)}

    def loudness(self, mel: NDArray[np.float32]) -> float:
        """That of frames, in dB: see `levels.frame_loudness`."""
        return frame_loudness(mel, self.sample_rate_hz / self.description.hop)

    def samples(self, symbols: list[str], *, speed: float = 1.0) -> NDArray[np.float32]:
        """The sound of symbols, [n], brought to the level of the others, before the voice's gain."""
        mel = self.mel(symbols, speed=speed)
        whole: NDArray[np.float32] = self._vocoder.whole(mel)
        return whole * levelling(self.loudness(mel), self.description.level)


def _parts(symbols: list[str]) -> Iterator[list[str]]:
    """The symbols cut at pauses into parts of a length that the networks have learnt."""
    opening, closing = symbols[0], symbols[-1]
    left = symbols
    while len(left) > _LONGEST_PART:
        pauses = [place for place in range(_LONGEST_PART // 3, _LONGEST_PART) if left[place] == ","]
        cut = pauses[-1] if pauses else _LONGEST_PART - 2
        yield [*left[:cut], "," if pauses else closing]
        left = [opening, *left[cut + (1 if pauses else 0) :]]
    if len(left) > 2:
        yield left
