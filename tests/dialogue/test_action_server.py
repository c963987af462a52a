from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from rasa.shared.core.domain import Domain

from dialogue.action_server import BoundedActionServer, answer_without_actions
from dialogue.training import ROOT


class Endpoint:
    """Gives what it is told to, call by call: an answer, an error to raise, or nothing for a long time."""

    url = "http://127.0.0.1:1/webhook"
    kwargs: dict[str, Any] = {"enable_selective_domain": True}

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    async def request(self, **options: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is asyncio.Event:
            await asyncio.sleep(60)
        return answer


def call(action: str = "action_recommend", **slots: Any) -> dict[str, Any]:
    return {"next_action": action, "tracker": {"slots": slots, "latest_message": {"text": "marmalade"}}}


async def test_a_good_answer_is_passed_on() -> None:
    answer = {
        "events": [{"event": "slot", "name": "suggestions", "value": "offered", "timestamp": None}],
        "responses": [{"text": "Hello", "custom": {}, "buttons": [], "response": None}],
    }
    assert await BoundedActionServer(Endpoint(answer)).request(json=call()) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "marmalade",
        {"events": "marmalade"},
        {"events": [{"event": "no_such_event", "text": "marmalade"}]},
        {"events": [{"event": "slot"}]},
        {"responses": ["marmalade"]},
        {"responses": [{"text": 5}]},
        {"responses": [{"custom": "marmalade"}]},
        {"responses": [{"buttons": 3}]},
        ValueError("marmalade"),
        RuntimeError("marmalade"),
    ],
)
async def test_any_other_answer_counts_as_a_failure_without_words_in_the_log(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = BoundedActionServer(Endpoint(answer))  # type: ignore[arg-type]
    assert await server.request(json=call()) == answer_without_actions(call())
    assert "action_recommend failed with" in caplog.text
    assert "marmalade" not in caplog.text


async def test_the_wait_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    server = BoundedActionServer(Endpoint(asyncio.Event), answer_within_s=0.1)  # type: ignore[arg-type]
    started = time.monotonic()
    with caplog.at_level(logging.ERROR):
        assert await server.request(json=call()) == answer_without_actions(call())
    assert time.monotonic() - started < 1
    assert "TimeoutError" in caplog.text


def test_without_actions_the_slots_say_what_is_true_now() -> None:
    def slots(answer: dict[str, Any]) -> dict[str, Any]:
        return {event["name"]: event["value"] for event in answer["events"]}

    assert slots(answer_without_actions(call(suggestions="offered"))) == {"suggestions": "unavailable"}
    assert slots(answer_without_actions(call("action_route"))) == {"handed_over": False}
    unexplained = answer_without_actions(call("action_explain_suggestions"))
    assert slots(unexplained) == {"explained": False}
    assert unexplained["responses"] == [{"response": "utter_default"}]
    noted = answer_without_actions(call("action_route", queue="billing"))
    assert (slots(noted), noted["responses"]) == (
        {"handed_over": True},
        [{"response": "utter_service_noted"}],
    )
    assert answer_without_actions(call("action_feedback")) == {"events": [], "responses": []}
    assert answer_without_actions({}) == {"events": [], "responses": []}


def test_these_slots_values_and_responses_are_in_the_domain() -> None:
    domain = Domain.load(str(ROOT / "domain.yml"))
    slots = {slot.name: slot for slot in domain.slots}
    assert "unavailable" in slots["suggestions"].values
    assert "handed_over" in slots
    assert "utter_service_noted" in domain.responses
