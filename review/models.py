"""The detectors at work: versions, abstention, corrections, and what their card says of calibration."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from review.access import page
from review.model_figures import MAX_TALKS, Card, ModelMonth, read_card, read_models
from review.pages import render
from review.parts import review_of
from review.rating_figures import SMALLEST_GROUP
from review.roles import REVIEW_ROLES, THERAPIST, User
from session_log.reader import LogReader

__all__ = ["ROUTES"]

_CARD = Path(__file__).parents[1] / "ser_model" / "card.json"


@page("models_viewed", REVIEW_ROLES)
async def _models(request: Request, user: User) -> Response:
    def question(reader: LogReader) -> tuple[list[ModelMonth], int, Card]:
        months, talks = read_models(reader, user)
        return months, talks, read_card(_CARD)

    months, talks, card = await review_of(request).read(question)
    smallest = 1 if user.role == THERAPIST else SMALLEST_GROUP
    return render(
        request,
        "models.html",
        months=[month for month in months if len(month.persons) >= smallest],
        held_back=sum(len(month.persons) < smallest for month in months),
        smallest=SMALLEST_GROUP,
        talks=talks,
        max_talks=MAX_TALKS,
        card=card,
    )


ROUTES = [Route("/models", _models)]
"""What `review.app` puts together."""
