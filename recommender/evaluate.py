"""How well the recommender's offers fit situations that raters judged, beside simpler ways, and how fast.

Runs wherever the recommender runs. Systems: `random_in_mood`, three suggestions of the mood by chance;
`tf_idf`, the three of the mood whose own sentences share most n-grams with what was said (cosine of TF-IDF);
`paper_lstm`, one of each of the three techniques that the LSTM alone finds likeliest, as Majidi and Bahrami
take their top three; `recommender`, its offer as people get it, with the rules. What is drawn by chance is
drawn ten times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from language import LANGUAGES, fold
from recommender.metrics import interval
from recommender.model_card import read_card, read_checked
from recommender.ngrams import COLUMNS, ngram_counts, weighted
from recommender.rated_situations import PLACES, RatedSituation, read_rated_situations
from recommender.recommender import Recommender
from recommender.regressions import Regressions
from recommender.suggestions import Suggestion
from recommender.technique_model import PAPER_SHARES
from recommender.vocabulary import Vocabulary, read_vocabulary

__all__ = ["evaluate"]

_DRAWS = 10
_MEASURES = ("precision_at_3", "ndcg_at_3", "unsuitable_at_3")

Ask = Callable[[RatedSituation, int], Sequence[str]]
"""Families of an offer for a situation, in order, by the seed of a draw."""


def evaluate(situations: Path, *, directory: Path, suggestions: Path) -> dict[str, Any]:
    """Asks every system about each situation.

    Args:
        situations: JSON Lines of rated situations.
        directory: of card and weights.
        suggestions: folder of the bilingual suggestions.

    Returns:
        Figures ready for JSON: for each language, by system, the measures with bootstrap intervals over
        situations; the difference between the languages; milliseconds a call.

    Raises:
        ModelFileError: for a model that cannot be loaded.
        SuggestionDataError: for data that is not as it should be.
    """
    card = read_card(directory)
    recommender = Recommender.load(directory, suggestions)
    vocabulary = read_vocabulary(suggestions)
    rated = read_rated_situations(situations, vocabulary)
    regressions = Regressions.from_bytes(
        read_checked(directory / card.regressions_file, card.regressions_sha256)
    )
    systems: dict[str, Ask] = {
        "random_in_mood": _by_chance(recommender.suggestions),
        "tf_idf": _nearest(recommender.suggestions, regressions.rarity),
        "paper_lstm": _paper(recommender, vocabulary),
        "recommender": _offer(recommender),
    }
    single = {name: _single(rated, ask) for name, ask in systems.items()}
    languages = np.array([situation.language for situation in rated])
    figures: dict[str, Any] = {"n": len(rated), "draws": _DRAWS}
    for language in LANGUAGES:
        rows = languages == language
        if rows.any():
            figures[language] = {"n": int(rows.sum()), **{n: _figures(v[rows]) for n, v in single.items()}}
    if all((languages == language).any() for language in LANGUAGES):
        figures["english_less_persian"] = _difference(single["recommender"], languages == "en")
    return {
        **figures,
        "latency_ms_per_item": _latency_ms(recommender, rated),
        "model": f"{card.name}-{card.version}",
        "model_sha256": card.regressions_sha256,
    }


def _offer(recommender: Recommender) -> Ask:
    def ask(situation: RatedSituation, seed: int) -> list[str]:
        offer = recommender.suggest(
            situation.mood,
            language=situation.language,
            text=situation.text,
            distress=situation.distress,
            contraindications=situation.contraindications,
            seed=seed,
        )
        return [suggestion.family for suggestion in offer]

    return ask


def _paper(recommender: Recommender, vocabulary: Vocabulary) -> Ask:
    available = {(suggestion.mood, suggestion.technique) for suggestion in recommender.suggestions}

    def ask(situation: RatedSituation, _: int) -> list[str]:
        probabilities = recommender.technique_probabilities(
            situation.mood, situation.text, situation.language, shares=PAPER_SHARES
        )
        ranked = sorted(probabilities, key=lambda technique: -probabilities[technique])
        offered = [technique for technique in ranked if (situation.mood, technique) in available]
        return [vocabulary.techniques[technique].family for technique in offered[:PLACES]]

    return ask


def _nearest(suggestions: Sequence[Suggestion], rarity: NDArray[np.float32]) -> Ask:
    weights = {
        (suggestion.id, language): weighted(ngram_counts(fold(suggestion.text(language), language)), rarity)
        for suggestion in suggestions
        for language in LANGUAGES
    }

    def ask(situation: RatedSituation, _: int) -> list[str]:
        said = np.zeros(COLUMNS, dtype=np.float32)
        columns, values = weighted(ngram_counts(fold(situation.text, situation.language)), rarity)
        said[columns] = values

        def likeness(suggestion: Suggestion) -> float:
            columns, values = weights[suggestion.id, situation.language]
            return float(said[columns] @ values)

        of_mood = [suggestion for suggestion in suggestions if suggestion.mood == situation.mood]
        return [suggestion.family for suggestion in sorted(of_mood, key=likeness, reverse=True)[:PLACES]]

    return ask


def _by_chance(suggestions: Sequence[Suggestion]) -> Ask:
    def ask(situation: RatedSituation, seed: int) -> list[str]:
        of_mood = [suggestion.family for suggestion in suggestions if suggestion.mood == situation.mood]
        return Random(f"{situation.id} {seed}").sample(of_mood, PLACES)  # noqa: S311 - a baseline, no secret

    return ask


def _single(rated: Sequence[RatedSituation], ask: Ask) -> NDArray[np.float64]:
    """Measures of each situation, the mean over draws, (situations, measures)."""
    rows = []
    for situation in rated:
        offers = [ask(situation, seed) for seed in range(_DRAWS)]
        rows.append(
            np.mean(
                [
                    (situation.precision(o), situation.discounted_gain(o), situation.has_unsuitable(o))
                    for o in offers
                ],
                axis=0,
            )
        )
    return np.array(rows)


def _figures(single: NDArray[np.float64]) -> dict[str, Any]:
    return {name: interval(single[:, column]) for column, name in enumerate(_MEASURES)}


def _difference(single: NDArray[np.float64], english: NDArray[np.bool_]) -> dict[str, Any]:
    """English less Persian, with a bootstrap interval over the situations of each."""
    random = np.random.default_rng(0)
    figures = {}
    for column, name in enumerate(_MEASURES):
        ours, theirs = single[english, column], single[~english, column]
        means = [
            random.choice(ours, len(ours)).mean() - random.choice(theirs, len(theirs)).mean()
            for _ in range(2000)
        ]
        low, high = np.percentile(means, [2.5, 97.5])
        figures[name] = {
            "mean": round(float(ours.mean() - theirs.mean()), 4),
            "low": round(float(low), 4),
            "high": round(float(high), 4),
        }
    return figures


def _latency_ms(recommender: Recommender, rated: Sequence[RatedSituation]) -> dict[str, float]:
    taken = []
    for situation in rated:
        started = time.perf_counter()
        recommender.suggest(situation.mood, language=situation.language, text=situation.text, seed=0)
        taken.append((time.perf_counter() - started) * 1000.0)
    middle, high = np.percentile(taken, [50, 95])
    return {"p50": round(float(middle), 3), "p95": round(float(high), 3)}
