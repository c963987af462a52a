"""Whose record a request is about, and what is answered where it can't be shown or written."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from bot.access import bearer_token, check_origin
from bot.responses import RequestRefusedError, refusal
from bot.tokens import Claims, TokenError, TokenIssuer
from session_log import SessionLogError

__all__ = ["refusal_of", "subject_of"]


def subject_of(request: Request, issuer: TokenIssuer, allowed_origins: tuple[str, ...]) -> str:
    """The pseudonym in the token of the header.

    Raises:
        RequestRefusedError: for a foreign origin; a token that is missing, bad, for one talk, or anonymous.
    """
    if not check_origin(request, allowed_origins):
        raise RequestRefusedError(403, "origin_refused", "This origin may not ask.")
    try:
        claims: Claims = issuer.check(bearer_token(request))
    except TokenError as error:
        raise RequestRefusedError(401, "invalid_token", str(error)) from None
    if claims.single_use:
        raise RequestRefusedError(403, "single_use_token", "A single-use token only opens one talk.")
    if claims.subject is None:
        message = "This token stands for nobody: of anonymous talks nothing is kept."
        raise RequestRefusedError(403, "anonymous_token", message)
    return claims.subject


def refusal_of(error: RequestRefusedError | SessionLogError) -> Response:
    """The answer to a request that was refused, or that the log can't serve."""
    if isinstance(error, RequestRefusedError):
        return error.response()
    return refusal(503, "log_unavailable", "The session log can't do this now; please try again.")
