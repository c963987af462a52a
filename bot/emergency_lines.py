"""The emergency numbers over HTTP: for a page before anything is wrong, and for whoever is turned away."""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

import crisis
from bot.settings import Settings
from language import LANGUAGES

__all__ = ["EmergencyLines", "shown_lines", "wanted_language"]


class EmergencyLines:
    """`GET /v1/lines?language=&country=`: public, like the numbers themselves.

    Args:
        settings: the deployer's country is shown where none is asked for.
    """

    def __init__(self, settings: Settings) -> None:
        self._country = settings.conversation.country

    async def lines(self, request: Request) -> Response:
        """Gives `{country, lines: [{name, number, kind}]}`; of an unknown country those of anywhere."""
        country = request.query_params.get("country") or self._country
        lines = shown_lines(country, wanted_language(request))
        return JSONResponse({"country": country, "lines": lines})


def shown_lines(country: str | None, language: str) -> list[dict[str, Any]]:
    """The numbers of a country, as events and refusals show them."""
    lines = crisis.lines(country, language)
    return [{"name": line.name, "number": line.number, "kind": line.kind} for line in lines]


def wanted_language(connection: HTTPConnection) -> str:
    """The language asked for by `?language=` or by the browser; English where it is none of ours."""
    asked = connection.query_params.get("language") or connection.headers.get("accept-language", "")
    return asked[:2].lower() if asked[:2].lower() in LANGUAGES else "en"
