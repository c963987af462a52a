"""Signing in, in two steps, and off again."""

from __future__ import annotations

import asyncio
import functools
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from review.access import check_form, note_access, page
from review.accounts import ACTIVE, AccountError, By, find_by_login, plain_login, use_code
from review.failures import begin_attempt, source_of_address, succeeded
from review.pages import render, session_secret, set_session_secret
from review.parts import Review, review_of
from review.passwords import NOBODYS_HASH, password_fits
from review.roles import REVIEW_ROLES, User
from review.second_factor import plain_code
from review.sign_in_sessions import (
    PASSWORD_GIVEN,
    SIGNED_IN,
    begin_session,
    end_session,
    end_sessions,
    find_user,
)
from session_log.audit_events import AccessNoted
from session_log.reader import LogReader
from session_log.transaction import Transaction

__all__ = ["ROUTES"]


async def _sign_in(request: Request) -> Response:
    review = review_of(request)
    if request.method == "GET":
        if await find_user(review, session_secret(request), SIGNED_IN) is not None:
            return _redirect(request, "/")
        return _form(request)
    await check_form(request)
    form = await request.form()
    typed, password = str(form.get("login", "")), str(form.get("password", ""))
    try:
        login = plain_login(typed)
    except AccountError:
        login = typed[:200].casefold()
    by_login, by_address = f"login {login}", _address(request)
    wait = await review.write(
        functools.partial(begin_attempt, sources=(by_login, by_address), now=review.now())
    )
    if wait is not None:
        return _form(request, 429, wait=wait)
    found = await review.read(functools.partial(_find, login=login))
    account, hashed = found or (None, NOBODYS_HASH)
    async with review.password_work:
        fits = await asyncio.to_thread(password_fits, hashed, password)
    if account is None or not fits:
        _note_stranger(review, None if account is None else account, "sign_in_failed")
        return _form(request, 401)
    secret = await review.write(
        functools.partial(
            _password_was_right, account=account, by_login=by_login, by_address=by_address, now=review.now()
        )
    )
    response = _redirect(request, "/second-factor")
    set_session_secret(request, response, secret)
    return response


async def _second_factor(request: Request) -> Response:
    review = review_of(request)
    user = await find_user(review, session_secret(request), PASSWORD_GIVEN)
    if user is None:
        return _redirect(request, "/sign-in")
    if request.method == "GET":
        return render(request, "second_factor.html", wait=None, failed=False)
    await check_form(request)
    code = plain_code(str((await request.form()).get("code", "")))
    by_account, by_address = f"code {user.account}", _address(request)
    wait = await review.write(
        functools.partial(begin_attempt, sources=(by_account, by_address), now=review.now())
    )
    if wait is not None:
        return render(request, "second_factor.html", 429, wait=_minutes(wait), failed=True)
    secret = await review.write(
        functools.partial(
            _code_given, user=user, code=code, sources=(by_account, by_address), now=review.now()
        )
    )
    if secret is None:
        note_access(review, user, "second_factor_failed", allowed=False)
        return render(request, "second_factor.html", 401, wait=None, failed=True)
    note_access(review, user, "signed_in")
    response = _redirect(request, "/")
    set_session_secret(request, response, secret)
    return response


@page("signed_off", REVIEW_ROLES)
async def _sign_off(request: Request, user: User) -> Response:
    await review_of(request).write(functools.partial(end_session, session=user.session))
    return _signed_off(request)


@page("signed_off_everywhere", REVIEW_ROLES)
async def _sign_off_everywhere(request: Request, user: User) -> Response:
    await review_of(request).write(functools.partial(end_sessions, account=user.account))
    return _signed_off(request)


@page("own_account_viewed", REVIEW_ROLES)
async def _own_account(request: Request, user: User) -> Response:
    return render(request, "own_account.html")


@page(None, REVIEW_ROLES)
async def _stay(request: Request, user: User) -> Response:
    return Response(status_code=204)


async def _was_idle(request: Request) -> Response:
    """Where a page that nobody touched goes: away from what it showed, and out of the session."""
    review = review_of(request)
    user = await find_user(review, session_secret(request), SIGNED_IN)
    response = render(request, "signed_off.html")
    same_site = request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    if user is not None and same_site:
        await review.write(functools.partial(end_session, session=user.session))
        note_access(review, user, "signed_off")
    set_session_secret(request, response, None)
    return response


ROUTES: list[BaseRoute] = [
    Route("/sign-in", _sign_in, methods=["GET", "POST"]),
    Route("/second-factor", _second_factor, methods=["GET", "POST"]),
    Route("/sign-off", _sign_off, methods=["POST"]),
    Route("/sign-off-everywhere", _sign_off_everywhere, methods=["POST"]),
    Route("/signed-off", _was_idle),
    Route("/own-account", _own_account),
    Route("/stay", _stay, methods=["POST"]),
]


def _find(reader: LogReader, login: str) -> tuple[str, str] | None:
    account = find_by_login(reader.database, login)
    if account is None or account.state != ACTIVE or account.password is None:
        return None
    return account.account, account.password


def _password_was_right(
    transaction: Transaction, account: str, by_login: str, by_address: str, now: datetime
) -> str:
    succeeded(transaction, by_login, by_address)
    return begin_session(transaction, account, PASSWORD_GIVEN, now)


def _code_given(
    transaction: Transaction, user: User, code: str, sources: tuple[str, str], now: datetime
) -> str | None:
    if not use_code(transaction, user.account, code, By(user.account, user.role, now)):
        return None
    succeeded(transaction, *sources)
    end_session(transaction, user.session)
    return begin_session(transaction, user.account, SIGNED_IN, now)


def _note_stranger(review: Review, account: str | None, action: str) -> None:
    # What was typed as the name is not noted: it may be a password.
    event = AccessNoted(
        at=review.now(), actor=account or "unknown", role="server", action=action, allowed=False
    )
    review.note(event)


def _form(request: Request, status: int = 200, wait: timedelta | None = None) -> Response:
    minutes = None if wait is None else _minutes(wait)
    return render(request, "sign_in.html", status, failed=status == 401, wait=minutes)


def _signed_off(request: Request) -> Response:
    response = _redirect(request, "/sign-in")
    set_session_secret(request, response, None)
    return response


def _redirect(request: Request, path: str) -> Response:
    return RedirectResponse(f"{request.scope['root_path']}{path}", 303)


def _address(request: Request) -> str:
    return source_of_address(request.client.host if request.client else "unknown")


def _minutes(wait: timedelta) -> int:
    return -(-int(wait.total_seconds()) // 60) or 1
