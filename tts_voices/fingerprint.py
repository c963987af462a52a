"""What a voice sounds like, as a digest: it changes whenever the same text might sound otherwise."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from tts_voices.espeak import EspeakVoice
from tts_voices.joined_voice import JoinedVoice
from tts_voices.voice import Voice
from tts_voices.voice_files import VoiceDescription

__all__ = ["voice_fingerprint"]

_PACKAGE = Path(__file__).parent
_READING = (_PACKAGE / "pronunciation", _PACKAGE.parent / "language")
_ASIDE = frozenset({"__pycache__", "building"})
_SPEAKING = (
    "espeak.py",
    "persian_reading.py",
    "shape.py",
    "glow_voice.py",
    "levels.py",
    "vocoder.py",
    "waveform_vocoder.py",
)


def voice_fingerprint(voice: Voice) -> str:
    """64 hexadecimal digits, of the voice's files, or its program, and of the code that reads and speaks."""
    identity = json.dumps([_described(voice), _code()], sort_keys=True)
    return hashlib.sha256(identity.encode()).hexdigest()


def _described(voice: Voice) -> object:
    if isinstance(voice, JoinedVoice):
        return [_described(one) for one in voice.voices]
    if isinstance(voice, EspeakVoice):
        return _program(voice.program)
    description = getattr(voice, "description", None)
    if isinstance(description, VoiceDescription):
        return asdict(description)
    return type(voice).__qualname__


def _program(name: str) -> object:
    """Where the program is, its size and its age: asking it for its version would start it."""
    found = shutil.which(name)
    if found is None:
        return name
    status = Path(found).stat()
    return [found, status.st_size, status.st_mtime_ns]


@lru_cache(maxsize=1)
def _code() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for folder in _READING:
        yield from sorted(
            path
            for path in folder.rglob("*")
            if path.is_file() and not _ASIDE.intersection(path.relative_to(folder).parts)
        )
    for name in _SPEAKING:
        yield _PACKAGE / name
