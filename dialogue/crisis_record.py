"""What a talk's own record tells of a crisis; the record only grows, so that nothing takes a crisis back."""

from __future__ import annotations

from dataclasses import dataclass

from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

__all__ = ["CRISIS_RESPONSE", "CrisisRecord", "is_in_crisis", "read_record"]

CRISIS_RESPONSE = "utter_crisis"
"""The response with the fixed reply."""

_CRISIS = "crisis"
"""The slot that says that suggestions are frozen, and the intent that sets it."""

_CONTEXT_TURNS = 4


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
        last_response: the name of what was said last, `CRISIS_RESPONSE` also where the gateway said it.
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
    return CrisisRecord(
        in_crisis=is_in_crisis(tracker),
        level=tracker.get_slot("crisis_level"),
        kind=tracker.get_slot("crisis_kind"),
        minor=bool(tracker.get_slot("crisis_minor")),
        country=tracker.get_slot("crisis_country"),
        language=tracker.get_slot("language"),
        language_chosen=tracker.get_slot("language_chosen"),
        last_response=_last_response(tracker),
        turns=tuple(event.text for event in spoken[-_CONTEXT_TURNS:]),
        said=tuple(by_person[-_CONTEXT_TURNS:]),
    )


def _last_response(tracker: DialogueStateTracker) -> str | None:
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and event.metadata.get("utter_action"):
            return str(event.metadata["utter_action"])
        if isinstance(event, UserUttered):
            return CRISIS_RESPONSE if event.intent_name == _CRISIS else None
    return None
