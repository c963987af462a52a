"""Recordings in the layout of LJSpeech: `metadata.csv` with `id|text|normalised text`, and `wavs/id.wav`."""

from __future__ import annotations

from pathlib import Path

from tts_voices.training.corpora.preparation import Clip, FrontEnd, Prepared, Sounds, loaded_file, prepare
from tts_voices.voice import VoiceError

__all__ = ["clips", "read"]

_METADATA = "metadata.csv"


def read(folder: Path, language: str, front_end: FrontEnd, out: Path, *, progress: bool = True) -> Prepared:
    """Makes a corpus in `out` of the recordings in `folder`, see `preparation.prepare`."""
    found = clips(folder)
    return prepare(found, language, front_end, Sounds(out), total=len(found), progress=progress)


def clips(folder: Path) -> list[Clip]:
    """The clips that the metadata name, those of malformed lines too.

    The third field is read, or the second where there is no third. Raises `VoiceError` where the metadata
    can't be read or no line of them is of the layout.
    """
    path = folder / _METADATA
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise VoiceError(f"{path} can't be read ({error.strerror}): LJSpeech's layout has it") from error
    except UnicodeDecodeError as error:
        raise VoiceError(f"{path} is not UTF-8 (byte {error.start})") from error
    found = [_clip(line.rstrip("\r"), folder) for line in lines if line.strip()]
    if all(clip.refused for clip in found):
        raise VoiceError(f"{path} has no line of the form id|text|normalised text")
    return found


def _clip(line: str, folder: Path) -> Clip:
    name, *texts = line.split("|")
    name = name.strip().removesuffix(".wav")
    malformed = None if name and 1 <= len(texts) <= 2 else "on malformed lines"
    text = next((text for text in reversed(texts) if text.strip()), "")
    # A name such as ../x is refused before its file is asked for.
    return Clip(name, text.strip(), loaded_file(folder / "wavs" / f"{name}.wav"), malformed)
