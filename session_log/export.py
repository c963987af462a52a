"""What the log holds of a talk, a person or all, to take away: JSON or CSV (GDPR Art. 15 and 20)."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from session_log.kinds import ALL_EVENTS, AnyEvent, talk_of
from session_log.reader import LogReader
from session_log.schema import SessionLogError
from session_log.timeline import event_values, summary_values

__all__ = [
    "FORMATS",
    "Selection",
    "UnknownPersonError",
    "csv_export",
    "harmless_cell",
    "json_export",
    "write_export",
]

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV Injection)."""

_BYTE_ORDER_MARK = "\ufeff"

Progress = Callable[[Iterable[str], int], Iterable[str]]


class UnknownPersonError(SessionLogError):
    """The log holds nothing of a person of this pseudonym."""


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Whose record it is to be: of one talk, of one person, or, with neither, of all."""

    talk_id: str | None = None
    person: str | None = None

    def talks(self, reader: LogReader) -> list[str]:
        """The ids of the talks, the earliest first.

        Raises:
            UnknownTalkError, UnknownPersonError: where there is nothing to export.
        """
        if self.talk_id is not None:
            return [reader.talk(self.talk_id).talk_id]
        query = "SELECT talk_id FROM talks WHERE person = ?1 OR ?1 IS NULL ORDER BY started_at, rowid"
        talks = [row[0] for row in reader.database.execute(query, (self.person,))]
        if self.person is not None and not talks and not self.persons(reader):
            raise UnknownPersonError("The log holds nothing of a person of this pseudonym.")
        return talks

    def persons(self, reader: LogReader) -> list[str]:
        """The persons of whom something is kept beyond talks."""
        if self.talk_id is not None:
            return []
        query = """SELECT DISTINCT person FROM events
            WHERE person IS NOT NULL AND (person = ?1 OR ?1 IS NULL) AND talk_id IS NULL ORDER BY person"""
        return [row[0] for row in reader.database.execute(query, (self.person,))]


def json_export(
    reader: LogReader, selection: Selection, progress: Progress = lambda talks, total: talks
) -> Iterator[str]:
    """Yields the pieces of one JSON document, an event a line.

    It has `talks`, each with its summary (`talk`) and `events`, and `persons`, each with what was kept of
    them beyond talks; values are those of `python -m session_log show --json`. `ingest` reads it again.
    """
    talks = selection.talks(reader)
    yield '{"format": "hamdel session log 1",\n"talks": ['
    between = "\n"
    for talk_id in progress(talks, len(talks)):
        yield f'{between}{{"talk": {_json(summary_values(reader.talk(talk_id)))},\n"events": ['
        yield from _listed(reader.events(talk_id))
        between = ",\n"
    yield '],\n"persons": ['
    between = "\n"
    for person in selection.persons(reader):
        yield f'{between}{{"person": {_json(person)},\n"events": ['
        yield from _listed(_beyond_talks(reader, person))
        between = ",\n"
    yield "]}\n"


def csv_export(
    reader: LogReader, selection: Selection, progress: Progress = lambda talks, total: talks
) -> Iterator[str]:
    """Yields the lines of a CSV file (RFC 4180): a heading, then an event a row.

    All kinds share the columns; lists and mappings are JSON in their cells. It begins with a byte order mark,
    by which Excel knows UTF-8.
    """
    columns = [
        "event",
        *dict.fromkeys(f.name for kind in ALL_EVENTS.values() for f in dataclasses.fields(kind)),
    ]
    talks = selection.talks(reader)
    yield _BYTE_ORDER_MARK + _line(columns)
    for talk_id in progress(talks, len(talks)):
        for event in reader.events(talk_id):
            yield _row(columns, event)
    for person in selection.persons(reader):
        for event in _beyond_talks(reader, person):
            yield _row(columns, event)


FORMATS = {"json": json_export, "csv": csv_export}
"""Name → what makes an export of it."""


def harmless_cell(text: str) -> str:
    """The text such that no spreadsheet takes it for a formula: with an apostrophe before what may be one."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def write_export(pieces: Iterable[str], path: Path | None, *, force: bool = False) -> None:
    """Writes an export into a file that its owner alone can read, all of it or nothing; None: to the output.

    Raises:
        SessionLogError: where the file is there already and `force` is not set, or it cannot be written.
    """
    if path is None:
        for piece in pieces:
            sys.stdout.write(piece)
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    claimed = False
    try:
        if not force:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            claimed = True
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        claimed = False
    except FileExistsError:
        raise SessionLogError(
            f"{path} is there already; give another name, or --force to replace it."
        ) from None
    except OSError as error:
        raise SessionLogError(
            f"{path} cannot be written ({error.strerror}); check the path, the rights and the free space."
        ) from None
    finally:
        beside.unlink(missing_ok=True)
        if claimed:
            path.unlink(missing_ok=True)


def _beyond_talks(reader: LogReader, person: str) -> list[AnyEvent]:
    return [event for event in reader.events_of_person(person) if talk_of(event) is None]


def _listed(happened: Iterable[AnyEvent]) -> Iterator[str]:
    between = "\n"
    for event in happened:
        yield between + _json(event_values(event))
        between = ",\n"
    yield "]}"


def _row(columns: list[str], event: AnyEvent) -> str:
    values = event_values(event)
    return _line([_cell(values.get(column)) for column in columns])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless_cell(value)
    return _json(value)


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
