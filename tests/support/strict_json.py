"""JSON as the strictest of parsers reads it."""

import json

__all__ = ["strictly_read"]

_DEEPEST = 128  # deeper nesting may be refused


def strictly_read(text):
    """What every JSON parser makes of a text; None where some would refuse it."""
    try:
        data = json.loads(text)
        json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return data if _depth(data) < _DEEPEST else None


def _depth(data):
    level, depth = [data], 0
    while level := [item for place in level for item in _items(place)]:
        depth += 1
    return depth


def _items(place):
    if isinstance(place, dict):
        return list(place.values())
    return place if isinstance(place, list) else []
