from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from session_log.consent import CONTENT_EVENTS
from session_log.events import (
    AlertStep,
    ConsentSet,
    CrisisFlagged,
    Event,
    SuggestionsShown,
    TalkStarted,
    TurnHeard,
)
from session_log.field_checks import MAX_TEXT_CHARACTERS
from session_log.schema import open_for_writing
from session_log.store import (
    UnfittingEventError,
    erase_content,
    insert_event,
    is_erased,
    read_alert_steps,
    read_events,
)

Talk = Callable[..., list[Event]]


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(open_for_writing(path)) as opened:
        yield opened


def test_every_kind_of_event_reads_back_as_it_was_written(talk: Talk, database: Database) -> None:
    events = talk()
    assert all(insert_event(database, event) for event in events)
    assert read_events(database, "talk-1") == events


def test_an_event_given_twice_is_stored_once(talk: Talk, database: Database) -> None:
    events = talk()
    assert [insert_event(database, event) for event in events + events].count(True) == len(events)
    assert read_events(database, "talk-1") == events
    assert database["suggestions"].count == 3


def test_kinds_can_be_read_alone(talk: Talk, database: Database) -> None:
    for event in talk():
        insert_event(database, event)
    kinds = {type(event) for event in read_events(database, "talk-1", (ConsentSet, SuggestionsShown))}
    assert kinds == {ConsentSet, SuggestionsShown}


def test_an_event_of_an_unknown_talk_is_refused(talk: Talk, database: Database) -> None:
    for event in talk()[1:]:
        if not isinstance(event, CrisisFlagged | AlertStep):
            with pytest.raises(UnfittingEventError):
                insert_event(database, event)
    assert database["events"].count == 0


@pytest.mark.parametrize("kind", [CrisisFlagged, AlertStep])
def test_a_crisis_makes_its_talk_known_and_the_beginning_may_follow(
    talk: Talk, database: Database, kind: type[Event]
) -> None:
    events = talk()
    flag = next(event for event in events if isinstance(event, kind))
    assert insert_event(database, flag)
    assert insert_event(database, events[0])
    assert read_events(database, "talk-1") == [flag, events[0]]


def test_the_steps_of_alerts_raised_since_a_moment_are_read_with_their_subject(
    talk: Talk, database: Database
) -> None:
    delivered = next(event for event in talk() if isinstance(event, AlertStep))
    raised = replace(delivered, step="raised", channel=None, event_id="raised")
    earlier = raised.at - timedelta(days=1)
    old = [
        replace(raised, alert_id="old", at=earlier, event_id="old"),
        replace(delivered, alert_id="old", event_id="old-delivered"),
    ]
    unknown = replace(raised, talk_id="talk-2", alert_id="alert-2", event_id="unknown")
    for event in [talk()[0], *old, raised, unknown, delivered]:
        insert_event(database, event)
    found = read_alert_steps(database, raised.at)
    assert found == [("subject-1", raised), (None, unknown), ("subject-1", delivered)]
    assert len(read_alert_steps(database, earlier)) == 5


def test_a_talk_cannot_begin_twice(talk: Talk, database: Database) -> None:
    first = talk()[0]
    assert isinstance(first, TalkStarted)
    insert_event(database, first)
    with pytest.raises(UnfittingEventError):
        insert_event(database, replace(first, subject="another", event_id="another"))
    assert read_events(database, "talk-1") == [first]


def test_erasing_leaves_the_frame_and_the_crisis_flag_and_no_other_talk_is_touched(
    talk: Talk, database: Database
) -> None:
    for event in talk("talk-1") + talk("talk-2"):
        insert_event(database, event)
    erased_at = talk()[-1].at
    assert erase_content(database, "talk-1", erased_at)
    assert is_erased(database, "talk-1")
    assert not is_erased(database, "talk-2")
    left = {type(event) for event in read_events(database, "talk-1")}
    assert left == {type(event) for event in talk()} - set(CONTENT_EVENTS)
    assert len(read_events(database, "talk-2")) == len(talk())
    assert database["turns"].count == database["moods"].count == database["suggestions"].count // 3 == 1


def test_erasing_an_unknown_talk_says_so(talk: Talk, database: Database) -> None:
    assert not erase_content(database, "nobody", talk()[0].at)


@given(
    text=st.text(max_size=200)
    | st.sampled_from(["x" * MAX_TEXT_CHARACTERS, "'; DROP TABLE turns; --", "\x00"])
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_reads_back_unchanged(talk: Talk, database: Database, text: str) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    event = replace(heard, text=text)
    database.execute("BEGIN")
    insert_event(database, talk()[0])
    insert_event(database, event)
    assert read_events(database, "talk-1", (TurnHeard,)) == [event]
    database.rollback()
