"""One thing that is wrong with a set of suggestions."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Complaint"]


@dataclass(frozen=True)
class Complaint:
    """What a check found.

    Attributes:
        rule: which check, a short name such as "near_duplicate".
        where: file and line, or the folder where it is about the set as a whole.
        what: what is wrong there and what to do about it.
    """

    rule: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.what}"
