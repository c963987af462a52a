"""Patience in a whole talk, and with the real endpointer."""

import pytest
from scripted_talk import ScriptedTalk, speech_mood

from bot import commands as c
from bot.endpointing import (
    FRAME_MS,
    Endpointer,
    SpeechConfirmed,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
)


@pytest.fixture
def talk():
    return ScriptedTalk()


def pause(talk, end_ms=2_000):
    """The user speaks and pauses; gives what is to be recognised."""
    if end_ms == 2_000:
        talk.hear(SpeechStarted(1_000))
        talk.hear(SpeechConfirmed(1_000))
    talk.hear(SpeechPaused(1_000, end_ms))
    return talk.last(c.Understand)


def understand(talk, asked, text, language="en", confidence=0.9):
    result = c.Understood(asked.item_id, asked.attempt, text, language, confidence, 1_000, None)
    return [
        command
        for command in talk.do(talk.conversation.understood(result, talk.now_ms))
        if isinstance(command, c.ChangePatience)
    ]


def detect(talk, **detection):
    talk.client(
        type="session.update",
        session={"type": "realtime", "audio": {"input": {"turn_detection": detection}}},
    )


@pytest.mark.parametrize(
    ("text", "language", "patience_ms"),
    [
        ("I feel tired.", "en", 360),
        ("I feel tired and.", "en", 1_200),
        ("My sister.", "en", 600),
        ("خیلی خسته‌ام.", "fa", 360),
        ("خیلی خسته‌ام و.", "fa", 1_200),
        ("", "en", 600),
    ],
)
def test_the_words_before_a_pause_set_the_patience_for_it(talk, text, language, patience_ms):
    changed = understand(talk, pause(talk), text, language)
    assert changed == [c.ChangePatience(2_000, patience_ms)]


def test_words_that_are_not_certain_leave_the_patience_as_it_is(talk):
    assert understand(talk, pause(talk), "I feel tired and", confidence=0.2) == [c.ChangePatience(2_000, 600)]


def test_a_recognition_that_failed_leaves_the_patience_as_it_is(talk):
    asked = pause(talk)
    commands = talk.do(
        talk.conversation.understood(c.UnderstandingFailed(asked.item_id, asked.attempt), talk.now_ms)
    )
    assert c.ChangePatience(2_000, 600) in commands


def test_after_sadness_the_longer_patience_is_the_base(talk):
    talk.utter("I miss her", mood=speech_mood("sadness"))
    assert talk.last(c.ConfigureListening) == c.ConfigureListening(True, 0.5, 1_000, 500)
    assert understand(talk, pause(talk), "I feel tired.") == [c.ChangePatience(2_000, 600)]


def test_a_silence_that_the_client_named_is_obeyed_exactly(talk):
    detect(talk, type="server_vad", silence_duration_ms=700)
    assert talk.last(c.ConfigureListening) == c.ConfigureListening(True, 0.5, 700, 0)
    assert understand(talk, pause(talk), "I feel tired and.") == []


@pytest.mark.parametrize(
    ("eagerness", "complete_ms", "open_ms"), [("low", 600, 1_500), ("auto", 360, 1_200), ("high", 350, 700)]
)
def test_semantic_turn_detection_heeds_the_words(talk, eagerness, complete_ms, open_ms):
    detect(talk, type="semantic_vad", eagerness=eagerness)
    assert understand(talk, pause(talk), "I feel tired.") == [c.ChangePatience(2_000, complete_ms)]
    talk.hear(SpeechResumed(2_300))
    assert understand(talk, pause(talk, 3_000), "I feel tired and") == [c.ChangePatience(3_000, open_ms)]


def test_push_to_talk_heeds_no_words(talk):
    talk.client(
        type="session.update",
        session={"type": "realtime", "audio": {"input": {"turn_detection": None}}},
    )
    assert understand(talk, pause(talk), "I feel tired.") == []


def test_words_of_a_pause_that_is_over_change_nothing(talk):
    stale = pause(talk)
    talk.hear(SpeechResumed(2_300))
    assert understand(talk, stale, "I feel tired and") == []


def test_when_the_speaker_goes_on_the_recognition_is_stopped(talk):
    asked = pause(talk)
    assert c.StopUnderstanding(asked.item_id) in talk.hear(SpeechResumed(2_300))


def test_a_recognition_that_is_through_is_not_stopped(talk):
    understand(talk, pause(talk), "I feel tired and")
    talk.hear(SpeechResumed(2_300))
    assert talk.all(c.StopUnderstanding) == []


def test_clearing_the_buffer_stops_the_recognition(talk):
    asked = pause(talk)
    talk.client(type="input_audio_buffer.clear")
    assert talk.last(c.StopUnderstanding).item_id == asked.item_id


def test_many_pauses_leave_one_recognition_each_and_stop_the_one_before(talk):
    asked = [pause(talk)]
    for end_ms in range(2_600, 8_000, 600):
        talk.hear(SpeechResumed(end_ms - 300))
        asked.append(pause(talk, end_ms))
    assert len(talk.all(c.StopUnderstanding)) == len(asked) - 1
    attempts = [one.attempt for one in asked]
    assert attempts == sorted(set(attempts))


def test_a_pause_in_which_the_audio_stops_ends_the_turn_in_the_end(talk):
    asked = pause(talk)
    understand(talk, asked, "I feel tired and.")
    talk.now_ms += 2_000
    assert c.ChangePatience(2_000, 0) not in talk.do(talk.conversation.tick(talk.now_ms))
    talk.now_ms += 3_000
    assert c.ChangePatience(2_000, 0) in talk.do(talk.conversation.tick(talk.now_ms))


def test_speech_that_goes_on_for_long_is_not_taken_for_a_pause(talk):
    pause(talk)
    talk.hear(SpeechResumed(2_300))
    talk.now_ms += 20_000
    assert c.ChangePatience(2_000, 0) not in talk.do(talk.conversation.tick(talk.now_ms))


# The endpointer -------------------------------------------------------------------------------------


def run(endpointer, *stretches):
    events = []
    for probability, milliseconds in stretches:
        for _ in range(milliseconds // FRAME_MS):
            events.extend(endpointer.advance(probability))
    return events


def paused(silence_ms, *, patience_ms=600, grace_ms=600):
    """An endpointer in a pause of so much silence, and that pause."""
    endpointer = Endpointer(patience_ms=patience_ms, grace_ms=grace_ms)
    events = run(endpointer, (0.9, 640), (0.0, silence_ms))
    return endpointer, next(event for event in events if isinstance(event, SpeechPaused))


def test_a_pause_of_unknown_words_lasts_as_long_as_one_that_is_open():
    endpointer, _ = paused(1_152)
    assert endpointer.speaking
    (ended,) = run(endpointer, (0.0, 64))
    assert ended.waited_ms == 1_216


def test_a_pause_that_has_lasted_as_long_as_its_new_patience_ends_at_once():
    endpointer, pause = paused(512)
    (ended,) = endpointer.wait(pause.end_ms, 360)
    assert isinstance(ended, SpeechEnded)
    assert ended.waited_ms == 512
    assert not endpointer.speaking


def test_a_new_patience_that_is_not_over_yet_is_waited_for():
    endpointer, pause = paused(256)
    assert list(endpointer.wait(pause.end_ms, 1_200)) == []
    assert run(endpointer, (0.0, 900)) == []
    (ended,) = run(endpointer, (0.0, 64))
    assert 1_200 <= ended.waited_ms < 1_200 + FRAME_MS


def test_the_patience_of_one_pause_is_not_that_of_the_next():
    endpointer, pause = paused(256, grace_ms=0)
    assert list(endpointer.wait(pause.end_ms, 1_500)) == []
    events = run(endpointer, (0.9, 640), (0.0, 640))
    assert [type(event) for event in events] == [SpeechResumed, SpeechPaused, SpeechEnded]


def test_a_patience_for_a_pause_that_is_over_changes_nothing():
    endpointer, pause = paused(256)
    run(endpointer, (0.9, 640))
    assert list(endpointer.wait(pause.end_ms, 0)) == []
    run(endpointer, (0.0, 256))
    assert list(endpointer.wait(pause.end_ms, 0)) == []
    assert endpointer.speaking


def test_no_turn_is_ended_on_the_frame_with_which_the_speaker_goes_on():
    endpointer, pause = paused(512)
    run(endpointer, (0.9, 32))
    assert list(endpointer.wait(pause.end_ms, 360)) == []
    assert [type(event) for event in run(endpointer, (0.9, 32))] == [SpeechResumed]


def test_a_patience_where_nobody_speaks_changes_nothing():
    endpointer = Endpointer(patience_ms=600)
    assert list(endpointer.wait(0, 0)) == []


def test_a_new_configuration_holds_for_the_pause_under_way():
    endpointer, pause = paused(256)
    assert list(endpointer.wait(pause.end_ms, 1_500)) == []
    endpointer.configure(threshold=0.5, patience_ms=700)
    (ended,) = run(endpointer, (0.0, 512))
    assert 700 <= ended.waited_ms < 700 + FRAME_MS
