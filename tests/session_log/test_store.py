from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from session_log import store
from session_log.chain import FIRST_LINK, Head, link
from session_log.data_keys import LOG_OWNER, DataKeys, SealError
from session_log.events import (
    AlertStep,
    AudioKept,
    ConsentSet,
    CrisisFlagged,
    Event,
    SuggestionsShown,
    TalkStarted,
    TurnHeard,
)
from session_log.field_checks import MAX_TEXT_CHARACTERS
from session_log.kinds import AnyEvent
from session_log.master_keys import MasterKeys
from session_log.schema import open_for_writing
from session_log.sealed import seal
from session_log.transaction import Transaction

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]


@pytest.fixture
def open_log(path: Path, tmp_path: Path) -> Iterator[Transaction]:
    """A transaction that is never committed."""
    keys = DataKeys(MasterKeys.load(tmp_path / "key", {}, create=True))
    with closing(open_for_writing(path)) as database:
        _, own = keys.make(LOG_OWNER)
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO keys VALUES (?, ?, ?)", (own.owner, own.master_id, own.wrapped))
        yield Transaction(database, keys)
        database.rollback()


def read(log: Transaction, talk_id: str = "talk-1", kinds: tuple[type, ...] | None = None) -> list[AnyEvent]:
    return store.read_events(log.database, log.keys, talk_id, kinds)


def test_every_kind_of_event_reads_back_as_it_was_written(
    open_log: Transaction, talk: Talk, care: Many, audit: Many, sound: AudioKept
) -> None:
    events = [*talk(), sound, *care(), *audit()]
    assert all(open_log.append(event) for event in events)
    of_talk = [event for event in events if getattr(event, "talk_id", None) == "talk-1"]
    assert read(open_log) == of_talk
    about = [event for event in events if getattr(event, "subject", None) == "subject-1"]
    assert store.read_person_events(open_log.database, open_log.keys, "subject-1") == about
    assert open_log.head.sequence == open_log.database["events"].count == len(events)


def test_an_event_given_twice_is_stored_once(open_log: Transaction, talk: Talk) -> None:
    events = talk()
    assert [open_log.append(event) for event in events + events].count(True) == len(events)
    assert read(open_log) == events


def test_kinds_can_be_read_alone(open_log: Transaction, talk: Talk) -> None:
    for event in talk():
        open_log.append(event)
    kinds = {type(event) for event in read(open_log, kinds=(ConsentSet, SuggestionsShown))}
    assert kinds == {ConsentSet, SuggestionsShown}
    assert read(open_log, kinds=()) == []


def test_an_event_of_an_unknown_talk_is_refused(open_log: Transaction, talk: Talk) -> None:
    for event in talk()[1:]:
        if not isinstance(event, CrisisFlagged | AlertStep):
            with pytest.raises(store.UnfittingEventError):
                open_log.append(event)
    assert open_log.database["events"].count == 0


@pytest.mark.parametrize("kind", [CrisisFlagged, AlertStep])
def test_a_crisis_makes_its_talk_known_and_the_beginning_may_follow(
    open_log: Transaction, talk: Talk, kind: type[Event]
) -> None:
    events = talk()
    flag = next(event for event in events if isinstance(event, kind))
    assert open_log.append(flag)
    assert open_log.append(events[0])
    assert read(open_log) == [flag, events[0]]


def test_a_talk_cannot_begin_twice(open_log: Transaction, talk: Talk) -> None:
    first = talk()[0]
    assert isinstance(first, TalkStarted)
    open_log.append(first)
    with pytest.raises(store.UnfittingEventError):
        open_log.append(replace(first, subject="another", event_id="another"))
    assert read(open_log) == [first]


def test_rows_have_no_gaps_and_each_is_linked_to_the_one_before(open_log: Transaction, talk: Talk) -> None:
    for event in talk():
        open_log.append(event)
    key, previous = open_log.keys.log_key(open_log.database).secret, FIRST_LINK
    for expected, columns in enumerate(open_log.database["events"].rows, 1):
        assert columns["sequence"] == expected
        previous = link(key, previous, store.linked_row(columns))
        assert previous == columns["link"]
    assert store.last_row(open_log.database) == open_log.head == Head(len(talk()), previous)


def test_a_row_is_linked_by_the_digests_of_what_was_erased(open_log: Transaction, talk: Talk) -> None:
    for event in talk():
        open_log.append(event)
    row = next(row for row in open_log.database["events"].rows if row["event_kind"] == "turn_heard")
    whole = store.linked_row(row)
    erased = {
        **row,
        "facts": None,
        "content": None,
        "facts_digest": whole.facts_digest,
        "content_digest": whole.content_digest,
    }
    assert store.linked_row(erased) == whole


def test_an_empty_log_has_no_last_row(open_log: Transaction) -> None:
    assert store.last_row(open_log.database) == Head(0, FIRST_LINK)


def test_an_event_that_brings_another_key_than_the_talks_is_refused(
    open_log: Transaction, talk: Talk
) -> None:
    events = talk()
    heard = next(event for event in events if isinstance(event, TurnHeard))
    for event in events[:4]:
        open_log.append(event)
    key, wrapped = DataKeys(open_log.keys.masters).make("talk:talk-1")
    assert open_log.append_sealed(seal(heard, key, wrapped))
    assert open_log.append_sealed(seal(replace(heard, event_id="same key"), key, wrapped))
    other, other_wrapped = DataKeys(open_log.keys.masters).make("talk:talk-1")
    with pytest.raises(store.UnfittingEventError):
        open_log.append_sealed(seal(replace(heard, event_id="other key"), other, other_wrapped))


def test_content_whose_key_is_gone_does_not_open(open_log: Transaction, talk: Talk) -> None:
    for event in talk():
        open_log.append(event)
    open_log.database.execute("DELETE FROM keys WHERE owner = 'talk:talk-1'")
    open_log.keys.forget("talk:talk-1")
    with pytest.raises(SealError):
        read(open_log)
    assert read(open_log, kinds=(TalkStarted,)) == talk_beginning(open_log)


def talk_beginning(log: Transaction) -> list[AnyEvent]:
    return [event for event in read(log, kinds=(TalkStarted, ConsentSet)) if isinstance(event, TalkStarted)]


def test_content_moved_to_another_row_does_not_open(open_log: Transaction, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    for event in (*talk()[:4], heard, replace(heard, event_id="two")):
        open_log.append(event)
    open_log.database.execute(
        "UPDATE events SET content = (SELECT content FROM events WHERE event_id = ?) WHERE event_id = 'two'",
        (heard.event_id,),
    )
    with pytest.raises(SealError):
        read(open_log)


def test_the_steps_of_alerts_raised_since_a_moment_are_read_with_their_subject(
    open_log: Transaction, talk: Talk
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
        open_log.append(event)
    found = store.read_alert_steps(open_log.database, raised.at)
    assert found == [("subject-1", raised), (None, unknown), ("subject-1", delivered)]
    assert len(store.read_alert_steps(open_log.database, earlier)) == 5


def test_refusals_are_those_that_were_not_taken_back(open_log: Transaction, care: Many) -> None:
    refused = care()[-1]
    for number, (subject, scope, granted) in enumerate(
        [("a", "share", False), ("a", "memory", False), ("b", "share", False), ("a", "share", True)]
    ):
        open_log.append(
            replace(refused, subject=subject, scope=scope, granted=granted, event_id=str(number))  # type: ignore[call-arg]
        )
    assert store.read_refusals(open_log.database) == {"a": {"memory"}, "b": {"share"}}


@given(
    text=st.text(max_size=200)
    | st.sampled_from(["x" * MAX_TEXT_CHARACTERS, "'; DROP TABLE events; --", "\x00", '{"text":"}'])
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_reads_back_unchanged(talk: Talk, open_log: Transaction, text: str) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    event = replace(heard, text=text)
    open_log.append(talk()[0])
    assert open_log.append(event)
    assert read(open_log, kinds=(TurnHeard,)) == [event]
    open_log.database.execute("DELETE FROM events")
    open_log.database.execute("DELETE FROM talks")
    open_log.undo_to_savepoint(open_log.savepoint())
