"""Rasa's way to the action server: bounded in time, and a failure there never fails a turn."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import jsonschema  # type: ignore[import-untyped]
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import deserialise_events
from rasa.utils.endpoints import EndpointConfig

__all__ = ["ANSWER_WITHIN_S", "BoundedActionServer", "UnusableAnswer", "answer_without_actions"]

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 4.0
"""Longest wait for an action, both attempts together. A turn has at most one or two actions and has to
end before the gateway stops waiting (`dialogue.timeout_s`); Rasa alone would wait 300 s."""

_RETRY_AFTER_S = 0.2
_LOST_CONNECTION = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)


class UnusableAnswer(ValueError):
    """The action server's answer is not of the shape that Rasa's action servers give."""


def answer_without_actions(request: Mapping[str, Any]) -> dict[str, Any]:
    """What counts as the action server's answer where it gave none.

    Sets the slots on which the rules go on to what is true now: left as they were, the talk would ask
    whether suggestions helped that nobody has heard.

    Args:
        request: Rasa's call, with the keys next_action and tracker.
    """
    slots = (request.get("tracker") or {}).get("slots") or {}
    action = request.get("next_action")
    if action == "action_recommend":
        return _answer(suggestions="unavailable")
    if action == "action_explain_suggestions":
        return _answer("utter_default", explained=False)
    if action == "action_route" and slots.get("queue"):
        return _answer("utter_service_noted", handed_over=True)
    if action == "action_route":
        return _answer(handed_over=False)
    return _answer()


def _answer(response: str | None = None, **slots: object) -> dict[str, Any]:
    return {
        "events": [{"event": "slot", "name": name, "value": value} for name, value in slots.items()],
        "responses": [{"response": response}] if response else [],
    }


class BoundedActionServer:
    """Stands in for the endpoint of `action_endpoint:` with a deadline, one retry and a check.

    An attempt whose connection is refused or lost is repeated once: actions only read the tracker and
    answer, so that asking twice does no harm. Whatever fails, Rasa gets an answer that it can go on
    with; the log gets the action's name and the kind of error, never what the server said (an error of
    the SDK quotes the whole request, and the person's words with it).

    Args:
        endpoint: where the action server is.
        answer_within_s: seconds until it counts as failed.
    """

    def __init__(self, endpoint: EndpointConfig, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._endpoint = endpoint
        self._answer_within_s = answer_within_s
        self.url = endpoint.url
        self.kwargs = endpoint.kwargs

    async def request(self, *, json: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Rasa's call of an action; `options` are those of `EndpointConfig.request`."""
        try:
            return await asyncio.wait_for(self._ask(json, options), self._answer_within_s)
        except Exception as error:
            # The boundary to another process: whatever it does, the talk goes on.
            name = json.get("next_action")
            logger.error("%s failed with %s; the talk goes on without it.", name, type(error).__name__)
            return answer_without_actions(json)

    async def _ask(self, json: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._endpoint.request(json=json, **options)
        except _LOST_CONNECTION:
            await asyncio.sleep(_RETRY_AFTER_S)
            answer = await self._endpoint.request(json=json, **options)
        return _checked(answer)


def _checked(answer: Any) -> dict[str, Any]:
    try:
        jsonschema.validate(answer, RemoteAction.action_response_format_spec())
        # Rasa makes events of it later, where a failure would lose the whole turn.
        deserialise_events(copy.deepcopy(answer.get("events") or []))
    except Exception as error:
        raise UnusableAnswer(type(error).__name__) from None
    if not all(_is_response(response) for response in answer.get("responses") or []):
        raise UnusableAnswer("a response has values of wrong types")
    return {"events": answer.get("events") or [], "responses": answer.get("responses") or []}


def _is_response(response: Mapping[str, Any]) -> bool:
    return (
        all(isinstance(response.get(key), str | None) for key in ("text", "response"))
        and isinstance(response.get("custom"), dict | None)
        and isinstance(response.get("buttons"), list | None)
    )
