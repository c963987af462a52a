"""What a person hears when the action server is broken in every way; real Rasa, real action server."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from action_relay import FAULTS
from turn_socket import ask, connect, names_of

from recommender import SUGGESTIONS_SHOWN

WORD = "quincemarmalade"
QUICK_FAULTS = [fault for fault in FAULTS if fault != "hang"]


async def sad_turn(server: Any, sender: str, number: str, **metadata: Any) -> list[dict[str, Any]]:
    async with connect(server) as socket:
        text = "خیلی ناراحتم" if metadata.get("language") == "fa" else f"I feel sad {WORD}"
        return await ask(socket, sender, number, text, **metadata)


async def check_kind_words_and_recovery(server: Any, relay: Any, fault: str) -> None:
    relay.fault = fault
    started = time.monotonic()
    frames = await sad_turn(server, fault, "1", language="en")
    assert time.monotonic() - started < 7
    assert names_of(frames) == ["utter_acknowledge_sadness", "utter_suggestions_unavailable"]
    assert "can't reach my suggestions" in frames[1]["text"]
    assert (frames[-1]["type"], frames[-1]["mood"]) == ("done", "sadness")
    relay.fault = None
    async with connect(server) as socket:
        # The mood of the first turn is in the tracker, and the conversation is not locked.
        started = time.monotonic()
        frames = await ask(socket, fault, "2", "give me suggestions", language="en")
        assert time.monotonic() - started < 2
    assert names_of(frames) == ["utter_another", None, "utter_ask_helped"]
    assert len(frames[1]["custom"]["suggestions"]) == SUGGESTIONS_SHOWN


async def test_action_server_down_is_apologised_for_and_recovered_from(rasa_server: Any, relay: Any) -> None:
    await check_kind_words_and_recovery(rasa_server, relay, "refuse")


async def test_action_server_that_hangs_is_waited_for_a_few_seconds_only(
    rasa_server: Any, relay: Any
) -> None:
    await check_kind_words_and_recovery(rasa_server, relay, "hang")


async def test_action_server_that_answers_500_is_apologised_for(rasa_server: Any, relay: Any) -> None:
    await check_kind_words_and_recovery(rasa_server, relay, "error")


async def test_action_server_that_answers_no_json_is_apologised_for(rasa_server: Any, relay: Any) -> None:
    await check_kind_words_and_recovery(rasa_server, relay, "garbage")


async def test_action_server_that_answers_another_shape_is_apologised_for(
    rasa_server: Any, relay: Any
) -> None:
    await check_kind_words_and_recovery(rasa_server, relay, "wrong_shape")


async def test_action_server_whose_sdk_raises_is_apologised_for(rasa_server: Any, relay: Any) -> None:
    await check_kind_words_and_recovery(rasa_server, relay, "raise")


async def test_action_server_restarted_in_mid_call_is_asked_once_more(rasa_server: Any, relay: Any) -> None:
    relay.fault = "cut"
    before = relay.calls
    frames = await sad_turn(rasa_server, "cut", "1", language="en")
    assert names_of(frames) == ["utter_acknowledge_sadness", None, "utter_ask_helped"]
    assert relay.calls - before == 2


async def test_a_persian_talk_is_apologised_to_in_persian(rasa_server: Any, relay: Any) -> None:
    relay.fault = "refuse"
    frames = await sad_turn(rasa_server, "persian-fault", "1", language="fa")
    assert names_of(frames) == ["utter_acknowledge_sadness", "utter_suggestions_unavailable"]
    assert re.search("[\u0600-\u06ff]", frames[1]["text"])


async def test_after_offered_suggestions_a_failure_does_not_ask_whether_they_helped(
    rasa_server: Any, relay: Any
) -> None:
    offered = await sad_turn(rasa_server, "offered", "1", language="en")
    assert names_of(offered)[-1] == "utter_ask_helped"
    relay.fault = "error"
    frames = await sad_turn(rasa_server, "offered", "2", language="en")
    assert names_of(frames) == ["utter_acknowledge_sadness", "utter_suggestions_unavailable"]


async def test_a_customer_is_handed_to_a_person_once_when_routing_fails(rasa_server: Any, relay: Any) -> None:
    relay.fault = "error"
    async with connect(rasa_server) as socket:
        frames = await ask(socket, "lost-customer", "1", "my bill is wrong", purpose="service")
        assert frames[0]["custom"] == {"handoff": {"queue": "person", "reason": "routing_unavailable"}}
        relay.fault = None
        frames = await ask(socket, "customer", "1", "my bill is wrong", purpose="service")
        assert frames[0]["custom"]["handoff"]["queue"] == "billing"
        relay.fault = "error"
        frames = await ask(socket, "customer", "2", "it is order seven", purpose="service")
    assert frames[0]["custom"] is None
    assert "noted for the right team" in frames[0]["text"]


@pytest.mark.parametrize("fault", ["refuse", "hang"])
async def test_a_crisis_is_answered_at_once_whatever_the_action_server_does(
    rasa_server: Any, relay: Any, fault: str
) -> None:
    relay.fault = fault
    started = time.monotonic()
    async with connect(rasa_server) as socket:
        frames = await ask(socket, f"danger-{fault}", "1", "I want to kill myself", country="US")
    assert time.monotonic() - started < 2
    assert "988" in frames[0]["text"]


async def test_no_word_of_a_person_is_in_either_log_after_these_faults(
    rasa_server: Any, action_server: Any, relay: Any
) -> None:
    for fault in QUICK_FAULTS:
        relay.fault = fault
        await sad_turn(rasa_server, f"{fault}-logged", "1")
    for server in (rasa_server, action_server):
        assert WORD not in server.log.read_text(encoding="utf-8", errors="replace")
    assert "action_recommend failed with UnusableAnswer" in rasa_server.log.read_text()
