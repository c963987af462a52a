from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from session_log.admission import WITHHELD, Admission
from session_log.audit_events import AUDIT_EVENTS
from session_log.care_events import PersonConsentSet
from session_log.consent import CONTENT_EVENTS
from session_log.data_keys import DataKey
from session_log.events import (
    AlertStep,
    ConsentSet,
    CrisisFlagged,
    Event,
    HandedOff,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)
from session_log.kinds import AnyEvent
from session_log.master_keys import MasterKeys
from session_log.sealed import SealedEvent, unseal
from session_log.undecided import UNDECIDED, open_undecided

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]


@pytest.fixture
def masters(tmp_path: Path) -> MasterKeys:
    return MasterKeys.load(tmp_path / "key", {}, create=True)


@pytest.fixture
def admission(masters: MasterKeys) -> Admission:
    return Admission(masters)


def of(kind: type, events: list[Event]) -> Event:
    return next(event for event in events if isinstance(event, kind))


def opened(row: SealedEvent | str, masters: MasterKeys) -> AnyEvent:
    """The event as a later process reads it, which has nothing but the line and the master key."""
    assert isinstance(row, SealedEvent)
    key = row.key
    if key is None:
        return unseal(row, None)
    return unseal(row, DataKey(masters.unwrap(key.owner, key.master_id, key.wrapped)))


def left_to_the_writer(row: SealedEvent | str, masters: MasterKeys) -> AnyEvent:
    assert isinstance(row, SealedEvent)
    return open_undecided(row, masters)


def test_a_consented_talk_is_sealed_whole_and_opens_with_the_key_that_each_line_brings(
    admission: Admission, masters: MasterKeys, talk: Talk
) -> None:
    for event in talk():
        assert opened(admission.admit(event), masters) == event


def test_what_no_consent_allows_is_withheld_and_makes_no_key(admission: Admission, talk: Talk) -> None:
    events = talk(scopes=())
    for event in events[:-1]:
        admitted = admission.admit(event)
        assert (admitted == WITHHELD) is isinstance(event, CONTENT_EVENTS)
        if isinstance(event, HandedOff):
            break
        assert admission.talks() == {"talk-1": None}


def test_a_talk_has_one_key_and_each_talk_its_own(admission: Admission, talk: Talk) -> None:
    rows = [admission.admit(event) for event in (*talk("a")[:8], *talk("b")[:8])]
    keys = {(row.talk_id, row.key.wrapped) for row in rows if isinstance(row, SealedEvent) and row.key}
    assert len(keys) == 2
    wrapped = admission.talks()["a"]
    assert wrapped is not None
    assert ("a", wrapped.wrapped) in keys


def test_consents_count_from_the_moment_at_which_they_are_handed_in(admission: Admission, talk: Talk) -> None:
    events = talk()
    heard, consent = of(TurnHeard, events), events[2]
    assert isinstance(consent, ConsentSet)
    assert consent.scope == "store_text"
    for event in events[:4]:
        admission.admit(event)
    assert isinstance(admission.admit(heard), SealedEvent)
    admission.admit(replace(consent, granted=False, at=heard.at, event_id="revoked"))
    assert admission.admit(replace(heard, event_id="two")) == WITHHELD


def test_the_consents_of_a_talk_that_began_elsewhere_are_left_to_the_writer(
    admission: Admission, masters: MasterKeys, talk: Talk
) -> None:
    decided = (TalkStarted, CrisisFlagged, AlertStep)
    for event in talk()[1:]:
        if not isinstance(event, decided):
            assert left_to_the_writer(admission.admit(event), masters) == event
    assert admission.talks() == {}


def test_what_people_write_about_a_talk_is_left_to_the_writer(
    admission: Admission, masters: MasterKeys, care: Many
) -> None:
    for event in care():
        if not isinstance(event, PersonConsentSet):
            assert left_to_the_writer(admission.admit(event), masters) == event


@pytest.mark.parametrize("kind", [*AUDIT_EVENTS, AlertStep, PersonConsentSet])
def test_what_holds_no_content_is_sealed_at_once_in_any_case(
    admission: Admission, masters: MasterKeys, talk: Talk, care: Many, audit: Many, kind: type
) -> None:
    event = next(event for event in (*talk(), *care(), *audit()) if isinstance(event, kind))
    row = admission.admit(event)
    assert opened(row, masters) == event
    assert isinstance(row, SealedEvent)
    assert (row.content, row.key) == (None, None)


def test_a_crisis_of_an_unknown_talk_is_sealed_at_once_without_its_turn(
    admission: Admission, masters: MasterKeys, talk: Talk
) -> None:
    flag = of(CrisisFlagged, talk())
    assert isinstance(flag, CrisisFlagged)
    assert opened(admission.admit(flag), masters) == replace(flag, turn_id=None)
    assert admission.talks() == {}


def test_a_talk_that_is_over_takes_no_memory(admission: Admission, talk: Talk) -> None:
    for event in talk():
        admission.admit(event)
    assert admission.talks() == {}
    assert admission._talk_keys == {}
    assert set(admission._keys._known) == {UNDECIDED}
    late = admission.admit(of(TurnHeard, talk()))
    assert isinstance(late, SealedEvent)
    assert late.kind == UNDECIDED


def test_nothing_more_of_an_erased_talk_is_kept_and_its_key_is_forgotten(
    admission: Admission, talk: Talk
) -> None:
    events = talk()
    for event in events[:8]:
        admission.admit(event)
    assert admission.talks()["talk-1"] is not None
    admission.mark_erased("talk-1")
    assert admission.talks() == {"talk-1": None}
    assert admission.admit(of(TurnHeard, events)) == WITHHELD
    handed = admission.admit(of(HandedOff, events))
    assert isinstance(handed, SealedEvent)
    assert (handed.content, handed.key) == (None, None), "the reason follows from what was said"
    assert isinstance(admission.admit(of(TalkEnded, events)), SealedEvent)


def test_marking_an_unknown_talk_changes_nothing(admission: Admission, talk: Talk) -> None:
    admission.mark_erased("nobody")
    assert admission.talks() == {}
