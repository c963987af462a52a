from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_log.data_keys import DataKey, SealError, WrappedKey
from session_log.events import AudioKept, Event, TalkStarted, TurnHeard
from session_log.kinds import AnyEvent
from session_log.sealed import SealedEvent, decode, encode, seal, unseal

Talk = Callable[..., list[Event]]
Many = Callable[..., list[AnyEvent]]
KEY = DataKey(bytes(32))


@pytest.fixture
def events(talk: Talk, care: Many, audit: Many, sound: AudioKept) -> list[AnyEvent]:
    return [*talk(), sound, *care(), *audit()]


@pytest.fixture
def heard(talk: Talk) -> TurnHeard:
    return next(event for event in talk() if isinstance(event, TurnHeard))


def test_every_event_is_the_same_after_sealing_a_line_and_unsealing(events: list[AnyEvent]) -> None:
    for event in events:
        assert unseal(decode(encode(seal(event, KEY))), KEY) == event


def test_a_line_is_one_line_and_holds_no_words(events: list[AnyEvent]) -> None:
    for event in events:
        line = encode(seal(event, KEY))
        assert "\n" not in line
        for word in ("همکارم", "too much", "Words", "breathing"):
            assert word not in line


def test_content_needs_a_key_to_be_sealed_and_to_be_opened(heard: TurnHeard) -> None:
    with pytest.raises(TypeError, match="turn_heard needs a key"):
        seal(heard, None)
    with pytest.raises(KeyError):
        unseal(seal(heard, KEY), None)
    with pytest.raises(SealError):
        unseal(seal(heard, KEY), DataKey(b"x" * 32))


def test_facts_alone_need_no_key(talk: Talk) -> None:
    first = talk()[0]
    assert isinstance(first, TalkStarted)
    assert unseal(seal(first, None), None) == first


def test_content_moved_to_another_row_does_not_open(heard: TurnHeard) -> None:
    row, other = seal(heard, KEY), seal(replace(heard, event_id="other"), KEY)
    for moved in (replace(other, content=row.content), replace(row, kind="reply_given")):
        with pytest.raises(SealError):
            unseal(moved, KEY)


def test_a_new_key_goes_with_the_line(heard: TurnHeard) -> None:
    key = WrappedKey("talk:talk-1", "0" * 16, b"\x00\xff wrapped")
    assert decode(encode(seal(heard, KEY, key))).key == key


def test_times_are_text_in_utc_with_microseconds_so_that_they_sort(heard: TurnHeard) -> None:
    assert seal(heard, KEY).at == "2026-11-20T08:00:04.000000+00:00"


_GOOD = {
    "event_id": "1", "talk_id": None, "person": None, "kind": "k", "at": "", "facts": "{}",
    "content": None, "key": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "null",
        "1",
        "{}",
        json.dumps({**_GOOD, "more": 1}),
        json.dumps({name: value for name, value in _GOOD.items() if name != "key"}),
        json.dumps({name: value for name, value in _GOOD.items() if name != "facts"}),
        json.dumps({**_GOOD, "content": "no base64!"}),
        json.dumps({**_GOOD, "content": 5}),
        json.dumps({**_GOOD, "key": []}),
        json.dumps({**_GOOD, "key": 5}),
        json.dumps({**_GOOD, "key": ["talk:1", "id", "no base64!"]}),
    ],
)
def test_a_line_that_is_none_is_a_value_error(line: str) -> None:
    assert isinstance(decode(json.dumps(_GOOD)), SealedEvent)
    with pytest.raises(ValueError, match=r".*"):
        decode(line)


@given(st.text(max_size=300))
def test_any_text_reads_back_unchanged(text: str) -> None:
    at = "2026-11-20T08:00:00.000000+00:00"
    row = SealedEvent("1", "talk", None, "turn_heard", at, json.dumps({"x": text}), text.encode())
    line = encode(row)
    assert "\n" not in line
    assert decode(line) == row
