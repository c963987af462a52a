"""What a person's own words say against a suggestion: "I have asthma", «پشت فرمونم», but not "no asthma".

A mention too many costs some suggestions; one too few may hurt. So a mention counts unless the words right
beside it deny it, whoever it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from language import detect_script_language, fold
from recommender.cues import ANY_WORDS, clauses, cue_pattern, cue_words, joined
from recommender.vocabulary import Vocabulary

__all__ = ["ContraindicationCues", "Mentions"]

_LONGEST_TEXT = 4_000

_NOT = frozenset(
    ("not", "no", "never", "nobody", "noone", "none", "neither", "nor", "without", "nothing", "بدون")
)
_NOT_AFTER = re.compile("(?:ندار|نداشت|نیست|نبود|نمیکن|نکرد|نکن|ندید|نشد|نشکست|نخورد|نگرفت|نزد|نمیزن|نباش).*")
_NEITHER = "نه"
# What may stand between a denial and what is denied.
_BESIDE_LIST = """
a an any the of or got have has had having been being be diagnosed with in on at from suffer suffering
suffered use using used need needed feel feeling get getting even ever currently actually really
"""
_LIGHT = frozenset(_BESIDE_LIST.split())
_AFTER_LIST = """
که هم و یا اصلا دیگه دیگر الان واقعا فعلا هنوز خاصی جدی خداروشکر خدا رو را شکر
"""
_LIGHT_AFTER = frozenset(_AFTER_LIST.split())
_PERSONS = frozenset(("i", "he", "she", "they", "we", "you", "my", "his", "her", "our", "their"))
_THINK = frozenset(("think", "believe"))


@dataclass(frozen=True)
class Mentions:
    """What a text says, by names of the vocabulary.

    Attributes:
        present: what holds by the person's word.
        over: what holds no longer by it; nothing is in both.
    """

    present: frozenset[str]
    over: frozenset[str]


@dataclass(frozen=True)
class _Cue:
    name: str
    over: bool
    pattern: re.Pattern[str]
    denies: bool


@dataclass(frozen=True)
class _Mention:
    cue: _Cue
    start: int
    end: int
    between: tuple[str, ...]


@dataclass(frozen=True)
class _Clause:
    said: list[str]
    mentions: list[_Mention]

    @cached_property
    def covered(self) -> frozenset[int]:
        return frozenset(place for one in self.mentions for place in range(one.start, one.end))

    @cached_property
    def neither(self) -> frozenset[int]:
        starts = {one.start for one in self.mentions}
        return frozenset(
            place for place, word in enumerate(self.said) if word == _NEITHER and place + 1 in starts
        )


class ContraindicationCues:
    """Recognises contraindications by the cues of `contraindications.csv`, in both languages."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.names = frozenset(vocabulary.contraindications)
        self._cues = [
            _Cue(row.name, over, cue_pattern(cue), _denies(cue))
            for row in vocabulary.contraindications.values()
            for over, cues in (
                (False, (*row.cues_en, *row.cues_fa)),
                (True, (*row.over_en, *row.over_fa)),
            )
            for cue in cues
        ]

    def mentions(self, text: str) -> Mentions:
        """What a text says; of one that says both, the later word counts.

        Args:
            text: what the person said, as it came, in either language or both; the first 4,000 characters.
        """
        text = text[:_LONGEST_TEXT]
        folded = fold(text, detect_script_language(text) or "en")
        present: dict[str, bool] = {}
        read = [_Clause(said, sorted(self._found(said), key=_place)) for said in clauses(folded)]
        neither = sum(len(clause.neither) for clause in read) > 1
        for clause in read:
            for mention in clause.mentions:
                if not _is_denied(mention, clause, neither=neither):
                    present[mention.cue.name] = not mention.cue.over
        return Mentions(
            frozenset(name for name, holds in present.items() if holds),
            frozenset(name for name, holds in present.items() if not holds),
        )

    def _found(self, said: list[str]) -> Iterator[_Mention]:
        text = joined(said)
        for cue in self._cues:
            for match in cue.pattern.finditer(text):
                start = text.count(" ", 0, match.start())
                between = tuple(" ".join(filter(None, match.groups())).split())
                yield _Mention(cue, start, start + match.group().count(" "), between)


def _denies(cue: str) -> bool:
    # "Nobody to call" and «کسی رو ندارم» say by a denial that something holds: none beside it undoes them.
    forms = [form for word in cue_words(cue) if word != ANY_WORDS for form in word.rstrip("*").split("|")]
    return any(form.rstrip("*") in _NOT or re.match("ن(?:دار|یست|می|تون|شنو|بین)", form) for form in forms)


def _place(mention: _Mention) -> tuple[int, int]:
    return mention.start, mention.end


def _is_denied(mention: _Mention, clause: _Clause, *, neither: bool) -> bool:
    if mention.cue.denies:
        return False
    if any(word in _NOT or _NOT_AFTER.fullmatch(word) for word in mention.between):
        return True
    # «نه آسم دارم نه …» denies; one «نه» alone answers something else.
    if neither and mention.start - 1 in clause.neither:
        return True
    return _is_denied_before(mention, clause) or _is_denied_after(mention, clause)


def _is_denied_before(mention: _Mention, clause: _Clause) -> bool:
    said = clause.said
    place = mention.start - 1
    person = said[mention.start] in _PERSONS
    while place >= 0:
        word = said[place]
        if word in _NOT:
            # "No, I ..." answers something else; "no asthma" denies.
            return not (person and word == "no")
        if word == "i" and place and said[place - 1] in _THINK:
            place -= 1
        elif word not in _LIGHT and word != "my" and place not in clause.covered:
            return False
        person = person or word in _PERSONS
        place -= 1
    return False


def _is_denied_after(mention: _Mention, clause: _Clause) -> bool:
    place = mention.end
    while place < len(clause.said) and (clause.said[place] in _LIGHT_AFTER or place in clause.covered):
        place += 1
    return place < len(clause.said) and _NOT_AFTER.fullmatch(clause.said[place]) is not None
