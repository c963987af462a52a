from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich_log import care, record, write_rich_log

from session_log.chain import FIRST_LINK, Head, LinkedRow, digest, link, read_head, write_head
from session_log.data_keys import DataKeys
from session_log.derived import UnfittingEventError
from session_log.erasure import erase_person
from session_log.events import Event, SuggestionFeedback, TalkStarted, new_event_id
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys, WrongKeyError
from session_log.schema import SessionLogError, open_for_writing
from session_log.store import linked_row
from session_log.verify import Finding, verify
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
THOROUGHLY = settings(
    max_examples=int(os.environ.get("HAMDEL_EXAMPLES", "100")),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
NOT_VOUCHED_FOR = {
    "review_accounts.code_step",
    "review_invitations",
    "review_assignments",
    "review_sessions",
    "review_failures",
    "learnt",
}
"""Of the tables of the review, the chain vouches for the accounts alone; what was learnt is sealed by itself."""


@pytest.fixture
def places(path: Path, talk: Talk) -> LogPlaces:
    return write_rich_log(path, talk)


@contextmanager
def copied(places: LogPlaces) -> Iterator[LogPlaces]:
    """A copy to tamper with; its backup stays where the log says that it is."""
    folder = places.database.parent.with_name("copy")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(places.database.parent, folder)
    yield LogPlaces.of(folder / places.database.name)


def found(places: LogPlaces) -> list[Finding]:
    """What verify finds; that it refuses the log counts too."""
    try:
        return verify(places)
    except SessionLogError as error:
        return [Finding("refused", None, str(error))]


def changed(places: LogPlaces, *statements: tuple[str, tuple[object, ...]]) -> list[Finding]:
    with closing(sqlite3.connect(places.database)) as database:
        for statement, values in statements:
            database.execute(statement, values)
        database.commit()
    return found(places)


def columns_of(places: LogPlaces) -> dict[str, list[str]]:
    with closing(sqlite3.connect(places.database)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: columns
            for table in tables
            if table not in NOT_VOUCHED_FOR
            and (
                columns := [
                    row[1]
                    for row in database.execute(f"PRAGMA table_info({table})")
                    if f"{table}.{row[1]}" not in NOT_VOUCHED_FOR
                ]
            )
        }


def everything(places: LogPlaces) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(places.database)) as database:
        return {
            table: database.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2").fetchall()
            for table, columns in columns_of(places).items()
        }


def test_a_log_as_it_was_written_has_no_findings(places: LogPlaces) -> None:
    rows = everything(places)
    assert {table for table, held in rows.items() if held} == set(rows)
    kinds = {row[4] for row in rows["events"]}
    assert {"erased", "flag_moved", "audio_kept", "audio_deleted", "account_changed", "note_written"} <= kinds
    assert verify(places) == []


def test_it_may_run_beside_the_writer_and_changes_nothing(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        record(log, talk("talk-9"))
        assert verify(places) == []
        before = {path: path.read_bytes() for path in places.database.parent.rglob("*") if path.is_file()}
        verify(places)
        shared = places.database.with_name(f"{places.database.name}-shm")  # marks of readers
        assert all(path.read_bytes() == data for path, data in before.items() if path != shared)


@THOROUGHLY
@given(data=st.data())
def test_any_changed_value_of_any_table_is_found(places: LogPlaces, data: st.DataObject) -> None:
    columns = columns_of(places)
    table = data.draw(st.sampled_from(sorted(columns)))
    column = data.draw(st.sampled_from(columns[table]))
    with copied(places) as copy:
        with closing(sqlite3.connect(copy.database)) as database:
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[5]]
            rows = database.execute(f"SELECT {', '.join(names)}, {column} FROM {table}").fetchall()
            *name, old = data.draw(st.sampled_from(rows))
            others = [row[-1] for row in rows if row[-1] != old]
            new = data.draw(
                st.one_of(
                    *([st.sampled_from(others)] if others else []),
                    st.none(),
                    st.integers(-(2**63), 2**63 - 1),
                    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
                    st.binary(max_size=60),
                ).filter(lambda value: value != old)
            )
            where = " AND ".join(f"{each} IS ?" for each in names)
            try:
                query = f"UPDATE {table} SET {column} = ? WHERE {where}"
                database.execute(query, (new, *name))
            except sqlite3.IntegrityError:  # SQLite itself refuses it
                return
            again = f"SELECT count(*) FROM {table} WHERE {column} IS ?"
            if isinstance(new, str) and database.execute(again, (old,)).fetchone()[0] == len(rows):
                return  # SQLite made the old value of it
            before = sorted(map(repr, rows))
            now = database.execute(f"SELECT {', '.join(names)}, {column} FROM {table}").fetchall()
            if sorted(map(repr, now)) == before:
                return
            database.commit()
        assert found(copy), f"{table}.{column}: {old!r} became {new!r}"


@THOROUGHLY
@given(data=st.data())
def test_any_removed_row_of_any_table_is_found(places: LogPlaces, data: st.DataObject) -> None:
    with copied(places) as copy:
        table = data.draw(st.sampled_from(sorted(columns_of(copy))))
        with closing(sqlite3.connect(copy.database)) as database:
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[5]]
            name = data.draw(
                st.sampled_from(database.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())
            )
        where = " AND ".join(f"{each} IS ?" for each in names)
        assert changed(copy, (f"DELETE FROM {table} WHERE {where}", name)), f"{table} {name}"


@THOROUGHLY
@given(data=st.data())
def test_any_appended_row_of_any_table_is_found(places: LogPlaces, data: st.DataObject) -> None:
    with copied(places) as copy:
        columns = columns_of(copy)
        table = data.draw(st.sampled_from(sorted(columns)))
        with closing(sqlite3.connect(copy.database)) as database:
            row = list(data.draw(st.sampled_from(database.execute(f"SELECT * FROM {table}").fetchall())))
            keyed = [item[0] for item in database.execute(f"PRAGMA table_info({table})") if item[5]]
            last = database.execute("SELECT max(sequence) FROM events").fetchone()[0]
        text = data.draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
        for place in keyed:
            row[place] = last + 1 if isinstance(row[place], int) else f"{row[place]}{text}"
        if table == "events":
            row[1] += text
        if table == "review_accounts":
            row[1] += text
        marks = ", ".join("?" * len(row))
        assert changed(copy, (f"INSERT INTO {table} VALUES ({marks})", tuple(row))), f"{table}"


@THOROUGHLY
@given(data=st.data())
def test_any_two_swapped_events_are_found(places: LogPlaces, data: st.DataObject) -> None:
    with copied(places) as copy:
        with closing(sqlite3.connect(copy.database)) as database:
            last = database.execute("SELECT max(sequence) FROM events").fetchone()[0]
        first, second = data.draw(st.sets(st.integers(1, last), min_size=2, max_size=2))
        swap = "UPDATE events SET sequence = ? WHERE sequence = ?"
        assert changed(copy, (swap, (0, first)), (swap, (first, second)), (swap, (second, 0)))


@THOROUGHLY
@given(rows=st.integers(1, 200))
def test_a_cut_tail_is_found_by_the_head(places: LogPlaces, rows: int) -> None:
    with copied(places) as copy:
        cut = "DELETE FROM events WHERE sequence > (SELECT max(sequence) FROM events) - ?"
        findings = changed(copy, (cut, (rows,)))
        assert any(finding.part == "head" and "cut off" in finding.problem for finding in findings)


@THOROUGHLY
@given(data=st.data())
def test_a_flipped_byte_of_the_file_is_found_or_changes_nothing(
    places: LogPlaces, data: st.DataObject
) -> None:
    before = everything(places)
    with copied(places) as copy:
        whole = bytearray(copy.database.read_bytes())
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] ^= data.draw(st.integers(1, 255))
        copy.database.write_bytes(whole)
        if not found(copy):
            assert everything(copy) == before, f"byte {place}"


def test_an_older_copy_with_the_head_of_its_time_cannot_be_told_from_the_log(path: Path, talk: Talk) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, talk("talk-1"))
    with copied(places) as older:
        with SessionLog.open(places) as log:
            record(log, talk("talk-2"))
        newest = places.head_file.read_bytes()
        shutil.copy(older.database, places.database)
        assert [finding.part for finding in verify(places)] == ["head"]
        shutil.copy(older.head_file, places.head_file)
        assert verify(places) == []
        places.head_file.write_bytes(newest)
        assert verify(places) != []


def test_a_restored_backup_says_which_rows_are_lost(path: Path, talk: Talk) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, talk("talk-1"))
        with (
            closing(sqlite3.connect(path)) as running,
            closing(sqlite3.connect(path.parent / "copy")) as copy,
        ):
            running.backup(copy)
        record(log, talk("talk-2"))
    (path.parent / "copy").replace(path)
    with SessionLog.open(places) as log:
        record(log, talk("talk-3"))
    written = len(talk())
    first, second = verify(places)
    assert first.part == "head"
    assert first.problem.endswith(f"set aside, a genuine one of row {2 * written}")
    assert second.sequence == written + 1
    assert f"(tail_cut; head at row {2 * written}, last row {written})" in second.problem


def test_a_chain_written_with_another_key_is_found(places: LogPlaces) -> None:
    """Somebody without the log's key links all rows anew."""
    with closing(sqlite3.connect(places.database)) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM events ORDER BY sequence").fetchall()
        previous = FIRST_LINK
        for row in rows:
            previous = link(b"k" * 32, previous, linked_row(dict(row)))
            database.execute("UPDATE events SET link = ? WHERE sequence = ?", (previous, row["sequence"]))
        database.commit()
    assert sum(finding.part == "events" for finding in verify(places)) >= len(rows)


def test_findings_name_the_row_and_never_what_is_in_it(places: LogPlaces) -> None:
    with closing(sqlite3.connect(places.database)) as database:
        query = "SELECT sequence FROM events WHERE event_kind = 'turn_heard' AND content IS NOT NULL"
        (sequence,) = database.execute(query).fetchone()
    update = "UPDATE events SET facts = replace(facts, 'voice', 'typed') WHERE sequence = ?"
    (finding,) = changed(places, (update, (sequence,)))
    assert (finding.part, finding.sequence) == ("events", sequence)
    assert finding.problem == "the row or the link to the one before was changed"


def test_a_head_that_is_missing_changed_or_of_another_log_is_found(places: LogPlaces) -> None:
    genuine = places.head_file.read_bytes()
    places.head_file.unlink()
    assert [finding.part for finding in verify(places)] == ["head"]
    places.head_file.write_bytes(genuine.replace(b'"sequence": ', b'"sequence": 1'))
    assert [finding.part for finding in verify(places)] == ["head"]
    write_head(places.head_file, b"o" * 32, Head(3, bytes(32)))
    assert [finding.part for finding in verify(places)] == ["head"]


def test_a_genuine_head_of_a_row_that_is_another_now_is_found(places: LogPlaces) -> None:
    with closing(sqlite3.connect(places.database)) as database:
        row = database.execute("SELECT master_id, wrapped FROM keys WHERE owner = 'log'").fetchone()
    key = MasterKeys.load(places.key_file).unwrap("log", *row)
    head = read_head(places.head_file, key)
    assert head is not None
    write_head(places.head_file, key, Head(head.sequence, bytes(32)))
    (finding,) = verify(places)
    assert (finding.part, finding.sequence) == ("head", head.sequence)


def test_a_head_that_was_set_aside_and_the_event_of_it_stay_findings(places: LogPlaces) -> None:
    places.head_file.write_text("{}")
    SessionLog.open(places).close()
    parts = [finding.part for finding in verify(places)]
    assert parts == ["head", "events"]


def test_sound_that_is_missing_changed_or_left_over_is_found(places: LogPlaces) -> None:
    (kept,) = places.audio.rglob("*.sealed")
    sealed = kept.read_bytes()
    kept.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert [finding.part for finding in verify(places)] == ["audio"]
    kept.unlink()
    assert [finding.part for finding in verify(places)] == ["audio"]
    kept.write_bytes(sealed)
    left_over = kept.with_name("0" * 32 + ".ogg.sealed")
    left_over.write_bytes(sealed)
    assert verify(places) == []  # it may be that its event is on its way
    os.utime(left_over, (0, 0))
    assert [finding.part for finding in verify(places)] == ["audio"]


def test_the_key_of_an_erased_talk_put_back_is_found(path: Path, talk: Talk) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, talk("talk-1"))
    with closing(sqlite3.connect(path)) as database:
        key = database.execute("SELECT * FROM keys WHERE owner = 'talk:talk-1'").fetchone()
    with SessionLog.open(places) as log:
        assert log.erase_talk("talk-1", 60)
    assert verify(places) == []
    findings = changed(places, ("INSERT INTO keys VALUES (?, ?, ?)", key))
    assert "though the talk is erased" in findings[0].problem


def test_every_key_that_is_removed_is_found(places: LogPlaces) -> None:
    with closing(sqlite3.connect(places.database)) as database:
        owners = [row[0] for row in database.execute("SELECT owner FROM keys")]
    assert {owner.partition(":")[0] for owner in owners} == {"log", "talk", "person"}
    for owner in owners:
        with copied(places) as copy:
            assert changed(copy, ("DELETE FROM keys WHERE owner = ?", (owner,))), owner


def test_a_row_that_is_made_out_to_be_erased_is_found(places: LogPlaces) -> None:
    """Its digests keep the chain whole; the tombstone it names does not name it."""
    with closing(sqlite3.connect(places.database)) as database:
        (tombstone,) = database.execute("SELECT min(erased_by) FROM events").fetchone()
        query = "SELECT sequence, facts, content FROM events WHERE event_kind = 'distress_rated'"
        sequence, facts, content = database.execute(query).fetchone()
    blank = """UPDATE events SET facts = NULL, content = NULL, person = NULL, facts_digest = ?,
        content_digest = ?, erased_by = ? WHERE sequence = ?"""
    for by, found_at in ((tombstone, tombstone), (1, sequence), (10**6, sequence)):
        with copied(places) as copy:
            values = (digest(facts.encode()), digest(content), by, sequence)
            findings = changed(copy, (blank, values))
            assert any(each.part == "events" and each.sequence == found_at for each in findings)


def test_an_older_summary_put_back_is_found(path: Path, talk: Talk) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, talk("talk-1"))
        with closing(sqlite3.connect(path)) as database:
            (older,) = database.execute("SELECT summary FROM talks").fetchone()
        said = next(event for event in talk("talk-1") if isinstance(event, SuggestionFeedback))
        record(log, [replace(said, helped=True)])
    assert verify(places) == []
    (finding,) = changed(places, ("UPDATE talks SET summary = ?", (older,)))
    assert "the summary of talk-1" in finding.problem


def test_a_backup_that_is_gone_or_not_listed_is_found(places: LogPlaces) -> None:
    (backup,) = places.database.parent.glob("*.backup")
    other = backup.with_name(backup.name.replace("T", "T0"))
    backup.rename(other)
    assert [finding.part for finding in verify(places)] == ["backups", "backups"]
    other.unlink()
    assert [finding.part for finding in verify(places)] == ["backups"]


def test_a_dropped_index_is_found(places: LogPlaces) -> None:
    assert changed(places, ("DROP INDEX events_by_talk", ()))[0].part == "file"


def test_another_key_is_refused_and_nothing_is_changed(places: LogPlaces) -> None:
    before = places.database.read_bytes()
    MasterKeys((b"o" * 32,), places.key_file).save()
    with pytest.raises(WrongKeyError):
        verify(places)
    assert places.database.read_bytes() == before


def test_a_flag_erased_with_its_talk_and_later_with_its_person_stays_whole(path: Path, talk: Talk) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, talk("talk-1"))
        record(log, [*care("subject-1", "talk-1"), *_flags()])
        assert log.erase_talk("talk-1", 60)
        with_remark, bare = _flags()
        log.perform(lambda transaction: transaction.append(bare)).result(60)
        with pytest.raises(UnfittingEventError):
            log.perform(lambda transaction: transaction.append(with_remark)).result(60)
        assert verify(places) == []
        log.perform(lambda t: erase_person(t, "subject-1")).result(60)
    assert verify(places) == []


def _flags() -> list[Any]:
    moved = [event for event in care("subject-1", "talk-1") if type(event).__name__ == "FlagMoved"]
    return [
        replace(event, state="closed", remark=remark, event_id=new_event_id())
        for event in moved
        for remark in ("done", None)
    ]


def test_a_person_who_stopped_sharing_and_was_erased_leaves_no_finding(path: Path, talk: Talk) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, talk("talk-1", ("talk", "store_text", "share")))
        record(log, care("subject-1", "talk-1"))
        assert verify(places) == []
        log.perform(lambda t: erase_person(t, "subject-1")).result(60)
    assert verify(places) == []


def test_a_crisis_whose_talk_is_unknown_leaves_no_finding(path: Path, talk: Talk) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, [event for event in talk() if type(event).__name__ == "CrisisFlagged"])
        log.record(next(event for event in talk() if isinstance(event, TalkStarted)))
    assert verify(places) == []


def test_a_row_that_an_honest_writer_would_not_write_is_found(places: LogPlaces) -> None:
    """Even somebody with the keys has to keep to what events can be."""
    with closing(open_for_writing(places.database)) as database:
        keys = DataKeys(MasterKeys.load(places.key_file))
        key = keys.log_key(database).secret
        sequence, previous = database.execute(
            "SELECT sequence, link FROM events ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        at, facts = datetime.now(UTC).isoformat(timespec="microseconds"), '{"level":9}'
        row = LinkedRow(sequence + 1, "e", "talk-1", "crisis_flagged", at, digest(facts.encode()), b"")
        columns = (sequence + 1, "e", "talk-1", "crisis_flagged", at, facts, link(key, bytes(previous), row))
        database.execute(
            """INSERT INTO events (sequence, event_id, talk_id, event_kind, at, facts, link)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            columns,
        )
    assert any(finding.sequence == sequence + 1 for finding in verify(places))
