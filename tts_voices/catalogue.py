"""The voices by name, and those in folders of a deployer's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tts_voices.espeak import EspeakVoice
from tts_voices.joined_voice import JoinedVoice
from tts_voices.voice import Voice, VoiceError
from tts_voices.voice_files import DESCRIPTION, checked_files, read_description

__all__ = ["CATALOGUE", "DEFAULT_VOICE", "VoiceState", "load_voice", "voice_state"]

DEFAULT_VOICE = "hamdel"

_WEIGHTS = Path(__file__).parent / "weights"
_READY = "ready"


@dataclass(frozen=True, slots=True)
class VoiceState:
    """What is known of a voice without loading it.

    Attributes:
        name: as `load_voice` takes it.
        languages: it speaks, in order.
        sample_rate_hz: None where that can't be told.
        size_bytes: of its files, which voices of one folder share; 0 for a program.
        licence: of its weights or program.
        problem: why it can't speak, and what to do; None if it can.
    """

    name: str
    languages: tuple[str, ...] = ()
    sample_rate_hz: int | None = None
    size_bytes: int = 0
    licence: str = ""
    problem: str | None = None

    @property
    def state(self) -> str:
        """The word "ready", or the problem."""
        return self.problem or _READY


def _hamdel() -> Voice:
    # Both languages are needed: a gateway whose Persian is missing is to say so at its start.
    return _load_folders("hamdel", [_WEIGHTS / "en", _WEIGHTS / "fa"])


CATALOGUE: dict[str, Callable[[], Voice]] = {"espeak": EspeakVoice, "hamdel": _hamdel}
"""The name of each voice and what makes it."""


def load_voice(name: str = DEFAULT_VOICE) -> Voice:
    """The voice of that name, or in that folder.

    A folder holds `voice.json` and what that names, or such folders, one for each language. The voice's
    name is then the folder's whole path.

    Raises:
        VoiceError: naming the voices that exist if there is none, or the file that is missing or damaged.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]()
    folder = _folder(name)
    return _load_folders(str(folder), _described(folder))


def voice_state(name: str) -> VoiceState:
    """What there is of a voice; its files are read and checked, but no network is opened.

    Raises:
        VoiceError: if neither a voice nor a folder has that name.
    """
    if name == "espeak":
        return _espeak_state()
    if name in CATALOGUE:
        return _files_state(name, [_WEIGHTS / "en", _WEIGHTS / "fa"])
    folder = _folder(name)
    return _files_state(str(folder), _described(folder))


def _folder(name: str) -> Path:
    try:
        folder = Path(name).expanduser().resolve()
        if os.sep in name or _holds_a_voice(folder):
            return folder
    except (OSError, RuntimeError, ValueError):  # no such home, links in a circle, a name that can't be
        pass
    raise VoiceError(
        f"there is no voice {name!r}; choose from: {', '.join(sorted(CATALOGUE))}, "
        f"or name a folder that has a {DESCRIPTION}"
    )


def _holds_a_voice(folder: Path) -> bool:
    return any(path.is_file() for path in (folder / DESCRIPTION, *folder.glob(f"*/{DESCRIPTION}")))


def _described(folder: Path) -> list[Path]:
    """The folder, or those of its languages."""
    if (folder / DESCRIPTION).is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob(f"*/{DESCRIPTION}")) or [folder]


def _load_folders(name: str, folders: list[Path]) -> Voice:
    from tts_voices.glow_voice import GlowVoice  # what speaks through a program needs no onnxruntime

    return JoinedVoice(name, [GlowVoice.load(folder) for folder in folders])


def _espeak_state() -> VoiceState:
    voice = EspeakVoice()
    problem = None
    if shutil.which(voice.program) is None:
        problem = f"program {voice.program} missing: apt-get install espeak-ng"
    return VoiceState(
        name=voice.name,
        languages=tuple(sorted(voice.languages)),
        sample_rate_hz=voice.sample_rate_hz,
        licence="GPL-3.0-or-later (program)",
        problem=problem,
    )


def _files_state(name: str, folders: list[Path]) -> VoiceState:
    described, problem, paths = [], None, set()
    for folder in folders:
        try:
            description = read_description(folder)
            described.append(description)
            paths |= {path.resolve() for path in checked_files(folder, description.files).values()}
        except VoiceError as error:
            problem = problem or str(error)
    rates = {description.sample_rate_hz for description in described}
    if problem is None and len(rates) > 1:
        problem = f"one sample rate is needed in all its languages, not {sorted(rates)}"
    return VoiceState(
        name,
        tuple(sorted(description.language for description in described)),
        rates.pop() if len(rates) == 1 else None,
        sum(path.stat().st_size for path in paths),
        ", ".join(dict.fromkeys(description.licence for description in described)),
        problem,
    )
