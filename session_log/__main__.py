"""`python -m session_log COMMAND`; the commands are in `command_line`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from tqdm import tqdm

from session_log.acknowledgement import acknowledge, unacknowledged_breaks
from session_log.command_line import parser, places_of
from session_log.erasure import erase_person, erase_talk
from session_log.export import FORMATS, Selection, write_export
from session_log.ingest import ingest, numbered_values
from session_log.location import LogPlaces
from session_log.operator_access import OPERATOR, note_access, operating, operator_name, settled
from session_log.reader import read_talk, reading
from session_log.retention import run_retention
from session_log.rotation import rotate
from session_log.schema import SessionLogError
from session_log.statistics import count, statistics_lines
from session_log.timeline import event_values, summary_values, table_lines, talk_lines
from session_log.verify import verify

__all__ = ["main"]

_ERASE = "Erase the content of {} ({} talks) for good?"
_WHOLE = "nothing was changed, removed or added"
_INTERRUPTED = 130
_Item = TypeVar("_Item")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status (1: `verify` found something, 2: told in one line)."""
    options = parser().parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")  # Persian text, whatever the locale says
    try:
        status = _COMMANDS[options.command](places_of(options), options)
        sys.stdout.flush()
    except SessionLogError as error:
        print(f"session_log: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("session_log: interrupted; what was not done yet can be done by the same call", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    return status


def _list(places: LogPlaces, options: argparse.Namespace) -> int:
    with reading(places) as reader:
        _ = reader.keys  # the list needs none, but a wrong one would be told of far too late
        talks = reader.talks(options.limit)
    print(f"session_log: {_looked_at(places)}", file=sys.stderr)
    if options.json:
        _print_json([summary_values(talk) for talk in talks])
    elif talks:
        print("\n".join(table_lines(talks)))
    else:
        print("no talks yet")
    return 0


def _show(places: LogPlaces, options: argparse.Namespace) -> int:
    talk, happened = read_talk(places, options.talk_id)
    if options.json:
        _print_json({"talk": summary_values(talk), "events": [event_values(event) for event in happened]})
    else:
        print("\n".join(talk_lines(talk, happened)))
    return 0


def _verify(places: LogPlaces, options: argparse.Namespace) -> int:
    findings = verify(places, partial(_progress, unit="record"))
    open_findings = [finding for finding in findings if finding.acknowledged is None]
    if options.json:
        shown = [dataclasses.asdict(finding) for finding in findings]
        _print_json({"looked_at": _looked_at(places), "findings": shown})
    else:
        print(f"looked at {_looked_at(places)}")
        for finding in findings:
            row = "" if finding.sequence is None else f" row {finding.sequence}"
            known = f"; acknowledged {finding.acknowledged}" if finding.acknowledged else ""
            print(f"{finding.part}{row}: {finding.problem}{known}")
        if not open_findings:
            print("nothing else was changed, removed or added" if findings else _WHOLE)
    return 1 if open_findings else 0


def _acknowledge(places: LogPlaces, options: argparse.Namespace) -> int:
    with operating(places) as log:
        with reading(places) as reader:
            breaks = unacknowledged_breaks(reader.database)
        for each in breaks:
            print(f"row {each.sequence}, {each.at}: {each.problem}")
        question = f"Do you know what happened at these {len(breaks)} breaks, and is it in your papers?"
        if breaks and not options.yes and not _confirmed(question, "acknowledge"):
            raise SessionLogError("Nothing was acknowledged.")
        acknowledge(log, breaks)
    print(f"acknowledged: {len(breaks)} breaks, in {_looked_at(places)}")
    return 0


def _stats(places: LogPlaces, options: argparse.Namespace) -> int:
    with reading(places) as reader:
        statistics = count(reader, partial(_progress, unit="talk"))
    print(f"session_log: {_looked_at(places)}", file=sys.stderr)
    if options.json:
        _print_json(dataclasses.asdict(statistics))
    else:
        print("\n".join(statistics_lines(statistics)))
    return 0


def _export(places: LogPlaces, options: argparse.Namespace) -> int:
    selection = Selection(options.talk_id, options.person)
    with operating(places, _meanwhile(options)) as log, reading(places) as reader:
        selection.talks(reader)  # tells of what is not there, before anything is noted
        if options.output is not None and options.output.exists() and not options.force:
            raise SessionLogError(f"{options.output} is there already; --force replaces it.")
        note_access(log, "export_made", person=options.person, talk_id=options.talk_id, detail=options.format)
        pieces = FORMATS[options.format](reader, selection, partial(_progress, unit="talk"))
        write_export(pieces, options.output, force=options.force)
    return 0


def _erase(places: LogPlaces, options: argparse.Namespace) -> int:
    with operating(places, _meanwhile(options)) as log:
        with reading(places) as reader:
            talks = Selection(options.talk_id, options.person).talks(reader)
        what = f"talk {options.talk_id}" if options.person is None else f"person {options.person}"
        if not options.yes and not _confirmed(_ERASE.format(what, len(talks)), "erase"):
            raise SessionLogError("Nothing was erased.")
        by = {"actor": operator_name(), "role": OPERATOR}
        if options.person is None:
            settled(log, log.perform(lambda transaction: erase_talk(transaction, options.talk_id, **by)))
        else:
            settled(log, log.perform(lambda transaction: erase_person(transaction, options.person, **by)))
    print(f"erased: {what} ({len(talks)} talks), in {_looked_at(places)}")
    return 0


def _rotate_key(places: LogPlaces, options: argparse.Namespace) -> int:
    with operating(places) as log:
        rotated = rotate(log)
    print(f"{rotated.keys} keys are wrapped with the new master key {rotated.key_id}")
    print(f"make a new backup of {places.key_file}; the old key opens only older copies of the database")
    return 0


def _retention(places: LogPlaces, options: argparse.Namespace) -> int:
    with operating(places, "the server runs it itself once a day by its settings") as log:
        note_access(log, "retention_run", detail=f"text {options.text_days}, audio {options.audio_days} days")
        removed = run_retention(log, datetime.now(UTC), options.text_days, options.audio_days)
    print(f"erased {removed.talks} talks, deleted {removed.sounds} sounds and {removed.backups} old copies")
    return 0


def _ingest(places: LogPlaces, options: argparse.Namespace) -> int:
    with _input(options.file) as file, operating(places) as log:
        note_access(log, "events_ingested")
        ingested = ingest(log, numbered_values(_progress(file, None, unit="line")))
    print(
        f"{ingested.written} written, {ingested.repeated} stored already, "
        f"{ingested.withheld} without consent, "
        f"{ingested.left_out} of audit or sound left out, {len(ingested.bad)} bad"
    )
    for number, problem in ingested.bad:
        print(f"session_log: {options.file}:{number}: {problem}", file=sys.stderr)
    return 2 if ingested.bad else 0


@contextmanager
def _input(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(name).open("rb") as file:
            yield file
    except OSError as error:
        raise SessionLogError(f"{name} cannot be read ({error.strerror}).") from None


def _meanwhile(options: argparse.Namespace) -> str:
    """Who can do the same for a talk or a person while the server runs."""
    what = options.command
    if options.person is not None:
        return f"the person can {what} all of theirs on their own page (/me)"
    if options.talk_id is None:
        return ""
    who = "a supervisor" if what == "erase" else "a therapist"
    return f"{who} who may see the talk can {what} it on its page of the review (/review)"


def _looked_at(places: LogPlaces) -> str:
    try:
        with reading(places) as reader:
            rows, talks = reader.size()
    except SessionLogError:  # damaged: `verify` has said how
        return f"{places.database}, whose rows cannot be counted"
    return f"{places.database}: {rows} rows, {talks} talks"


def _confirmed(question: str, to_do: str) -> bool:
    if not sys.stdin.isatty():
        raise SessionLogError(f"To {to_do} without being asked on a terminal, add --yes.")
    return input(f"{question} [yes/no] ").strip().lower() == "yes"


def _progress(items: Iterable[_Item], total: int | None, unit: str) -> Iterable[_Item]:
    return tqdm(items, total=total, unit=unit, disable=None, leave=False)  # on a terminal alone


def _print_json(values: object) -> None:
    print(json.dumps(values, ensure_ascii=False, indent=2))


_COMMANDS: dict[str, Callable[[LogPlaces, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "verify": _verify,
    "acknowledge": _acknowledge,
    "export": _export,
    "erase": _erase,
    "rotate-key": _rotate_key,
    "retention": _retention,
    "stats": _stats,
    "ingest": _ingest,
}

if __name__ == "__main__":
    sys.exit(main())
