"""The page of one person over weeks: moods, distress, what helped; goals, techniques and notes."""

from __future__ import annotations

import os
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from recommender.suggestions import suggestions_folder
from recommender.vocabulary import read_vocabulary
from review.access import page
from review.forms import chosen, redirect_target, written
from review.identifiers import to_path
from review.pages import language_of, render
from review.parts import Review, review_of
from review.patient_view import PatientView, read_patient
from review.roles import CARE_ROLES, User
from review.session import MOOD_AXIS, read_names
from session_log.care_events import GOAL_STATES, PREFERENCES, GoalSet, NoteWritten, TechniquePreferred
from session_log.events import new_event_id
from session_log.kinds import AnyEvent
from session_log.reader import LogReader
from session_log.summaries import TalkDigest

__all__ = ["ROUTES"]


@page("patient_viewed", CARE_ROLES)
async def _patient(request: Request, user: User) -> Response:
    review = review_of(request)
    view, names, techniques = await review.read(partial(_open, review=review, user=user, request=request))
    words = review.pages.words[language_of(request)]
    rated = [
        (talk, view.digests[talk.talk_id])
        for talk in reversed(view.talks)
        if talk.talk_id in view.digests and _is_rated(view.digests[talk.talk_id])
    ]
    return render(
        request,
        "patient.html",
        person=request.state.person,
        view=view,
        rated=rated,
        technique_name=lambda name: words.get(f"techniques.{name}", name),
        names=names,
        techniques=techniques,
        moods=MOOD_AXIS,
        goal_states=GOAL_STATES,
        preferences=PREFERENCES,
    )


@page("note_written", CARE_ROLES)
async def _note(request: Request, user: User) -> Response:
    review = review_of(request)
    note = NoteWritten(
        subject=request.state.person,
        at=review.now(),
        author=user.account,
        text=await written(request, "text"),
    )
    return await _kept(request, review, note, "notes")


@page("goal_set", CARE_ROLES)
async def _goal(request: Request, user: User) -> Response:
    """A new goal, or with `goal` another state of one there is."""
    review = review_of(request)
    goal_id = await written(request, "goal", needed=False)
    if goal_id:
        view, _, _ = await review.read(partial(_open, review=review, user=user, request=request))
        text = next((goal.text for goal in view.goals if goal.goal_id == goal_id), None)
        if text is None:
            raise HTTPException(404)
    else:
        text = await written(request, "text")
    goal = GoalSet(
        subject=request.state.person,
        at=review.now(),
        author=user.account,
        goal_id=goal_id or new_event_id(),
        text=text,
        state=await chosen(request, "state", GOAL_STATES) if goal_id else GOAL_STATES[0],
    )
    return await _kept(request, review, goal, "goals")


@page("technique_preferred", CARE_ROLES)
async def _technique(request: Request, user: User) -> Response:
    review = review_of(request)
    _, _, techniques = await review.read(partial(_open, review=review, user=user, request=request))
    preferred = TechniquePreferred(
        subject=request.state.person,
        at=review.now(),
        author=user.account,
        technique=await chosen(request, "technique", techniques),
        preference=await chosen(request, "preference", PREFERENCES),
    )
    return await _kept(request, review, preferred, "techniques")


def _is_rated(digest: TalkDigest) -> bool:
    return digest.distress_before is not None or digest.distress_after is not None


def _open(
    reader: LogReader, review: Review, user: User, request: Request
) -> tuple[PatientView, dict[str, str], list[str]]:
    view = read_patient(reader, user, request.state.person, review.pages.zone)
    techniques = list(read_vocabulary(suggestions_folder(os.environ)).techniques)
    return view, read_names(reader), techniques


async def _kept(request: Request, review: Review, event: AnyEvent, anchor: str) -> Response:
    await review.write(lambda transaction: transaction.append(event))
    target = redirect_target(request, "patients", to_path(request.state.person), anchor=anchor)
    return RedirectResponse(target, 303)


ROUTES = [
    Route("/patients/{person}", _patient),
    Route("/patients/{person}/notes", _note, methods=["POST"]),
    Route("/patients/{person}/goals", _goal, methods=["POST"]),
    Route("/patients/{person}/techniques", _technique, methods=["POST"]),
]
"""What `review.app` puts together."""
