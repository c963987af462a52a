"""The page on which persons are assigned to therapists, by pseudonym alone."""

from __future__ import annotations

import functools

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from review.access import note_access, page
from review.accounts import AccountError
from review.assignment_queries import (
    PAGE_ROWS,
    AssignedPerson,
    Therapist,
    assign,
    list_persons,
    therapists,
    unassign,
)
from review.pages import page_number, render
from review.parts import review_of
from review.roles import ADMINISTRATOR, SUPERVISOR, User
from session_log.reader import LogReader

__all__ = ["ROUTES"]

_DECIDERS = (SUPERVISOR, ADMINISTRATOR)


@page("assignments_viewed", _DECIDERS)
async def _assignments(request: Request, user: User) -> Response:
    search = request.query_params.get("search", "").strip()[:200]
    number = page_number(request)
    persons, count, known = await review_of(request).read(
        functools.partial(_read, user=user, search=search, number=number)
    )
    return render(
        request,
        "assignments.html",
        persons=persons,
        count=count,
        therapists=known,
        search=search,
        number=number,
        pages=max(1, -(-count // PAGE_ROWS)),
    )


@page(None, _DECIDERS)
async def _change(request: Request, user: User) -> Response:
    review, form = review_of(request), await request.form()
    person, therapist = str(form.get("person", ""))[:512], str(form.get("therapist", ""))[:100]
    if not person or not therapist:
        raise HTTPException(404)
    assigned = form.get("change") != "unassign"
    action = "person_assigned" if assigned else "person_unassigned"
    try:
        if assigned:
            job = functools.partial(assign, user=user, person=person, therapist=therapist, now=review.now())
        else:
            job = functools.partial(unassign, user=user, person=person, therapist=therapist)
        await review.write(job)
    except AccountError:
        note_access(review, user, action, allowed=False, person=person, detail=therapist)
        raise HTTPException(404) from None
    note_access(review, user, action, person=person, detail=therapist)
    return RedirectResponse(f"{request.scope['root_path']}/assignments", 303)


ROUTES: list[BaseRoute] = [
    Route("/assignments", _assignments),
    Route("/assignments", _change, methods=["POST"]),
]


def _read(
    reader: LogReader, user: User, search: str, number: int
) -> tuple[list[AssignedPerson], int, list[Therapist]]:
    persons, count = list_persons(reader.database, user, search, number)
    return persons, count, therapists(reader.database, user)
