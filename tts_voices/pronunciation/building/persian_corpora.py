"""Sentences with their sounds, letter by letter, from which the Persian letter tagger learns.

Every source has a notation of its own; all become that of `persian_notation`. Where the letters of a word
can't stand for its sounds the word is kept without labels, as a neighbour of the others.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from language import speakable
from tts_voices.pronunciation.persian_letters import aligned
from tts_voices.pronunciation.persian_lexicon import Lexicon
from tts_voices.pronunciation.persian_marks import Marks, places
from tts_voices.pronunciation.persian_notation import unstressed
from tts_voices.pronunciation.persian_tokens import Token, tagger_sequence, tokens

__all__ = [
    "Example",
    "SpokenWord",
    "example",
    "farsdat_examples",
    "ipa_examples",
    "lexicon_examples",
    "matched_words",
    "sound_and_link",
    "split_by_name",
    "suggestion_examples",
    "suggestion_words",
]


@dataclass(frozen=True, slots=True)
class Example:
    """`sequence` as the tagger reads it; sounds of each letter, link of each word, None where not known."""

    name: str
    sequence: str
    sounds: tuple[str | None, ...]
    linked: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A token's letters, its sounds without stress and ezafe (None: not known), and if an ezafe follows."""

    letters: str
    sounds: str | None
    linked: bool | None


def example(name: str, words: list[SpokenWord], *, weak_o: bool = False) -> Example:
    """The words with every letter's sounds; with `weak_o` an o of "و" is not trusted (it may be ow)."""
    sounds: list[str | None] = []
    for word in words:
        if sounds:
            sounds.append(None)
        found = None if word.sounds is None else aligned(word.letters, word.sounds)
        parts: list[str | None] = [None] * len(word.letters)
        if found is not None:
            parts = [*found[1]]
        if weak_o:
            parts = [
                None if part == "o" and letter == "و" else part
                for part, letter in zip(parts, word.letters, strict=True)
            ]
        sounds += parts
    sequence = " ".join(word.letters for word in words)
    return Example(name, sequence, tuple(sounds), tuple(word.linked for word in words))


def lexicon_examples(lexicon: Lexicon) -> list[Example]:
    """Each word alone with its most usual reading."""
    return [
        example("lexicon", [SpokenWord(word, unstressed(readings[0]), None)])
        for word, readings in lexicon.items()
    ]


_IPA = {"tʃ": "C", "dʒ": "j", "ɒ": "A", "ɑ": "A", "æ": "a", "ʃ": "S", "ʒ": "Z", "ɢ": "q", "ɣ": "q", "ʔ": "?"}
_IPA |= {"ɾ": "r", "j": "y", "χ": "x", "ɡ": "g", "ʋ": "v", "ɛ": "e", "ɔ": "o", "î": "i"}
_IPA_NOISE = re.compile(r"[\u0361ːˈˌ.͡/ ]")


def ipa_examples(path: Path) -> list[Example]:
    """Single words of an ipa-dict table (word, tab, /IPA/); words of several parts are left out."""
    examples = []
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, ipa = line.partition("\t")
        found = tokens(speakable(word, "fa"))
        said = _IPA_NOISE.sub("", ipa.split(",")[0])
        for sign, letter in _IPA.items():
            said = said.replace(sign, letter)
        said = re.sub("o(?=[uw])[uw]", "ow", said).removeprefix("?")
        if len(found) == 1 and found[0].kind == "persian" and aligned(found[0].text, said):
            examples.append(example("ipa", [SpokenWord(found[0].text, said, None)], weak_o=True))
    return examples


_FARSDAT = str.maketrans({"/": "A", "]": "?", ".": "S", ",": "j", "'": "C", "[": "Z", "\\": None, "-": None})


def farsdat_examples(path: Path) -> list[Example]:
    """Sentences of the FarsDat part of GE2PE with ezafe marks (`e1`); its "o" may be "ow"."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    examples = []
    for number, row in enumerate(rows):
        said = [sound_and_link(word.translate(_FARSDAT)) for word in row["Phoneme"].split()]
        if words := matched_words(row["Grapheme"], said):
            examples.append(example(f"farsdat-{number}", words, weak_o=True))
    return examples


def sound_and_link(said: str) -> tuple[str, bool]:
    """A word whose ezafe is written `e1`: its sounds without the ezafe, and whether it has one."""
    linked = said.endswith("e1")
    sounds = re.sub(r"\d", "", said.removesuffix("e1")).removeprefix("?")
    return re.sub(r"(?<=[Au])\?(?=i)", "y", sounds), linked


def matched_words(written: str, said: list[tuple[str, bool]]) -> list[SpokenWord]:
    """The written words with their sounds, matched in order by the cheapest way. Empty: too little fits.

    One written word may be spoken as up to three, two written words as one; a word that fits nothing is
    passed over and stays without labels.
    """
    sentence = [
        (tagger_sequence([token]), token.kind == "persian") for token in tokens(speakable(written, "fa"))
    ]
    best: dict[tuple[int, int], tuple[float, tuple[int, int], list[SpokenWord]]] = {(0, 0): (0.0, (0, 0), [])}
    for place in range(len(sentence) + 1):
        for heard in range(max(0, place - _BAND), min(place + _BAND, len(said)) + 1):
            if (place, heard) in best:
                _extend(best, place, heard, sentence, said)
    words: list[SpokenWord] = []
    at = (len(sentence), len(said))
    if at not in best:
        return []
    while at != (0, 0):
        _, before, piece = best[at]
        words = piece + words
        at = before
    fitting = sum(word.sounds is not None for word in words)
    return words if fitting >= 0.6 * sum(spoken for _, spoken in sentence) else []


_PASSED_OVER = 6.0
_BAND = 8
_UNLIKE_SPACING = 1.0


def _extend(
    best: dict[tuple[int, int], tuple[float, tuple[int, int], list[SpokenWord]]],
    place: int,
    heard: int,
    sentence: list[tuple[str, bool]],
    said: list[tuple[str, bool]],
) -> None:
    cost = best[place, heard][0]

    def offer(written: int, spoken: int, step: float, piece: list[SpokenWord]) -> None:
        target = (place + written, heard + spoken)
        if target not in best or cost + step < best[target][0]:
            best[target] = (cost + step, (place, heard), piece)

    if heard < len(said):
        offer(0, 1, _PASSED_OVER, [])
    if place == len(sentence):
        return
    letters, spoken = sentence[place]
    offer(1, 0, _PASSED_OVER if spoken else 0.0, [SpokenWord(letters, None, None)])
    if not spoken:
        return
    for taken in (1, 2, 3):
        group = tuple(said[heard : heard + taken])
        if len(group) == taken and (word := _fitting(letters, group)) is not None:
            offer(1, taken, _UNLIKE_SPACING * (taken - 1), [word])
    if place + 1 == len(sentence) or heard == len(said) or not sentence[place + 1][1]:
        return
    if pair := _fitting_pair(letters, sentence[place + 1][0], said[heard]):
        offer(2, 1, _UNLIKE_SPACING, pair)


def _fitting_pair(first: str, second: str, said: tuple[str, bool]) -> list[SpokenWord] | None:
    sounds, linked = said
    if len(sounds) < 0.6 * (len(first) + len(second)):
        return None
    found = aligned(f"{first} {second}", sounds)
    if found is None:
        return None
    parts = found[1]
    return [
        SpokenWord(first, "".join(parts[: len(first)]), False),
        SpokenWord(second, "".join(parts[len(first) + 1 :]), linked),
    ]


@lru_cache(maxsize=100_000)
def _fitting(letters: str, group: tuple[tuple[str, bool], ...]) -> SpokenWord | None:
    """`letters` with the sounds of the spoken words `group`, if they can stand for them."""
    length = sum(len(sounds) for sounds, _ in group)
    if not 0.5 * len(letters) - 1 <= length <= 2 * len(letters) + 2:
        return None  # saves most of the time
    linked = group[-1][1]
    inner = "".join(sounds + ("e" if link else "") for sounds, link in group[:-1])
    for inside in dict.fromkeys((inner, "".join(sounds for sounds, _ in group[:-1]))):
        sounds = inside + group[-1][0]
        if linked and sounds.endswith("y") and sounds[-2:-1] in "Aueoi":
            # "y" before the ezafe: a written letter says "ye", else the "y" belongs to the ezafe.
            written = letters[-1] in "ی\u0654" and aligned(letters, sounds + "e")
            sounds = sounds + "e" if written else sounds.removesuffix("y")
        if aligned(letters, sounds):
            told = sounds.endswith(("Aye", "uye")) and letters[-1] == "ی"
            return SpokenWord(letters, sounds, linked or told)
    return None


def suggestion_examples(
    texts: Mapping[str, str], marks: Mapping[str, Marks], lexicon: Lexicon
) -> list[Example]:
    """Our own sentences by name, with the readings of the lexicon and the marks set by hand."""
    examples = []
    for name, text in texts.items():
        sentence = tokens(speakable(text, "fa"))
        if name in marks and sentence:
            examples.append(example(name, suggestion_words(sentence, marks[name], lexicon)))
    return examples


def suggestion_words(sentence: list[Token], marks: Marks, lexicon: Lexicon) -> list[SpokenWord]:
    """The tokens of a sentence with the sounds of the lexicon, or of its marks where they say other."""
    words = []
    for token, place in zip(sentence, places(sentence), strict=True):
        letters = tagger_sequence([token])
        if token.kind != "persian":
            words.append(SpokenWord(letters, None, None))
            continue
        reading = marks.readings.get(place) or next(iter(lexicon.get(letters, ())), None)
        sounds = None if reading is None else unstressed(reading)
        written = sounds is not None and sounds.endswith("ye") and letters[-1] in "ی\u0654"
        linked = place in marks.linked or written or "\u0650" in token.marks[-1]
        words.append(SpokenWord(letters, sounds, linked))
    return words


def split_by_name(examples: list[Example], held_out: float) -> tuple[list[Example], list[Example]]:
    """Training and held-out examples, parted by a checksum of their names: always the same way."""
    edge = held_out * 2**32
    apart = [zlib.crc32(one.name.encode("utf-8")) < edge for one in examples]
    training = [one for one, held in zip(examples, apart, strict=True) if not held]
    return training, [one for one, held in zip(examples, apart, strict=True) if held]
