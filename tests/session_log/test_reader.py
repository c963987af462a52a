from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from session_log.events import CrisisFlagged, Event
from session_log.reader import UnknownTalkError, list_talks, read_talk
from session_log.schema import SessionLogError
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]


def write(path: Path, events: list[Event]) -> None:
    with SessionLog.open(path) as log:
        for event in events:
            log.record(event)


def test_a_summary_tells_the_talk_at_a_glance(path: Path, talk: Talk) -> None:
    events = talk()
    write(path, events)
    (summary,) = list_talks(path)
    assert (summary.talk_id, summary.subject, summary.language) == ("talk-1", "subject-1", "fa")
    assert (summary.started_at, summary.ended_at) == (events[0].at, events[-1].at)
    assert (summary.turns, summary.crisis_level, summary.end_reason) == (1, 2, "client_closed")


def test_talks_are_listed_latest_first_and_limited(path: Path, talk: Talk) -> None:
    for number in range(3):
        write(path, [replace(talk(f"talk-{number}")[0], at=talk()[0].at + timedelta(hours=number))])
    assert [summary.talk_id for summary in list_talks(path, 2)] == ["talk-2", "talk-1"]


def test_a_talk_of_which_only_a_crisis_is_known_is_listed(path: Path, talk: Talk) -> None:
    write(path, [event for event in talk() if isinstance(event, CrisisFlagged)])
    (summary,) = list_talks(path)
    assert (summary.purpose, summary.crisis_level) == (None, 2)


def test_reading_works_beside_an_open_writer(path: Path, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        for event in talk():
            log.record(event)
        log.flush()
        assert len(read_talk(path, "talk-1")[1]) == len(talk())


def test_an_unknown_talk_is_an_error_that_says_what_to_do(path: Path, talk: Talk) -> None:
    write(path, talk())
    with pytest.raises(UnknownTalkError, match="session_log list"):
        read_talk(path, "nobody")


def test_a_missing_log_is_an_error_and_none_is_made(path: Path) -> None:
    with pytest.raises(SessionLogError, match="There is no session log at"):
        list_talks(path)
    assert not path.exists()


def test_a_falsified_row_is_an_error(path: Path, talk: Talk) -> None:
    write(path, talk())
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE moods SET probabilities = 'none'")
        other.commit()
    with pytest.raises(SessionLogError, match="none of ours"):
        read_talk(path, "talk-1")


def test_a_page_damaged_in_the_middle_is_an_error_and_not_a_crash(path: Path, talk: Talk) -> None:
    write(path, [event for number in range(50) for event in talk(f"talk-{number}")])
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(SessionLogError, match="restore a backup"):
        read_talk(path, "talk-1")
