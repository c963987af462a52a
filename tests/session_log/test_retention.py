from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich_log import SCOPES, back_up, kept_sound, record

from session_log.__main__ import main
from session_log.audit_events import AudioDeleted, Erased
from session_log.events import Event
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.retention import Removed, due, run_retention
from session_log.schema import open_for_writing
from session_log.verify import verify
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Output = pytest.CaptureFixture[str]
NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def places(path: Path) -> LogPlaces:
    return LogPlaces.of(path)


def aged(happened: list[Event], days: float) -> list[Event]:
    """A talk that began so many days before NOW."""
    back = NOW - happened[0].at - timedelta(days=days)
    return [replace(event, at=event.at + back) for event in happened]


def sounds(places: LogPlaces) -> int:
    return len(list(places.audio.rglob("*.sealed")))


def test_the_rules_are_counted_back_from_now() -> None:
    cutoffs = due(NOW, 365, 7)
    assert (cutoffs.text, cutoffs.audio) == (NOW - 365 * DAY, NOW - 7 * DAY)
    assert cutoffs.backups == NOW - 30 * DAY
    assert due(NOW, None, 0).text is None
    assert due(NOW, None, 0).audio == NOW


@pytest.mark.parametrize(("text", "audio"), [(0, 0), (-1, 0), (36_501, 0), (1, 2), (1, -1), (None, 8)])
def test_other_numbers_of_days_are_refused(text: int | None, audio: int) -> None:
    with pytest.raises(ValueError, match="_days must be"):
        due(NOW, text, audio)


def test_content_of_old_talks_is_erased_and_the_rest_stays(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        record(log, aged(talk("old"), 31))
        record(log, aged(talk("new"), 29))
        record(log, aged(talk("bare", ("talk",))[:-2], 90))
        assert run_retention(log, NOW, 30, 0) == Removed(talks=1, sounds=0, backups=0)
        assert run_retention(log, NOW, 30, 0) == Removed(0, 0, 0)
    with reading(places) as reader:
        assert reader.talk("old").erased_at is not None
        assert reader.talk("new").erased_at is None
        erased = [event for event in reader.events("old") if isinstance(event, Erased)]
        assert [event.reason for event in erased] == ["retention"]
        assert len(reader.events("new")) == len(talk("new"))
    assert verify(places) == []


def test_without_a_limit_no_talk_is_erased(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        record(log, aged(talk("old"), 3650))
        assert run_retention(log, NOW, None, 7) == Removed(0, 0, 0)
    with reading(places) as reader:
        assert reader.talk("old").erased_at is None


@pytest.mark.parametrize(("days", "left"), [(0, 0), (1, 1), (7, 2)])
def test_sound_goes_after_its_days_and_the_log_tells_of_each(
    places: LogPlaces, talk: Talk, days: int, left: int
) -> None:
    ages = {"turn-1": 0.5, "turn-2": 3, "turn-3": 9}
    with SessionLog.open(places) as log:
        record(log, aged(talk("talk-1", SCOPES), 10)[:-1])
        for turn_id, age in ages.items():
            record(log, [kept_sound(log, "talk-1", turn_id, NOW - age * DAY)])
        assert run_retention(log, NOW, None, days).sounds == 3 - left
        assert sounds(places) == left
        assert run_retention(log, NOW, None, days).sounds == 0
    with reading(places) as reader:
        deleted = [event for event in reader.events("talk-1") if isinstance(event, AudioDeleted)]
    assert [event.turn_id for event in deleted] == [turn for turn, age in ages.items() if age > days]
    assert {event.reason for event in deleted} == {"retention"}
    assert verify(places) == []


def test_sound_that_is_gone_without_a_word_is_told_of_by_the_next_run(places: LogPlaces, talk: Talk) -> None:
    """As when the power failed between the deletion and its event."""
    with SessionLog.open(places) as log:
        record(log, talk("talk-1", SCOPES)[:-1])
        record(log, [kept_sound(log, "talk-1", "turn-1", NOW)])
        next(places.audio.rglob("*.sealed")).unlink()
        assert [finding.part for finding in verify(places)] == ["audio"]
        assert run_retention(log, NOW + DAY, None, 0).sounds == 1
    assert verify(places) == []


def test_the_sound_of_an_old_talk_goes_with_its_content(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        record(log, aged(talk("talk-1", SCOPES), 40)[:-1])
        record(log, [kept_sound(log, "talk-1", "turn-1", NOW)])
        assert run_retention(log, NOW, 30, 7) == Removed(talks=1, sounds=0, backups=0)
    assert sounds(places) == 0
    assert verify(places) == []


def test_what_is_said_later_in_a_talk_that_was_erased_is_not_kept(places: LogPlaces, talk: Talk) -> None:
    started, *others = aged(talk("talk-1"), 2)
    with SessionLog.open(places) as log:
        record(log, [started, *others[:6]])
        assert run_retention(log, NOW, 1, 0).talks == 1
        record(log, others[6:])
    with reading(places) as reader:
        names = {type(event).__name__ for event in reader.events("talk-1")}
    assert "TalkEnded" in names
    assert not names & {"TurnHeard", "ReplyGiven", "SuggestionsShown", "MoodEstimated"}
    assert verify(places) == []


def test_old_copies_of_the_database_are_deleted(places: LogPlaces) -> None:
    SessionLog.open(places).close()
    old, new = back_up(places), back_up(places)
    made_at = (datetime.now(UTC) - 31 * DAY).isoformat(timespec="microseconds")
    with closing(open_for_writing(places.database)) as database:
        database.execute("UPDATE backups SET made_at = ? WHERE path = ?", (made_at, str(old)))
    with SessionLog.open(places) as log:
        assert run_retention(log, datetime.now(UTC), None, 0).backups == 1
    assert (old.exists(), new.exists()) == (False, True)
    assert verify(places) == []


def test_many_old_talks_are_erased_in_several_transactions(places: LogPlaces, talk: Talk) -> None:
    with SessionLog.open(places) as log:
        for number in range(45):
            record(log, aged(talk(f"old-{number}"), 40)[:7])
        assert run_retention(log, NOW, 30, 0).talks == 45
    assert verify(places) == []


def test_the_command_runs_it_and_the_audit_tells_of_it(places: LogPlaces, talk: Talk, capsys: Output) -> None:
    with SessionLog.open(places) as log:
        record(log, aged(talk("talk-1"), 100))
    told = ["retention", "--database", str(places.database), "--text-days", "30", "--audio-days", "1"]
    assert main(told) == 0
    assert capsys.readouterr().out == "erased 1 talks, deleted 0 sounds and 0 old copies\n"
    with reading(places) as reader:
        query = "SELECT facts FROM events WHERE event_kind = 'access_noted'"
        assert '"action":"retention_run"' in reader.database.execute(query).fetchone()[0]


@pytest.mark.parametrize("wrong", [["--audio-days", "3"], ["--audio-days", "0", "--text-days", "0"], []])
def test_wrong_days_on_the_command_line_exit_2(places: LogPlaces, wrong: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["retention", "--database", str(places.database), *wrong])
    assert refused.value.code == 2
    assert "usage" in capsys.readouterr().err
