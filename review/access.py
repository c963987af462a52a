"""Who is let in to a page: session, role, whose data it is; and the note in the audit before it is shown."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from review.identifiers import from_path
from review.pages import form_secret, form_token, session_secret
from review.parts import Review, review_of
from review.roles import User, may_see_person, may_see_talk
from review.sign_in_sessions import SIGNED_IN, find_user
from session_log.audit_events import AccessNoted
from session_log.reader import LogReader, TalkSummary, UnknownTalkError

__all__ = ["Endpoint", "Handler", "check_form", "note_access", "page"]

Handler = Callable[[Request, User], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def page(action: str | None, roles: Collection[str]) -> Callable[[Handler], Endpoint]:
    """Makes a route's endpoint of a handler that is called only for those who may.

    Whoever isn't signed in is sent to sign in; another role gets 403; a form from elsewhere 403. Of a route
    with `{talk_id}` or `{person}` in its path (made by `identifiers.to_path`), an id that is unknown and one
    that is somebody else's give the same 404; the handler finds the talk as `request.state.talk` (a
    `TalkSummary`) and the pseudonym as `request.state.person`. What is let in or refused is noted before the
    handler runs; where it cannot be noted nothing is shown (503). Content is for `roles.may_see_content` to
    decide.

    Args:
        action: what the audit calls it: a code such as session_viewed; None where nothing is shown or done.
        roles: who may, of `roles.REVIEW_ROLES`.
    """

    def wrap(handler: Handler) -> Endpoint:
        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            review = review_of(request)
            user = await find_user(review, session_secret(request), SIGNED_IN)
            if user is None:
                return RedirectResponse(f"{request.scope.get('root_path', '')}/sign-in", 303)
            request.state.user = user
            if user.role not in roles:
                note_access(review, user, action or "page_refused", allowed=False)
                raise HTTPException(403)
            if request.method not in ("GET", "HEAD"):
                await check_form(request)
            await _find_subject(request, review, user, action or "page_refused")
            if action is not None:
                talk: TalkSummary | None = request.state.talk
                talk_id = None if talk is None else talk.talk_id
                note_access(review, user, action, person=request.state.person, talk_id=talk_id)
            return await handler(request, user)

        return endpoint

    return wrap


def note_access(
    review: Review,
    user: User,
    action: str,
    *,
    allowed: bool = True,
    person: str | None = None,
    talk_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Notes what somebody does, or was kept from doing.

    Raises:
        NotWrittenError: where it cannot be noted; then it must not be done.
    """
    review.note(
        AccessNoted(
            at=review.now(),
            actor=user.account,
            role=user.role,
            action=action,
            allowed=allowed,
            person=person,
            about_talk=talk_id,
            detail=detail,
        )
    )


async def check_form(request: Request) -> None:
    """Makes sure that a form was shown by us, to this browser.

    Raises:
        HTTPException: 403 where it wasn't.
    """
    own = (request.url.scheme, request.url.netloc)
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site not in (None, "same-origin"):
        raise HTTPException(403)
    # Of a page without referrer, as ours are, browsers send the origin "null"; then this header has to speak.
    hidden = origin == "null" and site == "same-origin"
    if origin is not None and not hidden and urlsplit(origin)[:2] != own:
        raise HTTPException(403)
    secret = form_secret(request)
    form = await request.form()
    given = form.get("csrf")
    if not secret or not isinstance(given, str):
        raise HTTPException(403)
    if not hmac.compare_digest(given.encode(), form_token(secret).encode()):
        raise HTTPException(403)


async def _find_subject(request: Request, review: Review, user: User, action: str) -> None:
    """Puts talk and person of the path into the request's state.

    Raises:
        HTTPException: 404 where there is no such, or it is not theirs to see.
    """
    request.state.person = request.state.talk = None
    names = [name for name in ("talk_id", "person") if name in request.path_params]
    if not names:
        return
    wanted: dict[str, str | None] = {name: from_path(request.path_params[name]) for name in names}
    if None not in wanted.values():
        person, talk = await review.read(functools.partial(_visible, user, wanted))
        if person is not None or talk is not None:
            request.state.person, request.state.talk = person, talk
            return
    asked = {name: None if id_ is None else id_[:512] for name, id_ in wanted.items()}
    note_access(review, user, action, allowed=False, person=asked.get("person"), talk_id=asked.get("talk_id"))
    raise HTTPException(404)


def _visible(
    user: User, wanted: dict[str, str | None], reader: LogReader
) -> tuple[str | None, TalkSummary | None]:
    person, talk_id = wanted.get("person"), wanted.get("talk_id")
    if person is not None and not may_see_person(reader, user, person):
        return None, None
    if talk_id is None:
        return person, None
    try:
        talk = reader.talk(talk_id)
    except UnknownTalkError:
        return None, None
    if not may_see_talk(user, talk) or person not in (None, talk.subject):
        return None, None
    return talk.subject, talk
