"""A talk put together for its page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from review_caseload import NOW, talk_events

from review.talk_view import compose, moments
from session_log.audit_events import AudioDeleted
from session_log.care_events import LabelReviewed, NoteWritten
from session_log.events import AudioKept, ConsentSet, ReplyGiven

TURN = "t/turn 1"


def view(*more, shared: bool = True, **options):
    return compose([*talk_events("t", "p", NOW, **options), *more], shared=shared)


def test_turns_are_numbered_in_the_order_in_which_they_were_said():
    assert [(turn.number, turn.heard.text) for turn in view(language="en").turns] == [
        (1, "I could not sleep again."),
        (2, "My boss shouted at me."),
        (3, "It is a little better now."),
    ]


def test_the_mood_that_counts_is_the_fused_one():
    assert [turn.mood.modality for turn in view().turns] == ["fused"] * 3


def test_a_reply_tells_how_much_of_it_was_heard():
    first, second, _ = view(language="en").turns
    assert first.replies[0].heard is None
    assert second.replies[0].heard == "That mus"


def test_a_reply_that_differs_by_white_space_alone_was_heard_whole():
    given = next(event for event in talk_events("t", "p", NOW) if isinstance(event, ReplyGiven))
    again = replace(given, heard_text="  " + given.text.replace(" ", "  "), event_id="again")
    assert view(again).turns[0].replies[-1].heard is None


def test_a_deleted_sound_cannot_be_asked_for():
    kept = AudioKept(talk_id="t", turn_id=TURN, at=NOW, duration_ms=5, digest="0")
    deleted = AudioDeleted(talk_id="t", turn_id=TURN, at=NOW, reason="retention")
    assert view(kept).turn(TURN).has_sound
    assert not view(kept, deleted).turn(TURN).has_sound


def test_a_consent_tells_when_it_was_given_and_when_revoked():
    later = NOW + timedelta(minutes=2)
    revoked = ConsentSet(
        talk_id="t", at=later, scope="emotion", granted=False, version="2026-11", given_by="voice"
    )
    consents = {consent.scope: consent for consent in view(revoked).consents}
    assert consents["talk"].in_force
    assert not consents["emotion"].in_force
    assert consents["emotion"].granted_at == NOW + timedelta(seconds=0.1)
    assert consents["emotion"].revoked_at == later


def test_notes_stand_with_their_turn_or_with_the_talk():
    note = NoteWritten(subject="p", talk_id="t", turn_id=TURN, at=NOW, author="a", text="of the turn")
    of_talk = replace(note, turn_id=None, text="of the talk", event_id="n2")
    seen = view(note, of_talk)
    assert [each.text for each in seen.turn(TURN).notes] == ["of the turn"]
    assert [each.text for each in seen.notes] == ["of the talk"]


def test_both_labels_stay_after_a_review():
    review = LabelReviewed(
        subject="p",
        talk_id="t",
        turn_id=TURN,
        at=NOW,
        author="a",
        was="anger",
        emotion="fear",
        model="fused-1",
    )
    turn = view(review).turn(TURN)
    assert (turn.mood.label, turn.reviews[0].emotion, turn.corrected.emotion) == ("anger", "fear", "sadness")


def test_of_a_talk_that_is_not_shared_there_is_no_content():
    seen = view(shared=False, crisis_level=2)
    assert seen.turns == []
    assert seen.distress == []
    assert seen.feedback == {}
    assert [flag.level for flag in seen.flags] == [2]
    assert [each.reason for each in seen.hand_overs] == ["withheld"]


def test_the_points_of_the_picture_are_in_the_order_of_time():
    points = moments(view())
    assert [point.distress.value if point.distress else point.turn.number for point in points] == [
        7,
        1,
        2,
        3,
        4,
    ]
    assert [point.at for point in points] == sorted(point.at for point in points)
