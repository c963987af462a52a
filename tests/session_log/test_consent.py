from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_log.care_events import QuestionnaireAnswered
from session_log.consent import CONTENT_EVENTS, WITHHELD, ConsentLedger
from session_log.events import (
    SCOPES,
    AlertStep,
    AudioKept,
    ConsentSet,
    CrisisFlagged,
    Event,
    HandedOff,
    LabelCorrected,
    MoodEstimated,
    ReplyGiven,
    TalkStarted,
    TurnHeard,
)
from session_log.kinds import AnyEvent

Talk = Callable[..., list[Event]]
START = datetime(2026, 11, 20, 8, 0, 0, tzinfo=UTC)


def stored(events: list[Event]) -> list[Event]:
    ledger = ConsentLedger()
    kept = []
    for event in events:
        ledger.apply(event)
        allowed = ledger.may_store(event)
        if allowed is not None:
            kept.append(allowed)
    return kept


def kinds(events: list[Event]) -> set[type[Event]]:
    return {type(event) for event in events}


def consent(scope: str, granted: bool, seconds: float) -> ConsentSet:
    at = START + timedelta(seconds=seconds)
    return ConsentSet(talk_id="talk-1", at=at, scope=scope, granted=granted, version="1", given_by="voice")


def test_with_text_and_emotion_consented_everything_is_stored_unchanged(talk: Talk) -> None:
    events = talk(scopes=("store_text", "emotion"))
    assert stored(events) == events


def test_without_consent_only_the_frame_and_the_crisis_flag_are_stored(talk: Talk) -> None:
    events = talk(scopes=("talk", "emotion", "share", "research", "memory", "store_audio", "camera"))
    assert kinds(stored(events)) == kinds(events) - set(CONTENT_EVENTS)


def test_moods_and_corrections_need_the_emotion_scope_too(talk: Talk) -> None:
    events = talk(scopes=("store_text",))
    assert kinds(events) - kinds(stored(events)) == {MoodEstimated, LabelCorrected}


def test_moods_of_a_face_need_the_camera_scope_too(talk: Talk) -> None:
    for scopes, allowed in ((("store_text", "emotion"), False), (("store_text", "emotion", "camera"), True)):
        events = [
            replace(event, modality="face") if isinstance(event, MoodEstimated) else event
            for event in talk(scopes=scopes)
        ]
        assert (MoodEstimated in kinds(stored(events))) is allowed


def test_sound_needs_the_scope_of_its_own_and_that_one_alone(talk: Talk, sound: AudioKept) -> None:
    for scopes, allowed in ((("store_audio",), True), (("store_text", "emotion"), False)):
        assert (sound in stored([*talk(scopes=scopes), sound])) is allowed


def test_what_people_write_and_what_happens_to_the_log_needs_no_consent_of_a_talk(
    care: Callable[..., list[AnyEvent]], audit: Callable[..., list[AnyEvent]]
) -> None:
    ledger = ConsentLedger()
    for event in (*care(), *audit()):
        ledger.apply(event)
        if not isinstance(event, QuestionnaireAnswered):
            assert ledger.may_store(event) is event


def test_a_persons_answers_about_a_talk_need_the_consent_that_its_words_need(
    talk: Talk, care: Callable[..., list[AnyEvent]]
) -> None:
    answers = next(event for event in care() if isinstance(event, QuestionnaireAnswered))
    for scopes, allowed in ((("store_text",), True), (("store_audio", "emotion"), False)):
        ledger = ConsentLedger()
        assert ledger.may_store(answers) is None
        for event in talk(scopes=scopes):
            ledger.apply(event)
        assert ledger.may_store(answers) is (answers if allowed else None)
        assert ledger.may_store(replace(answers, at=START)) is None, "given before the consent"
        assert ledger.may_store(replace(answers, talk_id=None)) is None


def test_an_anonymous_talk_keeps_no_content_whatever_is_granted(talk: Talk) -> None:
    first, *others = talk(scopes=SCOPES)
    events = [replace(first, subject=None), *others]
    assert kinds(stored(events)) == kinds(events) - set(CONTENT_EVENTS)


def test_a_crisis_flag_of_a_talk_without_stored_turns_names_no_turn(talk: Talk) -> None:
    (flag,) = [event for event in stored(talk(scopes=())) if isinstance(event, CrisisFlagged)]
    assert flag.turn_id is None
    assert flag.level == 2
    assert flag.lines_shown


def test_a_hand_over_of_a_talk_without_stored_turns_gives_no_reason(talk: Talk) -> None:
    (handed,) = [event for event in stored(talk(scopes=())) if isinstance(event, HandedOff)]
    assert (handed.queue, handed.reason, handed.reached) == ("duty", WITHHELD, True)


def test_a_crisis_flag_of_an_unknown_talk_is_stored(talk: Talk) -> None:
    flag = next(event for event in talk() if isinstance(event, CrisisFlagged))
    assert stored([flag]) == [replace(flag, turn_id=None)]


def test_the_steps_of_an_alert_are_stored_whole_without_any_consent(talk: Talk) -> None:
    events = talk(scopes=())
    step = next(event for event in events if isinstance(event, AlertStep))
    assert step in stored(events)
    assert stored([step]) == [step]


def test_content_of_an_unknown_talk_is_not_stored(talk: Talk) -> None:
    without_beginning = talk()[1:]
    assert not kinds(stored(without_beginning)) & set(CONTENT_EVENTS)


def test_revoking_holds_back_what_follows_and_granting_anew_lets_it_pass(talk: Talk) -> None:
    first = talk()[0]
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    turn = [replace(heard, at=START + timedelta(seconds=s), turn_id=f"turn-{s}") for s in (2, 4, 6)]
    events = [
        first,
        consent("store_text", True, 1),
        turn[0],
        consent("store_text", False, 3),
        turn[1],
        consent("store_text", True, 5),
        turn[2],
    ]
    assert [event for event in stored(events) if isinstance(event, TurnHeard)] == [turn[0], turn[2]]


def test_words_said_before_the_consent_are_not_covered_by_it(talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    events = [talk()[0], consent("store_text", True, 5), heard]  # heard at second 4
    assert TurnHeard not in kinds(stored(events))


def test_a_grant_delivered_late_does_not_undo_a_revocation(talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    events = [talk()[0], consent("store_text", False, 2), consent("store_text", True, 1), heard]
    assert TurnHeard not in kinds(stored(events))


def test_a_revocation_counts_even_where_the_clock_went_backwards(talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    events = [talk()[0], consent("store_text", True, 3), consent("store_text", False, 1), heard]
    assert TurnHeard not in kinds(stored(events))


def test_a_talk_cannot_stop_being_anonymous(talk: Talk) -> None:
    first, *others = talk()
    events = [replace(first, subject=None), replace(first, event_id="again"), *others]
    assert not kinds(stored(events)) & set(CONTENT_EVENTS)


def test_nothing_more_is_stored_of_an_erased_talk(talk: Talk) -> None:
    events = talk()
    ledger = ConsentLedger()
    for event in events:
        ledger.apply(event)
    ledger.mark_erased("talk-1")
    heard = next(event for event in events if isinstance(event, TurnHeard))
    assert ledger.may_store(heard) is None


def test_granted_tells_the_present_state(talk: Talk) -> None:
    ledger = ConsentLedger()
    assert not ledger.granted("talk-1", "emotion")
    for event in talk():
        ledger.apply(event)
    assert ledger.granted("talk-1", "emotion")
    assert not ledger.granted("talk-1", "camera")
    ledger.apply(consent("emotion", False, 50))
    assert not ledger.granted("talk-1", "emotion")
    ledger.forget("talk-1")
    assert not ledger.knows("talk-1")


_WORDS = "SECRET"
_seconds = st.integers(min_value=0, max_value=20)
_times = _seconds.map(lambda seconds: START + timedelta(seconds=seconds))
_started = st.builds(
    TalkStarted,
    talk_id=st.just("talk-1"),
    at=st.just(START),
    subject=st.sampled_from([None, "subject-1"]),
    purpose=st.just("therapy"),
    language=st.just("fa"),
    client=st.just("widget"),
)
_consents = st.builds(
    ConsentSet,
    talk_id=st.just("talk-1"),
    at=_times,
    scope=st.sampled_from(SCOPES),
    granted=st.booleans(),
    version=st.just("1"),
    given_by=st.just("voice"),
)
_turns = st.builds(
    TurnHeard,
    talk_id=st.just("talk-1"),
    turn_id=st.just("turn-1"),
    at=_times,
    language=st.just("fa"),
    text=st.just(_WORDS),
    source=st.just("typed"),
)
_replies = st.builds(
    ReplyGiven,
    talk_id=st.just("talk-1"),
    turn_id=st.just("turn-1"),
    at=_times,
    language=st.just("fa"),
    text=st.just(_WORDS),
    heard_text=st.sampled_from([None, _WORDS]),
    status=st.just("completed"),
)
_flags = st.builds(
    CrisisFlagged,
    talk_id=st.just("talk-1"),
    turn_id=st.just("turn-1"),
    at=_times,
    level=st.integers(0, 3),
    kind=st.just("self_harm"),
    lines_shown=st.just(("112",)),
)
_handovers = st.builds(
    HandedOff,
    talk_id=st.just("talk-1"),
    at=_times,
    queue=st.just("duty"),
    reason=st.just(_WORDS),
    reached=st.booleans(),
)


_anything = _started | _consents | _turns | _replies | _flags | _handovers


@given(st.lists(_anything, max_size=25), st.lists(_started, max_size=1))
def test_no_word_is_stored_unless_storing_text_was_granted_before_and_not_revoked(
    events: list[Event], beginning: list[Event]
) -> None:
    ledger = ConsentLedger()
    subject_known: bool | None = None
    latest: ConsentSet | None = None
    earliest_grant = datetime.max.replace(tzinfo=UTC)
    for event in beginning + events:
        ledger.apply(event)
        if isinstance(event, TalkStarted) and subject_known is None:
            subject_known, latest = event.subject is not None, None
        if isinstance(event, ConsentSet) and event.scope == "store_text" and subject_known is not None:
            latest = event
            earliest_grant = min(earliest_grant, event.at) if event.granted else earliest_grant
        allowed = ledger.may_store(event)
        if isinstance(event, CrisisFlagged | HandedOff):
            assert allowed is not None
        if allowed is not None and _WORDS in [getattr(allowed, name) for name in type(allowed).__slots__]:
            assert subject_known
            assert latest is not None
            assert latest.granted
            assert event.at >= earliest_grant


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_can_be_granted_and_revoked(talk: Talk, scope: str) -> None:
    ledger = ConsentLedger()
    ledger.apply(talk()[0])
    ledger.apply(consent(scope, True, 1))
    assert ledger.granted("talk-1", scope)
    ledger.apply(consent(scope, False, 2))
    assert not ledger.granted("talk-1", scope)
