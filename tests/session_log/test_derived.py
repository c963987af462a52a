"""Whatever happened in whatever order: what is derived follows from the events alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from session_log.care_events import FLAG_STATES, FlagMoved, NoteWritten, PersonConsentSet
from session_log.data_keys import LOG_OWNER, DataKeys
from session_log.derived import UnfittingEventError, derive, derive_talk_anew, recount_person
from session_log.erasure import erase_person, erase_talk
from session_log.events import (
    AlertStep,
    ConsentSet,
    CrisisFlagged,
    DisclosureGiven,
    Event,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)
from session_log.kinds import AnyEvent
from session_log.master_keys import KEY_VARIABLE, MasterKeys
from session_log.schema import MIGRATIONS
from session_log.transaction import Transaction

Talk = Callable[..., list[Event]]
DERIVED = {
    "talks": "SELECT * FROM talks ORDER BY talk_id",
    "persons": "SELECT * FROM persons ORDER BY person",
    "refusals": "SELECT * FROM refusals ORDER BY person, scope",
}


@cache
def masters() -> MasterKeys:
    return MasterKeys.load(Path("/nowhere"), {KEY_VARIABLE: "A" * 43 + "="})


def empty() -> Database:
    database = Database(sqlite3.connect(":memory:", isolation_level=None), execute_plugins=False)
    for statements in MIGRATIONS:
        for statement in statements:
            database.execute(statement)
    return database


def begin(database: Database) -> Transaction:
    keys = DataKeys(masters())
    _, own = keys.make(LOG_OWNER)
    database.execute("INSERT INTO keys VALUES (?, ?, ?)", (own.owner, own.master_id, own.wrapped))
    return Transaction(database, keys)


def derived(database: Database) -> dict[str, list[dict[str, object]]]:
    tables = {name: list(database.query(query)) for name, query in DERIVED.items()}
    for row in tables["talks"]:
        del row["summary"]
    return tables


def derived_anew(database: Database) -> dict[str, list[dict[str, object]]]:
    with closing(empty()) as copy:
        query = "SELECT event_kind, at, talk_id, facts FROM events ORDER BY sequence"
        for row in database.execute(query).fetchall():
            derive(copy, *row)
        return derived(copy)


def talk_row(database: Database, talk_id: str = "talk-1") -> dict[str, object]:
    (row,) = database.query("SELECT * FROM talks WHERE talk_id = ?", (talk_id,))
    return row


# Any interleaving -------------------------------------------------------------------------------------

_TALKS, _PERSONS = ("talk-1", "talk-2", "talk-3", "talk-4"), ("a", "b", None)
_talk = st.sampled_from(_TALKS)
_person = st.sampled_from(_PERSONS)
_known_person = st.sampled_from(_PERSONS[:2])


def _at(seconds: int) -> datetime:
    return datetime(2026, 11, 20, 8, tzinfo=UTC) + timedelta(seconds=seconds)


_times = st.integers(0, 4).map(_at)
_started = st.builds(
    TalkStarted, talk_id=_talk, at=_times, subject=_person, clinic=st.sampled_from((None, "x", "y")),
    purpose=st.just("therapy"), language=st.sampled_from(("fa", "en", "auto")), client=st.just("test"),
)  # fmt: skip
_consent = st.builds(
    ConsentSet, talk_id=_talk, at=_times, scope=st.sampled_from(("share", "store_text")),
    granted=st.booleans(), version=st.just("1"), given_by=st.just("voice"),
)  # fmt: skip
_disclosed = st.builds(
    DisclosureGiven, talk_id=_talk, at=_times, version=st.just("1"), language=st.sampled_from(("fa", "en")),
    spoken=st.just(True), shown=st.just(True),
)  # fmt: skip
_heard = st.builds(
    TurnHeard, talk_id=_talk, turn_id=st.just("1"), at=_times, language=st.sampled_from(("fa", "en")),
    text=st.just("words"), source=st.just("typed"),
)  # fmt: skip
_flag = st.builds(
    CrisisFlagged,
    talk_id=_talk,
    at=_times,
    level=st.integers(0, 3),
    kind=st.just("k"),
    lines_shown=st.just(()),
)
_step = st.builds(
    AlertStep, talk_id=_talk, at=_times, alert_id=st.just("1"), step=st.just("raised"), level=st.just(2),
    kind=st.just("k"),
)  # fmt: skip
_moved = st.builds(
    FlagMoved, subject=_known_person, talk_id=_talk, at=_times, author=st.just("t"),
    state=st.sampled_from(FLAG_STATES), remark=st.sampled_from((None, "words")),
)  # fmt: skip
_note = st.builds(
    NoteWritten, subject=_known_person, talk_id=st.none() | _talk, at=_times, author=st.just("t"),
    text=st.just("words"),
)  # fmt: skip
_decided = st.builds(
    PersonConsentSet, subject=_known_person, at=_times, scope=st.sampled_from(("share", "memory")),
    granted=st.booleans(), version=st.just("1"), given_by=st.just("page"),
)  # fmt: skip
_ended = st.builds(TalkEnded, talk_id=_talk, at=_times, reason=st.sampled_from(("idle", "client_closed")))
_erasing = st.tuples(st.just("talk"), _talk) | st.tuples(st.just("person"), _known_person)
_steps = st.lists(
    _started | _consent | _disclosed | _heard | _flag | _step | _moved | _note | _decided | _ended | _erasing,
    max_size=40,
)


@given(st.lists(_started, max_size=4), _steps)
@settings(max_examples=300, deadline=None)
def test_after_any_interleaving_the_tables_are_those_made_anew_from_all_events(
    first: list[AnyEvent], steps: list[AnyEvent | tuple[str, str]]
) -> None:
    with closing(empty()) as database:
        transaction = begin(database)
        for step in (*first, *steps):
            if isinstance(step, tuple):
                erase = erase_talk if step[0] == "talk" else erase_person
                erase(transaction, step[1])
                continue
            try:
                with database.atomic():
                    transaction.append(step)
            except UnfittingEventError:
                transaction.undo_to_savepoint(transaction.savepoint())
        assert derived(database) == derived_anew(database)
        before = derived(database)
        for talk_id in _TALKS:
            if any(row["talk_id"] == talk_id for row in before["talks"]):
                derive_talk_anew(database, talk_id)
        assert derived(database) == before


# One by one -------------------------------------------------------------------------------------------


@pytest.fixture
def log(talk: Talk) -> Transaction:
    return begin(empty())


def test_a_talk_at_a_glance(log: Transaction, talk: Talk) -> None:
    for event in talk():
        log.append(event)
    row = talk_row(log.database)
    assert row["summary"] is None
    expected = {
        "person": "subject-1", "clinic": "clinic-1", "purpose": "therapy", "language": "fa", "country": "IR",
        "client": "widget", "turns": 1, "crisis_level": 2, "flag_state": "open", "shared": 0,
        "end_reason": "client_closed", "erased_at": None,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["ended_at"] == talk()[-1].at.isoformat(timespec="microseconds")


def test_the_flag_of_a_talk_opens_from_the_alerting_level_on(log: Transaction, talk: Talk) -> None:
    flag = next(event for event in talk() if isinstance(event, CrisisFlagged))
    states = []
    for level in (0, 1, 2, 1):
        log.append(replace(flag, level=level, event_id=f"{level}-{len(states)}"))
        row = talk_row(log.database)
        states.append((row["crisis_level"], row["flag_state"]))
    assert states == [(0, None), (1, None), (2, "open"), (2, "open")]


def test_a_person_has_as_many_open_flags_as_talks_whose_flag_is_not_closed(
    log: Transaction, talk: Talk
) -> None:
    for number in range(3):
        for event in talk(f"talk-{number}"):
            log.append(event)
    moved = FlagMoved(subject="subject-1", talk_id="talk-0", at=talk()[0].at, author="t", state="seen")
    counts = []
    for number, state in enumerate(("seen", "closed", "acted", "closed")):
        log.append(replace(moved, state=state, event_id=str(number)))
        (person,) = log.database.query("SELECT * FROM persons")
        counts.append(person["open_flags"])
    assert counts == [3, 2, 3, 2]
    assert person["talks"] == 3


def test_a_flag_that_is_raised_again_is_open_again(log: Transaction, talk: Talk) -> None:
    flag = next(event for event in talk() if isinstance(event, CrisisFlagged))
    for event in talk():
        log.append(event)
    log.append(FlagMoved(subject="subject-1", talk_id="talk-1", at=flag.at, author="t", state="closed"))
    log.append(replace(flag, event_id="again"))
    assert talk_row(log.database)["flag_state"] == "open"


def test_a_person_who_stops_sharing_stops_it_for_all_their_talks_so_far(log: Transaction, talk: Talk) -> None:
    for talk_id in ("talk-1", "talk-2"):
        for event in talk(talk_id, scopes=("share",))[:2]:
            log.append(event)
    other = replace(talk("talk-3")[0], subject="subject-2")  # type: ignore[call-arg]
    log.append(other)
    log.append(replace(talk("talk-3", scopes=("share",))[1]))
    stop = PersonConsentSet(
        subject="subject-1", at=talk()[0].at, scope="share", granted=False, version="1", given_by="page"
    )
    log.append(stop)
    shared = log.database.execute("SELECT talk_id FROM talks WHERE shared").fetchall()
    assert shared == [("talk-3",)]
    log.append(replace(stop, granted=True, event_id="again"))
    assert log.database.execute("SELECT count(*) FROM refusals").fetchone() == (0,)
    assert talk_row(log.database)["shared"] == 0, "a grant does not reach back"


def test_an_event_of_a_talk_that_never_began_leaves_nothing(log: Transaction, talk: Talk) -> None:
    with pytest.raises(UnfittingEventError):
        log.append(talk()[-1])
    assert derived(log.database) == {"talks": [], "persons": [], "refusals": []}


def test_a_person_without_talks_has_no_row(log: Transaction) -> None:
    recount_person(log.database, "nobody")
    assert derived(log.database)["persons"] == []


def test_a_talk_that_was_erased_after_its_person_stopped_sharing_stays_unshared(
    log: Transaction, talk: Talk
) -> None:
    for event in talk(scopes=("share",)):
        log.append(event)
    log.append(
        PersonConsentSet(
            subject="subject-1", at=talk()[0].at, scope="share", granted=False, version="1", given_by="page"
        )
    )
    erase_talk(log, "talk-1")
    assert talk_row(log.database)["shared"] == 0
    assert derived(log.database) == derived_anew(log.database)


def test_an_erased_person_leaves_no_row_and_no_refusal(log: Transaction, talk: Talk) -> None:
    for event in (*talk(), *talk("talk-2")):
        log.append(event)
    stop = PersonConsentSet(
        subject="subject-1", at=talk()[0].at, scope="memory", granted=False, version="1", given_by="page"
    )
    log.append(stop)
    assert erase_person(log, "subject-1") == 2
    tables = derived(log.database)
    assert (tables["persons"], tables["refusals"]) == ([], [])
    assert [row["person"] for row in tables["talks"]] == [None, None]
    assert tables == derived_anew(log.database)
