"""Words written alike: which reading the words around them ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tts_voices.pronunciation.persian_notation import is_reading
from tts_voices.pronunciation.table_files import read_table
from tts_voices.voice import VoiceError

__all__ = ["Cue", "cued_reading", "read_cues"]

_SPANS = {"before": range(-2, 0), "after": range(1, 3), "next": range(1, 2), "near": range(-5, 6)}
_SPANS["ezafe"] = range(0)


@dataclass(frozen=True, slots=True)
class Cue:
    """The reading holds where one of `phrases` stands at one of `places`, counted in tokens from the word.

    A phrase is one or more tokens; a token that ends in "*" stands for all that begin like it. Without places
    the reading holds where an ezafe follows.
    """

    reading: str
    places: range
    phrases: tuple[tuple[str, ...], ...]


def read_cues(path: Path) -> dict[str, tuple[Cue, ...]]:
    """The cues of each word from a table: word, reading, place, phrases (tokens joined by "_").

    Lines that begin with "#" are remarks. Raises `VoiceError` for a file that is none, and a line
    of another form.
    """
    cues: dict[str, tuple[Cue, ...]] = {}
    for number, line in enumerate(read_table(path, "bring it back from the repository"), 1):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 4 or cells[2] not in _SPANS or not is_reading(cells[1]) or not cells[3].split():
            raise VoiceError(
                f"{path}, line {number}: expected word, reading, place and phrases with tabs between"
            )
        phrases = tuple(tuple(phrase.split("_")) for phrase in cells[3].split())
        cues[cells[0]] = (*cues.get(cells[0], ()), Cue(cells[1], _SPANS[cells[2]], phrases))
    return cues


def cued_reading(
    cues: Mapping[str, tuple[Cue, ...]], sentence: list[str], place: int, *, linked: bool
) -> str | None:
    """The reading that the first fitting cue asks for at `place`, if any; `linked`: an ezafe follows it."""
    for cue in cues.get(sentence[place], ()):
        if linked and not cue.places:
            return cue.reading
        starts = (place + step for step in cue.places)
        if any(_stands(phrase, sentence, start, place) for start in starts for phrase in cue.phrases):
            return cue.reading
    return None


def _stands(phrase: tuple[str, ...], sentence: list[str], start: int, word: int) -> bool:
    end = start + len(phrase)
    if start < 0 or end > len(sentence) or (len(phrase) == 1 and start == word):
        return False
    return all(
        token.startswith(cue[:-1]) if cue.endswith("*") else token == cue
        for cue, token in zip(phrase, sentence[start:end], strict=True)
    )
