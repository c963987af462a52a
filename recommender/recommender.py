"""The recommender at run time: a mood, and what else is known, to suggestions."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from emotion import MOODS, UNCLEAR
from language import LANGUAGES, fold
from recommender.candidates import allowed, without_presumption
from recommender.errors import (
    InvalidRequestError,
    ModelFileError,
    SuggestionDataError,
    UnclearMoodError,
    UnknownMoodError,
)
from recommender.features import MOOD_WORDS, WordVectors, words_of
from recommender.model_card import DEFAULT_DIRECTORY, REMEDY, ModelCard, read_card, read_checked
from recommender.ranking import choose
from recommender.regressions import Regressions
from recommender.situations import SituationCues
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS_DIRECTORY
from recommender.suggestions import HIGHEST_DISTRESS, Suggestion, load_suggestions
from recommender.technique_model import Shares, TechniqueModel
from recommender.technique_network import TechniqueNetwork
from recommender.vocabulary import RESTORE, Vocabulary, read_vocabulary

__all__ = ["SUGGESTIONS_SHOWN", "RankedSuggestion", "Recommender"]

SUGGESTIONS_SHOWN = 3
"""How many suggestions a person gets at once, at least 2 (of two families) and at most 20."""

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
        technique_propensity: probability of its technique in this place.
        alternatives: technique → probability in this place without corrections; sums to 1.
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
    technique_propensity: float
    alternatives: dict[str, float]
    model: str


class Recommender:
    """Chooses suggestions; keeps nothing of what it is asked. Safe to share between threads."""

    def __init__(
        self,
        card: ModelCard,
        model: TechniqueModel,
        vectors: WordVectors,
        vocabulary: Vocabulary,
        suggestions: Sequence[Suggestion],
    ) -> None:
        self._card = card
        self._model = model
        self._vectors = vectors
        self._vocabulary = vocabulary
        self._cues = SituationCues(vocabulary)
        self._suggestions = tuple(suggestions)
        self._of_mood = {mood: [s for s in suggestions if s.mood == mood] for mood in MOODS}
        self._row = {suggestion.id: row for row, suggestion in enumerate(suggestions)}
        self._directions: dict[str, NDArray[np.float32]] = {
            language: np.stack(
                [vectors.smooth_direction(_words(s.text(language), language)) for s in suggestions]
            )
            for language in LANGUAGES
        }

    @classmethod
    def load(
        cls, directory: Path = DEFAULT_DIRECTORY, suggestions: Path = SUGGESTIONS_DIRECTORY
    ) -> Recommender:
        """Loads card, model, word vectors and suggestions, which takes about two seconds.

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
        numbers = read_checked(directory / card.regressions_file, card.regressions_sha256)
        with _of_file(directory / card.network_file):
            network = TechniqueNetwork(content, len(card.techniques))
        with _of_file(directory / card.vectors_file):
            vectors = WordVectors.from_bytes(table)
            if not all(word in vectors for word in MOOD_WORDS.values()):
                raise ModelFileError("has no vectors for the moods")
        with _of_file(directory / card.regressions_file):
            regressions = Regressions.from_bytes(numbers)
            model = TechniqueModel(vectors, network, regressions, card.shares, len(card.techniques))
        choice = load_suggestions(suggestions)
        _check_choice(choice, suggestions)
        return cls(card, model, vectors, vocabulary, choice)

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
        corrections: Mapping[str, float] | None = None,
        seed: int | None = None,
    ) -> list[RankedSuggestion]:
        """Chooses up to `SUGGESTIONS_SHOWN` suggestions, by chance that follows their scores.

        A full choice always comes from at least two technique families. Fewer come where fewer are left,
        and none where none is. What presumes a situation or a time of day that is not known of comes only
        when the rest cannot fill all places.

        Args:
            mood: one of `emotion.MOODS`, which is the primary mood of all that is chosen.
            language: "en" or "fa", of the answer and of the text.
            text: what the person said, of any length, of which the first 600 characters count.
            distress: 0–10 by the person's own word; None where unknown.
            exclude: identifiers of suggestions already shown.
            contraindications: names out of `contraindications.csv` that hold for the person.
            hour: 0–23 on the person's clock; None where unknown.
            corrections: technique → what feedback adds to the scores (`bandit`); unknown ones are ignored.
            seed: makes the choice repeatable.

        Raises:
            UnknownMoodError: for no mood of ours.
            UnclearMoodError: for "unclear".
            InvalidRequestError: where another argument is outside its range or vocabulary.
        """
        self._check(mood, language, distress, contraindications, hour)
        if corrections is not None and not all(map(math.isfinite, corrections.values())):
            raise InvalidRequestError("corrections must be finite numbers")
        felt = self._card.ranking.assumed_distress if distress is None else distress
        candidates = allowed(
            self._of_mood[mood],
            exclude=exclude,
            contraindications=contraindications,
            distress=felt,
            hour=hour,
        )
        folded = fold(text[:_LONGEST_TEXT], language)
        heard = self._cues.situations(folded, language)
        candidates = without_presumption(candidates, heard, hour, needed=SUGGESTIONS_SHOWN)
        scores = self._scores(candidates, mood, folded, language, heard, felt)
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
                technique_propensity=choice.technique_propensity,
                alternatives=choice.alternatives,
                model=f"{self._card.name}-{self._card.version}",
            )
            for place, choice in enumerate(
                choose(candidates, scores, count=SUGGESTIONS_SHOWN, random=random, corrections=corrections),
                start=1,
            )
        ]

    def technique_probabilities(
        self, mood: str, text: str, language: str, *, shares: Shares | None = None
    ) -> dict[str, float]:
        """What the model makes of a mood and a text: technique → probability.

        Args:
            mood: one of `emotion.MOODS`.
            text: what the person said; may be empty.
            language: "en" or "fa", of the text.
            shares: of the model's three readers, instead of the card's.
        """
        return self._probabilities(mood, fold(text[:_LONGEST_TEXT], language), language, shares)

    def _probabilities(
        self, mood: str, folded: str, language: str, shares: Shares | None = None
    ) -> dict[str, float]:
        answer = self._model.probabilities(mood, folded, language, shares=shares)
        return dict(zip(self._card.techniques, map(float, answer), strict=True))

    def _scores(
        self,
        candidates: Sequence[Suggestion],
        mood: str,
        folded: str,
        language: str,
        heard: frozenset[str],
        distress: float,
    ) -> list[float]:
        """Logarithms of preferences: the model's for the techniques, the words' likeness within one.

        Techniques compete, not the numbers of sentences that happen to be written for each: those of a
        technique share its preference among them.
        """
        rules = self._card.ranking
        probabilities = self._probabilities(mood, folded, language)
        said = self._vectors.smooth_direction(words_of(folded, language))
        rows = [self._row[suggestion.id] for suggestion in candidates]
        within = rules.relevance * (self._directions[language][rows] @ said)
        within += [rules.situation_match * (not heard.isdisjoint(s.situation)) for s in candidates]
        pains = rules.effort * distress / HIGHEST_DISTRESS
        efforts = pains * np.array([suggestion.effort - 1.0 for suggestion in candidates])
        within = (within - efforts) / rules.temperature
        techniques = np.array([suggestion.technique for suggestion in candidates])
        offered = [str(technique) for technique in np.unique(techniques)]
        neutral = _neutral(probabilities, offered, rules.probability_floor)
        scores = np.zeros(len(candidates))
        for technique in offered:
            own = techniques == technique
            likely = max(probabilities.get(technique, neutral), rules.probability_floor)
            preference = (math.log(likely) - float(efforts[own].mean())) / rules.temperature
            highest = within[own].max()
            shared = highest + math.log(float(np.exp(within[own] - highest).sum()))
            scores[own] = preference + within[own] - shared
        return [float(score) for score in scores]

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


def _words(text: str, language: str) -> list[str]:
    return words_of(fold(text, language), language)


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


def _neutral(probabilities: Mapping[str, float], offered: Collection[str], floor: float) -> float:
    # A technique newer than the model gets the geometric mean of those that it competes with: the usual mean
    # is that of the few likely ones, which would put it before nearly all others.
    known = [math.log(max(probabilities[name], floor)) for name in offered if name in probabilities]
    return math.exp(sum(known) / len(known)) if known else 1.0 / len(probabilities)
