"""A session log with every kind of row that there is, of people who are made up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from session_log.account_rows import account_digest
from session_log.audio import delete_audio, keep_audio
from session_log.audit_events import AccessNoted, AccountChanged, AudioDeleted
from session_log.care_events import (
    FlagMoved,
    GoalSet,
    LabelReviewed,
    NoteWritten,
    PersonConsentSet,
    QuestionnaireAnswered,
)
from session_log.erasure import erase_person, erase_talk
from session_log.events import AudioKept, Event, TalkStarted
from session_log.kinds import AnyEvent, talk_owner
from session_log.location import LogPlaces
from session_log.schema import MIGRATIONS, migrate, open_for_writing
from session_log.transaction import Transaction
from session_log.writer import SessionLog

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
SCOPES = ("talk", "store_text", "emotion", "store_audio", "share")


def write_rich_log(path: Path, talk: Callable[..., list[Event]]) -> LogPlaces:
    """Writes talks that are kept, anonymous and erased, sound, care, an account, refusals and a backup."""
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        for talk_id, person in (("talk-1", "p-1"), ("talk-2", "p-2"), ("talk-3", "p-3"), ("talk-4", None)):
            record(log, of_person(talk(talk_id, SCOPES), person))
        record(log, of_person(talk("talk-5", ("talk",)), "p-1"))
        for talk_id, person in (("talk-1", "p-1"), ("talk-2", "p-2"), ("talk-3", "p-3")):
            record(log, care(person, talk_id))
        for turn_id in ("turn-1", "turn-2"):
            record(log, [kept_sound(log, "talk-1", turn_id, NOW)])
        delete_audio(places.audio, "talk-1", "turn-2")
        record(log, [AudioDeleted(talk_id="talk-1", turn_id="turn-2", at=NOW, reason="retention")])
        log.perform(lambda t: erase_talk(t, "talk-2", actor="p-2", role="person")).result(60)
        log.perform(lambda t: erase_talk(t, "talk-3")).result(60)
        log.perform(lambda t: erase_person(t, "p-3", actor="p-3", role="person")).result(60)
        log.perform(_make_account).result(60)
        viewed = {"actor": "a-1", "role": "therapist", "action": "session_viewed", "person": "p-1"}
        record(log, [AccessNoted(at=NOW, **viewed)])
    back_up(places)
    return places


def record(log: SessionLog, happened: list[AnyEvent] | list[Event]) -> None:
    for event in happened:
        assert log.record(event)
    assert log.flush(60)


def of_person(happened: list[Event], person: str | None) -> list[Event]:
    return [replace(event, subject=person) if isinstance(event, TalkStarted) else event for event in happened]


def care(person: str, talk_id: str) -> list[AnyEvent]:
    by = {"subject": person, "at": NOW, "author": "a-1"}
    refused = {"subject": person, "at": NOW, "granted": False, "version": "2026-11", "given_by": "page"}
    return [
        NoteWritten(**by, talk_id=talk_id, turn_id="turn-1", text="a note of the talk"),
        NoteWritten(**by, text="a note of the person"),
        LabelReviewed(**by, talk_id=talk_id, turn_id="turn-1", was="anger", emotion="fear", model="cnn-1"),
        FlagMoved(**by, talk_id=talk_id, state="acted", remark="called back"),
        GoalSet(**by, goal_id="goal-1", text="sleep", state="open"),
        QuestionnaireAnswered(subject=person, at=NOW, questionnaire="sus", answers=(3,) * 10),
        PersonConsentSet(**refused, scope="share"),
        PersonConsentSet(**refused, scope="research"),
    ]


def kept_sound(log: SessionLog, talk_id: str, turn_id: str, at: datetime) -> AudioKept:
    """Keeps a made-up sound of a stored talk; returns what is to be recorded of it."""

    def keep(transaction: Transaction) -> str:
        key = transaction.keys.find(transaction.database, talk_owner(talk_id))
        assert key is not None
        return keep_audio(log.places.audio, key, talk_id, turn_id, b"sound of " + turn_id.encode())

    digest = log.perform(keep).result(60)
    return AudioKept(talk_id=talk_id, turn_id=turn_id, at=at, duration_ms=900, digest=digest)


def back_up(places: LogPlaces) -> Path:
    """Makes a copy as a migration does, listed in the log."""
    with closing(open_for_writing(places.database)) as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        backup = migrate(database, places.database, (*MIGRATIONS, ()))
        database.execute(f"PRAGMA user_version = {version}")
    assert backup is not None
    return backup


def _make_account(transaction: Transaction) -> None:
    transaction.database.execute(
        """INSERT INTO review_accounts (account, login, role, clinic, state, password, made_at)
        VALUES ('a-1', 'therapist', 'therapist', 'clinic-1', 'active', 'hash', '2026-11-20')"""
    )
    digest = account_digest(transaction.database, "a-1")
    assert digest is not None
    by = {"actor": "operator", "role": "operator", "account": "a-1", "change": "account_made"}
    transaction.append(AccountChanged(at=NOW, **by, digest=digest))
