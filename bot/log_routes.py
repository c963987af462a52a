"""Events of other processes on this machine for the session log: checked, bounded, and only as consented."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.access import bearer_token, is_direct
from bot.responses import RequestRefusedError, json_body
from bot.tokens import same_secret
from session_log import SessionLog
from session_log.events import DistressRated, HandedOff, SuggestionFeedback, SuggestionsShown
from session_log.ingest import BadLineError, event_of
from session_log.kinds import KINDS, AnyEvent

__all__ = ["TAKEN_EVENTS", "LogRoutes"]

TAKEN_EVENTS = (SuggestionsShown, SuggestionFeedback, DistressRated, HandedOff)
"""What actions know of. Beginnings, consents and the audit are the gateway's own to record."""

_MOST_EVENTS = 200


class LogRoutes:
    """`POST /v1/session_log/events`.

    Args:
        log: takes the events.
        token: of `HAMDEL_LOG_TOKEN`; None refuses everybody.
    """

    def __init__(self, log: SessionLog, token: str | None) -> None:
        self._log = log
        self._token = token

    def routes(self) -> list[BaseRoute]:
        """The one route."""
        return [Route("/v1/session_log/events", self.events, methods=["POST"])]

    async def events(self, request: Request) -> Response:
        """Takes a list of events as `python -m session_log show --json` gives them: `{accepted}`.

        All of them or none: a list with a bad event is refused whole. It can be sent again, since an event
        is stored once by its id.
        """
        try:
            if not is_direct(request):
                raise RequestRefusedError(403, "not_local", "Events come from this machine alone.")
            if not same_secret(bearer_token(request), self._token):
                raise RequestRefusedError(401, "invalid_token", "HAMDEL_LOG_TOKEN is needed as Bearer.")
            events = _read(await json_body(request))
            if not all(self._log.record(event) for event in events):
                raise RequestRefusedError(503, "log_unavailable", "The log has no room; send them again.")
        except RequestRefusedError as refused:
            return refused.response()
        return JSONResponse({"accepted": len(events)}, 202)


def _read(body: object) -> list[AnyEvent]:
    if not isinstance(body, list) or len(body) > _MOST_EVENTS:
        message = f"The body is a list of at most {_MOST_EVENTS} events."
        raise RequestRefusedError(400, "invalid_value", message)
    events: list[AnyEvent] = []
    for number, values in enumerate(body, start=1):
        try:
            if not isinstance(values, dict):
                raise BadLineError("it is no object")
            if "event_id" not in values:
                raise BadLineError("it has no event_id, by which it would be stored once")
            event = event_of(values)
            if not isinstance(event, TAKEN_EVENTS):
                raise BadLineError(f"only {', '.join(KINDS[kind] for kind in TAKEN_EVENTS)} are taken")
        except BadLineError as error:
            raise RequestRefusedError(400, "invalid_event", f"Event {number}: {error}.") from None
        events.append(event)
    return events
