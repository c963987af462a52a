"""The table that says which queue a customer's query goes to."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ANY", "DEFAULT_TABLE", "Route", "RoutingTableError", "find_route", "read_routes"]

DEFAULT_TABLE = Path(__file__).resolve().parent.parent / "data" / "routing" / "queues.csv"
ANY = "any"
_COLUMNS = ("intent", "mood", "queue", "reason_en", "reason_fa")


class RoutingTableError(ValueError):
    """The table can't be used; the message says which line to correct."""


@dataclass(frozen=True)
class Route:
    """A queue and, in both languages, what the query is about."""

    queue: str
    reason_en: str
    reason_fa: str

    def reason(self, language: str) -> str:
        """What the query is about, to be said to the person."""
        return self.reason_fa if language == "fa" else self.reason_en


def read_routes(path: Path = DEFAULT_TABLE) -> Mapping[tuple[str, str], Route]:
    """Reads the table by intent and mood.

    Raises:
        RoutingTableError: where a column or a value is missing, a pair stands twice, or there is no
            line for any intent in any mood.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise RoutingTableError(f"{path}: the first line must be {','.join(_COLUMNS)}")
            rows = list(reader)
    except OSError as error:
        raise RoutingTableError(f"{path}: can't be read ({error.strerror})") from error
    routes: dict[tuple[str, str], Route] = {}
    for number, row in enumerate(rows, start=2):
        if None in row or not all(row[column] for column in _COLUMNS):
            raise RoutingTableError(f"{path}:{number}: needs a value in each of {len(_COLUMNS)} columns")
        key = (row["intent"], row["mood"])
        if key in routes:
            raise RoutingTableError(f"{path}:{number}: {key[0]} with mood {key[1]} stands twice")
        routes[key] = Route(row["queue"], row["reason_en"], row["reason_fa"])
    if (ANY, ANY) not in routes:
        raise RoutingTableError(f"{path}: needs a line with intent '{ANY}' and mood '{ANY}'")
    return routes


def find_route(routes: Mapping[tuple[str, str], Route], *, intent: str | None, mood: str) -> Route:
    """The most specific line: intent and mood, then intent, then mood, then the one for all."""
    for key in ((intent or ANY, mood), (intent or ANY, ANY), (ANY, mood)):
        if key in routes:
            return routes[key]
    return routes[(ANY, ANY)]
