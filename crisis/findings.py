"""What the rules of a lexicon find in one text: signals, weighed by what stands around them.

Negation, quotation, idiom, person, tense and jokes are looked for in the sentence of a signal; the gravest
finding counts, so that a harmless phrase never hides a grave one beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crisis.lexicon import Lexicon, Signal
from crisis.wording import Wording

__all__ = ["JOKE", "LONG_AGO", "NOTHING", "Assessment", "findings"]

_OWN_KINDS = frozenset({"suicide", "self_harm", "harm_to_others"})
_TOLD_KINDS = _OWN_KINDS | {"third_person", "psychosis"}
_SUBJECT_REACH = 80
_VERB_REACH = 30
_NEIGHBOUR_REACH = 120


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the guard found.

    `level` is 0 to 3, `kind` one of the kinds of `crisis.guard`, `matched` the ids of the rules that
    decided (never words of the person), `minor` whether somebody under age speaks. At level 0 and kind
    "none" the ids are of rules that were met and taken back: by a negation, or as part of an idiom.
    """

    level: int
    kind: str
    matched: tuple[str, ...]
    minor: bool = False


JOKE = "joke"
"""Among the ids: taken back as a joke, which is asked about and goes no higher."""

LONG_AGO = "long-ago"
"""Among the ids: told as over."""

NOTHING = Assessment(0, "none", ())


def findings(lexicon: Lexicon, heard: tuple[Wording, ...]) -> list[Assessment]:
    """All that the signals of `lexicon` say about the forms of an utterance, taken-back ones at level 0."""
    found = []
    for form in heard:
        if form.letters and lexicon.first("compact", form.letters):
            found.append(Assessment(2, "suicide", ("spelled-out",)))
        matches = [
            (signal, match) for signal in lexicon.signals for match in signal.pattern.finditer(form.text)
        ]
        if matches:
            harmless = _spans(lexicon, "idiom", form.text)
            anywhere = frozenset(
                role for role in ("plan", "present", "joke") if lexicon.first(role, form.text)
            )
            others = [match.span() for signal, match in matches if signal.person == "third"]
            for signal, match in matches:
                covering = harmless + others if signal.person == "self" else harmless
                touched = any(start < match.end() and match.start() < end for start, end in covering)
                if touched:
                    found.append(_taken_back(lexicon, signal))
                elif not _is_part_of_another(signal, match, matches):
                    found.append(_weigh(lexicon, signal, match, form, anywhere))
    return found


def _is_part_of_another(
    signal: Signal, match: re.Match[str], matches: list[tuple[Signal, re.Match[str]]]
) -> bool:
    """Whether a longer match of the same kind holds this one: it says more, so it decides.

    "I'm scared I'll hurt him" is not the threat that its end would be alone. Of suicide the gravest counts.
    """
    start, end = match.span()
    return any(
        longer.kind == signal.kind != "suicide"
        and other.start() <= start
        and end <= other.end()
        and other.end() - other.start() > end - start
        for longer, other in matches
    )


def _weigh(
    lexicon: Lexicon, signal: Signal, match: re.Match[str], wording: Wording, anywhere: frozenset[str]
) -> Assessment:
    text, start, end = wording.text, match.start(), match.end()
    sentence_start = text.rfind(" . ", 0, start + 1) + 1
    before = text[max(sentence_start, start - 200) : start]
    ids = (f"{lexicon.language}:{signal.id}",)
    if signal.person == "third" and signal.kind != "third_person":
        return Assessment(1 if "plan" in anywhere else 0, "third_person", ids)
    if signal.negatable and _is_negated(lexicon, wording, max(sentence_start, start - 200), start, end):
        return _taken_back(lexicon, signal)
    if lexicon.first("fiction", before):
        # Of danger that comes from outside, a film in the same breath makes us ask, no more.
        is_told = signal.kind in _TOLD_KINDS
        return _taken_back(lexicon, signal) if is_told else Assessment(1, "third_person", ids)
    if signal.kind in _OWN_KINDS and lexicon.first("reported", before):
        return Assessment(0, "third_person", ids)
    if signal.kind in _OWN_KINDS and _is_about_another(lexicon, before, match.group()):
        return Assessment(1, "third_person", ids)
    nearby = text[max(0, start - _NEIGHBOUR_REACH) : end + _NEIGHBOUR_REACH]
    long_ago = "present" not in anywhere and lexicon.first("past", nearby)
    around = text[max(sentence_start, start - _VERB_REACH) : end + _VERB_REACH]
    if long_ago and signal.person != "any" and lexicon.first("past_form", around):
        return Assessment(1, "past" if signal.kind in _OWN_KINDS else signal.kind, (*ids, LONG_AGO))
    if signal.kind == "suicide" and lexicon.first("hyperbole", before):
        return Assessment(min(signal.level, 1), signal.kind, ids)
    if "joke" in anywhere and signal.kind in _TOLD_KINDS:
        return Assessment(min(signal.level, 1), signal.kind, (*ids, JOKE))
    if signal.level == 2 and signal.kind == "suicide" and "plan" in anywhere:
        return Assessment(3, "suicide", (*ids, "with-plan"))
    return Assessment(signal.level, signal.kind, ids)


def _taken_back(lexicon: Lexicon, signal: Signal) -> Assessment:
    return Assessment(0, "none", (f"{lexicon.language}:{signal.id}",))


def _is_negated(lexicon: Lexicon, wording: Wording, sentence_start: int, start: int, end: int) -> bool:
    pause = max((position for position in wording.pauses if position <= start), default=0)
    before = wording.text[max(sentence_start, pause) : start]
    if lexicon.first("negation_exempt", before):
        return False
    after = wording.text[end : end + 80]
    return bool(lexicon.first("negation_before", before) or lexicon.first("negation_after", after))


def _is_about_another(lexicon: Lexicon, before: str, matched: str) -> bool:
    if lexicon.first("first_subject", matched):
        return False
    nearest = before[-_SUBJECT_REACH:]
    first = max((start for start, _ in _spans(lexicon, "first_subject", nearest)), default=-1)
    third = max((start for start, _ in _spans(lexicon, "third_subject", nearest)), default=-1)
    return third > first


def _spans(lexicon: Lexicon, role: str, text: str) -> list[tuple[int, int]]:
    return [match.span() for cue in lexicon.cues[role] for match in cue.pattern.finditer(text)]
