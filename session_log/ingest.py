"""Events from elsewhere into the log: exactly once by their ids, and only what the consents allow.

In comes what `python -m session_log export --format json` or a broker gives: an exported document, or one
event a line, as `timeline.event_values` writes them. A talk's beginning and consents come before the rest of
it. What belongs to the log where it was written stays there: its audit, and sound.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from session_log.audit_events import AUDIT_EVENTS
from session_log.derived import UnfittingEventError
from session_log.events import AudioKept, ConsentSet, ShownSuggestion
from session_log.kinds import ALL_EVENTS, AnyEvent
from session_log.operator_access import settled
from session_log.transaction import Transaction
from session_log.writer import SessionLog

__all__ = ["BadLineError", "Ingested", "event_of", "ingest", "numbered_values"]

_STAYING = (AudioKept, *AUDIT_EVENTS)
_UNDER_WAY = 512
"""Events handed to the writer and not settled, at most."""

_REFUSED = """SELECT 1 FROM refusals JOIN talks USING (person)
    WHERE talk_id = ? AND scope = ? AND refusals.at <= ?"""


class BadLineError(ValueError):
    """A line holds no event; the message says why, and nothing of the line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ingested:
    """What came of the events.

    Attributes:
        written: stored now.
        repeated: stored already.
        withheld: no consent allows to store them.
        left_out: audit and sound, which belong to the log where they were written.
        bad: numbers of the lines (of an exported document: of the events) that were skipped, and why.
    """

    written: int
    repeated: int
    withheld: int
    left_out: int
    bad: tuple[tuple[int, str], ...]


def ingest(log: SessionLog, values: Iterable[tuple[int, dict[str, Any] | BadLineError]]) -> Ingested:
    """Writes events, each as soon as it comes.

    Args:
        log: open for writing.
        values: numbered, as from `numbered_values`.

    Raises:
        SessionLogError: where the log cannot be written; what was settled before is stored.
    """
    counts: Counter[str] = Counter()
    bad: list[tuple[int, str]] = []
    under_way: deque[tuple[int, Future[bool | None]]] = deque()

    def settle_first() -> None:
        number, future = under_way.popleft()
        try:
            written = settled(log, future)
        except UnfittingEventError:
            bad.append((number, "its talk did not begin before it, or began already"))
        except sqlite3.IntegrityError:
            bad.append((number, "the database does not take it"))
        else:
            counts["withheld" if written is None else "written" if written else "repeated"] += 1

    for number, value in values:
        try:
            event = event_of(value)
        except BadLineError as error:
            bad.append((number, str(error)))
            continue
        if isinstance(event, _STAYING):
            counts["left_out"] += 1
            continue
        under_way.append((number, log.perform(partial(_append, event=event))))
        while len(under_way) > _UNDER_WAY or (under_way and under_way[0][1].done()):
            settle_first()
    while under_way:
        settle_first()
    names = ("written", "repeated", "withheld", "left_out")
    return Ingested(**{name: counts[name] for name in names}, bad=tuple(sorted(bad)))


def numbered_values(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | BadLineError]]:
    """Yields the values of each event, numbered from 1: of lines, or of the document that they make up."""
    numbered: Iterator[tuple[int, bytes]] = (
        (number, line) for number, line in enumerate(lines, start=1) if line.strip()
    )
    first = next(numbered, None)
    if first is None:
        return
    value = _value(first[1])
    if isinstance(value, dict) and "event" in value:
        yield first[0], value
    elif isinstance(value, dict) or first[1].lstrip().startswith(b"{"):
        # The first line of a document is no event: it has to be read whole.
        rest = list(numbered)
        document = _value(b"".join(chain([first[1]], (line for _, line in rest))))
        if isinstance(document, dict) and "talks" in document:
            yield from enumerate(_events_of(document), start=1)
            return
        yield first[0], value if isinstance(value, dict) else BadLineError("it is no JSON object")
        numbered = iter(rest)
    else:
        yield first[0], BadLineError("it is no JSON object")
    for number, line in numbered:
        value = _value(line)
        yield number, value if isinstance(value, dict) else BadLineError("it is no JSON object")


def event_of(value: dict[str, Any] | BadLineError) -> AnyEvent:
    """The event of its values as JSON has them, the inverse of `timeline.event_values`.

    Raises:
        BadLineError: where they are none.
    """
    if isinstance(value, BadLineError):
        raise value
    values = dict(value)
    name = values.pop("event", None)
    kind = ALL_EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadLineError("it names no event that is known")
    own = {field.name: field for field in dataclasses.fields(kind)}
    if not values.keys() <= own.keys():
        raise BadLineError(f"it has fields that a {name} has not")
    needed = {field.name for field in own.values() if field.default is dataclasses.MISSING}
    missing = needed - values.keys()
    if missing:
        raise BadLineError(f"a {name} needs {', '.join(sorted(missing))} too")
    try:
        values["at"] = datetime.fromisoformat(values["at"])
        if "suggestions" in values:
            values["suggestions"] = [ShownSuggestion(**shown) for shown in values["suggestions"]]
        event: AnyEvent = kind(**values)
    except (TypeError, OverflowError):
        raise BadLineError(f"a field of the {name} has another type than it must") from None
    except ValueError as error:
        # The checks of events speak of fields and never quote them; fromisoformat quotes.
        text = str(error)
        raise BadLineError(text if text.startswith(kind.__name__) else "at must be ISO 8601 in UTC") from None
    return event


def _append(transaction: Transaction, event: AnyEvent) -> bool | None:
    # What a person has refused for all talks holds whatever a token says.
    if isinstance(event, ConsentSet) and event.granted and event.given_by == "token":
        at = event.at.isoformat(timespec="microseconds")
        if transaction.database.execute(_REFUSED, (event.talk_id, event.scope, at)).fetchone():
            return None
    return transaction.append_as_consented(event)


def _events_of(document: dict[str, Any]) -> Iterator[dict[str, Any] | BadLineError]:
    for part in ("talks", "persons"):
        entries = document.get(part)
        for entry in entries if isinstance(entries, list) else []:
            happened = entry.get("events") if isinstance(entry, dict) else None
            for value in happened if isinstance(happened, list) else [None]:
                if not isinstance(value, dict):
                    yield BadLineError("it is no JSON object")
                elif not _is_of_erased_person(entry, value):
                    yield value


def _is_of_erased_person(entry: dict[str, Any], value: dict[str, Any]) -> bool:
    # Without its beginning, which named the person, only a crisis can be told of a talk.
    talk = entry.get("talk")
    began = not isinstance(talk, dict) or talk.get("purpose") is not None
    return not began and value.get("event") not in ("crisis_flagged", "alert_step")


def _value(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
