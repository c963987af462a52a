"""A voice in a folder: its networks and `voice.json`, which says what they are and how they are used."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from textwrap import shorten
from typing import Any

from tts_voices.voice import VoiceError

__all__ = ["DESCRIPTION", "VoiceDescription", "checked_files", "read_description", "write_description"]

DESCRIPTION = "voice.json"
_VERSION = 1
_READERS = ("hamdel", "characters", "espeak")
_LARGEST_BYTES = 1_000_000
_MOST_SYMBOLS = 1_000
_MOST_AROUND = 8
_MOST_FILES = 16
_LONGEST_HOP = 4_096
_LONGEST_NAME = 300
_LONGEST_LICENCE = 2_000
_LONGEST_SYMBOL = 32
_LONGEST_REASON = 300
_SHA256 = re.compile("[0-9a-f]{64}")
_HALF_SPACE = "\u200c"


@dataclass(frozen=True, slots=True)
class VoiceDescription:
    """What a voice's `voice.json` holds.

    Attributes:
        name: of the voice, up to 300 characters.
        language: "en" or "fa".
        reader: who makes symbols of a text: "hamdel" (the front end of `pronunciation`), "characters"
            (the letters themselves) or "espeak" (the program espeak-ng, in the International Phonetic
            Alphabet).
        symbols: every symbol in the order of the encoder's numbers, up to 1,000.
        sample_rate_hz, fft, hop: of its mel frames.
        length: what predicted durations are multiplied by at speed 1.
        noise: standard deviation of what is added to the latent frames.
        gain: what samples are multiplied by to reach -20 LUFS.
        level: the loudness of frames (`levels.frame_loudness`) at which that gain is right; each utterance
            is brought to it. None where all get the same gain.
        licence: of the weights, up to 2,000 characters.
        files: SHA-256 of each file, up to 16, by name relative to the folder, which may lead out of it.
        blank: which of the symbols stands between all others, or None.
        opening, closing: up to 8 symbols each, put around an utterance for a "characters" or "espeak" reader.

    Raises:
        VoiceError: for a field that can't be so.
    """

    name: str
    language: str
    reader: str
    symbols: tuple[str, ...]
    sample_rate_hz: int
    fft: int
    hop: int
    length: float
    noise: float
    gain: float
    licence: str
    files: dict[str, str]
    blank: str | None = None
    level: float | None = None
    opening: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.language not in ("en", "fa") or self.reader not in _READERS:
            raise VoiceError(f"language {self.language!r} or reader {self.reader!r} is not known here")
        if not (_is_line(self.name, _LONGEST_NAME) and _is_line(self.licence, _LONGEST_LICENCE)):
            raise VoiceError("name and licence must be one line of text of sensible length")
        if self.fft != 4 * self.hop or not 1 <= self.hop <= _LONGEST_HOP:
            raise VoiceError(f"the transform must have four hops of at most {_LONGEST_HOP:,} samples")
        if not 8_000 <= self.sample_rate_hz <= 48_000:
            raise VoiceError("sample_rate_hz must be 8,000 to 48,000 samples a second")
        if not (0.3 <= self.length <= 3 and 0 <= self.noise <= 1.5 and 0 < self.gain <= 50):
            raise VoiceError("length must be 0.3 to 3, noise 0 to 1.5, gain up to 50")
        if self.level is not None and not -100 <= self.level <= 100:
            raise VoiceError("level must be -100 to 100 dB")
        self._check_symbols()
        self._check_files()

    def _check_symbols(self) -> None:
        if not 0 < len(self.symbols) <= _MOST_SYMBOLS or len(set(self.symbols)) != len(self.symbols):
            raise VoiceError(f"there must be 1 to {_MOST_SYMBOLS:,} symbols, each once")
        if not all(0 < len(symbol) <= _LONGEST_SYMBOL for symbol in self.symbols):
            raise VoiceError(f"a symbol must have 1 to {_LONGEST_SYMBOL} characters")
        if max(len(self.opening), len(self.closing)) > _MOST_AROUND:
            raise VoiceError(f"opening and closing must be at most {_MOST_AROUND} symbols each")
        blank = () if self.blank is None else (self.blank,)
        if not set(self.symbols).issuperset((*self.opening, *self.closing, *blank)):
            raise VoiceError("opening, closing and blank must be in the list of symbols")

    def _check_files(self) -> None:
        if len(self.files) > _MOST_FILES:
            raise VoiceError(f"there must be at most {_MOST_FILES} files")
        for name, digest in self.files.items():
            if not _is_line(name, _LONGEST_NAME) or PurePosixPath(name).is_absolute():
                raise VoiceError("a file must have a plain name relative to the folder")
            if not _SHA256.fullmatch(digest):
                raise VoiceError("the SHA-256 of a file must be 64 digits, 0 to 9 and a to f")


def _is_line(text: object, longest: int) -> bool:
    if not isinstance(text, str) or not 0 < len(text) <= longest:
        return False
    shown = text.replace(_HALF_SPACE, "")
    return shown.isprintable() and not shown.isspace() and bool(shown)


def read_description(folder: Path) -> VoiceDescription:
    """Reads `voice.json`; raises `VoiceError` that says which file and field is wrong."""
    path = folder / DESCRIPTION
    try:
        return _description(json.loads(_content(path)))
    except OSError as error:
        raise VoiceError(f"{path} can't be read ({error.strerror}): there is no voice") from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise VoiceError(f"{path} is no description of a voice: {_short(error)}") from error
    except VoiceError as error:
        raise VoiceError(f"{path}: {_short(error)}") from None


def _content(path: Path) -> str:
    _check_plain(path)
    with path.open("rb") as file:
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise VoiceError(f"more than {_LARGEST_BYTES:,} bytes are no description of a voice")
    return content.decode("utf-8")


def _check_plain(path: Path) -> None:
    # A pipe or a device would keep whoever reads it for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "not a plain file")


def _short(error: Exception) -> str:
    return shorten(str(error), _LONGEST_REASON)


def _description(stored: dict[str, Any]) -> VoiceDescription:
    if stored.pop("version", None) != _VERSION:
        raise VoiceError(f"version {_VERSION} is needed")
    known = {field.name for field in fields(VoiceDescription)}
    if unknown := set(stored) - known:
        raise VoiceError(f"unknown fields: {sorted(unknown)}")
    for name in ("symbols", "opening", "closing"):
        if name in stored:
            stored[name] = tuple(map(str, stored[name]))
    for name in ("length", "noise", "gain"):
        stored[name] = float(stored[name])
    if stored.get("level") is not None:
        stored["level"] = float(stored["level"])
    for name in ("sample_rate_hz", "fft", "hop"):
        stored[name] = int(stored[name])
    stored["files"] = {str(name): str(digest) for name, digest in stored["files"].items()}
    return VoiceDescription(**stored)


def write_description(description: VoiceDescription, folder: Path) -> None:
    """Writes `voice.json` of a voice whose other files are in place."""
    stored = {"version": _VERSION} | asdict(description)
    text = json.dumps(stored, ensure_ascii=False, indent=1) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")


def checked_files(folder: Path, files: dict[str, str]) -> dict[str, Path]:
    """The path of each file once its SHA-256 is seen to be right; raises `VoiceError` for one that isn't."""
    paths = {}
    for name, digest in files.items():
        path = folder / name
        try:
            _check_plain(path)
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise VoiceError(f"{path} can't be read ({error.strerror}): install the voice again") from error
        if found != digest:
            raise VoiceError(f"{path} is not the file that was released: install the voice again")
        paths[name] = path
    return paths
