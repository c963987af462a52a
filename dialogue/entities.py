"""Entities that say something of a whole turn rather than of some of its words."""

from __future__ import annotations

from typing import Any

__all__ = ["turn_entity", "values_of_entities"]

_EXTRACTOR = "hamdel"


def turn_entity(name: str, value: Any) -> dict[str, Any]:
    """An entity without a place in the text; Rasa fills the slot that is mapped from it.

    Start and end are zero since Rasa's evaluation sorts entities by them.
    """
    return {"entity": name, "value": value, "start": 0, "end": 0, "extractor": _EXTRACTOR}


def values_of_entities(entities: list[dict[str, Any]]) -> dict[str, Any]:
    """The values of a turn's entities by name; the last one counts."""
    return {entity["entity"]: entity.get("value") for entity in entities}
