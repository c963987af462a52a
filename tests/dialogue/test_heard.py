"""What was heard takes the place of what was said in Rasa's record, and the guard goes by it."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from turn_socket import ask, connect, names_of

from dialogue.crisis_record import read_record
from dialogue.frames import HeardRequest
from dialogue.heard import QUESTION, note_heard, shorten

SAID = ("That sounds hard. I'm here.", "Would a small exercise help?")


def uttered(text: str, name: str | None = None) -> BotUttered:
    return BotUttered(text, metadata={"utter_action": name} if name else {})


def turn(turn_id: str, *said: BotUttered, intent: str = "share") -> list[Event]:
    heard = UserUttered("words", intent={"name": intent, "confidence": 1.0}, message_id=turn_id)
    return [ActionExecuted("action_listen"), heard, SlotSet("mood", "sadness"), *said]


def tracker_of(*events: Event) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("s", [*events, ActionExecuted("action_listen")])


def heard(text: str, question: str = "unheard", turn_id: str = "1") -> HeardRequest:
    return HeardRequest(turn_id, "s", text, question)


def two_utterances() -> DialogueStateTracker:
    return tracker_of(*turn("1", uttered(SAID[0], "utter_empathy"), uttered(SAID[1], "utter_ask_helped")))


def texts(tracker: DialogueStateTracker) -> list[str]:
    return [event.text for event in tracker.events if isinstance(event, BotUttered)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ["", ""]),
        ("That…", ["That…", ""]),
        ("That sounds hard.", ["That sounds hard.", ""]),
        ("That sounds hard. I'm here.", [SAID[0], ""]),
        ("That sounds hard. I'm here. Would a small…", [SAID[0], "Would a small…"]),
        (" ".join(SAID), list(SAID)),
    ],
)
def test_each_utterance_keeps_what_was_heard_of_it(text: str, left: list[str]) -> None:
    tracker = two_utterances()
    assert shorten(tracker, heard(text))
    assert texts(tracker) == left
    names = [event.metadata["utter_action"] for event in tracker.events if isinstance(event, BotUttered)]
    assert names == ["utter_empathy", "utter_ask_helped"]


def test_a_persian_answer_is_shortened_by_words() -> None:
    tracker = tracker_of(*turn("1", uttered("می‌فهمم. الان حالتان چطور است؟", "utter_greet")))
    assert shorten(tracker, heard("می‌فهمم. الان حالتان…", "begun"))
    assert texts(tracker) == ["می‌فهمم. الان حالتان…"]


def test_the_same_twice_changes_nothing_and_less_shortens_further() -> None:
    tracker = two_utterances()
    request = heard("That sounds hard. I'm here. Would a…", "begun")
    assert shorten(tracker, request)
    once = copy.deepcopy([event.as_dict() for event in tracker.events])
    assert not shorten(tracker, request)
    assert [event.as_dict() for event in tracker.events] == once
    assert shorten(tracker, heard("That…"))
    assert texts(tracker) == ["That…", ""]


def test_the_answer_of_its_own_turn_alone_is_shortened() -> None:
    tracker = tracker_of(
        *turn("1", uttered("One.")), *turn("2", uttered("Two.")), *turn("3", uttered("Three."))
    )
    assert shorten(tracker, heard("", turn_id="2"))
    assert texts(tracker) == ["One.", "", "Three."]
    assert not shorten(tracker, heard("", turn_id="unknown"))


def test_nothing_but_utterances_changes() -> None:
    tracker = two_utterances()
    before = [event.as_dict() for event in tracker.events if not isinstance(event, BotUttered)]
    states = tracker.past_states(_domain())
    shorten(tracker, heard("That…"))
    assert [event.as_dict() for event in tracker.events if not isinstance(event, BotUttered)] == before
    assert tracker.past_states(_domain()) == states


def _domain() -> Any:
    from rasa.shared.core.domain import Domain

    return Domain.load("domain.yml")


def test_a_crisis_reply_of_the_gateway_that_was_cut_is_on_record_before_rasa_listens_again() -> None:
    tracker = tracker_of(*turn("1", intent="crisis"))
    assert read_record(tracker).question == "heard"
    assert shorten(tracker, heard("I'm glad you…"))
    assert texts(tracker) == ["I'm glad you…"]
    assert isinstance(tracker.events[-1], ActionExecuted)
    record = read_record(tracker)
    assert (record.last_response, record.question) == ("utter_crisis", "unheard")
    assert not shorten(tracker, heard("I'm glad you…"))
    # It was said again, and heard to its end.
    assert shorten(tracker, heard("I'm glad you told me. Are you safe?", "heard"))
    assert read_record(tracker).question == "heard"
    assert texts(tracker) == ["I'm glad you told me. Are you safe?"]


def test_a_turn_without_an_answer_gets_none() -> None:
    assert not shorten(tracker_of(*turn("1")), heard("Words of the gateway."))


def test_people_answer_what_they_heard_last() -> None:
    tracker = tracker_of(
        *turn("1", uttered("Did it help?", "utter_ask_helped")),
        *turn("2", uttered("I see. Tell me more.", "utter_listening")),
    )
    assert read_record(tracker).last_response == "utter_listening"
    shorten(tracker, heard("", turn_id="2"))
    assert read_record(tracker).last_response == "utter_ask_helped"
    assert read_record(tracker).turns == ("words", "Did it help?", "words")


def test_a_question_about_danger_waits_for_its_answer_although_nobody_heard_it() -> None:
    tracker = tracker_of(
        *turn("1", uttered("Hello. How are you?", "utter_greet")),
        *turn("2", uttered("Are you thinking of ending your life?", "utter_check_safety")),
    )
    shorten(tracker, heard("", turn_id="2"))
    record = read_record(tracker)
    assert (record.last_response, record.question) == ("utter_check_safety", "unheard")


# With a real agent ----------------------------------------------------------------------------------

Talk = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def talk(loaded_agent: Any, request: pytest.FixtureRequest) -> Talk:
    """Says one thing; gives the messages of the answer."""

    async def say(turn_id: str, text: str, **metadata: Any) -> list[dict[str, Any]]:
        output = CollectingOutputChannel()
        message = UserMessage(
            text,
            output,
            request.node.nodeid,
            input_channel="test",
            message_id=turn_id,
            metadata={"crisis_level": 0, **metadata},
        )
        await loaded_agent.handle_message(message)
        return output.messages

    return say


async def stored(agent: Any, sender: str) -> DialogueStateTracker:
    return await agent.tracker_store.retrieve(sender)


async def test_what_was_heard_is_stored_and_slots_and_actions_stay(
    loaded_agent: Any, talk: Talk, request: pytest.FixtureRequest
) -> None:
    sender = request.node.nodeid
    await talk("1", "I feel sad")
    before = await stored(loaded_agent, sender)
    said = texts(before)
    first = " ".join(said[0].split()[:3])
    await note_heard(loaded_agent, HeardRequest("1", sender, f"{first}…", "unheard"))
    after = await stored(loaded_agent, sender)
    assert texts(after) == [f"{first}…", *("" for _ in said[1:])]
    assert after.current_slot_values() == before.current_slot_values()
    actions = [[e.action_name for e in t.events if isinstance(e, ActionExecuted)] for t in (before, after)]
    assert actions[0] == actions[1]
    # The talk goes on as the rules have it.
    assert await talk("2", "thank you")
    await note_heard(loaded_agent, HeardRequest("1", "nobody of this name", "", "unheard"))


async def test_who_did_not_hear_the_question_is_asked_again(
    loaded_agent: Any, talk: Talk, request: pytest.FixtureRequest
) -> None:
    sender = request.node.nodeid
    await talk("1", "I wish I would not wake up tomorrow")
    tracker = await stored(loaded_agent, sender)
    assert read_record(tracker).last_response == "utter_check_safety"
    question = texts(tracker)[-1]
    await note_heard(loaded_agent, HeardRequest("1", sender, "", "unheard"))
    await talk("2", "no")
    tracker = await stored(loaded_agent, sender)
    assert tracker.latest_message.intent["name"] == "crisis_concern"
    assert texts(tracker)[-1] == question
    await talk("3", "no")
    assert (await stored(loaded_agent, sender)).latest_message.intent["name"] == "concern_denied"


async def test_who_may_have_heard_the_question_and_says_yes_is_in_danger(
    loaded_agent: Any, talk: Talk, request: pytest.FixtureRequest
) -> None:
    sender = request.node.nodeid
    await talk("1", "I wish I would not wake up tomorrow")
    await note_heard(loaded_agent, HeardRequest("1", sender, "Thank you for telling me. Are you…", "begun"))
    await talk("2", "yes")
    assert (await stored(loaded_agent, sender)).latest_message.intent["name"] == "crisis"


@pytest.mark.parametrize(
    ("question", "answer", "intent"),
    [
        ("heard", "yes", "crisis_safe"),
        ("heard", "no", "crisis"),
        ("begun", "yes", "crisis_question"),
        ("begun", "no", "crisis"),
        ("unheard", "yes", "crisis_question"),
        ("unheard", "no", "crisis_question"),
    ],
)
async def test_nobody_has_said_that_they_are_safe_who_was_not_heard_to_be_asked(
    loaded_agent: Any, talk: Talk, request: pytest.FixtureRequest, question: str, answer: str, intent: str
) -> None:
    sender = request.node.nodeid
    said = await talk("1", "I want to kill myself", crisis_level=2, language="en")
    assert said == []  # the gateway has spoken
    if question != "heard":
        await note_heard(loaded_agent, HeardRequest("1", sender, "I'm glad you…", question))
    await talk("2", answer, in_crisis=True, language="en")
    tracker = await stored(loaded_agent, sender)
    assert tracker.latest_message.intent["name"] == intent
    if intent == "crisis_question":
        assert "safe" in texts(tracker)[-1]
    assert tracker.get_slot("crisis") is True


async def test_the_answer_to_the_question_that_was_asked_again_counts(
    loaded_agent: Any, talk: Talk, request: pytest.FixtureRequest
) -> None:
    sender = request.node.nodeid
    await talk("1", "I want to kill myself", crisis_level=2, language="en")
    await note_heard(loaded_agent, HeardRequest("1", sender, "", "unheard"))
    await talk("2", "yes", in_crisis=True, language="en")
    await talk("3", "no", in_crisis=True, language="en")
    assert (await stored(loaded_agent, sender)).latest_message.intent["name"] == "crisis"


# Over the socket ------------------------------------------------------------------------------------


async def test_the_next_turn_over_the_socket_goes_by_what_was_heard(rasa_server: Any) -> None:
    sender = "heard-over-the-socket"
    async with connect(rasa_server) as socket:
        await ask(socket, sender, "1", "I want to kill myself", crisis_level=2, language="en")
        frame = {"type": "heard", "sender": sender, "turn_id": "1", "text": "I'm…", "question": "unheard"}
        await socket.send(json.dumps(frame))
        turn_frame = {"type": "turn", "turn_id": "2", "sender": sender, "text": "yes"}
        turn_frame["metadata"] = {"crisis_level": 0, "in_crisis": True, "language": "en"}  # type: ignore[assignment]
        await socket.send(json.dumps(turn_frame))
        noted = json.loads(await asyncio.wait_for(socket.recv(), 10))
        frames = [json.loads(await asyncio.wait_for(socket.recv(), 10)) for _ in range(2)]
    assert noted == {"type": "noted", "turn_id": "1"}
    assert names_of(frames) == ["utter_crisis_question"]
    assert QUESTION == "question"
