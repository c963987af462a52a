"""Figures of what persons said of the talks: usability and whether suggestions helped.

Figures that others than the persons' own therapists see tell of no group of fewer than `SMALLEST_GROUP`
persons; and a total counts the groups shown alone, so that none that is held back follows from the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from review.roles import ADMINISTRATOR, User, visible_talks
from session_log.care_events import QuestionnaireAnswered
from session_log.data_keys import SealError
from session_log.reader import LogReader

__all__ = [
    "SMALLEST_GROUP",
    "Answer",
    "FeedbackGroup",
    "Score",
    "group_scores",
    "interval_95",
    "read_answers",
    "read_feedback",
    "sus_score",
    "talks_counted",
    "wilson_95",
]

SMALLEST_GROUP = 5
"""Persons."""

MAX_TALKS = 2_000
"""The latest shared talks that the figures of suggestions are taken from."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One filled-in questionnaire: who, the month (YYYY-MM, UTC), the SUS score 0–100."""

    person: str
    month: str
    score: float


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of a group: number of answers and of persons, mean, and its 95 % interval where there is one.

    `mean` is None where the group is too small to be shown.
    """

    group: str
    answers: int
    persons: int
    mean: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class FeedbackGroup:
    """What persons said of suggestions in a month; the numbers are None where the group is too small."""

    group: str
    persons: int
    offered: int | None
    helped: int | None
    unhelpful: int | None
    interval: tuple[float, float] | None


def sus_score(answers: Sequence[int]) -> float:
    """The score of the System Usability Scale, 0–100.

    Args:
        answers: to the ten items in order, each 1 (strongly disagree) to 5 (strongly agree). Items 1, 3, …
            are worded for the system, items 2, 4, … against it (Brooke 1996, "SUS: a quick and dirty
            usability scale").
    """
    if len(answers) != 10 or not all(1 <= answer <= 5 for answer in answers):
        raise ValueError("the System Usability Scale has ten answers of 1 to 5")
    return 2.5 * sum(answer - 1 if item % 2 == 0 else 5 - answer for item, answer in enumerate(answers))


def interval_95(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % confidence interval of a mean by Student's t, within 0–100; None below five values.

    The quantile is the expansion of Abramowitz and Stegun 26.7.5, right to 0.001 from four degrees on.
    """
    count = len(values)
    if count < SMALLEST_GROUP:
        return None
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    freedom = count - 1
    quantile = 1.95996 + 2.37227 / freedom + 2.8225 / freedom**2 + 2.5557 / freedom**3 + 1.5895 / freedom**4
    half = quantile * math.sqrt(variance / count)
    return max(0.0, mean - half), min(100.0, mean + half)


def wilson_95(successes: int, trials: int) -> tuple[float, float] | None:
    """The 95 % interval of a proportion (Wilson 1927), 0–1; None without trials."""
    if trials == 0:
        return None
    z = 1.959964
    centre = (successes + z * z / 2) / (trials + z * z)
    spread = z / (trials + z * z) * math.sqrt(successes * (trials - successes) / trials + z * z / 4)
    return max(0.0, centre - spread), min(1.0, centre + spread)


def talks_counted(user: User) -> tuple[str, tuple[object, ...]]:
    """The talks that go into a user's figures, as a condition on the table `talks`, with its values.

    An administrator, who sees no person, gets figures over all of them.
    """
    return ("1", ()) if user.role == ADMINISTRATOR else visible_talks(user)


def read_answers(reader: LogReader, user: User) -> list[Answer]:
    """Reads the usability answers of persons who share talks, the oldest first."""
    counted, values = talks_counted(user)
    # S608: the condition is a constant of `review.roles`, values are always bound.
    query = f"""SELECT DISTINCT person FROM events
        WHERE event_kind = 'questionnaire_answered' AND facts IS NOT NULL AND EXISTS (
            SELECT 1 FROM talks WHERE talks.person = events.person AND talks.shared AND {counted})"""  # noqa: S608
    persons = [row[0] for row in reader.database.execute(query, values).fetchall()]
    answers = []
    for person in persons:
        for event in _readable(reader, person):
            score = sus_score(event.answers)
            answers.append((event.at, Answer(person, f"{event.at:%Y-%m}", score)))
    return [answer for _, answer in sorted(answers, key=lambda pair: pair[0])]


def group_scores(answers: Iterable[Answer], *, smallest: int = SMALLEST_GROUP) -> list[Score]:
    """Scores by month, then those of all shown months together under the group "all".

    Of each person the latest answer of the group counts: the interval needs answers that are independent.

    Args:
        answers: the oldest first.
        smallest: persons below which a group is held back.
    """
    months: dict[str, list[Answer]] = {}
    for answer in answers:
        months.setdefault(answer.month, []).append(answer)
    scores = [_score(month, months[month], smallest) for month in sorted(months)]
    shown = [answer for score in scores if score.mean is not None for answer in months[score.group]]
    return [*scores, _score("all", shown, smallest)]


def read_feedback(
    reader: LogReader, user: User, *, smallest: int = SMALLEST_GROUP
) -> tuple[list[FeedbackGroup], int]:
    """Reads what was said of suggestions, by month, and from how many talks; at most `MAX_TALKS`."""
    counted, values = talks_counted(user)
    query = f"""SELECT talk_id, person, substr(started_at, 1, 7) FROM talks
        WHERE {counted} AND person IS NOT NULL AND shared AND erased_at IS NULL AND summary IS NOT NULL
        ORDER BY started_at DESC LIMIT ?"""  # noqa: S608
    rows = reader.database.execute(query, (*values, MAX_TALKS)).fetchall()
    digests = reader.digests([row[0] for row in rows])
    months: dict[str, tuple[set[str], list[int]]] = {}
    for talk_id, person, month in rows:
        digest = digests.get(talk_id)
        if digest is None or not digest.suggestions:
            continue
        persons, sums = months.setdefault(month, (set(), [0, 0, 0]))
        persons.add(person)
        for place, value in enumerate((digest.suggestions, digest.helped, digest.unhelpful)):
            sums[place] += value
    groups = []
    for month, (persons, (offered, helped, unhelpful)) in sorted(months.items()):
        if len(persons) < smallest:
            groups.append(FeedbackGroup(month, len(persons), None, None, None, None))
        else:
            interval = wilson_95(helped, helped + unhelpful)
            groups.append(FeedbackGroup(month, len(persons), offered, helped, unhelpful, interval))
    return groups, len(rows)


def _readable(reader: LogReader, person: str) -> list[QuestionnaireAnswered]:
    try:
        events = reader.events_of_person(person, (QuestionnaireAnswered,))
    except SealError:  # erased between the two queries
        return []
    return [
        event for event in events if isinstance(event, QuestionnaireAnswered) and event.questionnaire == "sus"
    ]


def _score(group: str, answers: Sequence[Answer], smallest: int) -> Score:
    latest = {answer.person: answer.score for answer in answers}
    values = list(latest.values())
    if not values or len(values) < smallest:
        return Score(group, len(answers), len(values), None, None)
    mean = math.fsum(values) / len(values)
    return Score(group, len(answers), len(values), mean, interval_95(values))
