from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import datetime

import pytest

from session_log.care_events import CARE_EVENTS, NoteWritten
from session_log.kinds import AnyEvent

Many = Callable[..., list[AnyEvent]]


def test_the_samples_have_every_kind_of_event(care: Many) -> None:
    assert {type(event) for event in care()} == set(CARE_EVENTS)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("NoteWritten", "subject", None),
        ("NoteWritten", "text", None),
        ("NoteWritten", "author", ""),
        ("NoteWritten", "at", datetime(2026, 11, 20)),  # noqa: DTZ001
        ("LabelReviewed", "talk_id", None),
        ("LabelReviewed", "was", "boredom"),
        ("LabelReviewed", "emotion", "joy"),
        ("FlagMoved", "state", "forgotten"),
        ("FlagMoved", "remark", 5),
        ("GoalSet", "state", "seen"),
        ("GoalSet", "goal_id", ""),
        ("TechniquePreferred", "technique", "a whole sentence of somebody"),
        ("TechniquePreferred", "preference", "loved"),
        ("QuestionnaireAnswered", "questionnaire", "phq"),
        ("QuestionnaireAnswered", "answers", ()),
        ("QuestionnaireAnswered", "answers", "1234512345"),
        ("QuestionnaireAnswered", "answers", (1,) * 9),
        ("QuestionnaireAnswered", "answers", (1,) * 11),
        ("QuestionnaireAnswered", "answers", (6,) * 10),
        ("QuestionnaireAnswered", "answers", (0,) * 10),
        ("QuestionnaireAnswered", "answers", (True,) * 10),
        ("QuestionnaireAnswered", "answers", (1,) * 51),
        ("PersonConsentSet", "scope", "everything"),
        ("PersonConsentSet", "granted", 1),
        ("PersonConsentSet", "given_by", "somebody"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(
    care: Many, kind: str, field: str, value: object
) -> None:
    event = next(event for event in care() if type(event).__name__ == kind)
    with pytest.raises(ValueError, match=rf"^{kind}\.{field} must ") as caught:
        replace(event, **{field: value})  # type: ignore[arg-type]
    if isinstance(value, str) and value:
        assert value not in str(caught.value)


def test_words_stay_out_of_the_representation(care: Many) -> None:
    printed = repr(care())
    assert "Words" not in printed
    assert "یادداشت" not in printed
    assert "therapist-1" in printed


def test_events_cannot_be_changed_and_can_be_hashed(care: Many) -> None:
    events = care()
    note = events[0]
    assert isinstance(note, NoteWritten)
    with pytest.raises(FrozenInstanceError):
        note.text = "another"  # type: ignore[misc]
    assert len(set(events)) == len(events)


def test_a_list_of_answers_becomes_a_tuple(care: Many) -> None:
    answered = next(event for event in care() if type(event).__name__ == "QuestionnaireAnswered")
    assert replace(answered, answers=[3] * 10).answers == (3,) * 10  # type: ignore[call-arg]
