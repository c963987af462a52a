"""Figures for the Persian front end: phoneme error, ezafe, homographs, each with a 95 % bootstrap interval.

`python -m tts_voices.pronunciation.building.persian_evaluate --g2p FOLDER` reads the two test sets of GE2PE
and prints JSON. Before sounds are compared both sides lose what the notations treat differently: glottal
stops at the beginning of a word, digits of variants, the second of two equal consonants (tashdid), the w of
"ow", the glide between i and ezafe.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from language import speakable
from tts_voices.pronunciation.building.persian_corpora import SpokenWord, matched_words, sound_and_link
from tts_voices.pronunciation.persian import PersianReader
from tts_voices.pronunciation.persian_notation import unstressed
from tts_voices.pronunciation.persian_tokens import tokens

__all__ = ["Judged", "edit_distance", "figures", "folded", "main", "test_sentences"]

_Reading = Callable[[str], list[tuple[str, str, bool]]]
_RESAMPLES = 2_000
_DOUBLED = re.compile(r"([bptsjChxdzrZSqfkglmnvy?])\1")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a test set: words as spoken (sounds, ezafe), and the sounds of its homograph or ""."""

    written: str
    said: tuple[tuple[str, bool], ...]
    homograph: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """Counts of one sentence: phoneme errors and phonemes; ezafe right, missed and wrong; homograph right."""

    errors: int
    phonemes: int
    right: int = 0
    missed: int = 0
    wrong: int = 0
    homograph: bool | None = None


def folded(sounds: str) -> str:
    """`sounds` without what notations treat differently (see the head of this file)."""
    plain = unstressed(sounds).removeprefix("?").replace("ow", "o").replace("iye", "ie")
    return _DOUBLED.sub(r"\1", plain)


def edit_distance(first: str, second: str) -> int:
    """Insertions, deletions and substitutions between two sequences of sounds."""
    row = list(range(len(second) + 1))
    for number, one in enumerate(first, 1):
        last, row[0] = row[0], number
        for place, other in enumerate(second, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (one != other))
    return row[-1]


def test_sentences(path: Path, notation: str) -> list[Sentence]:
    """A test set of GE2PE; `notation` "/a@$c;" means these signs for a, A, the glottal stop, S, C, Z."""
    table = str.maketrans(dict(zip(notation, "aA?SCZ", strict=True)))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sentences = []
    for row in rows:
        words = row["Phoneme"].translate(table).split()
        marked = [sound_and_link(word.removesuffix("2")) for word in words if word.endswith("2")]
        said = tuple(sound_and_link(word.removesuffix("2")) for word in words)
        sentences.append(Sentence(row["Grapheme"], said, marked[0][0] if marked else ""))
    return sentences


def judged(
    sentence: Sentence, read: Callable[[str], list[tuple[str, str, bool]]], *, all_ezafe: bool = False
) -> Judged:
    """One sentence's counts; `read` gives letters, sounds and ezafe of each word, "" for marks."""
    ours = read(sentence.written)
    target = folded_sentence(sentence.said)
    errors = edit_distance(folded_sentence([(sounds, link) for _, sounds, link in ours if sounds]), target)
    known = matched_words(sentence.written, list(sentence.said))
    counts = [0, 0, 0]
    homograph = None
    for told, (letters, sounds, link) in zip(known, ours, strict=False):
        if told.sounds is None or not sounds:
            continue
        if sentence.homograph and homograph is None and folded(told.sounds) == folded(sentence.homograph):
            homograph = folded(sounds) == folded(told.sounds)
        if _writes_its_ezafe(told) and not all_ezafe:
            continue
        ends_in_it = sounds.endswith("ye") and letters.endswith(("ی", "\u0654"))
        bears = link or ends_in_it
        if told.linked:
            counts[0 if bears else 1] += 1
        else:
            counts[2] += bears
    if sentence.homograph and homograph is None:
        homograph = folded(sentence.homograph) in {folded(sounds) for _, sounds, _ in ours}
    right, missed, wrong = counts
    return Judged(errors, len(target), right, missed, wrong, homograph)


def _writes_its_ezafe(word: SpokenWord) -> bool:
    return word.sounds is not None and word.sounds.endswith("ye") and word.letters.endswith(("ی", "\u0654"))


def folded_sentence(words: Iterable[tuple[str, bool]]) -> str:
    """All sounds of a sentence in a row, ezafe as e (ye after a vowel but i)."""
    return "".join(map(folded, _with_ezafe(words)))


def _with_ezafe(words: Iterable[tuple[str, bool]]) -> Iterable[str]:
    for sounds, linked in words:
        plain = unstressed(sounds)
        yield plain + ("" if not linked else "ye" if plain[-1:] in "Aueo" and plain else "e")


def figures(sentences: list[Judged], seed: int = 1) -> dict[str, dict[str, float]]:
    """Each figure with the ends of its interval; whole sentences are drawn again."""
    rows = np.array(
        [
            [one.errors, one.phonemes, one.right, one.missed, one.wrong, bool(one.homograph)]
            for one in sentences
        ],
        dtype=np.float64,
    )
    chance = np.random.default_rng(seed)
    drawn = [rows[chance.integers(0, len(rows), len(rows))].sum(axis=0) for _ in range(_RESAMPLES)]
    total = np.vstack([rows.sum(axis=0), *drawn])
    errors, phonemes, right, missed, wrong, homographs = total.T
    found = {
        "phoneme_error": errors / phonemes,
        "ezafe_recall": right / np.maximum(right + missed, 1),
        "ezafe_precision": right / np.maximum(right + wrong, 1),
    }
    if any(one.homograph is not None for one in sentences):
        found["homograph_accuracy"] = homographs / len(rows)
    return {
        name: {
            "value": round(float(values[0]), 4),
            "low": round(float(np.quantile(values[1:], 0.025)), 4),
            "high": round(float(np.quantile(values[1:], 0.975)), 4),
        }
        for name, values in found.items()
    }


def reader_words(
    reader: PersianReader, *, ezafe: bool = True
) -> Callable[[str], list[tuple[str, str, bool]]]:
    """How `reader` reads a sentence, word by word; without `ezafe` it never adds one."""

    def read(written: str) -> list[tuple[str, str, bool]]:
        sentence = tokens(speakable(written, "fa"))
        said = reader.words(sentence)
        return [
            (token.text, unstressed(reading), linked and ezafe)
            for token, (reading, linked) in zip(sentence, said, strict=True)
        ]

    return read


_ESPEAK = {
    "t͡ʃ": "C",
    "tʃ": "C",
    "d͡ʒ": "j",
    "dʒ": "j",
    "ɑ": "A",
    "ɒ": "A",
    "æ": "a",
    "ʃ": "S",
    "ʒ": "Z",
    "ɢ": "q",
}
_ESPEAK |= {
    "ɣ": "q",
    "χ": "x",
    "ʔ": "?",
    "j": "y",
    "ɹ": "r",
    "ɾ": "r",
    "ɡ": "g",
    "ɛ": "e",
    "ɔ": "o",
    "ɪ": "i",
}
_ESPEAK_NOISE = re.compile(r"\([a-z-]+\)|[ːˈˌ\s_1-9]")


def espeak_errors(sentences: list[Sentence]) -> list[Judged]:
    """Phoneme errors of espeak-ng's Persian voice, its IPA mapped to our letters; it marks no ezafe."""
    found = []
    for sentence in sentences:
        spoken = speakable(sentence.written, "fa")
        done = subprocess.run(
            ["espeak-ng", "-v", "fa", "-q", "--ipa", "--stdin"],
            input=spoken,
            capture_output=True,
            text=True,
            check=True,
        )
        words = []
        for word in done.stdout.split():
            said = _ESPEAK_NOISE.sub("", word)
            for sign, letter in _ESPEAK.items():
                said = said.replace(sign, letter)
            words.append((said.replace("ou", "ow"), False))
        target = folded_sentence(sentence.said)
        found.append(Judged(edit_distance(folded_sentence(words), target), len(target)))
    return found


@dataclass(frozen=True, slots=True)
class _FirstReading:
    """Reads like `reader` but takes the first known reading of every word, whatever its neighbours."""

    reader: PersianReader

    def __call__(self, written: str) -> list[tuple[str, str, bool]]:
        read = reader_words(self.reader, ezafe=False)(written)
        return [
            (
                letters,
                unstressed(self.reader.lexicon[letters][0]) if letters in self.reader.lexicon else sounds,
                False,
            )
            for letters, sounds, _ in read
        ]


def main(arguments: list[str] | None = None) -> int:
    """Prints the figures of both test sets as JSON; returns 0."""
    parser = argparse.ArgumentParser(
        prog="python -m tts_voices.pronunciation.building.persian_evaluate", description=__doc__
    )
    parser.add_argument("--g2p", type=Path, required=True, help="folder with the test sets of GE2PE")
    options = parser.parse_args(arguments)
    # Without what is known of our own sentences by heart.
    reader = replace(PersianReader.load(), known={}, pairs={})
    report: dict[str, object] = {}
    for name in ("kasre_test", "homograph_test"):
        sentences = test_sentences(options.g2p / f"{name}.csv.gz", "/a@$c;")
        ways: dict[str, _Reading] = {
            "reader": reader_words(reader),
            "no_ezafe": reader_words(reader, ezafe=False),
            "first_reading_no_ezafe": _FirstReading(reader),
        }
        rows: dict[str, object] = {"sentences": len(sentences)}
        for way, read in ways.items():
            rows[way] = figures([judged(sentence, read) for sentence in sentences])
        rows["reader_written_ezafe_too"] = figures(
            [judged(sentence, ways["reader"], all_ezafe=True) for sentence in sentences]
        )
        if shutil.which("espeak-ng"):
            rows["espeak"] = figures(espeak_errors(sentences))["phoneme_error"]
        report[name] = rows
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
