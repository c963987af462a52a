"""What one person's earlier talks say of what helps this person: values that `feedback_learning` reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from recommender.bandit import PersonalPreferences
from recommender.decisions import Context

__all__ = ["Corrections", "PersonalMemory", "no_corrections"]


@dataclass(frozen=True, slots=True)
class PersonalMemory:
    """What is remembered of one person, under the consent to memory, for one talk.

    Attributes:
        preferences: what helped this person more or less than others; None where nothing is known.
        helped_before: ids of at most 10 suggestions that helped in earlier talks, newest first.
    """

    preferences: PersonalPreferences | None
    helped_before: tuple[str, ...]


class Corrections(Protocol):
    """Technique → what its score is raised by, within ±1.5; empty where the rules alone decide."""

    def __call__(self, context: Context, personal: PersonalPreferences | None) -> dict[str, float]:
        """Those of a moment, for a person who wants to be remembered or for any."""


def no_corrections(context: Context, personal: PersonalPreferences | None) -> dict[str, float]:
    """The rules alone decide."""
    return {}
