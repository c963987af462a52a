"""A voice in a folder: its networks and `voice.json`, which says what they are and how they are used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from tts_voices.voice import VoiceError

__all__ = ["DESCRIPTION", "VoiceDescription", "checked_files", "read_description", "write_description"]

DESCRIPTION = "voice.json"
_VERSION = 1
_READERS = ("hamdel", "characters", "espeak")


@dataclass(frozen=True, slots=True)
class VoiceDescription:
    """What a voice's `voice.json` holds.

    Attributes:
        name: of the voice.
        language: "en" or "fa".
        reader: who makes symbols of a text: "hamdel" (the front end of `pronunciation`), "characters"
            (the letters themselves) or "espeak" (the program espeak-ng, in the International Phonetic
            Alphabet).
        symbols: every symbol in the order of the encoder's numbers.
        sample_rate_hz, fft, hop: of its mel frames.
        length: what predicted durations are multiplied by at speed 1.
        noise: standard deviation of what is added to the latent frames.
        gain: what samples are multiplied by to reach -20 LUFS.
        licence: of the weights.
        files: SHA-256 of each file, by name relative to the folder.
        blank: the symbol between all others, or None.
        opening, closing: symbols put around an utterance for a "characters" or "espeak" reader.
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
    opening: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.language not in ("en", "fa") or self.reader not in _READERS:
            raise VoiceError(f"language {self.language!r} or reader {self.reader!r} is not known here")
        if self.fft != 4 * self.hop or self.hop < 1 or not 8_000 <= self.sample_rate_hz <= 48_000:
            raise VoiceError("the transform must have four hops, and 8,000 to 48,000 samples a second")
        if not (0.3 <= self.length <= 3 and 0 <= self.noise <= 1.5 and 0 < self.gain <= 50):
            raise VoiceError("length must be 0.3 to 3, noise 0 to 1.5, gain up to 50")
        if len(set(self.symbols)) != len(self.symbols) or not self.symbols:
            raise VoiceError("every symbol must stand once in the list of symbols")


def read_description(folder: Path) -> VoiceDescription:
    """Reads `voice.json`; raises `VoiceError` that says which file and field is wrong."""
    path = folder / DESCRIPTION
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return _description(stored)
    except OSError as error:
        raise VoiceError(f"{path} can't be read ({error.strerror}): there is no voice") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise VoiceError(f"{path} is no description of a voice: {error}") from error
    except VoiceError as error:
        raise VoiceError(f"{path}: {error}") from None


def _description(stored: dict[str, Any]) -> VoiceDescription:
    if stored.pop("version", None) != _VERSION:
        raise VoiceError(f"version {_VERSION} is needed")
    known = {field.name for field in fields(VoiceDescription)}
    if unknown := set(stored) - known:
        raise VoiceError(f"unknown fields: {', '.join(sorted(unknown))}")
    for name in ("symbols", "opening", "closing"):
        if name in stored:
            stored[name] = tuple(map(str, stored[name]))
    for name in ("length", "noise", "gain"):
        stored[name] = float(stored[name])
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
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise VoiceError(f"{path} can't be read ({error.strerror}): install the voice again") from error
        if found != digest:
            raise VoiceError(f"{path} is not the file that was released: install the voice again")
        paths[name] = path
    return paths
