"""What a form of these pages brings, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.requests import Request

__all__ = ["chosen", "redirect_target", "written"]

MAX_WORDS = 4_000
"""Characters of a note, goal or remark."""


async def written(request: Request, field: str, *, needed: bool = True) -> str:
    """The words of a field, without white space around them.

    Raises:
        HTTPException: 400 where they are missing though needed, or too long.
    """
    value = (await request.form()).get(field, "")
    words = value.strip() if isinstance(value, str) else ""
    if len(words) > MAX_WORDS or (needed and not words):
        raise HTTPException(400)
    return words


async def chosen(request: Request, field: str, options: Collection[str]) -> str:
    """The chosen one of a few options.

    Raises:
        HTTPException: 400 where it is none of them.
    """
    value = (await request.form()).get(field)
    if not isinstance(value, str) or value not in options:
        raise HTTPException(400)
    return value


def redirect_target(request: Request, *segments: str, anchor: str = "") -> str:
    """The address of a page of the review, whose segments are safe in a path already."""
    path = "/".join((request.scope.get("root_path", ""), *segments))
    return f"{path}#{anchor}" if anchor else path
