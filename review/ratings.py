"""What persons said of the talks: the System Usability Scale, and whether suggestions helped."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from review.access import page
from review.pages import render
from review.parts import review_of
from review.rating_figures import (
    MAX_TALKS,
    SMALLEST_GROUP,
    Answer,
    FeedbackGroup,
    Score,
    group_scores,
    read_answers,
    read_feedback,
)
from review.roles import REVIEW_ROLES, THERAPIST, User
from session_log.export import harmless_cell
from session_log.reader import LogReader

__all__ = ["ROUTES"]


@dataclass(frozen=True, slots=True)
class _Figures:
    scores: list[Score]
    feedback: list[FeedbackGroup]
    talks: int
    answers: list[Answer]


@page("ratings_viewed", REVIEW_ROLES)
async def _ratings(request: Request, user: User) -> Response:
    figures = await review_of(request).read(lambda reader: _read(reader, user))
    return render(request, "ratings.html", figures=figures, smallest=SMALLEST_GROUP, max_talks=MAX_TALKS)


@page("ratings_exported", REVIEW_ROLES)
async def _export(request: Request, user: User) -> Response:
    figures = await review_of(request).read(lambda reader: _read(reader, user))
    headers = {"content-disposition": 'attachment; filename="ratings.csv"'}
    return Response(_csv(figures), media_type="text/csv; charset=utf-8", headers=headers)


def _read(reader: LogReader, user: User) -> _Figures:
    answers = read_answers(reader, user)
    # Therapists know their own patients; for everybody else a group must be large enough to hide in.
    smallest = 1 if user.role == THERAPIST else SMALLEST_GROUP
    feedback, talks = read_feedback(reader, user, smallest=smallest)
    scores = group_scores(answers, smallest=smallest)
    return _Figures(scores, feedback, talks, answers[::-1] if user.role == THERAPIST else [])


def _csv(figures: _Figures) -> str:
    """Tables with the same columns; with a byte order mark, so that spreadsheets read it as UTF-8."""
    out = io.StringIO(newline="")
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(("what", "group", "n", "persons", "mean", "low_95", "high_95"))
    for score in figures.scores:
        low, high = score.interval or (None, None)
        count = None if score.mean is None else score.answers
        persons = None if score.mean is None else score.persons
        writer.writerow(("sus", score.group, count, persons, _cell(score.mean), _cell(low), _cell(high)))
    for group in figures.feedback:
        low, high = group.interval or (None, None)
        shown = group.offered is not None
        said = (group.helped or 0) + (group.unhelpful or 0)
        share = (group.helped or 0) / said if said else None
        persons = group.persons if shown else None
        row = ("helped", group.group, said if shown else None, persons, _cell(share), _cell(low), _cell(high))
        writer.writerow(row)
    for answer in figures.answers:
        writer.writerow(
            ("sus_of_person", harmless_cell(answer.person), 1, 1, _cell(answer.score), None, None)
        )
    return out.getvalue()


def _cell(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


ROUTES = [Route("/ratings", _ratings), Route("/ratings.csv", _export)]
"""What `review.app` puts together."""
