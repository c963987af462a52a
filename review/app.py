"""The application under `/review`: all its routes, and what is said when something goes wrong."""

from __future__ import annotations

import logging
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from review import (
    account_pages,
    assignment_pages,
    audit_pages,
    caseload,
    first_steps,
    models,
    patient,
    ratings,
    session,
    sign_in,
)
from review.access import page
from review.headers import ProtectedApp
from review.pages import render
from review.parts import Review
from review.roles import ADMINISTRATOR, REVIEW_ROLES, User
from session_log import SessionLogError

__all__ = ["Review", "review_routes"]

_STATIC = Path(__file__).parent / "static"
_KNOWN = (400, 403, 404, 405, 413, 503)
_PAGES = (
    sign_in,
    first_steps,
    account_pages,
    assignment_pages,
    audit_pages,
    caseload,
    session,
    patient,
    ratings,
    models,
)

_logger = logging.getLogger(__name__)


def review_routes(review: Review) -> list[BaseRoute]:
    """The routes of the review, to be put among those of a server."""
    app = Starlette(
        routes=[
            Route("/", _home),
            *(route for module in _PAGES for route in module.ROUTES),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        exception_handlers={
            HTTPException: _refused,
            SessionLogError: _log_failed,
            Exception: _failed,
        },
    )
    app.state.review = review
    return [Mount("/review", ProtectedApp(app))]


@page(None, REVIEW_ROLES)
async def _home(request: Request, user: User) -> Response:
    first = "accounts" if user.role == ADMINISTRATOR else "caseload"
    return RedirectResponse(f"{request.scope['root_path']}/{first}", 303)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error_page(request, status)


async def _log_failed(request: Request, error: Exception) -> Response:
    _logger.error("the review cannot use the session log (%s)", type(error).__name__)
    return _error_page(request, 503)


async def _failed(request: Request, error: Exception) -> Response:
    return _error_page(request, 500)


def _error_page(request: Request, status: int) -> Response:
    return render(request, "error.html", status, reason=status if status in _KNOWN else 500)
