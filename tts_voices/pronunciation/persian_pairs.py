"""Pairs of neighbours of which our own marked sentences tell whether an ezafe stands between them."""

from __future__ import annotations

import lzma
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from language import speakable
from tts_voices.pronunciation.persian_marks import Marks, places
from tts_voices.pronunciation.persian_tokens import tokens
from tts_voices.pronunciation.table_files import read_packed
from tts_voices.voice import VoiceError

__all__ = ["Pairs", "marked_pairs", "packed_pairs", "read_pairs"]

Pairs = Mapping[tuple[str, str], bool]
"""Two words in a row, and whether the first bears an ezafe."""

_FEWEST_UNLINKED = 2
_MEND = "build it again with python -m tts_voices.pronunciation.building.persian_build pairs"


def marked_pairs(texts: Mapping[str, str], marks: Mapping[str, Marks]) -> dict[tuple[str, str], bool]:
    """Pairs that always bear one, and pairs that were seen at least twice and never did."""
    seen: Counter[tuple[str, str]] = Counter()
    linked: Counter[tuple[str, str]] = Counter()
    for name, text in texts.items():
        if name not in marks:
            continue
        sentence = tokens(speakable(text, "fa"))
        for (first, place), second in zip(
            zip(sentence, places(sentence), strict=True), sentence[1:], strict=False
        ):
            if first.kind == second.kind == "persian":
                seen[first.text, second.text] += 1
                linked[first.text, second.text] += place in marks[name].linked
    return {
        pair: linked[pair] > 0
        for pair, count in seen.items()
        if linked[pair] == count or (not linked[pair] and count >= _FEWEST_UNLINKED)
    }


def packed_pairs(pairs: Pairs) -> bytes:
    """The table as one compressed piece: a line for each pair, "+" where an ezafe stands, else "-"."""
    lines = (f"{'+' if pairs[pair] else '-'}{pair[0]} {pair[1]}" for pair in sorted(pairs))
    return lzma.compress("\n".join(lines).encode("utf-8"), preset=9 | lzma.PRESET_EXTREME)


def read_pairs(path: Path) -> dict[tuple[str, str], bool]:
    """What `packed_pairs` wrote into `path`; raises `VoiceError` where it is damaged or not there."""
    pairs = {}
    for number, line in enumerate(read_packed(path, _MEND).splitlines(), 1):
        first, space, second = line[1:].partition(" ")
        if line[:1] not in {"+", "-"} or not space or " " in second:
            raise VoiceError(f"{path}, line {number}, is no pair: {_MEND}")
        pairs[first, second] = line[0] == "+"
    return pairs
