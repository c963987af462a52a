"""The spoken fall-back: espeak-ng, run as a program of its own for each sentence.

espeak-ng is licensed under the GPL 3; it is neither linked nor shipped, only run where the operator has
installed it. It speaks both languages on any machine within a few tens of milliseconds, plainly.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import subprocess  # noqa: S404 - a fixed program without a shell; the text goes to its standard input
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from language import speakable
from tts_voices.persian_reading import marked_persian
from tts_voices.shape import shape_speech
from tts_voices.voice import CHUNK_MS, FASTEST, SLOWEST, Style, VoiceError

__all__ = ["EspeakVoice"]

_SAMPLE_RATE_HZ = 22_050
_WAV_HEADER_BYTES = 44
_READ_BYTES = _SAMPLE_RATE_HZ * 2 * CHUNK_MS // 1000
_POLL_S = 0.02
_STALL_S = 5.0
_LONGEST_TEXT = 5_000
_TYPICAL_PEAK = 0.8
_SOFT_SPEED = 0.9
_SOFT_GAIN = 0.71  # 3 dB quieter
_INSTALL = "install it with: apt-get install espeak-ng"


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a language is spoken: the program's voice, words a minute, pitch 0 to 99, gap in 10 ms."""

    voice: str
    rate: int
    pitch: int
    gap: int


_MANNERS = {
    "en": _Manner(voice="en-us", rate=155, pitch=46, gap=1),
    "fa": _Manner(voice="fa", rate=150, pitch=46, gap=1),
}


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """A `Voice` through the program espeak-ng; `program` is its name or path."""

    program: str = "espeak-ng"
    name: str = "espeak"
    sample_rate_hz: int = _SAMPLE_RATE_HZ
    languages: frozenset[str] = frozenset(_MANNERS)

    def speak(
        self,
        text: str,
        *,
        language: str,
        speed: float = 1.0,
        style: Style = "plain",
        cancelled: threading.Event | None = None,
    ) -> Iterator[NDArray[np.int16]]:
        """As `Voice.speak`; the program ends with the iterator, however that ends.

        Text beyond 5,000 characters of speech is refused: split it into sentences.
        """
        if language not in _MANNERS:
            raise VoiceError(f"the voice {self.name} speaks {', '.join(sorted(_MANNERS))}, not {language!r}")
        if not SLOWEST <= speed <= FASTEST:
            raise VoiceError(f"speed must be between {SLOWEST} and {FASTEST}, not {speed}")
        spoken = speakable(text, language)
        if len(spoken) > _LONGEST_TEXT:
            raise VoiceError("the text is too long for one sentence: split it with language.split_sentences")
        if language == "fa":
            spoken = marked_persian(spoken)
        program = shutil.which(self.program)
        if program is None:
            raise VoiceError(f"{self.program} is not there: {_INSTALL}")
        stop = cancelled or threading.Event()
        return self._chunks(program, spoken, _MANNERS[language], speed, style, stop)

    def _chunks(
        self,
        program: str,
        spoken: str,
        manner: _Manner,
        speed: float,
        style: Style,
        stop: threading.Event,
    ) -> Generator[NDArray[np.int16], None, None]:
        if not spoken or stop.is_set():
            return
        if style == "soft":
            speed *= _SOFT_SPEED
        with contextlib.closing(_raw_sound(program, spoken, manner, speed, stop)) as raw:
            shaped = shape_speech(
                raw, sample_rate_hz=self.sample_rate_hz, chunk_ms=CHUNK_MS, typical_peak=_TYPICAL_PEAK
            )
            for chunk in shaped:
                if stop.is_set():
                    return
                yield _quieter(chunk) if style == "soft" else chunk


def _quieter(chunk: NDArray[np.int16]) -> NDArray[np.int16]:
    quiet: NDArray[np.int16] = np.rint(chunk * _SOFT_GAIN).astype(np.int16)
    return quiet


def _raw_sound(
    program: str, spoken: str, manner: _Manner, speed: float, stop: threading.Event
) -> Generator[NDArray[np.int16], None, None]:
    """The program's samples as they come, in pieces of at most 100 ms."""
    command = [program, "-v", manner.voice, "-s", str(round(manner.rate * speed)), "-p", str(manner.pitch)]
    command += ["-g", str(manner.gap), "-b", "1", "-z", "--stdin", "--stdout"]
    with _running(command) as process:
        _write(process, spoken.encode("utf-8"))
        yield from _samples(process, stop)


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(  # noqa: S603 - arguments are ours, the text is not among them
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        )
    except OSError as error:
        raise VoiceError(f"{command[0]} can't be run: {_INSTALL}") from error
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _write(process: subprocess.Popen[bytes], text: bytes) -> None:
    """The whole text at once: it is shorter than the buffer of a pipe, so that this never waits."""
    assert process.stdin is not None  # noqa: S101 - opened as a pipe above
    with contextlib.suppress(OSError, ValueError):
        process.stdin.write(text)
    with contextlib.suppress(OSError, ValueError):
        process.stdin.close()


def _samples(process: subprocess.Popen[bytes], stop: threading.Event) -> Iterator[NDArray[np.int16]]:
    assert process.stdout is not None  # noqa: S101 - opened as a pipe above
    held = b""
    skipped = 0
    last_read = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not stop.is_set():
            if not selector.select(_POLL_S):
                if time.monotonic() - last_read > _STALL_S:
                    raise VoiceError("espeak-ng gave no sound for 5 s; is the machine overloaded?")
                continue
            data = os.read(process.stdout.fileno(), _READ_BYTES)
            last_read = time.monotonic()
            if not data:
                break
            held += data
            if skipped < _WAV_HEADER_BYTES:
                cut = min(len(held), _WAV_HEADER_BYTES - skipped)
                held, skipped = held[cut:], skipped + cut
            whole = len(held) // 2 * 2
            if whole:
                yield np.frombuffer(held[:whole], dtype="<i2").astype(np.int16)
                held = held[whole:]
        else:
            return
    try:
        status = process.wait(timeout=_STALL_S)
    except subprocess.TimeoutExpired:
        raise VoiceError("espeak-ng does not end; is the machine overloaded?") from None
    if status != 0 or skipped < _WAV_HEADER_BYTES:
        raise VoiceError(f"espeak-ng broke off (status {status}); check it with: espeak-ng --version")
