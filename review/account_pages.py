"""The administrator's page of accounts: who there is, inviting, closing, resetting."""

from __future__ import annotations

import functools

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from review.access import page
from review.accounts import (
    Account,
    AccountError,
    By,
    create_account,
    disable_account,
    find_account,
    list_accounts,
    plain_clinic,
    plain_login,
    reset_account,
)
from review.invitations import invite
from review.pages import render
from review.parts import Review, review_of
from review.roles import ADMINISTRATOR, REVIEW_ROLES, User
from session_log.reader import LogReader
from session_log.transaction import Transaction

__all__ = ["ROUTES"]

_ADMINISTRATORS = (ADMINISTRATOR,)


@page("accounts_viewed", _ADMINISTRATORS)
async def _accounts(request: Request, user: User) -> Response:
    return await _page(request)


@page("invitation_made", _ADMINISTRATORS)
async def _invite(request: Request, user: User) -> Response:
    review, form = review_of(request), await request.form()
    typed = {name: str(form.get(name, "")) for name in ("login", "role", "clinic")}
    try:
        login, clinic = plain_login(typed["login"]), plain_clinic(typed["clinic"])
        job = functools.partial(_make, review, login, typed["role"], clinic, _by(review, user))
        token = await review.write(job)
    except AccountError as error:
        return await _page(request, 422, problem=error.code, typed=typed)
    return _show_link(request, login, token)


@page("account_reset", _ADMINISTRATORS)
async def _reset(request: Request, user: User) -> Response:
    review, account = review_of(request), request.path_params["account"]
    try:
        login, token = await review.write(functools.partial(_renew, review, account, _by(review, user)))
    except AccountError as error:
        return await _problem(request, error)
    return _show_link(request, login, token)


@page("account_disabled", _ADMINISTRATORS)
async def _disable(request: Request, user: User) -> Response:
    review, account = review_of(request), request.path_params["account"]
    try:
        await review.write(functools.partial(disable_account, account=account, by=_by(review, user)))
    except AccountError as error:
        return await _problem(request, error)
    return RedirectResponse(f"{request.scope['root_path']}/accounts", 303)


ROUTES: list[BaseRoute] = [
    Route("/accounts", _accounts),
    Route("/accounts", _invite, methods=["POST"]),
    Route("/accounts/{account}/reset", _reset, methods=["POST"]),
    Route("/accounts/{account}/disable", _disable, methods=["POST"]),
]


def _by(review: Review, user: User) -> By:
    return By(user.account, user.role, review.now())


def _make(review: Review, login: str, role: str, clinic: str | None, by: By, transaction: Transaction) -> str:
    account = create_account(transaction, login, role, clinic, by)
    return invite(transaction, account, by.at, review.settings.invitation_hours)


def _renew(review: Review, account: str, by: By, transaction: Transaction) -> tuple[str, str]:
    reset_account(transaction, account, by)
    found = find_account(transaction.database, account)
    if found is None:
        raise AccountError("unknown")
    return found.login, invite(transaction, account, by.at, review.settings.invitation_hours)


def _show_link(request: Request, login: str, token: str) -> Response:
    link = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}/invitation/{token}"
    hours = review_of(request).settings.invitation_hours
    return render(request, "invitation.html", link=link, login=login, hours=hours)


async def _problem(request: Request, error: AccountError) -> Response:
    if error.code == "unknown":
        raise HTTPException(404)
    return await _page(request, 422, problem=error.code)


async def _page(
    request: Request, status: int = 200, problem: str | None = None, typed: dict[str, str] | None = None
) -> Response:
    accounts = await review_of(request).read(_list)
    return render(
        request,
        "accounts.html",
        status,
        accounts=accounts,
        roles=REVIEW_ROLES,
        problem=problem,
        typed=typed or {"login": "", "role": "therapist", "clinic": ""},
    )


def _list(reader: LogReader) -> list[Account]:
    return list_accounts(reader.database)
