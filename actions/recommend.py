"""Suggestions for the mood, as one spoken text and as data for cards."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.contraindications import SLOT, held_contraindications
from actions.failure import discreet_failure
from actions.last_exercise import FIXED_EXERCISE, grounding_exercise, nothing_left_text
from actions.offered_data import suggestions_payload
from actions.remembered import as_offered, remembered_suggestion, with_remembered
from actions.turn import Turn, read_turn
from language import fold
from language.ordinals import ordinal
from recommender import SUGGESTIONS_SHOWN, RankedSuggestion, Recommender, RecommenderError, Suggestion
from recommender.contraindications import ContraindicationCues
from recommender.situations import SituationCues
from recommender.suggestions import suggestions_folder
from recommender.vocabulary import GENERAL, read_vocabulary

__all__ = [
    "EXHAUSTED",
    "MOOD_NEEDED",
    "OFFERED",
    "UNAVAILABLE",
    "ActionRecommend",
    "suggestions_text",
]

logger = logging.getLogger(__name__)

UNAVAILABLE, OFFERED, MOOD_NEEDED, EXHAUSTED = "unavailable", "offered", "mood_needed", "exhausted"
"""Values of the slot `suggestions`, on which the rules go on."""

_LEAD_IN = {
    "en": {
        "heavy": (
            "Here are a few small things that may help.",
            "Here are some things you could try, whichever feels possible.",
            "Let me offer you a few small steps.",
        ),
        "happy": ("Here are a few small ways to stay with this feeling.",),
    },
    "fa": {
        "heavy": (
            "چند کار کوچک می‌گویم که شاید کمک کند.",
            "این چند کار را می‌توانید امتحان کنید، هر کدام که شدنی است.",
            "بگذارید چند قدم کوچک پیشنهاد کنم.",
        ),
        "happy": ("چند راه کوچک برای ماندن در این حال خوب می‌گویم.",),
    },
}
_REMEMBERED = {"en": "Last time this helped you:", "fa": "دفعهٔ قبل این به شما کمک کرد:"}
_NOT_HELPED_INTENTS = ("deny", "ask_another", "not_helped")
_ASSUMED_DISTRESS = 5
"""As the recommender's card has it."""

_LONGEST_TEXT = 600


def suggestions_text(
    sentences: Sequence[str], *, language: str, mood: str, times_offered: int, remembered: bool = False
) -> str:
    """The suggestions as one speakable text: a short lead-in, then each with its ordinal.

    Args:
        sentences: in the order of their places.
        language: "en" or "fa".
        mood: for which they are offered.
        times_offered: how often something has been offered in this talk.
        remembered: whether the first of them helped in an earlier talk, which is then said of it.
    """
    lead_ins = _LEAD_IN[language]["happy" if mood == "happiness" else "heavy"]
    announced = [f"{ordinal(place, language)}:" for place in range(len(sentences))]
    if remembered:
        announced[0] = _REMEMBERED[language]
    spoken = [f"{name} {sentence}" for name, sentence in zip(announced, sentences, strict=True)]
    return " ".join([lead_ins[times_offered % len(lead_ins)], *spoken])


@dataclass(frozen=True)
class _Loaded:
    recommender: Recommender
    pairs: Mapping[str, Suggestion]
    contraindications: ContraindicationCues
    situations: SituationCues


def _load() -> Recommender:
    return Recommender.load(suggestions=suggestions_folder(os.environ))


class ActionRecommend(Action):  # type: ignore[misc]
    """Asks the recommender; never during a crisis, and never with an error that the person sees.

    Args:
        load: makes the recommender; called at registration, and again later should that fail.
    """

    def __init__(self, load: Callable[[], Recommender] = _load) -> None:
        self._load = load
        self._loaded: _Loaded | None = None
        self._prepare()

    def name(self) -> str:
        """The action's name in rules."""
        return "action_recommend"

    @discreet_failure
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Utters suggestions and remembers their ids, and what speaks against some of them."""
        turn = read_turn(tracker)
        if turn.in_crisis:
            dispatcher.utter_message(response="utter_stay_safe")
            return [SlotSet("suggestions", UNAVAILABLE)]
        last = list(tracker.get_slot("suggestions_last") or [])
        if last and turn.intent in _NOT_HELPED_INTENTS:
            feedback = {"helpful": False, "suggestion": None, "suggestions": last}
            dispatcher.utter_message(json_message={"feedback": feedback})
        mood = turn.felt_mood
        if mood is None:
            return [SlotSet("suggestions", MOOD_NEEDED)]
        loaded = self._prepare()
        if loaded is None:
            return [SlotSet("suggestions", UNAVAILABLE)]
        held = held_contraindications(tracker, loaded.contraindications)
        shown = frozenset(tracker.get_slot("suggestions_shown") or []) | turn.exclude
        remembered = None if shown else _remembered(loaded, turn, mood, held)
        left_out = shown | {remembered.id} if remembered is not None else shown
        ranked = _ranked(loaded.recommender, turn, mood, held, left_out)
        if ranked is None:
            return [SlotSet("suggestions", UNAVAILABLE)]
        if remembered is not None:
            ranked = with_remembered(remembered, ranked)
        offered = bool(ranked)
        if offered:
            text = suggestions_text(
                [item.text for item in ranked],
                language=turn.language,
                mood=mood,
                times_offered=len(shown) // SUGGESTIONS_SHOWN,
                remembered=remembered is not None,
            )
        else:
            text, ranked = _last_exercise(loaded, turn, mood, held, shown)
        data = None
        if ranked:
            data = suggestions_payload(ranked, loaded.pairs, mood=mood, distress=turn.distress)
        dispatcher.utter_message(text=text, json_message=data)
        ids = [item.id for item in ranked]
        return [
            SlotSet("suggestions", OFFERED if offered else EXHAUSTED),
            SlotSet("suggestions_last", ids),
            SlotSet("suggestions_shown", sorted(shown | set(ids))),
            SlotSet(SLOT, sorted(held)),
        ]

    def _prepare(self) -> _Loaded | None:
        if self._loaded is None:
            try:
                recommender = self._load()
                vocabulary = read_vocabulary(suggestions_folder(os.environ))
            except (RecommenderError, OSError) as error:
                logger.error("The recommender can't be loaded: %s", error)
                return None
            self._loaded = _Loaded(
                recommender,
                {pair.id: pair for pair in recommender.suggestions},
                ContraindicationCues(vocabulary),
                SituationCues(vocabulary),
            )
        return self._loaded


def _remembered(loaded: _Loaded, turn: Turn, mood: str, held: frozenset[str]) -> RankedSuggestion | None:
    told = loaded.situations.situations(fold(turn.text[:_LONGEST_TEXT], turn.language), turn.language)
    pair = remembered_suggestion(
        turn.helped_before,
        loaded.pairs,
        mood=mood,
        distress=_ASSUMED_DISTRESS if turn.distress is None else turn.distress,
        contraindications=held,
        situations=told | {GENERAL},
    )
    return None if pair is None else as_offered(pair, turn.language)


def _ranked(
    recommender: Recommender, turn: Turn, mood: str, held: frozenset[str], left_out: frozenset[str]
) -> list[RankedSuggestion] | None:
    try:
        return recommender.suggest(
            mood,
            language=turn.language,
            text=turn.text,
            distress=turn.distress,
            exclude=left_out,
            contraindications=held,
            corrections=turn.corrections.get(mood),
        )
    except Exception as error:
        # The boundary to the model: whatever fails in it, the talk goes on with an apology. The
        # error's own words stay out of the log, as they may quote the person.
        logger.error("The recommender failed with %s.", type(error).__name__)
        return None


def _last_exercise(
    loaded: _Loaded, turn: Turn, mood: str, held: frozenset[str], shown: frozenset[str]
) -> tuple[str, list[RankedSuggestion]]:
    pair = grounding_exercise(
        loaded.pairs.values(),
        mood=mood,
        distress=_ASSUMED_DISTRESS if turn.distress is None else turn.distress,
        contraindications=held,
        shown=shown,
    )
    if pair is None:
        return nothing_left_text(FIXED_EXERCISE[turn.language], turn.language), []
    return nothing_left_text(pair.text(turn.language), turn.language), [as_offered(pair, turn.language)]
