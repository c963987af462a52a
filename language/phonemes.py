"""What a text sounds like, roughly, and how far two sounds are apart: for words that were misheard.

Each sound is one character: consonants b p t d k g q f v s z S Z C J x h m n l r y w (S as in "she", Z as
in "measure", C as in "church", J as in "judge", x as in «خوب»), vowels a A e i o u (A as in «آب»). Both
scripts end in the same alphabet, since a recogniser writes Persian words in Latin letters when it takes
them for English. Spaces are left out: where a word ends is the first thing that is misheard.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import accumulate

from language.normalise import fold, normalise

__all__ = ["phonemes", "sound_distance", "sound_weight"]

_VOWELS = frozenset("aAeiou")
_SOUNDS = "bptdkgqfvszSZCJxhmnlrywaAeiou"

# Distances.
_VOWEL_FOR_VOWEL = 0.15
_LOST_VOWEL = 0.25
_LOST_CONSONANT = 0.8
_LOST_ENDING = 0.5
_LOST_BREATH = 0.3
_UNLIKE = 1.0
_LIKE = (
    (0.15, "yi wu"),
    (0.25, "wo"),
    (0.4, "pb td kg fv sz SZ CJ mn xq gq hx lr vw SC vu ye"),
    (0.6, "sS zZ zJ ZJ nl kq kx bv dz nd pt kt tC dJ bm nr"),
)

_PERSIAN_CONSONANTS = dict(
    zip(
        "بپتطجچحهخدذزضظرژسصثشغقفکگلمن",
        "bpttJChhxdzzzzrZsssSqqfkglmn",
        strict=True,
    )
)
_SHORT_VOWELS = {"\u064e": "a", "\u0650": "e", "\u064f": "o"}
_PERSIAN = re.compile("[\u0600-\u06ff]")
_NOT_A_LETTER = re.compile(r"[^\w\u064e\u0650\u064f]+|[\d_]+")
_ENGLISH_WORDS = {
    "one": "wan",
    "once": "wans",
    "two": "tu",
    "eight": "et",
    "of": "av",
    "ok": "oke",
    "okay": "oke",
    "im": "aim",
    "i": "ai",
    "know": "no",
    "yeah": "ye",
    "yea": "ye",
    "some": "sam",
    "something": "samtin",
    "other": "atar",
    "another": "anatar",
    "none": "nan",
    "nah": "na",
    "a": "a",
    "the": "ta",
    "sure": "Sur",
    "dont": "dont",
    "agree": "agri",
}
_ENGLISH_RULES = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^kn", "n"),
        (r"^wr", "r"),
        (r"wh", "w"),
        (r"tion", "San"),
        (r"ight", "ait"),
        (r"gh", ""),
        (r"ph", "f"),
        (r"ck", "k"),
        (r"sh", "S"),
        (r"zh", "Z"),
        (r"kh", "x"),
        (r"tch|ch", "C"),
        (r"th", "t"),
        (r"qu", "kw"),
        (r"x", "ks"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"dge?(?=e|$)|j|(?<=n)ge$", "J"),
        (r"(?<=[^aeiou])e$", ""),
        (r"ee|ea|ie", "i"),
        (r"oo", "u"),
        (r"ou|ow", "au"),
        (r"ai|ay|ei|ey", "e"),
        (r"aa", "A"),
        (r"(?<!^)y", "i"),
        (r"q", "q"),
        (r"([^aeiou])\1", r"\1"),
    )
)


@lru_cache(maxsize=4096)
def phonemes(text: str) -> str:
    """The sounds of a text in either script, without spaces; letters of other scripts are left out."""
    return "".join(
        _persian_word(word) if _PERSIAN.search(word) else _english_word(word) for word in _words(text)
    )


def _words(text: str) -> list[str]:
    # `fold` takes vowel marks away, which tell «نُه» (nine) from «نه» (no).
    plain = normalise(text, "fa").casefold() if _PERSIAN.search(text) else fold(text, "en")
    return _NOT_A_LETTER.sub(" ", plain.replace("'", "").replace("\u200c", "")).split()


def _persian_word(word: str) -> str:
    sounds: list[str] = []
    last = len(word) - 1
    for place, letter in enumerate(word):
        if letter in _SHORT_VOWELS:
            sounds.append(_SHORT_VOWELS[letter])
        elif letter == "آ":
            sounds.append("A")
        elif letter in "اأإ":
            sounds.append("A" if place else "a")
        elif letter in "وؤ":
            vowel = place > 0 and sounds != [] and sounds[-1] not in _VOWELS
            sounds.append("u" if vowel else "v")
        elif letter in "یيئ":
            vowel = place > 0 and sounds != [] and sounds[-1] not in _VOWELS
            sounds.append("i" if vowel else "y")
        elif letter == "ه" and place == last and place > 0 and sounds and sounds[-1] not in _VOWELS:
            sounds.append("e")
        else:
            sounds.append(_PERSIAN_CONSONANTS.get(letter, ""))
    return "".join(sounds)


def _english_word(word: str) -> str:
    if word in _ENGLISH_WORDS:
        return _ENGLISH_WORDS[word]
    for pattern, sound in _ENGLISH_RULES:
        word = pattern.sub(sound, word)
    return "".join(letter for letter in word if letter in _SOUNDS)


def sound_weight(sounds: str) -> float:
    """What it would cost to lose all of them: about 0.8 a consonant, 0.25 a vowel."""
    return sum(_lost(sound) for sound in sounds)


def _lost(sound: str) -> float:
    return _LOST_VOWEL if sound in _VOWELS else _LOST_BREATH if sound == "h" else _LOST_CONSONANT


@lru_cache(maxsize=1)
def _costs() -> dict[str, dict[str, float]]:
    """What each sound costs in place of each other one."""
    costs = {first: dict.fromkeys(_SOUNDS, _UNLIKE) | {first: 0.0} for first in _SOUNDS}
    for first in _VOWELS:
        costs[first] |= dict.fromkeys(_VOWELS - {first}, _VOWEL_FOR_VOWEL)
    for cost, pairs in _LIKE:
        for pair in pairs.split():
            costs[pair[0]][pair[1]] = costs[pair[1]][pair[0]] = cost
    return costs


def sound_distance(said: str, heard: str, most: float = math.inf) -> float:
    """The least that must have been misheard to make `heard` of `said`, both as `phonemes` gives them.

    An edit distance in which vowels weigh little, consonants of like sound less than others, and the last
    consonant of what was said is easily lost. Infinite where it is seen on the way that it exceeds `most`.
    """
    costs = _costs()
    added = [_lost(sound) for sound in heard]
    row = list(accumulate(added, initial=0.0))
    last = len(said) - 1
    for place, sound in enumerate(said):
        instead = costs[sound]
        loss = min(_lost(sound), _LOST_ENDING) if place == last else _lost(sound)
        before, left = row[0], row[0] + loss
        row[0] = left
        for column, other in enumerate(heard, 1):
            kept, above = before + instead[other], row[column]
            left += added[column - 1]
            if kept < left:
                left = kept
            if above + loss < left:
                left = above + loss
            row[column], before = left, above
        if min(row) > most:
            return math.inf
    return row[-1]
