from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from session_log.audit_events import AUDIT_EVENTS
from session_log.care_events import CARE_EVENTS
from session_log.consent import CONTENT_EVENTS
from session_log.events import EVENT_CLASSES, AudioKept, Event, HandedOff, TurnHeard
from session_log.kinds import ALL_EVENTS, KINDS, AnyEvent, join, owner, person, sealed_fields, split, talk_of

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]

OPEN = {"at", "event_id", "talk_id", "subject", "author", "clinic", "language", "source", "model", "state"}
"""What may stand in the open of an event that tells something about somebody's inner life."""


@pytest.fixture
def events(talk: Talk, care: Many, audit: Many, sound: AudioKept) -> list[AnyEvent]:
    return [*talk(), sound, *care(), *audit()]


def test_every_event_has_a_name_of_its_own(events: list[AnyEvent]) -> None:
    assert set(KINDS) == {*EVENT_CLASSES, *CARE_EVENTS, *AUDIT_EVENTS} == {type(event) for event in events}
    assert len(ALL_EVENTS) == len(KINDS)


def test_every_event_is_the_same_after_it_was_split_and_joined(events: list[AnyEvent]) -> None:
    for event in events:
        facts, content = split(event)
        columns = {"event_id": event.event_id, "talk_id": talk_of(event), "at": event.at}
        assert join(KINDS[type(event)], columns, facts, content) == event


@pytest.mark.parametrize("kind", CONTENT_EVENTS)
def test_of_content_only_harmless_fields_stand_in_the_open(kind: type) -> None:
    names = {field.name for field in dataclasses.fields(kind)}
    assert names - sealed_fields(kind) <= OPEN


def test_words_never_stand_in_the_open(events: list[AnyEvent]) -> None:
    for event in events:
        hidden = {field.name for field in dataclasses.fields(event) if not field.repr}
        assert hidden <= sealed_fields(type(event))
        facts = split(event)[0]
        for word in ("همکارم", "too much", "Words", "breathing", "time_out"):
            assert word not in facts


def test_facts_of_equal_events_are_equal_text(events: list[AnyEvent]) -> None:
    for event in events:
        facts = split(event)[0]
        assert facts == json.dumps(
            json.loads(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )


def test_audit_events_have_no_content(audit: Many) -> None:
    assert all(split(event)[1] is None for event in audit())


def test_content_belongs_to_the_talk_else_to_the_person(events: list[AnyEvent]) -> None:
    for event in events:
        if sealed_fields(type(event)):
            expected = "person:subject-1" if talk_of(event) is None else "talk:talk-1"
            assert owner(event) == expected
    with pytest.raises(TypeError, match="has no content"):
        owner(next(event for event in events if KINDS[type(event)] == "chain_broken"))


def test_persons_are_named_where_an_event_is_about_them(care: Many, audit: Many) -> None:
    assert {person(event) for event in care()} == {"subject-1"}
    assert {person(event) for event in audit()} == {None}


def test_a_hand_over_whose_content_was_erased_still_reads(talk: Talk) -> None:
    handed = next(event for event in talk() if isinstance(event, HandedOff))
    facts, _ = split(handed)
    columns = {"event_id": handed.event_id, "talk_id": handed.talk_id, "at": handed.at}
    assert join("handed_off", columns, facts, None) == dataclasses.replace(handed, reason="withheld")


def test_a_row_that_holds_no_event_is_an_error(talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    facts, content = split(heard)
    columns = {"event_id": "1", "talk_id": "talk-1", "at": heard.at}
    with pytest.raises(KeyError):
        join("dreamt", columns, facts, content)
    with pytest.raises(TypeError):
        join("turn_heard", columns, facts, None)
    with pytest.raises(TypeError):
        join("turn_heard", columns, '{"unknown":1}', content)
    for wrong in ("{", "[1]"):
        with pytest.raises((ValueError, TypeError)):
            join("turn_heard", columns, wrong, content)
