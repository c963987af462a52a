"""What somebody says or types about what may be kept of them, found by rules in both languages. No I/O.

Rules and not the dialogue's classifier: a revocation has to hold before the turn in which it is said is
stored, and when the dialogue engine is down. A wish stands at the beginning of a sentence or clause; what
somebody else has said is none. Revoking is easy: what could be meant counts. Granting is not: only a plain
permission does (GDPR Art. 4(11), 7(3)).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.consent_rules import ConsentRules, Rule
from bot.english_consents import ENGLISH_CONSENTS
from bot.persian_consents import PERSIAN_CONSENTS
from language import detect_script_language, fold

__all__ = ["ConsentWish", "consent_wish"]

_LONGEST_TEXT = 2_000
_LONGEST_CLAUSE = 200
_SENTENCE = re.compile(r"[^.!?؟;؛:\n]+[.!?؟;؛:\n]*")


@dataclass(frozen=True, slots=True)
class ConsentWish:
    """What is wished.

    Attributes:
        revoked: scopes that are not granted any more.
        granted: scopes that are granted from now on.
        question: "tell": what is kept; "erase": that what was kept be erased; None without such a question.
    """

    revoked: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    question: Literal["tell", "erase"] | None = None


def consent_wish(text: str, language: str) -> ConsentWish | None:
    """What a turn wishes for its speaker's data, None where it says nothing of it.

    Args:
        text: as typed or recognised.
        language: "en" or "fa"; the script of the text decides where it is clear.
    """
    code = detect_script_language(text) or language
    rules = PERSIAN_CONSENTS if code == "fa" else ENGLISH_CONSENTS
    revoked: dict[str, None] = {}
    granted: dict[str, None] = {}
    question: Literal["tell", "erase"] | None = None
    for clause, asked in _clauses(fold(text[:_LONGEST_TEXT], code), rules):
        refused = _scopes(rules.revoking, clause)
        revoked.update(dict.fromkeys(refused))
        if refused:
            continue
        if not asked:
            granted.update(dict.fromkeys(_scopes(rules.granting, clause)))
        if question is None and rules.erasing.match(clause):
            question = "erase"
        elif question is None and rules.telling.match(clause):
            question = "tell"
    wish = ConsentWish(tuple(revoked), tuple(scope for scope in granted if scope not in revoked), question)
    return wish if wish != ConsentWish() else None


def _scopes(rules: tuple[Rule, ...], clause: str) -> tuple[str, ...]:
    return next((scopes for pattern, scopes in rules if pattern.match(clause)), ())


def _clauses(text: str, rules: ConsentRules) -> Iterator[tuple[str, bool]]:
    """Each clause without signs, and whether it is marked as a question; not what somebody else said."""
    reported = False
    for sentence in _SENTENCE.findall(text):
        asked = sentence.rstrip()[-1:] in ("?", "؟")
        for part in re.split(rf"[,،\"«»]|{rules.joined_by.pattern}", sentence):
            clause = " ".join(re.sub(r"[^\w\s]", "", part.replace("\u200c", " ")).split())
            if not clause:
                continue
            if not reported and len(clause) <= _LONGEST_CLAUSE:
                yield clause, asked
            reported = bool(rules.reported.search(clause))
