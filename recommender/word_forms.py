"""Other forms of a word that a table of vectors may know instead: cut endings, written for spoken forms.

Candidates come in a fixed order, the closest to the word first. Persian forms are those of
`language.fold`; spoken Tehrani verbs («می‌خوام», «می‌گه») have their written form among the candidates.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from recommender.persian_words import HALF_SPACE, is_persian, parts

__all__ = ["known_forms"]

_VERB = re.compile(f"(ن?)می{HALF_SPACE}(.+)")
_WRITTEN_STEMS = {
    "گ": "گوی",
    "ر": "رو",
    "د": "ده",
    "ش": "شو",
    "خوا": "خواه",
    "خا": "خواه",
    "تون": "توان",
    "دون": "دان",
    "مون": "مان",
    "خون": "خوان",
    "ذار": "گذار",
    "زار": "گذار",
    "شین": "نشین",
    "نداز": "انداز",
    "آر": "آور",
    "ار": "آور",
    "آ": "آی",
    "ا": "آی",
    "سوزون": "سوزان",
    "رسون": "رسان",
}
_WRITTEN_ENDINGS = {"م": "م", "ی": "ی", "ه": "د", "د": "د", "یم": "یم", "ین": "ید", "ن": "ند"}
_WRITTEN_WORDS = {
    "میام": "می\u200cآیم",
    "میاد": "می\u200cآید",
    "میای": "می\u200cآیی",
    "میایم": "می\u200cآییم",
    "میاین": "می\u200cآیید",
    "بیام": "بیایم",
    "بیاد": "بیاید",
    "اگه": "اگر",
    "دیگه": "دیگر",
    "واسه": "برای",
    "توی": "در",
}
_ENDING_LIST = """
هایمان هایتان هایشان هامون هاتون هاشون هایم هایت هایش هایی هام هات هاش های ها
امون اتون اشون امو اتو اشو ترین تری تر مان تان شان مون تون شون مو تو شو
ام ات اش ای اند ایم اید ست رو و ان ا م ت ش ی ه ن
"""
_ENDINGS = tuple(_ENDING_LIST.split())
_LEAST_STEM = 2
_ENGLISH_ENDINGS = (
    ("ies", "y"),
    ("ied", "y"),
    ("iness", "y"),
    ("ily", "y"),
    ("iest", "y"),
    ("ier", "y"),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
    ("es", ""),
    ("s", ""),
    ("ly", ""),
    ("ness", ""),
    ("ful", ""),
    ("est", ""),
    ("est", "e"),
    ("er", ""),
    ("er", "e"),
    ("able", ""),
    ("less", ""),
)
_LEAST_ENGLISH_STEM = 3
_ENGLISH_WORDS = {"i": "me", "a": "an"}
"""Words of one letter, which tables of English vectors leave out."""


def known_forms(word: str, known: Container[str]) -> tuple[str, ...]:
    """Words of the table that stand for `word` together; empty where no form of it is known.

    Args:
        word: out of `english_words` or `persian_words`; not in the table itself.
        known: the table's words.
    """
    candidates = _persian_forms(word) if is_persian(word) else _english_forms(word)
    for candidate in candidates:
        if candidate in known:
            return (candidate,)
    pieces = tuple(piece for part in parts(word) for piece in _piece(part, known))
    return pieces


def _piece(part: str, known: Container[str]) -> tuple[str, ...]:
    if part in known:
        return (part,)
    return next(((form,) for form in _persian_forms(part) if form in known), ())


def _persian_forms(word: str) -> Iterator[str]:
    written = _WRITTEN_WORDS.get(word)
    if written:
        yield written
    verb = _VERB.fullmatch(word)
    if verb:
        yield from _present_forms(*verb.groups())
        return
    yield from _written_vowels(word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(stem := word[: -len(ending)].rstrip(HALF_SPACE)) >= _LEAST_STEM:
            yield stem
            yield from _written_vowels(stem)
            if ending in ("م", "ت", "ش"):
                yield stem + "ه"  # «خونم» is spoken for «خونه‌ام»
    if word[0] == "ب" and len(word) > _LEAST_STEM:
        yield from _present_forms("", word[1:])
        yield f"می{HALF_SPACE}{word[1:]}"
    if word[0] == "ن" and len(word) > _LEAST_STEM + 1:
        yield word[1:]
        yield "ب" + word[1:]


def _present_forms(negation: str, rest: str) -> Iterator[str]:
    for prefix in (f"{negation}می{HALF_SPACE}", f"می{HALF_SPACE}") if negation else (f"می{HALF_SPACE}",):
        yield prefix + rest
        for length in (2, 1):
            stem, ending = rest[:-length], rest[-length:]
            if not stem or ending not in _WRITTEN_ENDINGS:
                continue
            yield prefix + _WRITTEN_STEMS.get(stem, stem) + _WRITTEN_ENDINGS[ending]
            for other in ("م", "د", "ه", "ند", "ن"):
                yield prefix + stem + other


def _written_vowels(word: str) -> Iterator[str]:
    for spoken, written in (("ون", "ان"), ("وم", "ام")):
        if spoken in word[1:]:
            yield word[0] + word[1:].replace(spoken, written, 1)


def _english_forms(word: str) -> Iterator[str]:
    if word in _ENGLISH_WORDS:
        yield _ENGLISH_WORDS[word]
    for ending, put in _ENGLISH_ENDINGS:
        if not word.endswith(ending) or len(stem := word[: -len(ending)]) < _LEAST_ENGLISH_STEM:
            continue
        yield stem + put
        if not put and stem[-1] == stem[-2]:
            yield stem[:-1]
