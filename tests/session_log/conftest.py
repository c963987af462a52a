"""One talk with every kind of event, made of nothing that anybody said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from session_log.events import (
    AlertStep,
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
