"""The talk goes on kindly when the action server is down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def lonely_agent(model: Path) -> Any:
    from rasa.core.agent import Agent
    from rasa.utils.endpoints import EndpointConfig

    from dialogue.channel import prepare_agent

    # Nobody listens on the discard port of the loopback interface.
    agent = Agent.load(str(model), action_endpoint=EndpointConfig("http://127.0.0.1:9/webhook"))
    prepare_agent(agent)
    return agent


async def test_a_failed_recommendation_is_apologised_for(lonely_agent: Any) -> None:
    replies = await lonely_agent.handle_text("I feel sad", sender_id="a")
    assert len(replies) == 2
    assert "can't reach my suggestions" in replies[1]["text"]


async def test_a_crisis_reply_needs_no_action_server(lonely_agent: Any) -> None:
    replies = await lonely_agent.handle_text("I want to kill myself", sender_id="b")
    assert "112" in replies[0]["text"]


async def test_a_failed_routing_hands_over_to_a_person(lonely_agent: Any) -> None:
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    output = CollectingOutputChannel()
    message = UserMessage("my bill is wrong", output, "c", metadata={"purpose": "service"})
    await lonely_agent.handle_message(message)
    assert output.messages[-1]["custom"]["handoff"]["queue"] == "person"


async def test_a_turn_whose_action_failed_is_in_the_tracker(lonely_agent: Any) -> None:
    await lonely_agent.handle_text("I feel sad", sender_id="d")
    tracker = await lonely_agent.tracker_store.retrieve("d")
    assert tracker.latest_message.text == "I feel sad"
    assert tracker.get_slot("suggestions") == "unavailable"
    assert tracker.latest_action_name == "action_listen"
    assert not lonely_agent.lock_store.conversation_locks
