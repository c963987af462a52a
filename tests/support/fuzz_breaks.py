"""Moves of a talk whose websocket breaks and whose formats of sound change, for `fuzzed_talk`."""

import json
from dataclasses import dataclass
from typing import Any

from fuzz_events import Message, Passed, Sounded, Spoke, texts
from fuzz_voices import voice_moves
from hypothesis import strategies as st

__all__ = ["Broke", "CameBack", "breaking_moves"]

_FORMATS = (
    *[{"type": "audio/pcm"}, {"type": "audio/pcmu"}, {"type": "audio/pcma"}] * 4,
    *({"type": "audio/pcm", "rate": 24_000}, {"type": "audio/pcmu", "rate": 8_000}),
    *({"type": "audio/pcmu", "rate": 24_000}, {"type": "audio/pcma", "rate": None}, {"rate": 8_000}),
    *({"type": "audio/opus"}, {"type": None}, {}, None),
)
_OWN = ({}, {"binary": True}, {"binary": False}, {"crisis_level": 2}, {"language": "fa"})


@dataclass(frozen=True, slots=True)
class Broke:
    """The client's websocket breaks."""


@dataclass(frozen=True, slots=True)
class CameBack:
    """The client goes on over another websocket, and may send its newest typed turn again."""

    sends_again: bool


@st.composite
def _format_changes(draw: st.DrawFn) -> Message:
    audio = {
        side: {"format": draw(st.sampled_from(_FORMATS))}
        for side in draw(st.sampled_from([("input",), ("output",), ("input", "output")]))
    }
    session: dict[str, Any] = {"audio": audio}
    if draw(st.integers(0, 3)) == 0:
        session["hamdel"] = draw(st.sampled_from(_OWN))
    return Message(json.dumps({"type": "session.update", "session": session}))


@st.composite
def _typed_turns(draw: st.DrawFn) -> Message:
    content = [{"type": "input_text", "text": draw(texts())}]
    item = {"id": f"mine_{draw(st.integers(0, 5))}", "type": "message", "role": "user", "content": content}
    return Message(json.dumps({"type": "conversation.item.create", "item": item}))


@st.composite
def breaking_moves(draw: st.DrawFn) -> Any:
    """One step: a break or a return, a change of format, sound, a typed turn, or what both sides say."""
    dice = draw(st.integers(0, 99))
    if dice < 10:
        return Broke()
    if dice < 24:
        return CameBack(draw(st.booleans()))
    if dice < 36:
        return draw(_format_changes())
    if dice < 42:
        return Message('{"type": "input_audio_buffer.append", "audio": "AAAA"}')
    if dice < 50:
        return draw(_typed_turns())
    if dice < 54:
        return Message('{"type": "response.create"}')
    if dice < 62:
        return Sounded(0, draw(st.integers(1, 4)), draw(st.sampled_from([0, 1, 480, 2_400])))
    if dice < 65:
        return Spoke(0)
    if dice < 69:
        return Passed(draw(st.sampled_from([100, 1_000, 6_000, 29_000, 31_000, -5_000])))
    return draw(voice_moves())
