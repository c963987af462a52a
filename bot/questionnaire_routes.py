"""What a person is asked about the service itself: which questionnaires there are, and where answers go.

`/v1/me/questionnaire` takes the System Usability Scale (Brooke 1996). Answers are content like what is said
in talks, so a person who has refused `store_text` for all talks can't leave any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.person_access import refusal_of
from bot.responses import RequestRefusedError, json_object
from session_log import SessionLog, SessionLogError
from session_log.care_events import QUESTIONNAIRES, QuestionnaireAnswered
from session_log.location import LogPlaces
from session_log.reader import reading

__all__ = ["NEEDED_CONSENT", "QuestionnaireRoutes"]

NEEDED_CONSENT = "store_text"
"""The scope under which answers are kept."""

_WRITTEN_WITHIN_S = 5.0


class QuestionnaireRoutes:
    """The routes of a person's questionnaires.

    Args:
        subject: says whose request it is, or raises `RequestRefusedError`.
        log: takes the answers.
    """

    def __init__(self, subject: Callable[[Request], str], log: SessionLog) -> None:
        self._subject = subject
        self._log = log

    def routes(self) -> list[BaseRoute]:
        """Both of them."""
        path = "/v1/me/questionnaire"
        return [
            Route(path, self.offered, methods=["GET"]),
            Route(path, self.answer, methods=["POST"]),
        ]

    async def offered(self, request: Request) -> Response:
        """What can be answered: `{offered: [{questionnaire, items, needs, allowed, answered_at}]}`.

        `allowed` is false where the person has refused the scope `needs`; `answered_at` is the latest time.
        """
        try:
            subject = self._subject(request)
            answered = await asyncio.to_thread(_answered_at, self._log.places, subject)
        except (RequestRefusedError, SessionLogError) as error:
            return refusal_of(error)
        allowed = NEEDED_CONSENT not in self._log.refusals(subject)
        offered = [
            {
                "questionnaire": name,
                "items": items,
                "needs": NEEDED_CONSENT,
                "allowed": allowed,
                "answered_at": answered.get(name),
            }
            for name, items in QUESTIONNAIRES.items()
        ]
        return JSONResponse({"offered": offered})

    async def answer(self, request: Request) -> Response:
        """Takes `{questionnaire, answers}`, a number of 1 to 5 for each item: `{questionnaire, answered_at}`.

        202 where it waits in memory, since it could not be written yet.
        """
        try:
            subject = self._subject(request)
            answered = _answers(await json_object(request), subject)
            if NEEDED_CONSENT in self._log.refusals(subject):
                raise _not_allowed()
            written = await self._written(answered)
        except (RequestRefusedError, SessionLogError) as error:
            return refusal_of(error)
        at = answered.at.isoformat(timespec="microseconds")
        taken = {"questionnaire": answered.questionnaire, "answered_at": at}
        return JSONResponse(taken, 200 if written else 202)

    async def _written(self, answered: QuestionnaireAnswered) -> bool:
        writing = asyncio.wrap_future(
            self._log.perform(lambda transaction: transaction.append_as_consented(answered))
        )
        done, _ = await asyncio.wait([writing], timeout=_WRITTEN_WITHIN_S)
        if not done:
            writing.add_done_callback(_look_at_error)
            return False
        if writing.result() is None:  # refused in between
            raise _not_allowed()
        return True


def _answers(body: dict[str, Any], subject: str) -> QuestionnaireAnswered:
    name, answers = body.get("questionnaire"), body.get("answers")
    if not isinstance(name, str) or name not in QUESTIONNAIRES:
        raise RequestRefusedError(
            400, "invalid_value", f"questionnaire is one of {', '.join(QUESTIONNAIRES)}."
        )
    try:
        return QuestionnaireAnswered(
            subject=subject,
            at=datetime.now(UTC),
            questionnaire=name,
            answers=answers,  # type: ignore[arg-type]
        )
    except ValueError:
        message = f"answers are {QUESTIONNAIRES[name]} whole numbers of 1 to 5."
        raise RequestRefusedError(400, "invalid_value", message) from None


def _answered_at(places: LogPlaces, subject: str) -> dict[str, str]:
    query = """SELECT json_extract(facts, '$.questionnaire'), max(at) FROM events
        WHERE event_kind = 'questionnaire_answered' AND person = ? GROUP BY 1"""
    with reading(places) as reader:
        return dict(reader.database.execute(query, (subject,)).fetchall())


def _not_allowed() -> RequestRefusedError:
    message = f"{NEEDED_CONSENT} is refused for all talks; allow it first (PUT /v1/me/consents)."
    return RequestRefusedError(409, "consent_refused", message)


def _look_at_error(writing: asyncio.Future[bool | None]) -> None:
    # Nobody waits any more; the health of the log tells what was lost.
    if not writing.cancelled():
        writing.exception()
