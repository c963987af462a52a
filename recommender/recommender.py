"""The recommender at run time: a mood, and what else is known, to suggestions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from emotion import MOODS, UNCLEAR
from language import LANGUAGES, fold
from recommender.errors import (
    InvalidRequestError,
    ModelFileError,
    SuggestionDataError,
    UnclearMoodError,
    UnknownMoodError,
)
from recommender.features import MOOD_WORDS, WordVectors, english_words
from recommender.model_card import DEFAULT_DIRECTORY, REMEDY, ModelCard, read_card, read_checked
from recommender.ranking import choose
from recommender.situations import SituationCues
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS_DIRECTORY
from recommender.suggestions import HIGHEST_DISTRESS, Suggestion, load_suggestions
from recommender.technique_network import TechniqueNetwork
from recommender.vocabulary import GENERAL, RESTORE, Vocabulary, read_vocabulary

__all__ = ["SUGGESTIONS_SHOWN", "RankedSuggestion", "Recommender"]

SUGGESTIONS_SHOWN = 3
"""How many suggestions a person gets at once, at least 2 (of two families) and at most 20."""

_NIGHT_STARTS, _NIGHT_ENDS = 21, 6
_LONGEST_TEXT = 600


@dataclass(frozen=True)
class RankedSuggestion:
    """One suggestion to be spoken and shown.

    Attributes:
        id: of the pair in the data set.
        text: the sentence in the language of the request.
        language: "en" or "fa".
        mood: the mood it was chosen for.
        technique: what it asks to do, such as "slow_breathing".
        family: the technique's family.
        effort: 1–5.
        minutes: rough duration.
        place: from 1 to `SUGGESTIONS_SHOWN`.
        score: natural logarithm of an unnormalised preference.
        propensity: probability of this choice in this place, given the places before it.
        model: name and version of the network.
    """

    id: str
    text: str
    language: str
    mood: str
    technique: str
    family: str
    effort: int
    minutes: int
    place: int
    score: float
    propensity: float
    model: str


class Recommender:
    """Chooses suggestions; keeps nothing of what it is asked. Safe to share between threads."""

    def __init__(
        self,
        card: ModelCard,
        network: TechniqueNetwork,
        vectors: WordVectors,
        vocabulary: Vocabulary,
        suggestions: Sequence[Suggestion],
    ) -> None:
        self._card = card
        self._network = network
        self._vectors = vectors
        self._vocabulary = vocabulary
        self._cues = SituationCues(vocabulary)
        self._suggestions = tuple(suggestions)
        self._of_mood = {mood: [s for s in suggestions if s.mood == mood] for mood in MOODS}
        self._row = {suggestion.id: row for row, suggestion in enumerate(suggestions)}
        self._directions: NDArray[np.float32] = np.stack(
            [vectors.mean_direction(english_words(fold(suggestion.en, "en"))) for suggestion in suggestions]
        )

    @classmethod
    def load(
        cls, directory: Path = DEFAULT_DIRECTORY, suggestions: Path = SUGGESTIONS_DIRECTORY
    ) -> Recommender:
        """Loads card, network, word vectors and suggestions, which takes some tenths of a second.

        Raises:
            ModelFileError: where a file of the model is missing, damaged or not the card's.
            SuggestionDataError: where the suggestions are not as they should be.
        """
        card = read_card(directory)
        vocabulary = read_vocabulary(suggestions)
        unknown = set(card.techniques) - set(vocabulary.techniques)
        if unknown:
            raise ModelFileError(
                f"{directory / 'card.json'}: the techniques {sorted(unknown)} are not in "
                f"{suggestions / 'techniques.csv'}; train anew"
            )
        content = read_checked(directory / card.network_file, card.network_sha256)
        table = read_checked(directory / card.vectors_file, card.vectors_sha256)
        with _of_file(directory / card.network_file):
            network = TechniqueNetwork(content, len(card.techniques))
        with _of_file(directory / card.vectors_file):
            vectors = WordVectors.from_bytes(table)
            if not all(word in vectors for word in MOOD_WORDS.values()):
                raise ModelFileError("has no vectors for the moods")
        choice = load_suggestions(suggestions)
        _check_choice(choice, suggestions)
        return cls(card, network, vectors, vocabulary, choice)

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """All suggestions of the data set."""
        return self._suggestions

    def suggest(
        self,
        mood: str,
        *,
        language: str,
        text: str = "",
        distress: float | None = None,
        exclude: frozenset[str] = frozenset(),
        contraindications: frozenset[str] = frozenset(),
        hour: int | None = None,
        seed: int | None = None,
    ) -> list[RankedSuggestion]:
        """Chooses up to `SUGGESTIONS_SHOWN` suggestions, by chance that follows their scores.

        A full choice always comes from at least two technique families. Fewer come where fewer are left,
        and none where none is. What presumes a situation or a time of day that is not known of comes only
        when the rest cannot fill all places.

        Args:
            mood: one of `emotion.MOODS`, which is the primary mood of all that is chosen.
            language: "en" or "fa", of the answer and of the text.
            text: what the person said, of any length, of which the first 600 characters count; the
                network reads English alone, cues for situations are recognised in both languages.
            distress: 0–10 by the person's own word; None where unknown.
            exclude: identifiers of suggestions already shown.
            contraindications: names out of `contraindications.csv` that hold for the person.
            hour: 0–23 on the person's clock; None where unknown.
            seed: makes the choice repeatable.

        Raises:
            UnknownMoodError: for no mood of ours.
            UnclearMoodError: for "unclear".
            InvalidRequestError: where another argument is outside its range or vocabulary.
        """
        self._check(mood, language, distress, contraindications, hour)
        felt = self._card.ranking.assumed_distress if distress is None else distress
        candidates = [
            suggestion
            for suggestion in self._of_mood[mood]
            if suggestion.id not in exclude
            and not suggestion.contraindications & contraindications
            and suggestion.distress_min <= felt <= suggestion.distress_max
            and _fits_hour(suggestion, hour)
        ]
        folded = fold(text[:_LONGEST_TEXT], language)
        heard = self._cues.situations(folded, language)
        candidates = _without_presumption(candidates, heard, hour)
        scores = self._scores(
            candidates, mood, english_words(folded) if language == "en" else [], heard, felt
        )
        random = Random(seed)  # noqa: S311 - variety, no secret
        return [
            RankedSuggestion(
                id=choice.suggestion.id,
                text=choice.suggestion.text(language),
                language=language,
                mood=mood,
                technique=choice.suggestion.technique,
                family=choice.suggestion.family,
                effort=choice.suggestion.effort,
                minutes=choice.suggestion.minutes,
                place=place,
                score=choice.score,
                propensity=choice.propensity,
                model=f"{self._card.name}-{self._card.version}",
            )
            for place, choice in enumerate(
                choose(candidates, scores, count=SUGGESTIONS_SHOWN, random=random), start=1
            )
        ]

    def technique_probabilities(self, mood: str, text: str, language: str) -> dict[str, float]:
        """The network's answer to a mood and a text: technique → probability."""
        words = english_words(fold(text[:_LONGEST_TEXT], language)) if language == "en" else []
        return self._technique_probabilities(mood, words)

    def _technique_probabilities(self, mood: str, words: list[str]) -> dict[str, float]:
        answer = self._network.probabilities(self._vectors.sequence(mood, words))
        return dict(zip(self._card.techniques, map(float, answer), strict=True))

    def _scores(
        self,
        candidates: Sequence[Suggestion],
        mood: str,
        words: list[str],
        heard: frozenset[str],
        distress: float,
    ) -> list[float]:
        rules = self._card.ranking
        probabilities = self._technique_probabilities(mood, words)
        of_technique = Counter(suggestion.technique for suggestion in candidates)
        neutral = _neutral(probabilities, of_technique)
        rows = [self._row[suggestion.id] for suggestion in candidates]
        likeness = (self._directions[rows] @ self._vectors.mean_direction(words)).tolist()
        preference = {
            technique: math.log(max(probabilities.get(technique, neutral), rules.probability_floor))
            for technique in of_technique
        }
        scores = []
        for suggestion, alike in zip(candidates, likeness, strict=True):
            score = preference[suggestion.technique] + rules.relevance * alike
            if not heard.isdisjoint(suggestion.situation):
                score += rules.situation_match
            score -= rules.effort * (suggestion.effort - 1) * distress / HIGHEST_DISTRESS
            # Techniques compete, not the numbers of sentences that happen to be written for each.
            scores.append(score / rules.temperature - math.log(of_technique[suggestion.technique]))
        return scores

    def _check(
        self,
        mood: str,
        language: str,
        distress: float | None,
        contraindications: frozenset[str],
        hour: int | None,
    ) -> None:
        if mood == UNCLEAR:
            raise UnclearMoodError("the mood is unclear: ask how the person feels, then suggest")
        if mood not in MOODS:
            raise UnknownMoodError(f"the mood must be one of {', '.join(MOODS)}")
        if language not in LANGUAGES:
            raise InvalidRequestError(f"the language must be one of {', '.join(LANGUAGES)}")
        if distress is not None and not 0 <= distress <= HIGHEST_DISTRESS:
            raise InvalidRequestError(f"the distress must be from 0 to {HIGHEST_DISTRESS}")
        if hour is not None and hour not in range(24):
            raise InvalidRequestError("the hour must be from 0 to 23")
        unknown = contraindications - set(self._vocabulary.contraindications)
        if unknown:
            known = ", ".join(self._vocabulary.contraindications)
            raise InvalidRequestError(f"there are unknown contraindications; known are {known}")


@contextmanager
def _of_file(path: Path) -> Iterator[None]:
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}; {REMEDY}") from None


def _check_choice(suggestions: Sequence[Suggestion], folder: Path) -> None:
    # A file that is empty or was cut off between two lines would otherwise show in a talk, as silence.
    for mood in MOODS:
        of_mood = [suggestion for suggestion in suggestions if suggestion.mood == mood]
        if len(of_mood) < SUGGESTIONS_SHOWN or len({suggestion.family for suggestion in of_mood}) < 2:
            raise SuggestionDataError(
                f"{folder}: {len(of_mood)} suggestions for {mood}; {SUGGESTIONS_SHOWN} of 2 technique "
                f"families are needed at least. Is a file cut off? {RESTORE.capitalize()}"
            )


def _neutral(probabilities: Mapping[str, float], offered: Collection[str]) -> float:
    # A technique newer than the network gets the mean of those that it competes with.
    known = [probabilities[technique] for technique in offered if technique in probabilities]
    return sum(known) / len(known) if known else 1.0 / len(probabilities)


def _without_presumption(
    candidates: list[Suggestion], heard: frozenset[str], hour: int | None
) -> list[Suggestion]:
    fitting = [
        suggestion
        for suggestion in candidates
        if (GENERAL in suggestion.situation or heard & set(suggestion.situation))
        and (suggestion.time == "any" or hour is not None or "night" in heard)
    ]
    enough = len(fitting) >= SUGGESTIONS_SHOWN and len({suggestion.family for suggestion in fitting}) > 1
    return fitting if enough else candidates


def _fits_hour(suggestion: Suggestion, hour: int | None) -> bool:
    if hour is None or suggestion.time == "any":
        return True
    night = hour >= _NIGHT_STARTS or hour < _NIGHT_ENDS
    return (suggestion.time == "night") == night
