from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import change, record_all, rows

from session_log.data_keys import DataKey, SealError
from session_log.events import (
    DistressRated,
    Event,
    LabelCorrected,
    MoodEstimated,
    SuggestionFeedback,
    TalkEnded,
    TurnHeard,
)
from session_log.reader import reading
from session_log.schema import SessionLogError
from session_log.summaries import TalkDigest, fold, open_summary
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
OF_THE_TALK = TalkDigest(moods={"fear": 1}, distress_after=7, suggestions=3, unhelpful=1)


@pytest.fixture
def mood(talk: Talk) -> MoodEstimated:
    return next(event for event in talk() if isinstance(event, MoodEstimated))


def write(path: Path, events: list[Event]) -> None:
    with SessionLog.open(path) as log:
        record_all(log, events)
        assert log.flush(30)


def test_a_talk_without_content_sums_up_to_nothing() -> None:
    assert fold([]) == TalkDigest()


def test_a_talk_is_summed_up(talk: Talk) -> None:
    assert fold(talk()) == OF_THE_TALK


def test_the_fused_estimate_goes_before_single_ones_and_the_persons_word_before_all(
    mood: MoodEstimated,
) -> None:
    text = replace(mood, modality="text", label="sadness")
    fused = replace(mood, modality="fused", label="neutral")
    assert fold([mood, text]).moods == {"anger": 1}
    assert fold([mood, fused, text]).moods == fold([fused, mood]).moods == {"neutral": 1}
    word = LabelCorrected(talk_id="talk-1", at=mood.at, turn_id="turn-1", emotion="fear")
    assert fold([word, fused]).moods == {"fear": 1}
    assert fold([fused, replace(fused, turn_id="turn-2"), mood]).moods == {"neutral": 2}


def test_the_first_rating_before_and_the_last_one_after_count(talk: Talk) -> None:
    at = talk()[0].at
    rated = [
        DistressRated(talk_id="talk-1", at=at, value=value, moment=moment)
        for value, moment in ((8, "before"), (9, "before"), (5, "after"), (0, "after"))
    ]
    assert (fold(rated).distress_before, fold(rated).distress_after) == (8, 0)


def test_what_helped_is_counted_apart_from_what_did_not(talk: Talk) -> None:
    feedback = next(event for event in talk() if isinstance(event, SuggestionFeedback))
    summed = fold([feedback, replace(feedback, helped=True), replace(feedback, helped=True)])
    assert (summed.helped, summed.unhelpful) == (2, 1)


def test_a_talk_that_is_over_has_a_summary_and_one_under_way_has_none(path: Path, talk: Talk) -> None:
    write(path, [*talk("over"), *talk("open")[:-1]])
    with reading(path) as reader:
        assert reader.digests(["over", "open", "nobody"]) == {"over": OF_THE_TALK}


def test_what_follows_the_end_enters_the_summary(path: Path, talk: Talk) -> None:
    feedback = next(event for event in talk() if isinstance(event, SuggestionFeedback))
    write(path, talk())
    write(path, [replace(feedback, event_id="late", helped=True)])
    with reading(path) as reader:
        assert reader.digests(["talk-1"])["talk-1"].helped == 1


def test_a_talk_without_content_has_no_summary(path: Path, talk: Talk) -> None:
    frame = [event for event in talk(scopes=()) if type(event).__name__ in ("TalkStarted", "TalkEnded")]
    write(path, frame)
    assert rows(path, "SELECT summary FROM talks") == [(None,)]
    with reading(path) as reader:
        assert reader.digests(["talk-1"]) == {}


def test_a_summary_is_sealed_and_bound_to_its_talk(path: Path, talk: Talk) -> None:
    write(path, [*talk("talk-1"), *talk("talk-2")])
    ((summary,),) = rows(path, "SELECT summary FROM talks WHERE talk_id = 'talk-1'")
    assert isinstance(summary, bytes)
    assert b"fear" not in summary
    with reading(path) as reader:
        key = reader.talk_key("talk-1")
        assert key is not None
        assert open_summary(key, "talk-1", summary) == OF_THE_TALK
    for wrong_key, talk_id in ((key, "talk-2"), (DataKey(bytes(32)), "talk-1")):
        with pytest.raises(SealError):
            open_summary(wrong_key, talk_id, summary)
    change(path, "UPDATE talks SET summary = ? WHERE talk_id = 'talk-2'", summary)
    with pytest.raises(SessionLogError, match="was changed"), reading(path) as reader:
        reader.digests(["talk-2"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET content = zeroblob(40) WHERE event_kind = 'turn_heard'",
        "UPDATE keys SET wrapped = zeroblob(60) WHERE owner = 'talk:talk-1'",
        "UPDATE keys SET master_id = 'another' WHERE owner = 'talk:talk-1'",
    ],
)
def test_a_talk_that_somebody_changed_does_not_stop_the_writer(
    path: Path, talk: Talk, statement: str
) -> None:
    write(path, talk()[:-1])
    assert change(path, statement) == 1
    ended = next(event for event in talk() if isinstance(event, TalkEnded))
    heard = next(event for event in talk("talk-2") if isinstance(event, TurnHeard))
    with SessionLog.open(path) as log:
        record_all(log, [replace(ended, event_id="end"), *talk("talk-2")[:4], heard])
        assert log.flush(30)
        assert log.health().written == 6
    assert rows(path, "SELECT summary FROM talks WHERE talk_id = 'talk-1'") == [(None,)]
