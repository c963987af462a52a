"""Fixed sentences as sound in files: they can be played when no voice can speak.

One file for each voice, text and language, at the session's rate, in Ogg Vorbis: a third of the size of FLAC.
(Opus needs half of that, and ten times as long to encode.) A SHA-256 at its end, over the file's name and
sound, tells a damaged file from a whole one.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bot.audio import StreamResampler, pcm16_from_samples
from bot.fixed_sentences import FixedSentence
from bot.model_store import cache_home
from bot.session_config import SAMPLE_RATE_HZ
from tts_voices import Voice

__all__ = ["RenderedSpeech", "RenderingError", "default_folder"]

logger = logging.getLogger(__name__)

_FORMAT_VERSION = 1
_DIGEST_BYTES = 32
_PATIENCE_S = 2.0  # a disk that is slower than this is no help
_READERS = 2


class RenderingError(Exception):
    """Sentences can't be rendered or kept; the message says what to do."""


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
            sound = _sound(path)
            if sound is None:
                self._tell_once(f"{path} is damaged; it is rendered anew")
                return None
            samples = soundfile.read(io.BytesIO(sound), dtype="int16")[0]
        except FileNotFoundError:
            return None
        except (OSError, soundfile.LibsndfileError) as error:
            self._tell_once(f"{path} can't be read ({type(error).__name__})")
            return None
        return pcm16_from_samples(samples)

    def lacking(self, voices: Sequence[Voice]) -> list[FixedSentence]:
        """The sentences that have no undamaged file of the first of `voices` that speaks their language."""
        return [
            sentence
            for sentence in self.sentences
            if (voice := _first_speaking(voices, sentence.language)) is not None
            and not self.has(voice.name, sentence)
        ]

    def has(self, voice_name: str, sentence: FixedSentence) -> bool:
        """Whether there is an undamaged file."""
        try:
            return _sound(self._path(voice_name, sentence.text, sentence.language)) is not None
        except OSError:
            return False

    def keep(
        self, voice_name: str, sentence: FixedSentence, samples: NDArray[np.int16], sample_rate_hz: int
    ) -> None:
        """Writes a rendered sentence, whole or not at all; call it inside `writing`.

        Args:
            voice_name: whose sound it is.
            sentence: what is said.
            samples: mono, (n,).
            sample_rate_hz: of `samples`.

        Raises:
            RenderingError: if it can't be written.
        """
        path = self._path(voice_name, sentence.text, sentence.language)
        converted = StreamResampler(sample_rate_hz, SAMPLE_RATE_HZ).convert(samples, last=True)
        encoded = io.BytesIO()
        soundfile.write(encoded, converted, SAMPLE_RATE_HZ, format="OGG", subtype="VORBIS")
        sound = encoded.getvalue()
        part = path.with_suffix(".part")
        try:
            try:
                part.write_bytes(sound + _digest(path, sound))
                part.replace(path)
            except OSError:
                part.unlink(missing_ok=True)
                raise
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


def _digest(path: Path, sound: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + sound).digest()


def _sound(path: Path) -> bytes | None:
    """The compressed sound in a file, None if it is damaged."""
    data = path.read_bytes()
    sound = data[:-_DIGEST_BYTES]
    return sound if sound and data[-_DIGEST_BYTES:] == _digest(path, sound) else None
