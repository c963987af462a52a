"""The session log of an installation: is it one, does the key fit, does the head, and who writes it?

It is looked at for reading alone: nothing is made, changed or taken from a running server.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bot.check import PREPARE, Finding

if TYPE_CHECKING:
    from sqlite_utils import Database

    from bot.settings import Settings
    from session_log.data_keys import DataKeys
    from session_log.location import LogPlaces
    from session_log.master_keys import MasterKeys

__all__ = ["log_places", "session_log"]

_DATABASE, _KEY, _HEAD, _WRITER = "session log", "log key", "log head", "log writer"
_FEEDBACK = "feedback"
_RESTORE = "put a backup in its place (docs/session-log.md), or correct hamdel.session_log.path"
_OTHER_HEAD = (
    "put the newest head in its place; if a backup was restored: docs/session-log.md, Backup and restoring"
)


def session_log(
    settings: Settings | None, environment: Mapping[str, str], *, server_runs: bool
) -> list[Finding]:
    """Whether the next start, or the running server, can go on with this log.

    Args:
        settings: the deployer's, None where they cannot be read.
        environment: environment variables.
        server_runs: whether a Hamdel answers on the gateway's port.
    """
    if settings is None:
        return [Finding(_DATABASE, "note", "not looked at: the settings that name it cannot be read")]
    try:
        places = log_places(settings, environment)
        return [*_log(places, environment), *_writer(places.database, server_runs=server_runs)]
    except ImportError as error:
        return [Finding(_DATABASE, "missing", f"not looked at: the package {error.name} is missing", PREPARE)]


def log_places(settings: Settings | None, environment: Mapping[str, str]) -> LogPlaces:
    """Where the parts of the gateway's log lie."""
    from platformdirs import user_data_path

    from session_log.location import LogPlaces

    def chosen(value: Path | None, variable: str) -> Path | None:
        named = environment.get(variable)
        return value or (Path(named).expanduser() if named else None)

    log = settings.session_log if settings is not None else None
    default = user_data_path("hamdel", appauthor=False) / "session_log.sqlite"
    return LogPlaces.of(
        chosen(log.path if log is not None else None, "HAMDEL_SESSION_LOG") or default,
        chosen(log.key_file if log is not None else None, "HAMDEL_LOG_KEY_FILE"),
        chosen(log.head_file if log is not None else None, "HAMDEL_LOG_HEAD_FILE"),
    )


def _log(places: LogPlaces, environment: Mapping[str, str]) -> Iterator[Finding]:
    from session_log.schema import SessionLogError, check, open_for_reading

    path = places.database
    if not path.exists():
        yield Finding(_DATABASE, "note", f"{path} is not there yet; the first start makes it")
        yield from _key(places, environment, None)
        return
    if not os.access(path, os.R_OK | os.W_OK):
        remedy = f"chown $USER '{path}', or set hamdel.session_log.path"
        yield Finding(_DATABASE, "wrong", f"{path} may not be written", remedy)
        return
    try:
        check(path)
    except SessionLogError as error:
        yield Finding(_DATABASE, "damaged", str(error), _RESTORE)
        return
    try:
        database = open_for_reading(path)
    except SessionLogError as error:
        yield Finding(_DATABASE, "note", str(error))
        yield from _key(places, environment, None)
        return
    with closing(database):
        try:
            yield _size(path, database)
            yield from _key(places, environment, database)
        except sqlite3.Error as error:
            detail = f"{path} cannot be read ({type(error).__name__})"
            yield Finding(_DATABASE, "damaged", detail, _RESTORE)


def _size(path: Path, database: Database) -> Finding:
    query = "SELECT coalesce(max(sequence), 0), (SELECT count(*) FROM talks) FROM events"
    rows, talks = database.execute(query).fetchone()
    return Finding(_DATABASE, "ok", f"{path}: {rows} rows, {talks} talks")


def _key(places: LogPlaces, environment: Mapping[str, str], database: Database | None) -> Iterator[Finding]:
    from session_log.data_keys import LOG_OWNER, DataKeys
    from session_log.master_keys import KEY_VARIABLE, MasterKeys, MissingKeyError, WrongKeyError

    where = KEY_VARIABLE if environment.get(KEY_VARIABLE) else str(places.key_file)
    restore = f"restore {where} from its backup, or correct hamdel.session_log.key_file"
    try:
        masters = MasterKeys.load(places.key_file, environment)
    except MissingKeyError as error:
        if database is None and not places.key_file.exists():
            yield Finding(_KEY, "note", f"{where} is not there yet; the first start makes it")
        else:
            yield Finding(_KEY, "missing", str(error), restore)
        return
    except WrongKeyError as error:
        yield Finding(_KEY, "damaged", str(error), restore)
        return
    shown = _ids(masters)
    if database is None:
        yield Finding(_KEY, "ok", f"{where}: {shown}")
        return
    try:
        log_key = DataKeys(masters).log_key(database).secret
    except WrongKeyError as error:
        row = database.execute("SELECT master_id FROM keys WHERE owner = ?", (LOG_OWNER,)).fetchone()
        wanted = f"; {places.database} wants {row[0]}" if row and row[0] not in masters.ids else f"; {error}"
        yield Finding(_KEY, "wrong", f"{where}: {shown}{wanted}", restore)
        return
    yield Finding(_KEY, "ok", f"{where}: {shown}, opens the log")
    yield _head(places.head_file, log_key, database)
    yield from _feedback(database, DataKeys(masters))


def _ids(masters: MasterKeys) -> str:
    current, *older = masters.ids
    rotating = f", and before it {', '.join(older)}: a rotation was broken off" if older else ""
    return f"key {current}{rotating}"


def _head(path: Path, log_key: bytes, database: Database) -> Finding:
    from session_log.chain import HeadError, read_head
    from session_log.store import last_row

    try:
        head = read_head(path, log_key)  # first: it never runs ahead of what is committed
    except HeadError as error:
        return Finding(_HEAD, "wrong", str(error), _OTHER_HEAD)
    last = last_row(database).sequence
    if head is None and last:
        detail = f"there is none at {path}: the next start will record that the chain is broken"
        return Finding(_HEAD, "missing", detail, _OTHER_HEAD)
    if head is None or not head.sequence:
        return Finding(_HEAD, "ok", f"{path}, of an empty log")
    if head.sequence > last:
        detail = f"{path} is of row {head.sequence}, the database ends with row {last}: its tail is missing"
        return Finding(_HEAD, "wrong", detail, _OTHER_HEAD)
    row = database.execute("SELECT link FROM events WHERE sequence = ?", (head.sequence,)).fetchone()
    if row is None or bytes(row[0]) != head.link:
        detail = f"{path} was written for another row {head.sequence} than the database has"
        return Finding(_HEAD, "wrong", detail, _OTHER_HEAD)
    return Finding(_HEAD, "ok", f"{path}, of row {head.sequence}")


def _feedback(database: Database, keys: DataKeys) -> Iterator[Finding]:
    """What feedback has taught; nothing where nothing was learnt yet."""
    from session_log.learnt import DamagedLearntError, read_learnt, set_aside_names

    try:
        learnt = read_learnt(database, keys)
    except DamagedLearntError as error:
        remedy = (
            "start the server: it sets this aside and learns anew from the log; until then the rules hold"
        )
        yield Finding(_FEEDBACK, "damaged", str(error), remedy)
    else:
        if learnt is not None:
            yield Finding(_FEEDBACK, "ok", f"{learnt.reason} ({learnt.at:%Y-%m-%d %H:%M} UTC)")
    for name in set_aside_names(database):
        detail = f"{name}: a state that was damaged is kept aside in the log's table `learnt`"
        yield Finding(_FEEDBACK, "note", detail)


def _writer(path: Path, *, server_runs: bool) -> Iterator[Finding]:
    from session_log.writer_lock import is_held

    try:
        held = is_held(path)
    except OSError as error:
        yield Finding(_WRITER, "note", f"not known ({os.strerror(error.errno or 0)})")
        return
    if held and server_runs:
        yield Finding(_WRITER, "ok", "the server that runs here")
    elif held:
        detail = f"another program writes {path}, though no Hamdel answers on the gateway's port"
        remedy = "end that server or command, or give this one a log of its own: hamdel.session_log.path"
        yield Finding(_WRITER, "wrong", detail, remedy)
    elif server_runs:
        detail = "nobody: the server that runs here writes another log, by other settings than these"
        yield Finding(_WRITER, "note", detail)
    else:
        yield Finding(_WRITER, "ok", "nobody at the moment")
