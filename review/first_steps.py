"""First steps by invitation: a password, an authenticator app, recovery codes."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass, field
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from review.access import check_form
from review.accounts import AccountError, By, enrol, find_account, has_administrator, make_administrator
from review.invitations import Invitation, find_invitation, open_secret, seal_secret, use_invitation
from review.pages import render
from review.parts import Review, review_of
from review.passwords import MIN_CHARACTERS, hash_password, problem_with
from review.second_factor import (
    enrolment_address,
    matching_step,
    new_recovery_codes,
    new_secret,
    plain_code,
    qr_picture,
)
from review.setup_file import Setup, claim_setup, find_setup
from session_log.reader import LogReader
from session_log.transaction import Transaction

__all__ = ["ROUTES"]


@dataclass(frozen=True, slots=True)
class _Enrolment:
    """What is kept of somebody's first steps."""

    password: str = field(repr=False)
    secret: str = field(repr=False)
    codes: list[str] = field(repr=False)


async def _first_steps(request: Request) -> Response:
    review, token = review_of(request), request.path_params["token"]
    found = await review.read(functools.partial(_find, review, token))
    if found is None:
        raise HTTPException(404)
    invitation, setup = found
    if request.method == "GET":
        return await _form(request, invitation, new_secret(), None)
    await check_form(request)
    form = await request.form()
    sealed = str(form.get("secret", ""))
    secret = await review.read(lambda reader: open_secret(reader, token, sealed))
    if secret is None:
        return await _form(request, invitation, new_secret(), "code_wrong")
    password = str(form.get("password", ""))
    problem = problem_with(password, invitation.login)
    if problem is None and password != form.get("again"):
        problem = "not_the_same"
    code = plain_code(str(form.get("code", "")))
    if problem is None and matching_step(secret, code, review.now(), 0) is None:
        problem = "code_wrong"
    if problem is not None:
        return await _form(request, invitation, secret, problem)
    async with review.password_work:
        hashed = await asyncio.to_thread(hash_password, password)
    enrolment = _Enrolment(hashed, secret, new_recovery_codes())
    if setup is None:
        job = functools.partial(_by_invitation, token, invitation, enrolment, review.now())
    else:
        if not claim_setup(review.places.database):
            raise HTTPException(404)
        job = functools.partial(_by_setup, setup, enrolment, review.now())
    try:
        await review.write(job)
    except AccountError:
        raise HTTPException(404) from None
    return render(request, "first_steps.html", codes=enrolment.codes, login=invitation.login)


ROUTES: list[BaseRoute] = [Route("/invitation/{token}", _first_steps, methods=["GET", "POST"])]


def _find(review: Review, token: str, reader: LogReader) -> tuple[Invitation, Setup | None] | None:
    invitation = find_invitation(reader, token, review.now())
    if invitation is not None:
        return invitation, None
    setup = find_setup(review.places.database, token, review.now())
    if setup is None or (has_administrator(reader.database) and not setup.reset):
        return None
    return Invitation(setup.login, None), setup


def _by_invitation(
    token: str, invitation: Invitation, enrolment: _Enrolment, now: datetime, transaction: Transaction
) -> None:
    account = invitation.account
    found = None if account is None else find_account(transaction.database, account)
    if found is None or not use_invitation(transaction, token, found.account):
        raise AccountError("unknown")
    by = By(found.account, found.role, now)
    enrol(transaction, found.account, enrolment.password, enrolment.secret, enrolment.codes, by)


def _by_setup(setup: Setup, enrolment: _Enrolment, now: datetime, transaction: Transaction) -> None:
    by = By("operator", "operator", now)
    account = make_administrator(transaction, setup.login, by, reset=setup.reset)
    enrol(transaction, account, enrolment.password, enrolment.secret, enrolment.codes, by)


async def _form(request: Request, invitation: Invitation, secret: str, problem: str | None) -> Response:
    token = request.path_params["token"]
    sealed = await review_of(request).read(lambda reader: seal_secret(reader, token, secret))
    return render(
        request,
        "first_steps.html",
        200 if problem is None else 422,
        codes=None,
        login=invitation.login,
        picture=qr_picture(enrolment_address(secret, invitation.login)),
        spelled=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        sealed=sealed,
        problem=problem,
        least=MIN_CHARACTERS,
    )
