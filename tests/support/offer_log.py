"""Talks in which suggestions are offered and rated, of people who are made up, for a real session log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from log_files import record_all

from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary
from session_log.events import (
    ConsentSet,
    DistressRated,
    Event,
    ShownSuggestion,
    SuggestionFeedback,
    SuggestionsShown,
    TalkEnded,
    TalkStarted,
)
from session_log.writer import SessionLog

START = datetime(2026, 11, 1, 8, 0, 0, tzinfo=UTC)
SCOPES = ("research", "store_text", "emotion")
FAMILIES = {name: row.family for name, row in read_vocabulary(DEFAULT_DIRECTORY).techniques.items()}
TECHNIQUES = tuple(FAMILIES)[:6]


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def consent(talk_id: str, scope: str, granted: bool = True, seconds: float = 0.1) -> ConsentSet:
    return ConsentSet(
        talk_id=talk_id, at=after(seconds), scope=scope, granted=granted, version="1", given_by="widget"
    )


def begun(talk_id: str, person: str | None, scopes: Sequence[str] = SCOPES) -> list[Event]:
    """The beginning of a talk with consents."""
    start = TalkStarted(
        talk_id=talk_id, at=START, subject=person, purpose="therapy", language="en", client="test"
    )
    return [start, *(consent(talk_id, scope) for scope in scopes)]


def offer(
    talk_id: str,
    seconds: float = 1.0,
    techniques: Sequence[str] = TECHNIQUES[:3],
    *,
    mood: str | None = "anger",
    distress: int | None = 7,
    learnable: bool = True,
    number: int = 0,
) -> SuggestionsShown:
    """An offer of suggestions with the ids `<technique>-<number>`, drawn evenly from six techniques."""
    remaining, items = list(TECHNIQUES), []
    for place, technique in enumerate(techniques):
        share = 1.0 / len(remaining)
        items.append(
            ShownSuggestion(
                suggestion_id=f"{technique}-{number}",
                technique=technique,
                score=-1.5,
                propensity=share / 2,
                position=place,
                technique_propensity=share if learnable else None,
                alternatives=dict.fromkeys(remaining, share) if learnable else None,
            )
        )
        remaining.remove(technique)
    return SuggestionsShown(
        talk_id=talk_id,
        turn_id="turn-1",
        at=after(seconds),
        suggestions=tuple(items),
        mood=mood,
        distress=distress,
    )


def said(talk_id: str, suggestion: str, helped: bool, seconds: float = 10.0) -> SuggestionFeedback:
    return SuggestionFeedback(talk_id=talk_id, at=after(seconds), suggestion_id=suggestion, helped=helped)


def rated(talk_id: str, value: int, moment: str, seconds: float = 11.0) -> DistressRated:
    return DistressRated(talk_id=talk_id, at=after(seconds), value=value, moment=moment)


def talk(
    talk_id: str, person: str | None, events: Iterable[Event], scopes: Sequence[str] = SCOPES
) -> list[Event]:
    """A whole talk."""
    return [*begun(talk_id, person, scopes), *events, ended(talk_id)]


def ended(talk_id: str) -> TalkEnded:
    return TalkEnded(talk_id=talk_id, at=after(60), reason="client_left")


def write(log: SessionLog, *talks: Iterable[Event]) -> None:
    for events in talks:
        record_all(log, events)
    assert log.flush(60)


def write_people(
    log: SessionLog,
    helps: Callable[[str], float],
    *,
    people: int = 60,
    talks: int = 4,
    scopes: Sequence[str] = SCOPES,
    seed: int = 7,
) -> None:
    """Talks of many people, in each of which one of three suggestions is tried and rated.

    Args:
        log: open for writing.
        helps: technique → probability that it helps.
        people: how many.
        talks: of each.
        scopes: consents of all of them.
        seed: of chance.
    """
    chance = random.Random(seed)
    for number in range(people * talks):
        talk_id, techniques = f"t-{number}", chance.sample(TECHNIQUES, 3)
        tried = chance.choice(techniques)
        happened = [
            offer(talk_id, techniques=techniques),
            said(talk_id, f"{tried}-0", chance.random() < helps(tried)),
        ]
        record_all(log, talk(talk_id, f"p-{number % people}", happened, scopes))
    assert log.flush(120)
