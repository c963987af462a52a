"""Fixed sentences as sound in files: they can be played when no voice can speak.

One file for each voice, text and language, at the session's rate, in Ogg Vorbis: a third of the size of FLAC.
(Opus needs half of that, and ten times as long to encode.) Behind the sound stands the voice's fingerprint,
which decoders pass over, and a SHA-256 over the file's name and all before it, which tells a damaged file
from a whole one.

A file with another fingerprint, or none, has the sound of an earlier voice. It is rendered anew, and plays
until the new one has taken its place: an old sound is better than none.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import io
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from bot.audio import StreamResampler, pcm16_from_samples
from bot.fixed_sentences import FixedSentence
from bot.model_store import cache_home
from bot.session_config import SAMPLE_RATE_HZ
from tts_voices import EspeakVoice, Voice
from tts_voices.cached.sound_files import DamagedSoundError, encoded, read_sealed
from tts_voices.cached.voice import CachedVoice
from tts_voices.fingerprint import voice_fingerprint
from tts_voices.joined_voice import JoinedVoice

__all__ = ["Lacking", "RenderedSpeech", "RenderingError", "default_folder"]

logger = logging.getLogger(__name__)

_FORMAT_VERSION = 1
_State = Literal["current", "old", "missing"]
_PATIENCE_S = 2.0  # a disk that is slower than this is no help
_READERS = 2


class RenderingError(Exception):
    """Sentences can't be rendered or kept; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What is to be rendered, each in the order of need.

    Attributes:
        missing: sentences without a whole file.
        old: those whose file has the sound of an earlier voice, or of an earlier state of this one.
    """

    missing: tuple[FixedSentence, ...]
    old: tuple[FixedSentence, ...]

    @property
    def sentences(self) -> tuple[FixedSentence, ...]:
        """All of them; what can't be heard at all comes first."""
        return self.missing + self.old


def default_folder() -> Path:
    """Where this installation keeps rendered sentences, beside its models."""
    return cache_home() / "rendered_speech"


class RenderedSpeech:
    """The fixed sentences, and the files of those that are rendered.

    Args:
        folder: where the files are; made when something is written.
        sentences: the fixed ones, in the order in which they are to be rendered.

    Attributes:
        missed: set whenever a fixed sentence was asked for and could not be played.
    """

    def __init__(self, folder: Path, sentences: Sequence[FixedSentence]) -> None:
        self.folder = folder
        self.sentences = tuple(sentences)
        self.missed = asyncio.Event()
        self._by_text = {(sentence.text, sentence.language): sentence for sentence in sentences}
        # Threads of its own: those of the voices may all hang with a voice.
        self._threads = ThreadPoolExecutor(_READERS, thread_name_prefix="rendered-speech")
        self._told_of: set[str] = set()

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def is_fixed(self, text: str, language: str, speed: float) -> bool:
        """Whether to ask `find`: for a fixed sentence at the voice's own pace; in danger, at any."""
        sentence = self._by_text.get((text, language))
        return sentence is not None and (speed == 1.0 or sentence.in_danger)

    async def find(self, voice_names: Sequence[str], text: str, language: str) -> bytes | None:
        """The sound of a sentence, PCM16 at the session's rate, as the first of these voices that has one.

        An old sound too: whether a voice can speak instead is known only after it has failed.
        None where there is none, or none that is undamaged, or the disk takes too long.
        """
        reading = asyncio.get_running_loop().run_in_executor(
            self._threads, self._read_first, tuple(voice_names), text, language
        )
        try:
            async with asyncio.timeout(_PATIENCE_S):
                pcm = await asyncio.shield(reading)
        except TimeoutError:
            self._tell_once(f"{self.folder} is too slow: rendered sentences are not played")
            return None
        if pcm is None:
            self.missed.set()
        return pcm

    def read(self, voice_name: str, text: str, language: str) -> bytes | None:
        """As `find`, of one voice, in the calling thread."""
        path = self._path(voice_name, text, language)
        try:
            samples = soundfile.read(io.BytesIO(read_sealed(path)), dtype="int16")[0]
        except FileNotFoundError:
            return None
        except DamagedSoundError:
            self._tell_once(f"{path} is damaged; it is rendered anew")
            return None
        except (OSError, soundfile.LibsndfileError) as error:
            self._tell_once(f"{path} can't be read ({type(error).__name__})")
            return None
        return pcm16_from_samples(samples)

    def lacking(self, voices: Sequence[Voice]) -> Lacking:
        """What has no whole file of the first of `voices` that speaks its language, or an old one.

        Raises:
            RenderingError: if the files of a voice can't be read.
        """
        first = {language: _first_speaking(voices, language) for _, language in self._by_text}
        current = {language: _fingerprint(voice, language) for language, voice in first.items() if voice}
        found: dict[_State, list[FixedSentence]] = {"current": [], "missing": [], "old": []}
        for sentence in self.sentences:
            if voice := first[sentence.language]:
                state = self._state(voice.name, sentence, current[sentence.language])
                found[state].append(sentence)
        return Lacking(tuple(found["missing"]), tuple(found["old"]))

    def is_current(self, voice: Voice, sentence: FixedSentence) -> bool:
        """Whether there is a whole file with what `voice` would say now.

        Raises:
            RenderingError: if the files of the voice can't be read.
        """
        return self._state(voice.name, sentence, _fingerprint(voice, sentence.language)) == "current"

    def keep(self, voice: Voice, sentence: FixedSentence, samples: NDArray[np.int16]) -> None:
        """Writes a rendered sentence, whole or not at all; call it inside `writing`.

        Args:
            voice: whose sound it is.
            sentence: what is said.
            samples: mono, (n,), at the rate of `voice`.

        Raises:
            RenderingError: if it can't be written.
        """
        path = self._path(voice.name, sentence.text, sentence.language)
        fingerprint = _fingerprint(voice, sentence.language)
        converted = StreamResampler(voice.sample_rate_hz, SAMPLE_RATE_HZ).convert(samples, last=True)
        # Ctrl-C is raised in the main thread alone: the encoder, which calls back into Python, would lose it.
        with ThreadPoolExecutor(1) as writer:
            try:
                writer.submit(_write, path, converted, fingerprint).result()
            except OSError as error:
                raise self._unwritable(error) from error

    @contextmanager
    def writing(self, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Holds the folder for one writer; another process that writes is waited for, after `on_wait()`.

        Raises:
            RenderingError: if the folder can't be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        except OSError as error:
            raise self._unwritable(error) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(lock, fcntl.LOCK_EX)
            for left_by_a_killed_run in self.folder.glob("*.part"):
                left_by_a_killed_run.unlink(missing_ok=True)
            yield

    def size_bytes(self) -> int:
        """What the files take, those of other voices and texts included."""
        return sum(path.stat().st_size for path in self.folder.glob("*.ogg"))

    def _read_first(self, voice_names: tuple[str, ...], text: str, language: str) -> bytes | None:
        found = (self.read(name, text, language) for name in voice_names)
        return next((pcm for pcm in found if pcm is not None), None)

    def _state(self, voice_name: str, sentence: FixedSentence, fingerprint: bytes) -> _State:
        try:
            content = read_sealed(self._path(voice_name, sentence.text, sentence.language))
        except (OSError, DamagedSoundError):
            return "missing"
        return "current" if content.endswith(fingerprint) else "old"

    def _path(self, voice_name: str, text: str, language: str) -> Path:
        identity = json.dumps([_FORMAT_VERSION, SAMPLE_RATE_HZ, voice_name, language, text])
        return self.folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:40]}.ogg"

    def _unwritable(self, error: OSError) -> RenderingError:
        reason = error.strerror or type(error).__name__
        return RenderingError(
            f"rendered sentences can't be written to {self.folder} ({reason}): "
            "make room or give the right to write, or set HAMDEL_HOME to another folder"
        )

    def _tell_once(self, problem: str) -> None:
        if problem not in self._told_of:
            self._told_of.add(problem)
            logger.error(problem)


def _first_speaking(voices: Sequence[Voice], language: str) -> Voice | None:
    """The first of the voices that speaks a language."""
    return next((voice for voice in voices if language in voice.languages), None)


def _fingerprint(voice: Voice, language: str) -> bytes:
    """That of the voice which makes the sound of a language: the others of a `JoinedVoice` may change."""
    if isinstance(voice, CachedVoice):
        voice = voice.voice
    if isinstance(voice, JoinedVoice):
        voice = next(one for one in voice.voices if language in one.languages)
    if isinstance(voice, EspeakVoice) and shutil.which(voice.program) is None:
        return b""  # every file ends with it: whoever is gone has nothing newer to say
    try:
        return voice_fingerprint(voice).encode()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RenderingError(f"the files of the voice {voice.name} can't be read ({reason})") from error


def _write(path: Path, samples: NDArray[np.int16], fingerprint: bytes) -> None:
    content = encoded(samples, SAMPLE_RATE_HZ) + fingerprint
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:  # not `write_sealed`: another user may render than plays
            file.write(content + hashlib.sha256(path.name.encode() + content).digest())
            file.flush()
            os.fsync(file.fileno())  # an old sound is not to be lost with the power before the new is kept
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
