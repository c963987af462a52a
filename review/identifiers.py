"""Ids in paths: pseudonyms and talk ids are whatever an embedding site chose, paths are not."""

from __future__ import annotations

import base64
import binascii
import re

__all__ = ["from_path", "to_path"]

_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")
_ENCODED = "~"


def to_path(identifier: str) -> str:
    """An id as one segment of a path: as it is, or `~` and its UTF-8 in URL-safe Base64."""
    if _PLAIN.fullmatch(identifier):
        return identifier
    return _ENCODED + base64.urlsafe_b64encode(identifier.encode()).decode().rstrip("=")


def from_path(segment: str) -> str | None:
    """The id of such a segment; None where it is none."""
    if not segment.startswith(_ENCODED):
        return segment if _PLAIN.fullmatch(segment) else None
    encoded = segment[1:]
    try:
        identifier = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        return identifier.decode() or None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
