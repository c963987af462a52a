"""One talk with every kind of event, what is written about it later, and a log of its own for each test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from session_log.audit_events import AccessNoted, AccountChanged, AudioDeleted, ChainBroken, Erased
from session_log.care_events import (
    FlagMoved,
    GoalSet,
    LabelReviewed,
    NoteWritten,
    PersonConsentSet,
    QuestionnaireAnswered,
    TechniquePreferred,
)
from session_log.events import (
    AlertStep,
    AudioKept,
    ConsentSet,
    CrisisFlagged,
    DisclosureGiven,
    DistressRated,
    Event,
    HandedOff,
    LabelCorrected,
    MoodEstimated,
    ReplyGiven,
    ReplyHeard,
    ShownSuggestion,
    SuggestionFeedback,
    SuggestionsShown,
    TalkEnded,
    TalkStarted,
    TurnHeard,
)
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.master_keys import KEY_VARIABLE

START = datetime(2026, 11, 20, 8, 0, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def _talk(
    talk_id: str = "talk-1", scopes: tuple[str, ...] = ("talk", "store_text", "emotion")
) -> list[Event]:
    consents: list[Event] = [
        ConsentSet(
            talk_id=talk_id, at=later(0.1), scope=scope, granted=True, version="2026-11", given_by="widget"
        )
        for scope in scopes
    ]
    turn = {"talk_id": talk_id, "turn_id": "turn-1"}
    return [
        TalkStarted(
            talk_id=talk_id,
            at=START,
            subject="subject-1",
            clinic="clinic-1",
            purpose="therapy",
            language="fa",
            country="IR",
            client="widget",
        ),
        *consents,
        DisclosureGiven(talk_id=talk_id, at=later(0.5), version="1", language="fa", spoken=True, shown=False),
        TurnHeard(
            **turn,
            at=later(4),
            language="fa",
            text="از دست همکارم خیلی عصبانی‌ام، it is too much",
            source="voice",
            confidence=0.75,
            duration_ms=3200,
        ),
        MoodEstimated(
            **turn,
            at=later(4.1),
            modality="speech",
            label="anger",
            probabilities={"anger": 0.75, "neutral": 0.25},
            model="paper_cnn-1",
            threshold=0.5,
            abstained=False,
            validated=False,
        ),
        ReplyGiven(
            **turn,
            at=later(5),
            language="fa",
            text="می‌شنوم که عصبانی هستید.",
            intent="feel_angry",
            heard_text="می‌شنوم",
            status="cancelled",
        ),
        ReplyHeard(**turn, at=later(5), heard_text="می…"),
        SuggestionsShown(
            **turn,
            at=later(5.1),
            suggestions=(
                ShownSuggestion("anger-7", "breathing", 0.9, 0.5, 0),
                ShownSuggestion("anger-2", "time_out", 0.4, 0.25, 1),
                ShownSuggestion("anger-5", "relaxation", -0.1, 0.125, 2),
            ),
        ),
        SuggestionFeedback(talk_id=talk_id, at=later(30), suggestion_id="anger-7", helped=False),
        DistressRated(talk_id=talk_id, at=later(31), value=7, moment="after"),
        LabelCorrected(talk_id=talk_id, at=later(32), turn_id="turn-1", emotion="fear"),
        CrisisFlagged(
            **turn,
            at=later(33),
            level=2,
            country="IR",
            kind="self_harm",
            lines_shown=("اورژانس اجتماعی ۱۲۳", "Emergency 112"),
        ),
        AlertStep(
            talk_id=talk_id,
            at=later(33.5),
            alert_id="alert-1",
            step="delivered",
            level=2,
            kind="self_harm",
            clinic="clinic-1",
            contact="First contact",
            channel="mail",
            language="fa",
            country="IR",
        ),
        HandedOff(talk_id=talk_id, at=later(34), queue="duty", reason="crisis", reached=True),
        TalkEnded(talk_id=talk_id, at=later(40), reason="client_closed"),
    ]


def _care(talk_id: str = "talk-1", subject: str = "subject-1") -> list[AnyEvent]:
    by = {"subject": subject, "at": later(100), "author": "therapist-1"}
    about = {**by, "talk_id": talk_id}
    return [
        NoteWritten(**about, turn_id="turn-1", text="Words of a note: یادداشت"),
        NoteWritten(**by, text="Words about the person"),
        LabelReviewed(**about, turn_id="turn-1", was="anger", emotion="fear", model="paper_cnn-1"),
        FlagMoved(**about, state="seen", remark="Words of a remark"),
        GoalSet(**by, goal_id="goal-1", text="Words of a goal", state="open"),
        TechniquePreferred(**by, technique="time_out", preference="excluded"),
        QuestionnaireAnswered(
            subject=subject, talk_id=talk_id, at=later(101), questionnaire="sus", answers=(1, 5) * 5
        ),
        PersonConsentSet(
            subject=subject, at=later(102), scope="share", granted=False, version="2026-11", given_by="page"
        ),
    ]


def _audit(talk_id: str = "talk-1") -> list[AnyEvent]:
    by = {"at": later(200), "actor": "user-1", "role": "administrator"}
    return [
        AccessNoted(**by, action="session_viewed", person="subject-1", about_talk=talk_id, detail="page 2"),
        AccountChanged(**by, account="user-2", change="invited", digest="0" * 64),
        AudioDeleted(talk_id=talk_id, turn_id="turn-1", at=later(201), reason="expired"),
        Erased(**by, talk_id=talk_id, reason="asked", rows=3, digest="f" * 64),
        ChainBroken(at=later(202), head_sequence=9, last_sequence=7, problem="tail_cut"),
    ]


@pytest.fixture
def care() -> Callable[..., list[AnyEvent]]:
    """Makes one of each thing that people write about a talk and a person."""
    return _care


@pytest.fixture
def audit() -> Callable[..., list[AnyEvent]]:
    """Makes one of each thing that can happen to a log."""
    return _audit


@pytest.fixture
def sound() -> AudioKept:
    """That the sound of a turn was kept."""
    return AudioKept(talk_id="talk-1", turn_id="turn-1", at=later(4.2), duration_ms=3200, digest="a" * 64)


@pytest.fixture(autouse=True)
def _no_places_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (KEY_VARIABLE, "HAMDEL_ENDPOINTS", "HAMDEL_LOG_KEY_FILE", "HAMDEL_LOG_HEAD_FILE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def talk() -> Callable[..., list[Event]]:
    """Makes the events of a talk in which `scopes` are granted at its beginning."""
    return _talk


@pytest.fixture
def turns() -> Callable[[str, int], list[Event]]:
    """Makes the beginning of a talk that may be stored, and a number of turns."""

    def make(talk_id: str, count: int) -> list[Event]:
        events = _talk(talk_id)
        heard = next(event for event in events if isinstance(event, TurnHeard))
        frame = [event for event in events if isinstance(event, TalkStarted | ConsentSet)]
        ids = (f"{talk_id}-{number}" for number in range(count))
        return [*frame, *(replace(heard, turn_id=each, event_id=each) for each in ids)]

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log" / "session_log.sqlite"


@pytest.fixture
def places(path: Path) -> LogPlaces:
    return LogPlaces.of(path)
