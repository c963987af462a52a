"""The form of the rules by which `bot.spoken_consent` finds wishes; each language has a module of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ConsentRules", "Rule", "any_of", "rule"]

Rule = tuple[re.Pattern[str], tuple[str, ...]]
"""What a clause looks like, and the scopes that it means."""


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """How a language says it; each pattern is matched at the beginning of a clause without signs.

    Attributes:
        revoking, granting: the first that fits counts; a clause that revokes grants nothing.
        telling: asks what is kept.
        erasing: asks for what was kept to be erased.
        joined_by: words between two clauses.
        reported: the end of a clause after which somebody else speaks.
    """

    revoking: tuple[Rule, ...]
    granting: tuple[Rule, ...]
    telling: re.Pattern[str]
    erasing: re.Pattern[str]
    joined_by: re.Pattern[str]
    reported: re.Pattern[str]


def any_of(alternatives: str) -> str:
    """A pattern for any of these, one a line."""
    return f"(?:{'|'.join(line.strip() for line in alternatives.strip().splitlines())})"


def rule(pattern: str, *scopes: str) -> Rule:
    """A rule."""
    return re.compile(pattern), scopes
