from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from emotion import Emotion
from session_log.events import EVENT_CLASSES, AudioKept, Event, MoodEstimated, SuggestionsShown, TurnHeard
from session_log.field_checks import MAX_TEXT_CHARACTERS

Talk = Callable[..., list[Event]]


def test_the_sample_talk_has_every_kind_of_event(talk: Talk, sound: AudioKept) -> None:
    assert {type(event) for event in (*talk(), sound)} == set(EVENT_CLASSES)


def test_each_event_gets_an_id_of_its_own(talk: Talk) -> None:
    events = talk() + talk()
    assert len({event.event_id for event in events}) == len(events)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("TalkStarted", "talk_id", ""),
        ("TalkStarted", "talk_id", None),
        ("TalkStarted", "at", datetime(2026, 11, 20)),  # noqa: DTZ001
        ("TalkStarted", "at", datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=3.5)))),
        ("TalkStarted", "at", "2026-11-20"),
        ("TalkStarted", "purpose", "fun"),
        ("TalkStarted", "language", "Farsi"),
        ("TalkStarted", "country", "Iran"),
        ("TalkStarted", "subject", ""),
        ("TalkStarted", "event_id", "x" * 513),
        ("ConsentSet", "scope", "everything"),
        ("ConsentSet", "granted", 1),
        ("ConsentSet", "given_by", "somebody"),
        ("TurnHeard", "text", b"bytes"),
        ("TurnHeard", "source", "telepathy"),
        ("TurnHeard", "confidence", 1.5),
        ("TurnHeard", "confidence", float("nan")),
        ("TurnHeard", "confidence", "0.5"),
        ("TurnHeard", "duration_ms", -1),
        ("TurnHeard", "duration_ms", 10.5),
        ("MoodEstimated", "label", "boredom"),
        ("MoodEstimated", "modality", "gait"),
        ("MoodEstimated", "probabilities", {}),
        ("MoodEstimated", "probabilities", {"boredom": 1.0}),
        ("MoodEstimated", "probabilities", {"anger": 0.4, "fear": 0.4}),
        ("MoodEstimated", "probabilities", {"anger": 1.5, "fear": -0.5}),
        ("MoodEstimated", "threshold", float("inf")),
        ("ReplyGiven", "status", "maybe"),
        ("SuggestionsShown", "suggestions", ()),
        ("SuggestionsShown", "suggestions", (("anger-1", "breathing", 0.5, 0.5),)),
        ("SuggestionsShown", "suggestions", (("anger-1", "breathing", 0.5, 1.5, 0),)),
        ("SuggestionsShown", "suggestions", (("a", "b", 0.5, 0.5, 0), ("c", "d", 0.5, 0.5, 0))),
        ("DistressRated", "value", 11),
        ("DistressRated", "value", True),
        ("DistressRated", "moment", "during"),
        ("LabelCorrected", "emotion", "boredom"),
        ("CrisisFlagged", "level", 4),
        ("CrisisFlagged", "lines_shown", "112"),
        ("CrisisFlagged", "lines_shown", ("112", 999)),
        ("HandedOff", "reason", None),
        ("AlertStep", "step", "ignored"),
        ("AlertStep", "level", 0),
        ("AlertStep", "kind", "a whole sentence of somebody"),
        ("AlertStep", "channel", "pigeon"),
        ("AlertStep", "alert_id", ""),
        ("TalkEnded", "reason", ""),
        ("TalkEnded", "reason", "a whole sentence of somebody"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(
    talk: Talk, kind: str, field: str, value: object
) -> None:
    event = next(event for event in talk() if type(event).__name__ == kind)
    with pytest.raises(ValueError, match=rf"^{kind}\.{field} must ") as caught:
        replace(event, **{field: value})
    if isinstance(value, str) and value:
        assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"), [("duration_ms", -1), ("duration_ms", None), ("digest", "no digest"), ("turn_id", "")]
)
def test_a_wrong_field_of_kept_sound_is_named(sound: AudioKept, field: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^AudioKept\.{field} must "):
        replace(sound, **{field: value})  # type: ignore[arg-type]


def test_nul_and_lone_surrogates_in_words_become_replacement_characters(talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    assert replace(heard, text="a\x00b\ud800c").text == "a\ufffdb\ufffdc"


def test_huge_text_is_cut_and_says_so(talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    text = replace(heard, text="سلام " * 1_000_000).text
    assert len(text) == MAX_TEXT_CHARACTERS
    assert text.endswith("…")


def test_ids_and_lines_of_strangers_are_mended_rather_than_refused(talk: Talk) -> None:
    events = {type(event).__name__: event for event in talk()}
    assert replace(events["LabelCorrected"], turn_id="شناسه 1\x1b").turn_id == "شناسه 1\ufffd"
    assert replace(events["ConsentSet"], version="v 1\n\u202e").version == "v 1  "
    assert replace(events["TalkStarted"], client="x" * 5000).client == "x" * 200
    assert replace(events["CrisisFlagged"], lines_shown=["\u2066112\u2069"]).lines_shown == (" 112 ",)


def test_the_language_of_a_talk_may_be_left_open_but_not_that_of_a_turn(talk: Talk) -> None:
    events = {type(event).__name__: event for event in talk()}
    assert replace(events["TalkStarted"], language="auto").language == "auto"
    with pytest.raises(ValueError, match=r"TurnHeard\.language"):
        replace(events["TurnHeard"], language="auto")


def test_words_stay_out_of_the_representation(talk: Talk) -> None:
    printed = repr(talk())
    assert "عصبانی" not in printed
    assert "it is too much" not in printed
    assert "turn-1" in printed


def test_numpy_scalars_and_enum_labels_become_plain_values(talk: Talk) -> None:
    mood = next(event for event in talk() if isinstance(event, MoodEstimated))
    mood = replace(
        mood,
        label=Emotion.FEAR,
        probabilities={Emotion.FEAR: np.float32(1.0)},
        threshold=np.float32(0.5),
    )
    assert type(mood.label) is str
    assert mood.label == "fear"
    assert [(type(label), type(share)) for label, share in mood.probabilities.items()] == [(str, float)]
    assert type(mood.threshold) is float


def test_suggestions_are_kept_by_position(talk: Talk) -> None:
    shown = next(event for event in talk() if isinstance(event, SuggestionsShown))
    turned = replace(shown, suggestions=tuple(tuple(item) for item in reversed(shown.suggestions)))
    assert turned.suggestions == shown.suggestions
    assert turned.suggestions[0].technique == "breathing"


def test_events_cannot_be_changed_and_can_be_hashed(talk: Talk) -> None:
    events = talk()
    with pytest.raises(FrozenInstanceError):
        events[0].talk_id = "another"  # type: ignore[misc]
    assert len(set(events)) == len(events)


def test_events_and_consents_need_the_standard_library_alone() -> None:
    program = (
        "import sys; import session_log.events, session_log.consent; "
        "print({'sqlite_utils', 'numpy', 'platformdirs', 'sqlite3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
