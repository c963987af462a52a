"""A break of the chain that an operator has acknowledged is told, and does not count any more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from log_files import change, record_all

from session_log.__main__ import main
from session_log.audit_events import AccessNoted
from session_log.chain_walk import ACKNOWLEDGED
from session_log.events import Event
from session_log.location import LogPlaces
from session_log.operator_access import operator_name
from session_log.verify import verify
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def restored(places: LogPlaces, talk: Talk) -> LogPlaces:
    """A backup of five rows in place of a log that had more, with the newest head."""
    with SessionLog.open(places) as log:
        record_all(log, talk()[:5])
        assert log.flush()
        with closing(sqlite3.connect(places.database)) as source:
            rows = source.serialize()
        record_all(log, talk()[5:])
    places.database.write_bytes(rows)
    return places


def run(places: LogPlaces, *command: str) -> int:
    return main([*command, "--database", str(places.database)])


def noted(number: int, **changed: str) -> AccessNoted:
    event = AccessNoted(
        at=datetime.now(UTC), actor="anna", role="operator", action=ACKNOWLEDGED, detail=f"row {number}"
    )
    return replace(event, **changed)


def test_after_it_verify_tells_of_the_break_and_ends_with_0(restored: LogPlaces, capsys: Output) -> None:
    assert run(restored, "verify") == 1
    assert "rows 6 to 17 were cut off" in capsys.readouterr().out
    assert run(restored, "acknowledge", "--yes") == 0
    printed = capsys.readouterr().out
    assert "row 6, " in printed
    assert "tail_cut; head at row 17, last row 5" in printed
    assert "acknowledged: 1 breaks, in" in printed
    assert run(restored, "verify") == 0
    lines = capsys.readouterr().out.splitlines()
    known = [line for line in lines if f"; acknowledged by {operator_name()} at 20" in line]
    assert len(known) == 2  # the row, and the head that was set aside
    assert lines[-1] == "nothing else was changed, removed or added"
    assert run(restored, "verify", "--json") == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["acknowledged"] is not None for finding in findings] == [True, True]


def test_a_log_without_its_head_is_acknowledged_too(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        record_all(log, talk())
    places.head_file.unlink()
    SessionLog.open(places).close()
    assert run(places, "verify") == 1
    assert run(places, "acknowledge", "--yes") == 0
    assert run(places, "verify") == 0


def test_a_later_break_is_a_finding_again(restored: LogPlaces, capsys: Output) -> None:
    assert run(restored, "acknowledge", "--yes") == 0
    restored.head_file.unlink()
    SessionLog.open(restored).close()
    assert run(restored, "verify") == 1
    capsys.readouterr()
    assert run(restored, "acknowledge", "--yes") == 0
    printed = capsys.readouterr().out
    assert "head_missing" in printed
    assert "tail_cut" not in printed


def test_nothing_else_is_acknowledged_with_a_break(restored: LogPlaces, capsys: Output) -> None:
    assert run(restored, "acknowledge", "--yes") == 0
    change(restored.database, "UPDATE events SET at = '2026-11-20T08:00:01' WHERE sequence = 3")
    assert run(restored, "verify") == 1
    assert "events row 3: the row or the link to the one before was changed\n" in capsys.readouterr().out


def test_an_acknowledgement_that_is_written_without_the_keys_is_found(restored: LogPlaces) -> None:
    assert run(restored, "acknowledge", "--yes") == 0
    change(restored.database, "DELETE FROM events WHERE sequence = 7")
    assert any(finding.acknowledged is None for finding in verify(restored))


@pytest.mark.parametrize(
    "event",
    [
        noted(7),
        noted(6, role="administrator"),
        noted(6, action="looked"),
        noted(6, detail="rows 6"),
        noted(6, detail="row 99999999999999999999"),
        noted(1),
    ],
    ids=["of itself", "not by an operator", "something else", "not a row", "no such row", "no break"],
)
def test_only_the_command_s_own_word_on_a_break_before_it_counts(
    restored: LogPlaces, event: AccessNoted
) -> None:
    with SessionLog.open(restored) as log:
        assert log.record(event)
    assert any(finding.sequence == 6 and finding.acknowledged is None for finding in verify(restored))


def test_a_break_cannot_be_acknowledged_before_it_happens(
    places: LogPlaces, talk: Talk, capsys: Output
) -> None:
    with SessionLog.open(places) as log:
        record_all(log, [*talk(), noted(19)])
    places.head_file.unlink()
    SessionLog.open(places).close()
    assert [(finding.sequence, finding.acknowledged) for finding in verify(places)] == [(19, None)]
    assert run(places, "acknowledge", "--yes") == 0
    assert "row 19, " in capsys.readouterr().out
    assert run(places, "verify") == 0


def test_it_asks_first_and_says_where_there_is_nothing(
    restored: LogPlaces, places: LogPlaces, capsys: Output
) -> None:
    assert run(restored, "acknowledge") == 2
    assert "add --yes" in capsys.readouterr().err
    assert run(restored, "verify") == 1
    assert run(restored, "acknowledge", "--yes") == 0
    capsys.readouterr()
    assert run(restored, "acknowledge") == 0
    assert "acknowledged: 0 breaks" in capsys.readouterr().out
