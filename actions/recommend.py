"""Suggestions for the mood, as one spoken text and as data for cards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.failure import discreet_failure
from actions.ordinals import ordinal
from actions.turn import Turn, read_turn
from recommender import SUGGESTIONS_SHOWN, RankedSuggestion, Recommender, RecommenderError, Suggestion

__all__ = [
    "MOOD_NEEDED",
    "OFFERED",
    "UNAVAILABLE",
    "ActionRecommend",
    "suggestions_payload",
    "suggestions_text",
]

logger = logging.getLogger(__name__)

UNAVAILABLE, OFFERED, MOOD_NEEDED = "unavailable", "offered", "mood_needed"
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
_NOT_HELPED_INTENTS = ("deny", "ask_another", "not_helped")


def suggestions_text(sentences: Sequence[str], *, language: str, mood: str, times_offered: int) -> str:
    """The suggestions as one speakable text: a short lead-in, then each with its ordinal."""
    lead_ins = _LEAD_IN[language]["happy" if mood == "happiness" else "heavy"]
    parts = [lead_ins[times_offered % len(lead_ins)]]
    parts += [f"{ordinal(place, language)}: {sentence}" for place, sentence in enumerate(sentences)]
    return " ".join(parts)


def suggestions_payload(
    ranked: Sequence[RankedSuggestion], pairs: Mapping[str, Suggestion]
) -> dict[str, Any]:
    """The suggestions as data, in the order in which they are spoken.

    Args:
        ranked: what the recommender chose.
        pairs: the bilingual pairs by id.
    """
    return {
        "suggestions": [
            {
                "id": item.id,
                "en": pairs[item.id].en,
                "fa": pairs[item.id].fa,
                "technique": item.technique,
                "family": item.family,
                "score": round(item.score, 6),
                "propensity": round(item.propensity, 6),
            }
            for item in ranked
        ]
    }


class ActionRecommend(Action):  # type: ignore[misc]
    """Asks the recommender; never during a crisis, and never with an error that the person sees.

    Args:
        load: makes the recommender; called at registration, and again later should that fail.
    """

    def __init__(self, load: Callable[[], Recommender] = Recommender.load) -> None:
        self._load = load
        self._recommender: Recommender | None = None
        self._pairs: Mapping[str, Suggestion] = {}
        self._prepare()

    def name(self) -> str:
        """The action's name in rules."""
        return "action_recommend"

    @discreet_failure
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Utters suggestions and remembers their ids."""
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
        shown = frozenset(tracker.get_slot("suggestions_shown") or []) | turn.exclude
        ranked = self._suggest(turn, mood, shown, frozenset(last))
        if not ranked:
            return [SlotSet("suggestions", UNAVAILABLE)]
        sentences = [item.text for item in ranked]
        offers = len(shown) // SUGGESTIONS_SHOWN
        text = suggestions_text(sentences, language=turn.language, mood=mood, times_offered=offers)
        dispatcher.utter_message(text=text, json_message=suggestions_payload(ranked, self._pairs))
        ids = [item.id for item in ranked]
        return [
            SlotSet("suggestions", OFFERED),
            SlotSet("suggestions_last", ids),
            SlotSet("suggestions_shown", sorted(shown | set(ids))),
        ]

    def _prepare(self) -> Recommender | None:
        if self._recommender is None:
            try:
                self._recommender = self._load()
                self._pairs = {pair.id: pair for pair in self._recommender.suggestions}
            except (RecommenderError, OSError) as error:
                logger.error("The recommender can't be loaded: %s", error)
        return self._recommender

    def _suggest(
        self, turn: Turn, mood: str, shown: frozenset[str], last: frozenset[str]
    ) -> Sequence[RankedSuggestion]:
        recommender = self._prepare()
        if recommender is None:
            return ()
        # Once everything has been shown, what was not shown just now may come again.
        for exclude in (shown, last):
            try:
                ranked = recommender.suggest(
                    mood, language=turn.language, text=turn.text, distress=turn.distress, exclude=exclude
                )
            except Exception as error:
                # The boundary to the model: whatever fails in it, the talk goes on with an apology. The
                # error's own words stay out of the log, as they may quote the person.
                logger.error("The recommender failed with %s.", type(error).__name__)
                return ()
            if ranked:
                return ranked
        return ()
