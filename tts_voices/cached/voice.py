"""A voice that does not speak the same sentence twice: what was said wholly is kept in files.

Only what the product itself says is kept (`keep` decides), never what is put together for one person. The
disk is no reason to fail or to wait: what it does not give in time is spoken, what it does not take is lost.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tts_voices.cached.disk_threads import DiskThreads
from tts_voices.cached.sentence_store import SentenceStore
from tts_voices.cached.sound_files import LONGEST_S, DamagedSoundError, decoded, encoded
from tts_voices.fingerprint import voice_fingerprint
from tts_voices.voice import CHUNK_MS, FASTEST, SLOWEST, Style, Voice

__all__ = ["CachedVoice"]

logger = logging.getLogger(__name__)

_VERSION = 1
_PATIENCE_S = 0.05  # a voice begins sooner than a disk that is slower than this
_READERS = 2
_READS_WAITING = 8
_WRITES_WAITING = 8
_PAUSE_AFTER_FAILURE_S = 60.0
_LETTING_GO_S = 5.0
_SPEEDS_TO_ONE = 20
"""Only speeds in steps of 0.05 are kept, so that nobody fills the folder with speeds of their own."""

Samples = NDArray[np.int16]


class CachedVoice:
    """A `Voice` around a voice. Safe for threads, and for several processes with one folder.

    Args:
        voice: speaks what is not kept.
        folder: of the kept sentences; made when the first is written.
        limit_mb: what they may take together, 10^6 bytes each.
        keep: says of a text and its language whether it may be kept: for sentences of the product alone.

    Attributes:
        voice: as given.
        hits: sentences that came from the folder.
    """

    def __init__(
        self, voice: Voice, folder: Path, limit_mb: float, *, keep: Callable[[str, str], bool]
    ) -> None:
        self.voice = voice
        self.name = voice.name
        self.sample_rate_hz = voice.sample_rate_hz
        self.languages = voice.languages
        self.hits = 0
        self._keep = keep
        self._store = SentenceStore(folder, limit_mb)
        self._fingerprint = voice_fingerprint(voice)
        self._readers = DiskThreads("sentences-in", threads=_READERS, waiting=_READS_WAITING)
        self._writer = DiskThreads("sentences-out", threads=1, waiting=_WRITES_WAITING)
        self._no_writing_before_s = -_PAUSE_AFTER_FAILURE_S
        self._told_of: set[str] = set()
        self._lock = threading.Lock()

    @property
    def damaged(self) -> int:
        """Entries that were found damaged, and removed."""
        return self._store.damaged

    def speak(
        self,
        text: str,
        *,
        language: str,
        speed: float = 1.0,
        style: Style = "plain",
        cancelled: threading.Event | None = None,
    ) -> Iterator[Samples]:
        """As `Voice.speak`."""
        if not _speed_is_kept(speed) or not self._keep(text, language):
            return self.voice.speak(text, language=language, speed=speed, style=style, cancelled=cancelled)
        key = self._key(text, language, speed, style)
        stop = cancelled or threading.Event()
        kept = self._find(key)
        if kept is not None:
            return self._replayed(key, kept, stop)
        spoken = self.voice.speak(text, language=language, speed=speed, style=style, cancelled=cancelled)
        return self._spoken(key, spoken, stop)

    def render(self, text: str, language: str, *, style: Style = "plain") -> bool:
        """Speaks a sentence into the folder, unless it is there.

        Returns:
            False where the limit leaves no room for it.

        Raises:
            VoiceError: from the voice.
            OSError: if it can't be written.
        """
        key = self._key(text, language, 1.0, style)
        if self._store.has(key):
            return True
        chunks = list(self.voice.speak(text, language=language, style=style))
        if not chunks or sum(map(len, chunks)) > LONGEST_S * self.sample_rate_hz:
            return True
        sound = encoded(np.concatenate(chunks), self.sample_rate_hz)
        if not self._store.room_for(sound):
            return False
        self._store.keep(key, sound)
        return True

    def size_bytes(self) -> int:
        """What the kept sentences take, those of other voices included."""
        return self._store.size_bytes()

    def close(self) -> None:
        """Writes what is still to be written, if the disk takes it soon, and ends the threads."""
        self._writer.close(_LETTING_GO_S)
        self._readers.close(_LETTING_GO_S)

    def _key(self, text: str, language: str, speed: float, style: Style) -> str:
        identity = [_VERSION, self.name, self._fingerprint, language, text, f"{speed:.2f}", style]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()

    def _find(self, key: str) -> Iterator[Samples] | None:
        answer: queue.SimpleQueue[Iterator[Samples] | None] = queue.SimpleQueue()
        if not self._readers.offer(lambda: answer.put(self._read(key))):
            return None
        try:
            found = answer.get(timeout=_PATIENCE_S)
        except queue.Empty:
            self._tell_once("is too slow: sentences are spoken anew")
            return None
        if found is not None:
            with self._lock:
                self.hits += 1
        return found

    def _read(self, key: str) -> Iterator[Samples] | None:
        try:
            sound = self._store.find(key)
            return None if sound is None else decoded(sound, chunk_ms=CHUNK_MS)
        except DamagedSoundError:
            self._store.remove_damaged(key)
        except OSError as error:
            self._tell_once(f"can't be read ({error.strerror or type(error).__name__})")
        return None

    def _replayed(self, key: str, chunks: Iterator[Samples], stop: threading.Event) -> Iterator[Samples]:
        try:
            for chunk in chunks:
                if stop.is_set():
                    return
                yield chunk
        finally:  # not sooner: the first chunk is not to wait for it
            self._writer.offer(lambda: self._store.note_use(key))

    def _spoken(self, key: str, chunks: Iterator[Samples], stop: threading.Event) -> Iterator[Samples]:
        kept: list[Samples] = []
        samples = 0
        try:
            for chunk in chunks:
                samples += len(chunk)
                if samples <= LONGEST_S * self.sample_rate_hz:
                    kept.append(chunk)
                yield chunk
        finally:
            if callable(close := getattr(chunks, "close", None)):
                close()
        whole = 0 < samples <= LONGEST_S * self.sample_rate_hz and not stop.is_set()
        if whole and time.monotonic() >= self._no_writing_before_s:
            self._writer.offer(lambda: self._write(key, kept))

    def _write(self, key: str, chunks: list[Samples]) -> None:
        try:
            self._store.keep(key, encoded(np.concatenate(chunks), self.sample_rate_hz))
        except OSError as error:
            self._no_writing_before_s = time.monotonic() + _PAUSE_AFTER_FAILURE_S
            reason = error.strerror or type(error).__name__
            self._tell_once(f"can't be written to ({reason}): make room, or give the right to write")

    def _tell_once(self, problem: str) -> None:
        with self._lock:
            new = problem not in self._told_of
            self._told_of.add(problem)
        if new:
            logger.error("the cache of sentences %s %s", self._store.folder, problem)


def _speed_is_kept(speed: float) -> bool:
    if not SLOWEST <= speed <= FASTEST:
        return False
    steps = speed * _SPEEDS_TO_ONE
    return abs(steps - round(steps)) < 1e-6
