"""Where on-call contacts acknowledge an alert: `GET` shows it, only `POST` acknowledges.

Programs that scan mail open every link in it, so that opening one must change nothing.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.alert_links import AlertLink, AlertLinks, LinkError, LinkExpiredError
from bot.alert_page import HEADERS, alert_page, refusal_page
from bot.responses import refusal
from on_call.desk import AlertState, Desk
from on_call.rota import Contact, Rota

__all__ = ["alert_routes"]

_REFUSALS = {
    "unknown": (404, "alert_not_found", "There is no alert under this link."),
    "expired": (410, "alert_expired", "This link has expired, or its alert is no longer kept."),
}


def alert_routes(desk: Desk, links: AlertLinks, rota: Rota) -> list[Route]:
    """`GET` and `POST /v1/alerts/{token}`.

    Args:
        desk: keeps the alerts.
        links: made the tokens.
        rota: the contacts of today; one that is no longer among them cannot acknowledge.
    """

    async def show(request: Request) -> Response:
        found = _find(request)
        return _refused(request, found) if isinstance(found, str) else _answer(request, *found)

    async def acknowledge(request: Request) -> Response:
        found = _find(request)
        if isinstance(found, str):
            return _refused(request, found)
        state, contact = found
        if not desk.acknowledge(state.alert.alert_id, contact.name):
            return _refused(request, "unknown")
        return _answer(request, desk.find(state.alert.alert_id) or state, contact)

    def _find(request: Request) -> tuple[AlertState, Contact] | str:
        try:
            link: AlertLink = links.read(request.path_params["token"])
        except LinkExpiredError:
            return "expired"
        except LinkError:
            return "unknown"
        state, contact = desk.find(link.alert_id), rota.contact(link.contact_name)
        # The link is ours and of today: an alert that is not kept was lost, or pushed out by many others.
        return (state, contact) if state is not None and contact is not None else "expired"

    path = "/v1/alerts/{token}"
    return [Route(path, show, methods=["GET"]), Route(path, acknowledge, methods=["POST"])]


def _answer(request: Request, state: AlertState, contact: Contact) -> Response:
    if not _wants_json(request):
        return HTMLResponse(alert_page(state, contact), headers=HEADERS)
    at = state.acknowledged_at
    values = {
        "alert_id": state.alert.alert_id,
        "status": state.status,
        "acknowledged_by": state.acknowledged_by,
        "acknowledged_at": at.isoformat(timespec="seconds") if at is not None else None,
    }
    return JSONResponse(values, headers=HEADERS)


def _refused(request: Request, reason: str) -> Response:
    status, code, message = _REFUSALS[reason]
    if not _wants_json(request):
        return HTMLResponse(refusal_page(reason), status, headers=HEADERS)
    answer = refusal(status, code, message)
    answer.headers.update(HEADERS)
    return answer


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted
