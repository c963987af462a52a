"""A person's own record over HTTP: see what is kept, decide about it, take it away, have it erased.

`/v1/me…` is for whoever shows a token with a subject (GDPR Art. 7(3), 15, 17, 20); `/me` is the page that
asks these routes. A token stands in the header alone, never in an address, which would be logged on its way.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.consents import CONSENT_VERSION
from bot.offered_consents import not_offered
from bot.person_access import refusal_of, subject_of
from bot.questionnaire_routes import QuestionnaireRoutes
from bot.responses import RequestRefusedError, json_object, refusal
from bot.settings import Settings
from bot.talks import Talks
from bot.tokens import TokenIssuer
from session_log import SessionLog, SessionLogError
from session_log.audio import AudioError, open_audio
from session_log.audit_events import AccessNoted
from session_log.care_events import PersonConsentSet
from session_log.data_keys import SealError
from session_log.erasure import erase_person
from session_log.events import SCOPES
from session_log.export import Selection, UnknownPersonError, json_export
from session_log.location import LogPlaces
from session_log.reader import UnknownTalkError, reading
from session_log.timeline import summary_values

__all__ = ["STANDING_SCOPES", "PersonRoutes"]

STANDING_SCOPES = tuple(scope for scope in SCOPES if scope != "talk")
"""What can be decided for all talks; whether to talk at all is decided by talking."""

_MOST_TALKS = 200
_ERASED_WITHIN_S = 30.0
_EMPTY = '{"format": "hamdel session log 1",\n"talks": [],\n"persons": []}\n'


class PersonRoutes:
    """The routes of a person.

    Args:
        settings: the deployer's.
        issuer: checks tokens.
        talks: those under way, in which a decision takes effect at once.
        log: the session log.
        page: folder of the web page.
    """

    def __init__(
        self, settings: Settings, issuer: TokenIssuer, talks: Talks, log: SessionLog, page: Path
    ) -> None:
        self._settings = settings
        self._subject = partial(subject_of, issuer=issuer, allowed_origins=settings.server.allowed_origins)
        self._talks = talks
        self._log = log
        self._page = page

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/me", self.page),
            Route("/v1/consents", self.offered),
            Route("/v1/me", self.about, methods=["GET"]),
            Route("/v1/me", self.erase, methods=["DELETE"]),
            Route("/v1/me/consents", self.consents, methods=["GET"]),
            Route("/v1/me/consents", self.set_consents, methods=["PUT"]),
            Route("/v1/me/export", self.export),
            Route("/v1/me/sound", self.sound, methods=["POST"]),
            *QuestionnaireRoutes(self._subject, self._log).routes(),
        ]

    async def page(self, request: Request) -> Response:
        """The page itself, which holds nothing of anybody."""
        return FileResponse(self._page / "me.html")

    async def offered(self, request: Request) -> Response:
        """Which consents can be granted here, for a page before a talk: `{version, offered}`."""
        withheld = not_offered(self._settings)
        offered = [scope for scope in SCOPES if scope not in withheld]
        return JSONResponse({"version": CONSENT_VERSION, "offered": offered})

    async def about(self, request: Request) -> Response:
        """What is kept at a glance: `{talks: [{…}], sounds, consents…}`."""
        try:
            subject = self._subject(request)
            talks = await asyncio.to_thread(_talks_of, self._log.places, subject)
        except (RequestRefusedError, SessionLogError) as error:
            return refusal_of(error)
        return JSONResponse({"talks": talks, **self._decided(subject)})

    async def consents(self, request: Request) -> Response:
        """What the person has decided for all talks: `{version, offered, consents: {scope: allowed}}`."""
        try:
            subject = self._subject(request)
        except RequestRefusedError as error:
            return refusal_of(error)
        return JSONResponse(self._decided(subject))

    async def set_consents(self, request: Request) -> Response:
        """Takes `{version, consents: {scope: allowed}}`; scopes that are not named stay as they are.

        False and true hold in talks under way at once; null takes a refusal back and allows nothing there.
        202 where it could not be written yet.
        """
        try:
            subject = self._subject(request)
            version, decisions = self._decisions(await json_object(request))
        except RequestRefusedError as error:
            return refusal_of(error)
        now = datetime.now(UTC)
        for scope, granted in decisions.items():
            decided = PersonConsentSet(
                subject=subject,
                at=now,
                scope=scope,
                granted=granted is not False,
                version=version,
                given_by="page",
            )
            if not self._log.record(decided):
                return refusal(503, "log_unavailable", "This could not be noted now; please try again.")
            if granted is not None:
                for talk in self._talks.of_person(subject):
                    talk.set_consent(scope, granted, version)
        written = await asyncio.to_thread(self._log.flush)
        return JSONResponse(self._decided(subject), 200 if written else 202)

    async def export(self, request: Request) -> Response:
        """All that is kept of the person, as JSON."""
        try:
            subject = self._subject(request)
            self._note(subject, "export_made")
            await asyncio.to_thread(self._log.flush)
            document = await asyncio.to_thread(_export_of, self._log.places, subject)
        except (RequestRefusedError, SessionLogError) as error:
            return refusal_of(error)
        headers = {"content-disposition": 'attachment; filename="hamdel-my-data.json"'}
        return Response(document, media_type="application/json", headers=headers)

    async def sound(self, request: Request) -> Response:
        """The sound of one turn, `{talk_id, turn_id}`, as Ogg Opus."""
        try:
            subject = self._subject(request)
            body = await json_object(request)
            talk_id, turn_id = body.get("talk_id"), body.get("turn_id")
            if not isinstance(talk_id, str) or not isinstance(turn_id, str):
                raise RequestRefusedError(400, "invalid_value", "talk_id and turn_id are strings.")
            self._note(subject, "sound_heard")
            heard = await asyncio.to_thread(_sound_of, self._log.places, subject, talk_id, turn_id)
        except (RequestRefusedError, SessionLogError) as error:
            return refusal_of(error)
        return Response(heard, media_type="audio/ogg")

    async def erase(self, request: Request) -> Response:
        """Erases all that is kept of the person; of talks under way nothing more is kept: `{talks}`."""
        try:
            subject = self._subject(request)
            under_way = self._talks.of_person(subject)
            for talk in under_way:
                for scope in STANDING_SCOPES:
                    if scope in talk.granted:
                        talk.set_consent(scope, False, CONSENT_VERSION)
            self._log.keep_no_more_of([talk.talk_id for talk in under_way])
            job = partial(erase_person, person=subject, actor="person", role="person", reason="asked")
            async with asyncio.timeout(_ERASED_WITHIN_S):
                count = await asyncio.wrap_future(self._log.perform(job))
        except (RequestRefusedError, SessionLogError) as error:
            return refusal_of(error)
        except TimeoutError:
            return refusal(503, "log_unavailable", "This could not be erased yet; please try again.")
        return JSONResponse({"talks": count})

    def _decided(self, subject: str) -> dict[str, Any]:
        refused, withheld = self._log.refusals(subject), not_offered(self._settings)
        return {
            "version": CONSENT_VERSION,
            "offered": [scope for scope in STANDING_SCOPES if scope not in withheld],
            "consents": {scope: scope not in refused for scope in STANDING_SCOPES},
        }

    def _decisions(self, body: dict[str, Any]) -> tuple[str, dict[str, bool | None]]:
        version, decisions = body.get("version"), body.get("consents")
        if not isinstance(version, str) or not 1 <= len(version) <= 32:
            raise RequestRefusedError(400, "invalid_value", "version is that of the text agreed to.")
        if not isinstance(decisions, dict) or not decisions:
            raise RequestRefusedError(400, "invalid_value", "consents is an object: scope → true or false.")
        withheld = not_offered(self._settings)
        for scope, granted in decisions.items():
            if scope not in STANDING_SCOPES or not isinstance(granted, bool | None):
                message = f"consents may have {', '.join(STANDING_SCOPES)}, each true, false or null."
                raise RequestRefusedError(400, "invalid_value", message)
            if granted and scope in withheld:
                raise RequestRefusedError(409, "consent_not_offered", f"{scope} is not offered here.")
        return version, decisions

    def _note(self, subject: str, action: str) -> None:
        now = datetime.now(UTC)
        noted = AccessNoted(at=now, actor=subject, role="person", action=action, person=subject)
        if not self._log.record(noted):
            raise RequestRefusedError(503, "log_unavailable", "Access can't be noted now; please try again.")


def _talks_of(places: LogPlaces, subject: str) -> list[dict[str, Any]]:
    shown = ("talk_id", "started_at", "ended_at", "language", "turns", "shared", "erased_at")
    with reading(places) as reader:
        return [
            {name: value for name, value in summary_values(talk).items() if name in shown}
            for talk in reader.talks(_MOST_TALKS, subject)
        ]


def _export_of(places: LogPlaces, subject: str) -> str:
    with reading(places) as reader:
        try:
            return "".join(json_export(reader, Selection(person=subject)))
        except UnknownPersonError:
            return _EMPTY


def _sound_of(places: LogPlaces, subject: str, talk_id: str, turn_id: str) -> bytes:
    missing = RequestRefusedError(404, "no_sound", "There is no sound of such a turn.")
    with reading(places) as reader:
        try:
            own = reader.talk(talk_id).subject == subject
        except UnknownTalkError:
            own = False
        key = reader.talk_key(talk_id) if own else None
        if key is None:
            raise missing
        try:
            return open_audio(places.audio, key, talk_id, turn_id)
        except (AudioError, SealError):
            raise missing from None
