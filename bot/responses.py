"""Bodies of HTTP requests and refusals, in the shapes of the Realtime API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

__all__ = ["RequestRefusedError", "json_body", "json_object", "refusal"]

_LONGEST_BODY = 64 * 1024
_BODY_WITHIN_S = 10.0


class RequestRefusedError(Exception):
    """A request that is answered with an HTTP status, a code and a message, and headers of the answer."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.headers = headers
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> JSONResponse:
        """The answer."""
        answer = refusal(self.status, self.code, self.message)
        answer.headers.update(self.headers or {})
        return answer


async def json_object(request: Request) -> dict[str, Any]:
    """Reads a body that is a JSON object; an empty one is an empty object.

    Raises:
        RequestRefusedError: if it is too long, too slow, or something else.
    """
    data = await json_body(request)
    if not isinstance(data, dict):
        raise RequestRefusedError(400, "invalid_value", "The request body is a JSON object.")
    return data


async def json_body(request: Request) -> object:
    """Reads a body that is JSON; an empty one is an empty object.

    Raises:
        RequestRefusedError: if it is too long, too slow, or no JSON.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LONGEST_BODY:
                    raise RequestRefusedError(413, "too_large", "The request body is too large.")
        parsed: object = json.loads(body or b"{}")
        return parsed
    except TimeoutError:
        raise RequestRefusedError(408, "too_slow", "The request body did not come in time.") from None
    except ClientDisconnect:
        raise RequestRefusedError(400, "incomplete", "The request body broke off.") from None
    except (ValueError, RecursionError):
        raise RequestRefusedError(400, "invalid_json", "The request body is not valid JSON.") from None


def refusal(status: int, code: str, message: str, **beside: Any) -> JSONResponse:
    """A refusal with an `error` object, and whatever else its body holds."""
    error = {"type": "invalid_request_error", "code": code, "message": message}
    return JSONResponse({"error": error, **beside}, status)
