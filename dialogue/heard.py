"""What a person has heard of an answer takes the place of what was said, in Rasa's own record of the talk.

Texts of `BotUttered` events alone are changed: slots, actions and the names of responses stay, and with them
all that policies go by. Beside the text stands what was heard of the question (`QUESTION`), by which the
crisis guard knows that nobody has answered what they have not heard. An empty text means that nothing of it
was heard. Where the gateway spoke the fixed reply in a crisis and it was not heard whole, the record gets it
as an utterance of `CRISIS_RESPONSE`.

Noting the same thing twice changes nothing. Stores that only append (SQL, MongoDB) keep what was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from dialogue.crisis_paths import CRISIS
from dialogue.frames import HeardRequest

__all__ = ["QUESTION", "SAID_BY_GATEWAY", "events_of_turn", "note_heard", "shorten"]

QUESTION = "question"
"""Key of an utterance's metadata: "heard", "begun" or "unheard"; without it all was heard."""

SAID_BY_GATEWAY = "said_by_gateway"
"""Key of the metadata of an utterance that was no answer of Rasa's."""

_CRISIS_RESPONSE = "utter_crisis"
_CUT_MARK = "…"
_CLOSING = ".!?؟؛;…۔\"'”’»)]"
_DANGLING = " \t\n,،;؛:–—-«“(["


async def note_heard(agent: Agent, request: HeardRequest) -> None:
    """Changes the record of a talk, if it has one; no turn of the talk is answered meanwhile."""
    async with agent.lock_store.lock(request.sender):
        tracker = await agent.tracker_store.retrieve_full_tracker(request.sender)
        if tracker is not None and shorten(tracker, request):
            await agent.tracker_store.save(tracker)


def shorten(tracker: DialogueStateTracker, request: HeardRequest) -> bool:
    """Puts what was heard in the place of what was said to a turn; False where there is nothing to change."""
    events = list(tracker.events)
    turn = events_of_turn(events, request.turn_id)
    said = [event for event in turn if isinstance(event, BotUttered) and _has_words(event)]
    before = [(event.text, event.metadata.get(QUESTION)) for event in said]
    if said:
        _distribute(said, request)
        return before != [(event.text, event.metadata.get(QUESTION)) for event in said]
    if turn and isinstance(turn[0], UserUttered) and turn[0].intent_name == CRISIS:
        position = _end_of(events, turn)
        utterance = BotUttered(
            request.text, metadata=_metadata_of_crisis(request), timestamp=events[position - 1].timestamp
        )
        tracker.events.insert(position, utterance)
        return True
    return False


def events_of_turn(events: Sequence[Event], turn_id: str) -> list[Event]:
    """The events from a turn to the next one; none where it is not known."""
    beginnings = [at for at, event in enumerate(events) if isinstance(event, UserUttered)]
    end = len(events)
    for start in reversed(beginnings):
        if events[start].message_id == turn_id:
            return list(events[start:end])
        end = start
    return []


def _end_of(events: Sequence[Event], turn: Sequence[Event]) -> int:
    """Where an utterance belongs that ends a turn: before Rasa listens again."""
    start = next(at for at, event in enumerate(events) if event is turn[0])
    end = start + len(turn)
    for at in range(start, end):
        if isinstance(events[at], ActionExecuted) and events[at].action_name == ACTION_LISTEN_NAME:
            return at
    return end


def _has_words(event: BotUttered) -> bool:
    return bool(event.text) or QUESTION in event.metadata


def _distribute(said: Sequence[BotUttered], request: HeardRequest) -> None:
    whole = "".join(_letters(event.text or "") for event in said)
    heard = _letters(request.text)
    if len(said) == 1 or not whole.startswith(heard):  # the gateway has said it in other words
        _set(said[0], request.text, request.question)
        for event in said[1:]:
            _set(event, "", "unheard")
        return
    left = len(heard)
    for event in said:
        own = len(_letters(event.text or ""))
        if left >= own > 0:
            state = event.metadata.get(QUESTION, "heard")
            _set(event, event.text or "", state)
        else:
            text = _beginning(event.text or "", left, marked=request.text.endswith(_CUT_MARK))
            _set(event, text, "begun" if text else "unheard")
        left = max(0, left - own)
    last = said[-1]
    if last.text or request.question == "unheard":
        last.metadata = {**last.metadata, QUESTION: request.question}


def _set(event: BotUttered, text: str, question: str) -> None:
    event.text = text
    event.metadata = {**event.metadata, QUESTION: question}


def _metadata_of_crisis(request: HeardRequest) -> dict[str, Any]:
    return {"utter_action": _CRISIS_RESPONSE, QUESTION: request.question, SAID_BY_GATEWAY: True}


def _letters(text: str) -> str:
    """Letters and digits alone, since sentences are put together with other spaces than they had."""
    return "".join(filter(str.isalnum, text))


def _beginning(text: str, count: int, *, marked: bool) -> str:
    """The beginning of a text with this many letters; `marked`: it was cut within a sentence."""
    if count == 0:
        return ""
    end = _position_after(text, count)
    if marked:
        return text[:end].rstrip(_DANGLING) + _CUT_MARK
    while end < len(text) and text[end] in _CLOSING:
        end += 1
    return text[:end]


def _position_after(text: str, count: int) -> int:
    letters = (position for position, character in enumerate(text, start=1) if character.isalnum())
    return next(islice(letters, count - 1, None), len(text))
