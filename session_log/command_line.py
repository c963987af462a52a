"""What the commands of `python -m session_log` are called with."""

from __future__ import annotations

import argparse
from pathlib import Path

from session_log.export import FORMATS
from session_log.location import LogPlaces, installed_places
from session_log.retention import AUDIO_DAYS, BACKUP_DAYS

__all__ = ["parser", "places_of"]

_ENDING = """Exit status: 0 done; 1 `verify` found something; 2 bad input, or the log cannot be used.
While a server writes the log, nothing else can: acknowledge, export, erase, rotate-key, retention and ingest
need it stopped. Which log is meant, the options say, else the server's settings (endpoints.yml, or the file
that HAMDEL_ENDPOINTS names), else the environment."""


def parser() -> argparse.ArgumentParser:
    """The arguments of all commands; `command` is the one chosen."""
    result = argparse.ArgumentParser(
        prog="python -m session_log",
        description="What the session log of this installation holds, whether it is whole, and its going.",
        epilog=_ENDING,
    )
    commands = result.add_subparsers(dest="command", required=True)

    def add(name: str, help_: str, description: str = "") -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_, description=description or f"{help_.capitalize()}.")
        _add_places(command)
        return command

    listing = add("list", "the latest talks")
    listing.add_argument("--limit", type=_positive, default=20, help="how many talks (default: 20)")
    showing = add("show", "one talk as a timeline")
    showing.add_argument("talk_id", metavar="TALK_ID")
    checking = add(
        "verify",
        "look whether anything was changed, removed or added",
        "Looks at every row, key, derived table and file of the log, and changes nothing. May run beside the "
        "server. Prints a line for each finding. A recorded break that somebody has acknowledged is printed "
        "too, and does not count.",
    )
    knowing = add(
        "acknowledge",
        "say that the recorded breaks of the chain are known",
        "Shows the breaks that were recorded when the log was opened (as after restoring a backup), and "
        "notes in the audit that you know of them; `verify` ends with 0 again if there is nothing else. A "
        "break that comes later has to be acknowledged anew.",
    )
    knowing.add_argument("--yes", action="store_true", help="do not ask")
    counting = add("stats", "talks by clinic, month, language and so on; no group below 5")
    for command in (listing, showing, checking, counting):
        command.add_argument("--json", action="store_true", help="print JSON")
    taking = add(
        "export",
        "a talk, a person's talks or all, as JSON or CSV",
        "Writes what is kept. The audit of the log tells of it.",
    )
    _add_selection(taking).add_argument("--all", action="store_true", help="everything but the audit")
    taking.add_argument("--format", choices=tuple(FORMATS), default="json", help="default: json")
    taking.add_argument("-o", "--output", type=Path, metavar="OUT", help="the file (default: print it)")
    taking.add_argument("--force", action="store_true", help="replace OUT where it is there")
    erasing = add(
        "erase",
        "the content of a talk, or all of a person, for good",
        "Erases content and keys in every file of the log; a tombstone stays. It cannot be undone.",
    )
    _add_selection(erasing)
    erasing.add_argument("--yes", action="store_true", help="do not ask")
    add(
        "rotate-key",
        "a new master key in place of the old one",
        "Writes a new master key into the key file, wraps all keys with it, and drops the old one. "
        "Broken off, it is gone on with by calling it again. Copies of the database made before need the "
        "old key: keep a copy of the key file for as long as those.",
    )
    _add_retention(add("retention", "erase and delete what is due"))
    feeding = add(
        "ingest",
        "events from an export or another system, each once",
        "Reads an exported JSON document, or one event a line; stores what the consents allow.",
    )
    feeding.add_argument("file", metavar="FILE", help="the file, or - for the standard input")
    return result


def places_of(options: argparse.Namespace) -> LogPlaces:
    """Where the log lies that the options name, or the settings of this installation.

    Raises:
        SessionLogError: where the settings are asked and cannot be read.
    """
    return installed_places(options.database, options.key_file, options.head_file)


def _add_places(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--database",
        type=Path,
        help="the log's file (default: session_log.path of endpoints.yml, else HAMDEL_SESSION_LOG, else "
        "hamdel/session_log.sqlite in the platform's data folder)",
    )
    for name, variable, ending in (
        ("--key-file", "HAMDEL_LOG_KEY_FILE", "key"),
        ("--head-file", "HAMDEL_LOG_HEAD_FILE", "head"),
    ):
        where = (
            f"the log's {ending} (default: session_log.{ending}_file of endpoints.yml, if that log is meant, "
            f"else {variable}, else keys/session_log.{ending} beside the log)"
        )
        command.add_argument(name, type=Path, help=where)


def _add_selection(command: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    whose = command.add_mutually_exclusive_group(required=True)
    whose.add_argument("talk_id", nargs="?", metavar="TALK_ID", help="a talk")
    whose.add_argument("--person", metavar="P", help="all of the person of this pseudonym")
    return whose


def _add_retention(command: argparse.ArgumentParser) -> None:
    command.description = (
        f"Erases the content of old talks, and deletes old sound and copies older than {BACKUP_DAYS} days. "
        "The server does this each day by its settings."
    )
    command.add_argument(
        "--text-days", type=_positive, metavar="N", help="keep content of talks N days (default: for good)"
    )
    days = ", ".join(map(str, AUDIO_DAYS))
    command.add_argument(
        "--audio-days", type=int, choices=AUDIO_DAYS, required=True, help=f"keep sound so long: {days}"
    )


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 0 < number < 2**31:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return number
