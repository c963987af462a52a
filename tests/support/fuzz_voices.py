"""Moves of a talk in which both sides speak at once, for `fuzzed_talk`."""

import json
from typing import Any

from fuzz_events import Answered, Message, Passed, Recognised, Sounded, Spoke, Voiced
from hypothesis import strategies as st

__all__ = ["voice_moves"]

_HEARD = (
    None,
    "",
    "I feel very sad today.",
    "yes",
    "نه",
    "stop",
    "mm-hm",
    "آره",
    "I want to kill myself tonight.",
)
_SAID = ("I am with you.", "How are you?", "حالتان چطور است؟", None)
_REQUESTS = (
    *["response.create"] * 4,
    *("response.cancel", "input_audio_buffer.commit", "input_audio_buffer.clear"),
)
_VOICED = (0, 2, 4, 4, 9, 9, 13, 13, 18, 25, 60)
_SILENT = (0, 3, 8, 8, 12, 22, 40)


@st.composite
def voice_moves(draw: st.DrawFn) -> Any:
    """One step: a burst of voice, a piece of a reply, or what settles them."""
    dice = draw(st.integers(0, 99))
    which = draw(st.sampled_from([0, 0, 0, 1]))
    if dice < 35:
        return Voiced(draw(st.sampled_from(_VOICED)), draw(st.sampled_from(_SILENT)))
    if dice < 50:
        return Recognised(
            which, draw(st.sampled_from(_HEARD)), draw(st.sampled_from(["en", "fa"])), None, 0, 1
        )
    if dice < 64:
        ending = draw(st.sampled_from([None, "done", "failed"]))
        return Answered(which, draw(st.sampled_from(_SAID)), None, ending, None, "en", False)
    if dice < 84:
        return Sounded(which, draw(st.integers(1, 4)), draw(st.sampled_from([480, 2_400, 24_000])))
    if dice < 88:
        return Spoke(which)
    if dice < 96:
        return Message(json.dumps({"type": draw(st.sampled_from(_REQUESTS))}))
    return Passed(draw(st.sampled_from([1, 100, 1_000, 6_000])))
