"""What the gateway is told of an offer: for cards, for the session log, and for learning from feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender import RankedSuggestion, Suggestion

__all__ = ["suggestions_payload"]

_DIGITS = 6


def suggestions_payload(
    ranked: Sequence[RankedSuggestion],
    pairs: Mapping[str, Suggestion],
    *,
    mood: str,
    distress: int | None,
) -> dict[str, Any]:
    """The suggestions as data, in the order in which they are spoken, and the moment they were chosen for.

    Args:
        ranked: what was chosen.
        pairs: the bilingual pairs by id.
        mood: for which it was chosen.
        distress: 0–10, None where it is not known.
    """
    return {
        "suggestions": [
            {
                "id": item.id,
                "en": pairs[item.id].en,
                "fa": pairs[item.id].fa,
                "technique": item.technique,
                "family": item.family,
                "score": round(item.score, _DIGITS),
                "propensity": _shortened(item.propensity),
                "technique_propensity": _shortened(item.technique_propensity),
                "alternatives": {name: _shortened(share) for name, share in item.alternatives.items()},
            }
            for item in ranked
        ],
        # The hour on the person's clock is not known here.
        "context": {"mood": mood, "distress": distress, "night": None},
    }


def _shortened(probability: float) -> float:
    # By significant digits: what was chosen against all odds must not become impossible.
    return float(f"{probability:.{_DIGITS}g}")
