"""What the page of a person shows: their talks over weeks, what helped, goals, techniques, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from review.roles import User, may_see_talk
from session_log.care_events import GoalSet, NoteWritten, PersonConsentSet, TechniquePreferred
from session_log.events import SuggestionFeedback, SuggestionsShown
from session_log.reader import LogReader, TalkSummary
from session_log.summaries import TalkDigest

__all__ = ["MAX_TALKS", "PatientView", "TechniqueTally", "Week", "read_patient"]

MAX_TALKS = 200
"""The latest talks of a person that their page takes into account."""


@dataclass(slots=True)
class Week:
    """The shared talks that began in a week: how often each mood was, in turns."""

    monday: date
    moods: Counter[str] = field(default_factory=Counter)

    def share(self, mood: str) -> float | None:
        """The share of a mood, 0–1; None in a week without any."""
        total = self.moods.total()
        return self.moods[mood] / total if total else None


@dataclass(slots=True)
class TechniqueTally:
    """How often a technique was offered, and what the person said of it."""

    technique: str
    offered: int = 0
    helped: int = 0
    unhelpful: int = 0


@dataclass(frozen=True, slots=True)
class PatientView:
    """A person as their page shows them; lists of talks and notes have the latest first.

    Attributes:
        digests: of the shared talks that are over, by talk id.
        weeks: without gaps from the first shared talk to the last.
        tallies: by technique, the oftenest helpful first.
        goals: as they stand now; preferences: technique → excluded or preferred.
        refused: what the person has revoked for all talks.
        notes: those about the person and not about one talk.
    """

    talks: list[TalkSummary]
    digests: dict[str, TalkDigest]
    weeks: list[Week]
    tallies: list[TechniqueTally]
    goals: list[GoalSet]
    preferences: dict[str, TechniquePreferred]
    refused: list[PersonConsentSet]
    notes: list[NoteWritten]

    @property
    def shares(self) -> bool:
        """Whether the person shares the content of any of the talks."""
        return any(talk.shared for talk in self.talks)


def read_patient(reader: LogReader, user: User, person: str, zone: tzinfo) -> PatientView:
    """Reads what a person's page shows to a user; weeks begin on Monday in `zone`.

    Talks of another clinic, and what was written there, stay there.
    """
    talks = [talk for talk in reader.talks(MAX_TALKS, person) if may_see_talk(user, talk)]
    shared = [talk for talk in talks if talk.shared and talk.erased_at is None]
    digests = reader.digests([talk.talk_id for talk in shared])
    about = reader.events_of_person(person, (GoalSet, TechniquePreferred, NoteWritten, PersonConsentSet))
    colleagues = _colleagues(reader, user)
    about = [event for event in about if getattr(event, "author", None) in (None, *colleagues)]
    goals = {event.goal_id: event for event in about if isinstance(event, GoalSet)}
    preferences = {event.technique: event for event in about if isinstance(event, TechniquePreferred)}
    standing = {event.scope: event for event in about if isinstance(event, PersonConsentSet)}
    notes = [event for event in about if isinstance(event, NoteWritten) and event.talk_id is None]
    return PatientView(
        talks=talks,
        digests=digests,
        weeks=_weeks(shared, digests, zone),
        tallies=_tallies(reader, [id_ for id_, digest in digests.items() if digest.suggestions]),
        goals=sorted(goals.values(), key=lambda goal: goal.state != "open"),
        preferences={name: event for name, event in preferences.items() if event.preference != "neither"},
        refused=[event for event in standing.values() if not event.granted],
        notes=notes[::-1],
    )


def _colleagues(reader: LogReader, user: User) -> set[str]:
    query = "SELECT account FROM review_accounts WHERE clinic IS ?"
    return {row[0] for row in reader.database.execute(query, (user.clinic,)).fetchall()}


def _weeks(talks: Iterable[TalkSummary], digests: dict[str, TalkDigest], zone: tzinfo) -> list[Week]:
    weeks: dict[date, Week] = {}
    for talk in talks:
        digest = digests.get(talk.talk_id)
        if digest is None or not digest.moods:
            continue
        monday = _monday(talk.started_at, zone)
        weeks.setdefault(monday, Week(monday)).moods.update(digest.moods)
    if not weeks:
        return []
    first, last = min(weeks), max(weeks)
    mondays = (first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1))
    return [weeks.get(monday, Week(monday)) for monday in mondays]


def _monday(moment: datetime, zone: tzinfo) -> date:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _tallies(reader: LogReader, talk_ids: Sequence[str]) -> list[TechniqueTally]:
    tallies: dict[str, TechniqueTally] = {}
    for talk_id in talk_ids:
        technique_of: dict[str, str] = {}
        for event in reader.events(talk_id, (SuggestionsShown, SuggestionFeedback)):
            if isinstance(event, SuggestionsShown):
                for shown in event.suggestions:
                    technique_of[shown.suggestion_id] = shown.technique
                    tallies.setdefault(shown.technique, TechniqueTally(shown.technique)).offered += 1
            elif isinstance(event, SuggestionFeedback) and event.suggestion_id in technique_of:
                tally = tallies[technique_of[event.suggestion_id]]
                if event.helped:
                    tally.helped += 1
                else:
                    tally.unhelpful += 1
    return sorted(tallies.values(), key=lambda tally: (-tally.helped, tally.unhelpful, tally.technique))
