"""One number for what came of a suggestion."""

from __future__ import annotations

import math
from typing import NamedTuple

from recommender.suggestions import HIGHEST_DISTRESS

__all__ = ["Reward", "reward"]

_CHOSEN, _HELPED, _RELIEF = 0.2, 0.5, 0.3
_FULL_RELIEF = 4.0
"""Points on the scale from 0 to 10 from which a fall of distress counts fully."""


class Reward(NamedTuple):
    """A reward and how much of it is known, both 0–1; `value` is None where nothing is known."""

    value: float | None
    evidence: float


def reward(
    *,
    chosen: bool | None = None,
    helped: bool | None = None,
    before: float | None = None,
    after: float | None = None,
) -> Reward:
    """Weighs what is known: chosen 0.2, helped 0.5, distress that fell 0.3.

    A fall of distress by four points or more counts 1, no change 0.5, a rise by four or more 0. What is
    missing is left out of the mean instead of counting as zero, and `evidence` is the weight of what is
    there. Impossible numbers count as missing.

    Args:
        chosen: whether the person took it up; False only where they took up another of the same offer.
        helped: by the person's own word.
        before: distress before it, 0–10.
        after: distress after it, 0–10.
    """
    parts: list[tuple[float, float]] = []
    if chosen is not None:
        parts.append((_CHOSEN, float(chosen)))
    if helped is not None:
        parts.append((_HELPED, float(helped)))
    if before is not None and after is not None and _possible(before) and _possible(after):
        relief = max(-1.0, min(1.0, (before - after) / _FULL_RELIEF))
        parts.append((_RELIEF, 0.5 + relief / 2.0))
    evidence = sum(weight for weight, _ in parts)
    if not parts:
        return Reward(None, 0.0)
    return Reward(min(1.0, sum(weight * value for weight, value in parts) / evidence), min(1.0, evidence))


def _possible(distress: float) -> bool:
    return math.isfinite(distress) and 0.0 <= distress <= HIGHEST_DISTRESS
