"""Whether a session log is as it was written: every row, key, derived table and file beside it.

Whoever can write the database but has no key can't change, remove, insert or append anything unseen, and
whoever can't write the head's file can't cut off the tail. What this can't show: that the tail was cut off
*and* an older genuine head was put in place of the newest; that somebody who has the keys wrote a log of
their own; and of the tables of the review more than its accounts, and the assignments that stand there.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from session_log import store
from session_log.account_rows import account_digest, assignment_mac
from session_log.audio import audio_path
from session_log.audit_events import AudioDeleted
from session_log.chain import CONFLICT_STAMP, Head, HeadError, read_head
from session_log.chain_walk import ChainWalk, Finding, empty_copy, has_its_types
from session_log.data_keys import DataKey, DataKeys, SealError
from session_log.events import AudioKept
from session_log.kinds import AnyEvent, person_owner, talk_owner
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys, WrongKeyError
from session_log.schema import SessionLogError, open_for_reading
from session_log.summaries import fold, open_summary

__all__ = ["Finding", "verify"]

Progress = Callable[[Iterable[dict[str, object]], int], Iterable[dict[str, object]]]
"""Passes rows through and shows how many of how many there were."""

_SETTLING_S = 60.0
"""Sound is written before its event: a younger file without one may be on its way."""

_BACKUP_STAMP = "%Y%m%dT%H%M%S%fZ"
_MOST_OF_SQLITE = 100
_UNREADABLE = (sqlite3.Error, ValueError, TypeError, AttributeError, OverflowError)


def verify(places: LogPlaces, progress: Progress = lambda rows, total: rows) -> list[Finding]:
    """Looks at the whole log, as it is at the moment of the call, and changes nothing.

    Args:
        places: where its parts lie.
        progress: shows how far the walk has come.

    Returns:
        What is wrong, in the order of the parts; nothing where all is well. What was recorded as broken
        and acknowledged since is among it, and says so.

    Raises:
        SessionLogError: where there is no log, or its key is missing or another.
    """
    database = open_for_reading(places.database)
    try:
        masters = MasterKeys.load(places.key_file)
        # The head first: it never runs ahead of what is committed.
        log_key = DataKeys(masters).log_key(database).secret
        head, findings = _head(places, log_key)
        database.execute("BEGIN")
        inspection = _Inspection(database, places, masters)
        walk = ChainWalk(log_key, () if head is None else (head.sequence,))
        steps: list[Callable[[], Iterator[Finding]]] = [
            lambda: _file(database),
            lambda: _rows(database, walk, progress),
            lambda: _compared_head(head, walk),
            inspection.keys,
            lambda: inspection.talks(progress),
            inspection.beyond_talks,
            lambda: _derived(database, walk.derived),
            inspection.sound,
            lambda: _backups(database, places.database),
            lambda: _accounts(database, walk.account_digests),
            lambda: _assignments(database, log_key),
        ]
        for step in steps:
            findings += _until_unreadable(step)
        walk.derived.close()
        return [*_set_aside(places.head_file, log_key, walk.acknowledged), *findings]
    except sqlite3.Error as error:  # before the first step could be taken
        raise SessionLogError(
            f"{places.database} cannot be read ({type(error).__name__}); restore a backup if it is damaged."
        ) from None
    finally:
        database.close()


def _until_unreadable(step: Callable[[], Iterator[Finding]]) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(step())  # keeps what came before the error
    except _UNREADABLE as error:
        found.append(Finding("file", None, f"a part of the database cannot be read ({type(error).__name__})"))
    return found


def _file(database: Database) -> Iterator[Finding]:
    query = """SELECT type, name, tbl_name, sql FROM sqlite_master
        WHERE substr(name, 1, 7) <> 'sqlite_' ORDER BY name"""
    own = empty_copy()
    if database.execute(query).fetchall() != own.execute(query).fetchall():
        yield Finding("file", None, "its tables or indices are not those of this version")
    own.close()
    for (line,) in database.execute(f"PRAGMA integrity_check({_MOST_OF_SQLITE})"):
        if line != "ok":
            yield Finding("file", None, f"SQLite: {line}")


def _head(places: LogPlaces, log_key: bytes) -> tuple[Head | None, list[Finding]]:
    path, findings = places.head_file, []
    try:
        head = read_head(path, log_key)
        if head is None:
            findings.append(
                Finding("head", None, f"there is none at {path}, so that a cut tail can't be seen")
            )
    except HeadError as error:
        head = None
        findings.append(Finding("head", None, str(error)))
    return head, findings


def _rows(database: Database, walk: ChainWalk, progress: Progress) -> Iterator[Finding]:
    total = database.execute("SELECT count(*) FROM events").fetchone()[0]
    try:
        for row in progress(database.query("SELECT * FROM events ORDER BY sequence"), total):
            walk.take(row)
        walk.finish()
    finally:
        yield from walk.findings


def _compared_head(head: Head | None, walk: ChainWalk) -> Iterator[Finding]:
    if head is None or not head.sequence:
        return
    if head.sequence > walk.last.sequence:
        problem = f"rows {walk.last.sequence + 1} to {head.sequence} were cut off"
        yield Finding("head", head.sequence, problem)
    elif walk.links.get(head.sequence) != head.link:
        yield Finding("head", head.sequence, "the row is not the one that the head was written for")


def _set_aside(path: Path, log_key: bytes, acknowledged: Mapping[datetime, str]) -> Iterator[Finding]:
    # They are named after the moment of the break that is recorded in the chain.
    by_stamp = {f"{at.astimezone(UTC):{CONFLICT_STAMP}}": by for at, by in acknowledged.items()}
    for aside in sorted(path.parent.glob(f"{path.name}.*.conflict")):
        try:
            kept = read_head(aside, log_key)
            what = "a genuine one" if kept is None else f"a genuine one of row {kept.sequence}"
        except HeadError:
            what = "not one of this log"
        problem = f"{aside.name}: a head that did not fit was set aside, {what}"
        yield Finding("head", None, problem, by_stamp.get(aside.name.split(".")[-2]))


class _Inspection:
    """What can be seen with the keys alone."""

    def __init__(self, database: Database, places: LogPlaces, masters: MasterKeys) -> None:
        self._database = database
        self._places = places
        self._masters = masters
        self._keys = DataKeys(masters)
        self._sounds: dict[Path, tuple[int, str]] = {}
        self._without_key: set[str] = set()

    def keys(self) -> Iterator[Finding]:
        erased = "SELECT talk_id FROM talks WHERE erased_at IS NOT NULL"
        of_erased = {talk_owner(row[0]) for row in self._database.execute(erased)}
        query = "SELECT DISTINCT talk_id FROM events WHERE content IS NOT NULL AND talk_id IS NOT NULL"
        in_use = {talk_owner(row[0]) for row in self._database.execute(query)}
        for owner, master_id, wrapped in self._database.execute("SELECT owner, master_id, wrapped FROM keys"):
            try:
                if not isinstance(wrapped, bytes):
                    raise TypeError
                self._masters.unwrap(owner, master_id, wrapped)
            except (WrongKeyError, TypeError, AttributeError):
                yield Finding("keys", None, f"the key of {_shown(owner)} does not open")
            if owner in of_erased - in_use:
                yield Finding("keys", None, f"the key of {_shown(owner)} is there, though the talk is erased")

        enrolled = "SELECT 1 FROM review_accounts WHERE code_secret IS NOT NULL"
        needed = "SELECT 1 FROM keys WHERE owner = 'accounts'"
        if self._database.execute(enrolled).fetchone() and not self._database.execute(needed).fetchone():
            yield Finding("keys", None, "the key of accounts is gone, and second factors with it")

    def talks(self, progress: Progress) -> Iterator[Finding]:
        total = self._database.execute("SELECT count(*) FROM talks").fetchone()[0]
        # What is in either: talks of which only rows are left are found too.
        query = """SELECT talk_id, ended_at, summary FROM talks UNION ALL
            SELECT DISTINCT talk_id, NULL, NULL FROM events WHERE talk_id IS NOT NULL
            AND talk_id NOT IN (SELECT talk_id FROM talks)"""
        for row in progress(self._database.query(query), total):
            talk_id = str(row["talk_id"])
            happened: list[AnyEvent] = []
            wrong = list(self._opened("talk_id = ?", talk_id, happened))
            yield from wrong
            self._hear(happened)
            key = self._key(talk_owner(talk_id))
            sealed = row["summary"] if isinstance(row["summary"], bytes) else None
            if not wrong and not _is_summed_up(talk_id, key, row["ended_at"], sealed, happened):
                yield Finding(
                    "talks", None, f"the summary of {_shown(talk_id)} does not follow from its events"
                )

    def beyond_talks(self) -> Iterator[Finding]:
        yield from self._opened("talk_id IS NULL AND ? IS NULL", None, [])

    def sound(self) -> Iterator[Finding]:
        for path, (sequence, digest) in self._sounds.items():
            try:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                yield Finding("audio", sequence, "the sound of this turn is missing")
                continue
            if found != digest:
                yield Finding("audio", sequence, "the sound of this turn was changed")
        folder = self._places.audio
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file() and path not in self._sounds and not _is_young(path):
                yield Finding("audio", None, f"{path.relative_to(folder)} is of no turn whose sound is kept")

    def _opened(self, condition: str, value: str | None, happened: list[AnyEvent]) -> Iterator[Finding]:
        query = f"""SELECT {", ".join(store.Row._fields)} FROM events
            WHERE {condition} AND facts IS NOT NULL ORDER BY sequence"""  # noqa: S608 - constants of ours
        for columns in self._database.execute(query, (value,)).fetchall():
            row = store.Row(*columns)
            if not has_its_types(row._asdict()):  # told by the walk
                continue
            owner = talk_owner(row.talk_id) if row.talk_id is not None else person_owner(str(row.person))
            try:
                if row.content is not None and self._key(owner) is None:
                    if owner not in self._without_key:
                        yield Finding(
                            "keys", row.sequence, f"the key of {_shown(owner)} is gone, and content with it"
                        )
                    self._without_key.add(owner)
                    continue
                event = next(store.unsealed(self._database, self._keys, [row]))
            except SealError:
                yield Finding("events", row.sequence, "its content does not open")
            except (ValueError, TypeError, KeyError) as error:
                yield Finding(
                    "events", row.sequence, f"it is no event of this version ({type(error).__name__})"
                )
            else:
                happened.append(event)
                if isinstance(event, AudioKept):
                    path = audio_path(self._places.audio, event.talk_id, event.turn_id)
                    self._sounds[path] = (row.sequence, event.digest)

    def _hear(self, happened: Iterable[AnyEvent]) -> None:
        for event in happened:
            if isinstance(event, AudioDeleted):
                self._sounds.pop(audio_path(self._places.audio, event.talk_id, event.turn_id), None)

    def _key(self, owner: str) -> DataKey | None:
        try:
            return self._keys.find(self._database, owner)
        except WrongKeyError:  # told by `keys`
            return None


def _is_summed_up(
    talk_id: str, key: DataKey | None, ended_at: object, sealed: bytes | None, happened: list[AnyEvent]
) -> bool:
    if key is None or ended_at is None or sealed is None:
        return (sealed is None) == (key is None or ended_at is None)
    try:
        return open_summary(key, talk_id, sealed) == fold(happened)
    except (SealError, ValueError, TypeError, KeyError):
        return False


def _derived(database: Database, anew: Database) -> Iterator[Finding]:
    for table, named_by in (("talks", 1), ("persons", 1), ("refusals", 2)):
        columns = [column.name for column in anew[table].columns if column.name != "summary"]
        query = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - names of our own schema
        stored = {row[:named_by]: row for row in database.execute(query)}
        expected = {row[:named_by]: row for row in anew.execute(query)}
        for name in sorted(expected.keys() | stored.keys(), key=str):
            shown = _shown(" ".join(map(str, name)))
            if name not in stored:
                yield Finding(table, None, f"{shown} is missing, though events tell of it")
            elif name not in expected:
                yield Finding(table, None, f"{shown} is there, though no event tells of it")
            elif stored[name] != expected[name]:
                pairs = zip(columns, stored[name], expected[name], strict=True)
                wrong = ", ".join(column for column, is_, should in pairs if is_ != should)
                yield Finding(table, None, f"{shown} is not what follows from the events ({wrong})")


def _backups(database: Database, path: Path) -> Iterator[Finding]:
    unlisted = set(path.parent.glob(f"{path.name}.version-*.backup"))
    for name, made_at in database.execute("SELECT path, made_at FROM backups"):
        backup = Path(name)
        unlisted.discard(path.parent / backup.name)
        try:
            moment = datetime.strptime(backup.name.split(".")[-2], _BACKUP_STAMP).replace(tzinfo=UTC)
            fits = moment.isoformat(timespec="microseconds") == made_at and backup.is_file()
        except (ValueError, IndexError, OSError):
            fits = False
        if not fits:
            yield Finding("backups", None, f"{_shown(name)} is gone, or not as listed")
    for backup in sorted(unlisted):
        yield Finding("backups", None, f"{backup.name} is not listed, so that nothing is erased in it")


def _accounts(database: Database, recorded: Mapping[str, str]) -> Iterator[Finding]:
    stored = {row[0] for row in database.execute("SELECT account FROM review_accounts")}
    for account in sorted(stored | recorded.keys(), key=str):
        if account not in recorded:
            yield Finding("accounts", None, f"{_shown(account)} is there, though no event tells of it")
        elif account_digest(database, account) != recorded[account]:
            yield Finding("accounts", None, f"{_shown(account)} is not as its last recorded change left it")


def _assignments(database: Database, log_key: bytes) -> Iterator[Finding]:
    query = "SELECT therapist, person, at, mac FROM review_assignments"
    for therapist, person, at, mac in database.execute(query):
        if bytes(mac) != assignment_mac(log_key, therapist, person, at):
            yield Finding("assignments", None, f"nobody assigned a person to {_shown(therapist)} like that")


def _is_young(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < _SETTLING_S
    except OSError:  # deleted meanwhile
        return True


def _shown(name: object) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in str(name)[:120])
