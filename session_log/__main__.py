"""`python -m session_log list | show`: what the session log of this machine holds."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from session_log.location import default_database_path
from session_log.reader import list_talks, read_talk
from session_log.schema import SessionLogError
from session_log.timeline import event_values, summary_values, table_lines, talk_lines

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status (2: bad input, told in one line)."""
    options = _parser().parse_args(arguments)
    path = options.database if options.database is not None else default_database_path()
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")  # Persian text, whatever the locale says
    try:
        if options.command == "list":
            _list(path, options.limit, options.json)
        else:
            _show(path, options.talk_id, options.json)
        sys.stdout.flush()
    except SessionLogError as error:
        print(f"session_log: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def _list(path: Path, limit: int, as_json: bool) -> None:
    talks = list_talks(path, limit)
    if as_json:
        print(json.dumps([summary_values(talk) for talk in talks], ensure_ascii=False, indent=2))
    elif talks:
        print("\n".join(table_lines(talks)))
    else:
        print("no talks yet")


def _show(path: Path, talk_id: str, as_json: bool) -> None:
    talk, happened = read_talk(path, talk_id)
    if as_json:
        values = {"talk": summary_values(talk), "events": [event_values(event) for event in happened]}
        print(json.dumps(values, ensure_ascii=False, indent=2))
    else:
        print("\n".join(talk_lines(talk, happened)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m session_log", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="the latest talks")
    listing.add_argument("--limit", type=_positive, default=20, help="how many talks (default: 20)")
    showing = commands.add_parser("show", help="one talk as a timeline")
    showing.add_argument("talk_id", metavar="TALK_ID")
    for command in (listing, showing):
        command.add_argument("--json", action="store_true", help="print JSON")
        command.add_argument(
            "--database",
            type=Path,
            help="the log's file (default: HAMDEL_SESSION_LOG, else hamdel/session_log.sqlite "
            "in the platform's data folder)",
        )
    return parser


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 0 < number < 2**31:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
