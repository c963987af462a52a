"""How well the suggestions of the shipped recommender fit labelled situations, and how fast.

Runs wherever the recommender runs. The project's own situations were learnt in training, and the
answer says so (`seen_in_training`); the honest figures for them are the cross-validated ones of the
card, which are copied. Situations by other hands give honest figures here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from recommender.metrics import discounted_gain, hit, interval, precision
from recommender.model_card import read_card, sha256_of
from recommender.recommender import Recommender
from recommender.situations import LabelledSituation, read_labelled_situations
from recommender.suggestions import Suggestion
from recommender.vocabulary import read_vocabulary

__all__ = ["evaluate"]

_FIRST = 3  # those that "at 3" counts, however many are shown
_DRAWS = 10


def evaluate(situations: Path, *, directory: Path, suggestions: Path) -> dict[str, Any]:
    """Asks the recommender about each situation ten times with different seeds.

    Args:
        situations: JSON Lines with `id`, `mood`, `text` and `techniques`.
        directory: of card and weights.
        suggestions: folder of the bilingual suggestions.

    Returns:
        Figures ready for JSON: the recommender, chance within the mood, by mood, milliseconds a call.

    Raises:
        ModelFileError: for a model that cannot be loaded.
        SuggestionDataError: for data that is not as it should be.
    """
    card = read_card(directory)
    recommender = Recommender.load(directory, suggestions)
    labelled = read_labelled_situations(situations, read_vocabulary(suggestions))

    def ours(situation: LabelledSituation, seed: int) -> list[str]:
        answer = recommender.suggest(situation.mood, language="en", text=situation.text, seed=seed)
        return [suggestion.technique for suggestion in answer]

    def by_chance(situation: LabelledSituation, seed: int) -> list[str]:
        return _random_techniques(recommender.suggestions, situation.mood, seed)

    content = json.loads((directory / "card.json").read_text(encoding="utf-8"))
    return {
        "n": len(labelled),
        "draws": _DRAWS,
        "seen_in_training": sha256_of(situations.read_bytes()) == card.situations_sha256,
        "recommender": _figures(labelled, ours),
        "random_in_mood": _figures(labelled, by_chance),
        "by_mood": {
            mood: _figures([s for s in labelled if s.mood == mood], ours)
            for mood in dict.fromkeys(situation.mood for situation in labelled)
        },
        "cross_validation": content.get("cross_validation"),
        "latency_ms_per_item": _latency_ms(recommender, labelled),
        "model": f"{card.name}-{card.version}",
        "model_sha256": card.network_sha256,
    }


def _figures(
    labelled: Sequence[LabelledSituation], ask: Callable[[LabelledSituation, int], list[str]]
) -> dict[str, Any]:
    measures: dict[str, list[float]] = {"precision_at_3": [], "hit_at_3": [], "ndcg_at_3": []}
    for situation in labelled:
        answers = [ask(situation, seed) for seed in range(_DRAWS)]
        fitting = situation.techniques
        for name, measure in (
            ("precision_at_3", precision),
            ("hit_at_3", hit),
            ("ndcg_at_3", discounted_gain),
        ):
            measures[name].append(float(np.mean([measure(answer, fitting, _FIRST) for answer in answers])))
    return {"n": len(labelled), **{name: interval(values) for name, values in measures.items()}}


def _random_techniques(suggestions: Sequence[Suggestion], mood: str, seed: int) -> list[str]:
    of_mood = [suggestion.technique for suggestion in suggestions if suggestion.mood == mood]
    return Random(seed).sample(of_mood, _FIRST)  # noqa: S311 - a baseline, no secret


def _latency_ms(recommender: Recommender, labelled: Sequence[LabelledSituation]) -> dict[str, float]:
    taken = []
    for situation in labelled:
        started = time.perf_counter()
        recommender.suggest(situation.mood, language="en", text=situation.text, seed=0)
        taken.append((time.perf_counter() - started) * 1000.0)
    middle, high = np.percentile(taken, [50, 95])
    return {"p50": round(float(middle), 3), "p95": round(float(high), 3)}
