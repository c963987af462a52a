"""Figures of the detectors at work: versions, how often they abstained, how often people knew better."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from review.rating_figures import talks_counted
from review.roles import User
from session_log.care_events import LabelReviewed
from session_log.events import LabelCorrected, MoodEstimated
from session_log.kinds import AnyEvent
from session_log.reader import LogReader

__all__ = ["MAX_TALKS", "Card", "ModelMonth", "read_card", "read_models", "tally"]

MAX_TALKS = 300
"""The latest shared talks that the figures are taken from; each of their estimates has to be opened."""


@dataclass(slots=True)
class ModelMonth:
    """What one version of one detector made of the turns of a month.

    Attributes:
        month: YYYY-MM, UTC.
        estimates: turns estimated.
        abstained: of these, where it did not name a mood.
        validated: of these, in a language on which it was validated.
        corrected: of these, where the person or a therapist named another mood.
        persons: whose turns they were.
    """

    month: str
    modality: str
    model: str
    estimates: int = 0
    abstained: int = 0
    validated: int = 0
    corrected: int = 0
    persons: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Card:
    """What the card of a detector says of it; errors of calibration are expected calibration errors, 0–1."""

    name: str
    version: str
    date: str
    threshold: float
    languages: tuple[str, ...]
    ece_valid: float
    ece_test: float


def read_models(reader: LogReader, user: User) -> tuple[list[ModelMonth], int]:
    """Reads the figures of the latest talks, and from how many talks they are; the latest month first."""
    counted, values = talks_counted(user)
    # S608: the condition is a constant of `review.roles`, values are always bound.
    query = f"""SELECT talk_id, person FROM talks
        WHERE {counted} AND person IS NOT NULL AND shared AND erased_at IS NULL
        ORDER BY started_at DESC LIMIT ?"""  # noqa: S608
    rows = reader.database.execute(query, (*values, MAX_TALKS)).fetchall()
    kinds = (MoodEstimated, LabelCorrected, LabelReviewed)
    return tally((person, reader.events(talk_id, kinds)) for talk_id, person in rows), len(rows)


def tally(talks: Iterable[tuple[str, Sequence[AnyEvent]]]) -> list[ModelMonth]:
    """Counts the estimates of talks, given as pairs of a person and the events of one talk."""
    months: dict[tuple[str, str, str], ModelMonth] = {}
    for person, events in talks:
        wrong = _wrong(events)
        for estimate in _latest(events):
            month = f"{estimate.at:%Y-%m}"
            key = (month, estimate.modality, estimate.model)
            row = months.setdefault(key, ModelMonth(*key))
            row.estimates += 1
            row.abstained += estimate.abstained
            row.validated += estimate.validated
            row.corrected += (estimate.turn_id, estimate.model) in wrong
            row.persons.add(person)
    return sorted(months.values(), key=lambda row: (row.month, row.modality, row.model), reverse=True)


def read_card(path: Path) -> Card:
    """Reads the card of a detector."""
    values = json.loads(path.read_text(encoding="utf-8"))
    return Card(
        name=values["name"],
        version=values["version"],
        date=values["date"],
        threshold=values["threshold"],
        languages=tuple(values["validated_languages"]),
        ece_valid=values["calibration"]["ece_valid"],
        ece_test=values["calibration"]["ece_test"],
    )


def _latest(events: Sequence[AnyEvent]) -> list[MoodEstimated]:
    found = {(event.turn_id, event.modality): event for event in events if isinstance(event, MoodEstimated)}
    return list(found.values())


def _wrong(events: Sequence[AnyEvent]) -> set[tuple[str, str]]:
    """Turn and model of the estimates that people contradicted; a person's word is about what counted."""
    counted: dict[str, MoodEstimated] = {}
    for estimate in _latest(events):
        if estimate.modality == "fused" or estimate.turn_id not in counted:
            counted[estimate.turn_id] = estimate
    wrong: set[tuple[str, str]] = set()
    for event in events:
        if isinstance(event, LabelReviewed):
            at = (event.turn_id, event.model)
            wrong = wrong | {at} if event.emotion != event.was else wrong - {at}
    for event in events:
        if isinstance(event, LabelCorrected) and event.turn_id in counted:
            estimate = counted[event.turn_id]
            if event.emotion != estimate.label:
                wrong.add((event.turn_id, estimate.model))
    return wrong
