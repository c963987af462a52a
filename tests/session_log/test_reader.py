from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from log_files import change, record_all, rows

from session_log.care_events import CARE_EVENTS, GoalSet
from session_log.events import CrisisFlagged, Event, TalkStarted
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys, MissingKeyError, WrongKeyError
from session_log.reader import LogReader, UnknownTalkError, list_talks, read_talk, reading
from session_log.schema import SessionLogError
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]


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


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET content = zeroblob(40) WHERE event_kind = 'turn_heard'",
        "UPDATE events SET content = NULL WHERE event_kind = 'turn_heard'",
        "UPDATE events SET facts = 'none' WHERE event_kind = 'mood_estimated'",
        "UPDATE events SET facts = '{}' WHERE event_kind = 'talk_started'",
        "UPDATE events SET at = 'yesterday' WHERE event_kind = 'talk_ended'",
        "UPDATE events SET event_id = 'another' WHERE event_kind = 'reply_given'",
        "UPDATE keys SET wrapped = zeroblob(60) WHERE owner = 'talk:talk-1'",
        "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE owner = 'log') WHERE owner = 'talk:talk-1'",
        "DELETE FROM keys WHERE owner = 'talk:talk-1'",
        "DELETE FROM keys WHERE owner = 'log'",
    ],
)
def test_a_falsified_row_is_an_error(path: Path, talk: Talk, statement: str) -> None:
    write(path, talk())
    assert change(path, statement) == 1
    with pytest.raises(SessionLogError, match=r"none of ours|restore a backup") as caught:
        read_talk(path, "talk-1")
    assert "talk-1" not in str(caught.value)


def test_without_its_key_the_log_can_be_listed_but_not_read(
    path: Path, places: LogPlaces, talk: Talk
) -> None:
    write(path, talk())
    places.key_file.unlink()
    assert len(list_talks(path)) == 1
    with pytest.raises(MissingKeyError, match="Restore it from its backup"):
        read_talk(path, "talk-1")
    MasterKeys.load(places.key_file, {}, create=True)
    with pytest.raises(WrongKeyError, match="another key than the one given"):
        read_talk(path, "talk-1")


def test_a_log_in_which_keys_were_swapped_between_talks_does_not_open(path: Path, talk: Talk) -> None:
    write(path, [*talk("talk-1"), *talk("talk-2")])
    ((key,),) = rows(path, "SELECT wrapped FROM keys WHERE owner = 'talk:talk-2'")
    change(path, "UPDATE keys SET wrapped = ? WHERE owner = 'talk:talk-1'", key)
    with pytest.raises(SessionLogError):
        read_talk(path, "talk-1")
    assert len(read_talk(path, "talk-2")[1]) == len(talk())


def test_what_is_known_of_a_person_beyond_talks(path: Path, talk: Talk, care: Many) -> None:
    with SessionLog.open(path) as log:
        record_all(log, talk())
        assert log.perform(lambda transaction: [transaction.append(event) for event in care()]).result(20)
    with reading(path) as reader:
        assert reader.events_of_person("subject-1") == [talk_started(reader), *care_again(reader)]
        assert [type(event) for event in care_again(reader)] == [type(event) for event in care()]
        assert len(reader.events_of_person("subject-1", (GoalSet,))) == 1
        assert reader.events_of_person("nobody") == []


def talk_started(reader: LogReader) -> AnyEvent:
    return reader.events("talk-1", (TalkStarted,))[0]


def care_again(reader: LogReader) -> list[AnyEvent]:
    return reader.events_of_person("subject-1", CARE_EVENTS)


def test_a_persons_talks_alone_can_be_listed(path: Path, talk: Talk) -> None:
    write(path, [talk("talk-1")[0], replace(talk("talk-2")[0], subject="subject-2")])  # type: ignore[call-arg]
    with reading(path) as reader:
        assert [summary.talk_id for summary in reader.talks(person="subject-2")] == ["talk-2"]
        assert reader.talks(person="nobody") == []


def test_turns_are_counted_only_where_turns_were_to_be_stored(path: Path, talk: Talk) -> None:
    anonymous = [replace(talk("anonymous")[0], subject=None), *talk("anonymous")[1:]]  # type: ignore[call-arg]
    write(path, [*anonymous, *talk("refused", scopes=()), *talk("silent")[:5], *talk("said")])
    with reading(path) as reader:
        turns = {summary.talk_id: summary.turns for summary in reader.talks()}
    assert turns == {"anonymous": None, "refused": None, "silent": 0, "said": 1}


def test_sharing_and_the_state_of_the_flag_are_told(path: Path, talk: Talk) -> None:
    write(path, talk(scopes=("share",)))
    (summary,) = list_talks(path)
    assert (summary.shared, summary.flag_state) == (True, "open")


def test_a_reader_can_neither_write_rows_nor_make_files(path: Path, talk: Talk) -> None:
    write(path, talk())
    with (
        pytest.raises(SessionLogError, match=r"OperationalError"),
        reading(path) as reader,
    ):
        reader.database.execute("DELETE FROM events")


def test_a_page_damaged_in_the_middle_is_an_error_and_not_a_crash(path: Path, talk: Talk) -> None:
    write(path, [event for number in range(50) for event in talk(f"talk-{number}")])
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(SessionLogError, match="restore a backup"):
        read_talk(path, "talk-1")
