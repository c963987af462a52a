"""What a talk's own record tells of a crisis; the record only grows, so that nothing takes a crisis back."""

from __future__ import annotations

from dataclasses import dataclass

from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from dialogue.heard import QUESTION

__all__ = ["CRISIS_RESPONSE", "CrisisRecord", "is_in_crisis", "read_record"]

CRISIS_RESPONSE = "utter_crisis"
"""The response with the fixed reply."""

_CRISIS = "crisis"
"""The slot that says that suggestions are frozen, and the intent that sets it."""

_CONTEXT_TURNS = 4
_SAFETY_QUESTIONS = (CRISIS_RESPONSE, "utter_check_safety", "utter_worry_for_other")
"""Responses that ask about danger: they wait for their answer also where nobody heard them."""


@dataclass(frozen=True)
class CrisisRecord:
    """What is known of a talk before this turn; of no talk at all, the same as of a new one.

    Attributes:
        in_crisis: whether there has been a crisis.
        level: of the gravest reason so far that was answered, 0–3; None before the first.
        kind: its kind, as in `crisis.guard`.
        minor: whether somebody under age speaks.
        country: the country that the person named in the crisis.
        language: of the last reply.
        language_chosen: the language that the person asked for.
        last_response: the name of what was heard last, or of the question about danger that was said last;
            `CRISIS_RESPONSE` also where the gateway said it.
        question: what was heard of its question: "heard", "begun" or "unheard".
        turns: what was said last by both sides, oldest first.
        said: what the person said last, oldest first.
    """

    in_crisis: bool = False
    level: int | None = None
    kind: str | None = None
    minor: bool = False
    country: str | None = None
    language: str | None = None
    language_chosen: str | None = None
    last_response: str | None = None
    question: str = "heard"
    turns: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


def is_in_crisis(tracker: DialogueStateTracker) -> bool:
    """Whether a talk has ever been in a crisis, even if an event has emptied the slot since."""
    return bool(tracker.get_slot(_CRISIS)) or any(
        (isinstance(event, SlotSet) and event.key == _CRISIS and event.value is True)
        or (isinstance(event, UserUttered) and event.intent_name == _CRISIS)
        for event in tracker.events
    )


def read_record(tracker: DialogueStateTracker | None) -> CrisisRecord:
    """Reads a tracker; None, where words are parsed outside a talk, is a new talk."""
    if tracker is None:
        return CrisisRecord()
    spoken = [
        event for event in tracker.events if isinstance(event, (UserUttered, BotUttered)) and event.text
    ]
    by_person = [event.text for event in spoken if isinstance(event, UserUttered)]
    last_response, question = _last_response(tracker)
    return CrisisRecord(
        in_crisis=is_in_crisis(tracker),
        level=tracker.get_slot("crisis_level"),
        kind=tracker.get_slot("crisis_kind"),
        minor=bool(tracker.get_slot("crisis_minor")),
        country=tracker.get_slot("crisis_country"),
        language=tracker.get_slot("language"),
        language_chosen=tracker.get_slot("language_chosen"),
        last_response=last_response,
        question=question,
        turns=tuple(event.text for event in spoken[-_CONTEXT_TURNS:]),
        said=tuple(by_person[-_CONTEXT_TURNS:]),
    )


def _last_response(tracker: DialogueStateTracker) -> tuple[str | None, str]:
    """The name of the response that the next turn may answer, and what was heard of its question.

    Of what nobody heard only a question about danger counts; else people answer what they heard before.
    """
    unheard = False
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and event.metadata.get("utter_action"):
            name, question = str(event.metadata["utter_action"]), event.metadata.get(QUESTION, "heard")
            if question != "unheard" or name in _SAFETY_QUESTIONS:
                return name, question
        if isinstance(event, BotUttered):
            unheard = unheard or event.metadata.get(QUESTION) == "unheard"
        elif isinstance(event, UserUttered):
            if event.intent_name == _CRISIS:
                return CRISIS_RESPONSE, "heard"
            if not unheard:
                return None, "heard"
            unheard = False
    return None, "heard"
