"""The audit page: what was done, by whom, to whose data; and the same as a table to take along."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from review.access import page
from review.audit_queries import PAGE_ROWS, AuditFilter, AuditRow, known_actions, known_actors, read_audit
from review.pages import language_of, render
from review.parts import review_of
from review.roles import ADMINISTRATOR, SUPERVISOR, User
from session_log.export import harmless_cell
from session_log.reader import LogReader

__all__ = ["ROUTES"]

_READERS = (SUPERVISOR, ADMINISTRATOR)
_MOST_EXPORTED = 200_000
_COLUMNS = ("sequence", "at", "actor", "login", "role", "action", "allowed", "person", "talk", "about")


@page("audit_viewed", _READERS)
async def _audit(request: Request, user: User) -> Response:
    wanted, before = _filter(request), _sequence(request)

    def read(reader: LogReader) -> tuple[list[AuditRow], list[tuple[str, str]], list[str]]:
        rows = list(read_audit(reader.database, user, wanted, before=before, limit=PAGE_ROWS + 1))
        return rows, known_actors(reader.database, user), known_actions(reader.database)

    rows, actors, actions = await review_of(request).read(read)
    asked = [(key, value) for key, value in request.query_params.items() if key not in ("before", "lang")]
    older = None
    if len(rows) > PAGE_ROWS:
        rows = rows[:PAGE_ROWS]
        older = "?" + urlencode([*asked, ("before", rows[-1].sequence)])
    words = review_of(request).pages.words[language_of(request)]
    return render(
        request,
        "audit.html",
        action_name=lambda action: words.get(f"audit_actions.{action}", action),
        rows=rows,
        actors=actors,
        actions=actions,
        wanted=wanted,
        since=request.query_params.get("since", ""),
        until=request.query_params.get("until", ""),
        older=older,
        newest=None if before is None else "?" + urlencode(asked),
        exported=f"/audit.csv?{urlencode(asked)}",
    )


@page("audit_exported", _READERS)
async def _export(request: Request, user: User) -> Response:
    wanted = _filter(request)

    def read(reader: LogReader) -> str:
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in read_audit(reader.database, user, wanted, limit=_MOST_EXPORTED):
            writer.writerow([_cell(getattr(row, column)) for column in _COLUMNS])
        return file.getvalue()

    table = await review_of(request).read(read)
    # With a byte order mark, without which spreadsheets take Persian for something else.
    return Response(
        table.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="audit.csv"'},
    )


ROUTES: list[BaseRoute] = [Route("/audit", _audit), Route("/audit.csv", _export)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else harmless_cell(str(value))


def _filter(request: Request) -> AuditFilter:
    actor, person, action = (
        request.query_params.get(name, "").strip()[:512] for name in ("actor", "person", "action")
    )
    since, until = _midnight(request, "since"), _midnight(request, "until", days_later=1)
    return AuditFilter(actor, person, action, since, until)


def _midnight(request: Request, name: str, days_later: int = 0) -> datetime | None:
    """When a day of the query begins, or one after it; a day that is none is not asked for."""
    try:
        day = date.fromisoformat(request.query_params.get(name, "")) + timedelta(days=days_later)
        return datetime.combine(day, time.min, review_of(request).pages.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _sequence(request: Request) -> int | None:
    given = request.query_params.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None
