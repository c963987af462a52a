import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.endpointing import (
    FRAME_MS,
    Endpointer,
    SpeechConfirmed,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
)


def run(endpointer, *stretches):
    """Feeds (probability, milliseconds) stretches; gives all events."""
    events = []
    for probability, milliseconds in stretches:
        for _ in range(milliseconds // FRAME_MS):
            events.extend(endpointer.advance(probability))
    return events


def kinds(events):
    return [type(event) for event in events]


def test_an_utterance_starts_is_confirmed_pauses_and_ends():
    events = run(Endpointer(patience_ms=600), (0.0, 320), (0.9, 960), (0.0, 960))
    assert kinds(events) == [SpeechStarted, SpeechConfirmed, SpeechPaused, SpeechEnded]
    ended = events[-1]
    assert ended.start_ms == 320
    assert ended.end_ms == 320 + 960
    assert 600 <= ended.waited_ms < 600 + FRAME_MS
    assert ended.voiced_ms == 960


@pytest.mark.parametrize("burst_ms", [32, 64])
def test_a_click_is_no_speech(burst_ms):
    assert run(Endpointer(patience_ms=600), (0.0, 320), (1.0, burst_ms), (0.0, 2_000)) == []


def test_a_short_burst_is_not_confirmed():
    assert SpeechConfirmed not in kinds(run(Endpointer(patience_ms=600), (0.9, 160), (0.0, 1_000)))


def test_going_on_after_a_pause_resumes_the_turn():
    events = run(Endpointer(patience_ms=600), (0.9, 640), (0.0, 320), (0.9, 640), (0.0, 960))
    assert kinds(events) == [
        SpeechStarted,
        SpeechConfirmed,
        SpeechPaused,
        SpeechResumed,
        SpeechPaused,
        SpeechEnded,
    ]
    assert events[-1].end_ms == 640 + 320 + 640


def test_patience_decides_when_the_turn_ends():
    def waited(patience_ms):
        return run(Endpointer(patience_ms=patience_ms), (0.9, 640), (0.0, 3_000))[-1].waited_ms

    assert waited(350) < 400 < 990 < waited(1_000)


def test_patience_may_change_during_the_turn():
    endpointer = Endpointer(patience_ms=5_000)
    assert SpeechEnded not in kinds(run(endpointer, (0.9, 640), (0.0, 1_000)))
    endpointer.patience_ms = 600
    assert kinds(run(endpointer, (0.0, 32))) == [SpeechEnded]


def test_an_endless_turn_is_ended_at_the_next_pause():
    events = run(Endpointer(patience_ms=600, longest_ms=2_000), (0.9, 4_000), (0.0, 256))
    assert kinds(events)[-1] is SpeechEnded


def test_ending_by_hand_gives_the_turn_under_way_and_nothing_twice():
    endpointer = Endpointer(patience_ms=600)
    run(endpointer, (0.9, 640))
    assert kinds(endpointer.end()) == [SpeechEnded]
    assert list(endpointer.end()) == []


@given(st.lists(st.floats(0, 1), max_size=400), st.integers(200, 1_500))
def test_events_come_in_an_order_that_makes_sense(probabilities, patience_ms):
    endpointer = Endpointer(patience_ms=patience_ms)
    speaking = paused = False
    for probability in probabilities:
        for event in endpointer.advance(probability):
            match event:
                case SpeechStarted():
                    assert not speaking
                    speaking, paused = True, False
                case SpeechPaused():
                    assert speaking
                    assert not paused
                    assert event.start_ms < event.end_ms
                    paused = True
                case SpeechResumed():
                    assert paused
                    paused = False
                case SpeechEnded():
                    assert paused
                    assert event.start_ms < event.end_ms <= endpointer.position_ms
                    speaking = False
                case SpeechConfirmed():
                    assert speaking
    assert endpointer.speaking == speaking


def test_a_turn_without_a_pause_ends_at_its_first_silent_frame_when_it_is_too_long():
    events = run(Endpointer(patience_ms=600, longest_ms=2_000), (0.9, 2_400), (0.0, 32), (0.9, 1_000))
    assert [type(event) for event in events].count(SpeechEnded) == 1
    assert [type(event) for event in events].count(SpeechStarted) == 2


def test_voices_that_never_pause_end_a_turn_a_little_later():
    events = run(Endpointer(patience_ms=600, longest_ms=2_000), (0.9, 40_000))
    ends = [event for event in events if isinstance(event, SpeechEnded)]
    assert len(ends) == 2
    assert all(16_900 <= end.end_ms - end.start_ms <= 17_100 for end in ends)
