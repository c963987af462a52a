"""Readings of words that the lexicon lacks, from a word that it has and endings or a verb's prefix."""

from __future__ import annotations

from collections.abc import Iterator

from tts_voices.pronunciation.persian_lexicon import Lexicon
from tts_voices.pronunciation.persian_notation import (
    HALF_SPACE,
    VOWEL_LETTERS,
    stressed_before,
    unstressed,
)

__all__ = ["DOUBLED", "derived_readings", "marked_stress"]

DOUBLED = {
    "حس": "hess", "حق": "haqq", "حل": "hall", "سن": "senn", "خط": "xatt", "رب": "rabb", "فن": "fann",
    "حد": "hadd", "شک": "Sakk", "سم": "samm", "رد": "radd", "قد": "qadd", "سد": "sadd", "صف": "saff",
    "هم": "hamm", "شر": "Sarr", "ظن": "zann", "حج": "hajj", "طب": "tebb", "مهم": "mohemm", "محل": "mahall",
    "مستقل": "mostaqell", "مسن": "mosenn", "مضر": "mozerr", "مخل": "moxell",
}  # fmt: skip
"""Words that end in one consonant when they stand alone, as they sound before a vowel: ezafe or ending."""

# Endings that take the stress: the plural and the degrees, with what may follow them.
_PLURAL = {
    "ها": "hA", "های": "h'Aye", "هایی": "h'Ayi", "هایم": "h'Ayam", "هایت": "h'Ayat", "هایش": "h'AyaS",
    "هایمان": "h'AyemAn", "هایتان": "h'AyetAn", "هایشان": "h'AyeSAn", "هام": "h'Am", "هات": "h'At",
    "هاش": "h'AS", "هامون": "h'Amun", "هاتون": "h'Atun", "هاشون": "h'ASun", "هاست": "h'Ast",
    "هامان": "h'AmAn", "هاتان": "h'AtAn", "هاشان": "h'ASAn", "هایند": "h'Ayand", "هاییم": "h'Ayim",
    "تر": "tar", "ترین": "tarin", "تری": "t'ari", "ترها": "tarhA", "ترین‌ها": "tarinhA",
    "ترش": "t'araS", "ترند": "t'arand", "ترم": "t'aram", "ترید": "t'arid", "ترین‌های": "tarinh'Aye",
    "ترینشان": "tar'ineSAn", "ترینش": "tar'inaS", "تره": "t'are",
}  # fmt: skip
_AFTER_CONSONANT = {
    "م": "am", "ت": "at", "ش": "aS", "مان": "emAn", "تان": "etAn", "شان": "eSAn", "مون": "emun",
    "تون": "etun", "شون": "eSun", "ی": "i", "یم": "im", "ید": "id", "ند": "and", "ه": "e", "ین": "in",
    "ست": "ast",
}  # fmt: skip
_AFTER_A_OR_U = {
    "ی": "ye", "یی": "yi", "یم": "yam", "یت": "yat", "یش": "yaS", "یمان": "yemAn", "یتان": "yetAn",
    "یشان": "yeSAn", "م": "m", "ت": "t", "ش": "S", "مون": "mun", "تون": "tun", "شون": "Sun", "ئی": "yi",
    "ست": "st", "یید": "yid", "ییم": "yim", "یند": "yand",
}  # fmt: skip
_AFTER_E = {
    "ام": "am", "ات": "at", "اش": "aS", "مان": "mAn", "تان": "tAn", "شان": "SAn", "مون": "mun",
    "تون": "tun", "شون": "Sun", "ای": "yi", "اند": "and", "ایم": "im", "اید": "id", "این": "in",
    "\u0654": "ye", "ی": "ye", "ست": "st",
}  # fmt: skip
_AFTER_I = {
    "ام": "am", "ات": "at", "اش": "aS", "مان": "mAn", "تان": "tAn", "شان": "SAn", "م": "m", "ت": "t",
    "ش": "S", "مون": "mun", "تون": "tun", "شون": "Sun", "ای": "yi", "ست": "st", "ه": "ye", "اند": "and",
}  # fmt: skip
_AFTER_DOUBLED = {
    ending: _AFTER_CONSONANT[ending]
    for ending in ("م", "ت", "ش", "مان", "تان", "شان", "مون", "تون", "شون", "ی")
}
# "Stomach", "tradition", "step", "shame" and their like, which look like such a word with an ending.
_NOT_DOUBLED_LIST = """
شکم سنت قدم شرم شرت سمت صفت حدت همم همت همی همش هممان همتان همشان هممون همتون همشون حلم حجم حجت حجتان
"""
_NOT_DOUBLED = frozenset(_NOT_DOUBLED_LIST.split())
_SPOKEN_PLURAL = {
    "ا": "A", "ای": "'Aye", "ام": "'Am", "ات": "'At", "اش": "'AS", "امون": "'Amun", "اتون": "'Atun",
    "اشون": "'ASun", "ایی": "'Ayi",
}  # fmt: skip
_LONGEST_ENDING = 8
_SHORTEST_STEM = 3
_MOST_READINGS = 6

_VERB_PREFIXES = {"نمی" + HALF_SPACE: "n'emi", "می" + HALF_SPACE: "m'i", "ن": "n'a", "ب": "b'e"}
_BLOCKED_VERB_STARTS = ("ا", "آ", "ی")
_PERSONAL = ("ام", "ات", "اش", "ای", "ایم", "اید", "اند", "مان", "تان", "شان", "مون", "تون", "شون", "این")


def derived_readings(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Readings of `word` made of a word of the lexicon and what stands before or after it; maybe none."""
    for source in (_doubled_readings, _verb_readings, _ending_readings, _compound_readings):
        if readings := tuple(dict.fromkeys(source(word, lexicon)))[:_MOST_READINGS]:
            return readings
    return ()


def marked_stress(word: str, sounds: str) -> str:
    """`sounds` of an unknown `word`, which bear no stress yet, with the mark where its form asks for it."""
    if word.startswith(("می" + HALF_SPACE, "نمی" + HALF_SPACE)):
        first = next((place for place, sound in enumerate(sounds) if sound in VOWEL_LETTERS), None)
        return sounds if first is None else f"{sounds[:first]}'{sounds[first:]}"
    enclitic_e = word.endswith(("های", "\u0654", HALF_SPACE + "ی")) and sounds.endswith("ye")
    if enclitic_e or word.endswith(tuple(HALF_SPACE + ending for ending in _PERSONAL)):
        places = [place for place, sound in enumerate(sounds) if sound in VOWEL_LETTERS]
        if len(places) > 1:
            return f"{sounds[: places[-2]]}'{sounds[places[-2] :]}"
    return sounds


def _doubled_readings(word: str, _: Lexicon) -> Iterator[str]:
    if word in _NOT_DOUBLED:
        return
    for ending, spoken in _AFTER_DOUBLED.items():
        stem = word.removesuffix(ending)
        if stem != word and stem in DOUBLED:
            yield stressed_before(DOUBLED[stem], spoken)


def _verb_readings(word: str, lexicon: Lexicon) -> Iterator[str]:
    for prefix, spoken in _VERB_PREFIXES.items():
        rest = word.removeprefix(prefix)
        if rest == word or len(rest) < 2 or rest.startswith(_BLOCKED_VERB_STARTS):
            continue
        for other, other_spoken in _VERB_PREFIXES.items():
            if other != prefix:
                known = lexicon.get(other + rest, ())
                yield from (
                    spoken + one[len(other_spoken) :] for one in known if one.startswith(other_spoken)
                )


def _ending_readings(word: str, lexicon: Lexicon) -> Iterator[str]:
    for length in range(min(_LONGEST_ENDING, len(word) - 1), 0, -1):
        ending, stem = word[-length:], word[:-length]
        bare = stem.removesuffix(HALF_SPACE)
        if len(bare) < (2 if bare != stem else _SHORTEST_STEM):
            continue
        for reading in lexicon.get(bare, ()):
            yield from _with_ending(bare, reading, ending)


def _with_ending(stem: str, reading: str, ending: str) -> Iterator[str]:
    if ending in _PLURAL:
        yield unstressed(reading) + _PLURAL[ending]
    last = reading[-1]
    if last in "Au":
        endings = _AFTER_A_OR_U
    elif last == "e" and stem.endswith("ه"):
        endings = _AFTER_E
    elif last == "i":
        endings = _AFTER_I
    elif last in VOWEL_LETTERS:
        return
    else:
        endings = _AFTER_CONSONANT
        if ending in _SPOKEN_PLURAL:
            yield unstressed(reading) + _SPOKEN_PLURAL[ending]
    if ending in endings:
        yield stressed_before(reading, endings[ending])


def _compound_readings(word: str, lexicon: Lexicon) -> Iterator[str]:
    parts = word.split(HALF_SPACE)
    if len(parts) > 1 and parts[-1] not in _PERSONAL and all(part in lexicon for part in parts):
        first = "".join(unstressed(lexicon[part][0]) for part in parts[:-1])
        yield from (first + last for last in lexicon[parts[-1]])
