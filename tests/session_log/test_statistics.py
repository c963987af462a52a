from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich_log import record

from session_log.__main__ import main
from session_log.events import Event, SuggestionFeedback, TalkStarted, TurnHeard
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.statistics import HIDDEN, Statistics, count
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def places(path: Path) -> LogPlaces:
    return LogPlaces.of(path)


def write(log: SessionLog, talk: Talk, talk_id: str, person: str | None, **started: str) -> None:
    happened = [
        replace(event, subject=person, **started) if isinstance(event, TalkStarted) else event
        for event in talk(talk_id)
    ]
    if "language" in started:
        happened = [event for event in happened if not isinstance(event, TurnHeard)]
    record(log, happened)


def counted(places: LogPlaces) -> Statistics:
    with reading(places) as reader:
        return count(reader)


def test_talks_are_counted_by_what_they_have_in_common(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(6):
            write(log, talk, f"talk-{number}", f"p-{number}")
    statistics = counted(places)
    assert (statistics.talks, statistics.persons) == (6, 6)
    assert statistics.tables["clinic"] == {"clinic-1": 6}
    assert statistics.tables["month"] == {"2026-11": 6}
    assert statistics.tables["language"] == {"fa": 6}
    assert statistics.tables["purpose"] == {"therapy": 6}
    assert statistics.tables["crisis_level"] == {"2": 6}
    assert statistics.tables["consents"] == {"emotion": 6, "store_text": 6, "talk": 6}
    assert statistics.tables["feedback"] == {"unhelpful": 6}


def test_no_number_below_five_is_shown(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(4):
            write(log, talk, f"talk-{number}", f"p-{number}")
    statistics = counted(places)
    assert (statistics.talks, statistics.persons) == (HIDDEN, HIDDEN)
    assert {number for rows in statistics.tables.values() for number in rows.values()} == {HIDDEN}


def test_many_talks_of_few_persons_are_not_shown_either(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(8):
            write(log, talk, f"talk-{number}", f"p-{number % 2}")
    assert counted(places).talks == HIDDEN


def test_anonymous_talks_count_each_for_itself(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(5):
            write(log, talk, f"talk-{number}", None)
    assert counted(places).talks == 5
    assert counted(places).persons == HIDDEN


def test_a_hidden_number_cannot_be_worked_out_of_the_others(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(19):
            clinic = "small" if number < 3 else "middle" if number < 9 else "large"
            write(log, talk, f"talk-{number}", f"p-{number}", clinic=clinic)
    statistics = counted(places)
    assert statistics.talks == 19
    assert statistics.tables["clinic"] == {"large": 10, "middle": "not shown", "small": HIDDEN}


def test_helped_and_unhelpful_are_talks_with_at_least_one_such_word(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(6):
            write(log, talk, f"talk-{number}", f"p-{number}")
            said = next(event for event in talk(f"talk-{number}") if isinstance(event, SuggestionFeedback))
            record(log, [replace(said, helped=True, event_id=f"{number}-{n}") for n in range(3)])
    assert counted(places).tables["feedback"] == {"helped": 6, "unhelpful": 6}


def test_of_erased_talks_the_frame_is_counted(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(6):
            write(log, talk, f"talk-{number}", f"p-{number}")
            assert log.erase_talk(f"talk-{number}", 60)
    statistics = counted(places)
    assert (statistics.talks, statistics.tables["feedback"]) == (6, {})


def test_the_command_prints_lines_and_json(places: LogPlaces, talk: Talk, capsys: Output) -> None:
    with SessionLog.open(places) as log:
        for number in range(5):
            write(log, talk, f"talk-{number}", f"p-{number}", language="en")
    assert main(["stats", "--database", str(places.database)]) == 0
    printed = capsys.readouterr().out
    assert "talks    5\n" in printed
    assert "talks by crisis level\n  2  5\n" in printed
    assert main(["stats", "--json", "--database", str(places.database)]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["tables"]["language"] == {"en": 5}


def test_an_empty_log_has_empty_tables(places: LogPlaces, capsys: Output) -> None:
    SessionLog.open(places).close()
    assert main(["stats", "--database", str(places.database)]) == 0
    assert "talks by clinic\n  none\n" in capsys.readouterr().out
