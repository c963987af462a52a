"""The caseload: the persons whom somebody cares for, those with an open crisis flag on top."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from language.detect import LANGUAGES
from review.access import page
from review.caseload_queries import Asked, read_caseload
from review.pages import page_number, render
from review.parts import review_of
from review.roles import CARE_ROLES, User

__all__ = ["PERIODS", "ROUTES"]

PERIODS = (7, 30, 90)
"""Days within which the last talk may be asked for."""

_MAX_SEARCH = 100


@page("caseload_viewed", CARE_ROLES)
async def _caseload(request: Request, user: User) -> Response:
    review = review_of(request)
    now = review.now()
    asked = _asked(request)
    caseload = await review.read(partial(read_caseload, user=user, asked=asked, now=now))
    kept = {
        "q": asked.search,
        "flagged": "1" if asked.flagged else "",
        "spoken": asked.language,
        "days": str(asked.days or ""),
    }
    return render(
        request,
        "caseload.html",
        caseload=caseload,
        asked=asked,
        age=partial(_age, now),
        periods=PERIODS,
        talk_languages=LANGUAGES,
        page_link=lambda number: "?" + urlencode({**{k: v for k, v in kept.items() if v}, "page": number}),
    )


def _asked(request: Request) -> Asked:
    """What of the query is understood; the rest is as if it were not asked."""
    query = request.query_params
    days, language = query.get("days", ""), query.get("spoken", "")
    return Asked(
        search=query.get("q", "").strip()[:_MAX_SEARCH],
        flagged=query.get("flagged") == "1",
        language=language if language in LANGUAGES else "",
        days=int(days) if days in {str(period) for period in PERIODS} else 0,
        page=page_number(request),
    )


def _age(now: datetime, moment: datetime) -> tuple[str, int]:
    """How long ago a moment is, as unit and whole number; nothing is less than 0 minutes ago."""
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 60:
        return "minutes", minutes
    return ("hours", minutes // 60) if minutes < 48 * 60 else ("days", minutes // (24 * 60))


ROUTES = [Route("/caseload", _caseload)]
"""What `review.app` puts together."""
