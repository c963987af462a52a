"""Whatever can reach a talk: raw websocket messages, and moves of everything around the core.

`raw_messages()` makes texts as a client may send them: valid events of every type, events with a wrong
field, and what is no event at all. `moves()` makes a step of a talk, from the client or from a model; which
of the core's open commands a step answers is a number that `fuzzed_talk` resolves.
"""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from bot import endpointing as ep
from session_log.events import SCOPES

__all__ = [
    "CRISIS_SENTENCES",
    "Answered",
    "Message",
    "Passed",
    "Recognised",
    "Sounded",
    "Spoke",
    "StrayVoice",
    "VoiceBroke",
    "Voiced",
    "moves",
    "raw_messages",
]

CRISIS_SENTENCES = (
    "I want to kill myself tonight.",
    "می‌خواهم امشب خودم را بکشم.",
    "I'm going to end my life",
)
_SENTENCES = (
    *CRISIS_SENTENCES,
    "I feel very sad today.",
    "امروز خیلی غمگینم.",
    "no",
    "yes",
    "بله",
    "نه",
    "speak English please",
    "",
    " ",
)
_ODD_TEXTS = (
    "x\x00y\x07\x1b[2J",
    "\u202eevil\u202c \u2066a\u2069\u200f\u200e\ufeff",
    "\ud800",
    "half \udc00 pair",
    "\ufffe\uffff",
    "🙂" * 300,
    "می‌\u200c\u200c\u200c",
    "e\u0301" * 50,
)
_HUGE_TEXTS = ("a" * 10_000, "ا" * 10_001, "kill myself " * 830, ". " * 5_000, "\n" * 9_999)
_ODD_NUMBERS = (0, -1, 1, 3, 10, 11, 500, 2**31, 2**63, 2**64, -(10**30), 10**400, 0.5, -0.0, 1e308)
_NOT_FINITE = (float("nan"), float("inf"), -float("inf"))
_TYPES = (
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.truncate",
    "conversation.item.retrieve",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
    "output_audio_buffer.clear",
    "hamdel.consent.set",
    "hamdel.playback",
    "hamdel.resume",
    "hamdel.suggestion.feedback",
    "hamdel.distress.set",
    "hamdel.label.wrong",
    "hamdel.ping",
)
_DEPTHS = (40, 130, 240, 260, 400, 600, 800, *range(880, 1000, 3), 2_000, 100_000)


@dataclass(frozen=True, slots=True)
class Message:
    """A text frame of the client; "@0", "@1", … in it stand for the newest item ids."""

    text: str


@dataclass(frozen=True, slots=True)
class Voiced:
    """Frames of voice, then frames of silence, through a real endpointer and judge of bursts."""

    voiced: int
    silent: int


@dataclass(frozen=True, slots=True)
class StrayVoice:
    """Voice activity at any moment, in any order."""

    event: ep.EndpointEvent


@dataclass(frozen=True, slots=True)
class Recognised:
    """A recognition is through (`text` None: it failed), once or more often.

    `which` counts back from the newest that is open; `age` is how many attempts it is behind.
    """

    which: int
    text: str | None
    language: str
    mood: str | None
    age: int
    times: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Part of the dialogue engine's answer to an open turn (`which`), an older one or an unknown one."""

    which: int
    text: str | None
    custom: Any
    ending: str | None
    intent: str | None
    language: str | None
    crisis: bool
    buttons: Any = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Sounded:
    """Pieces of speech of the newest reply or an older one."""

    which: int
    pieces: int
    samples: int


@dataclass(frozen=True, slots=True)
class Spoke:
    """The voice is through with a reply."""

    which: int


@dataclass(frozen=True, slots=True)
class VoiceBroke:
    """The voice fails in a reply."""

    which: int


@dataclass(frozen=True, slots=True)
class Passed:
    """Time goes by."""

    milliseconds: int


# What a client sends ------------------------------------------------------------------------------


def texts() -> st.SearchStrategy[str]:
    """Sentences of both languages, of danger too, and what no keyboard gives."""
    return st.integers(0, 99).flatmap(_text_of)


def _text_of(dice: int) -> st.SearchStrategy[str]:
    if dice < 70:
        return st.sampled_from(_SENTENCES)
    if dice < 84:
        return st.sampled_from(_ODD_TEXTS)
    return st.text(max_size=30) if dice < 98 else st.sampled_from(_HUGE_TEXTS)


def _sendable(text: str) -> str:
    # A text frame is UTF-8, which has no halves of surrogate pairs; JSON can spell them all the same.
    return text.encode("utf-8", "replace").decode()


def _model_texts() -> st.SearchStrategy[str]:
    # What came through a recogniser or the dialogue channel has passed a strict decoder.
    return texts().map(_sendable)


def _ids() -> st.SearchStrategy[str]:
    return st.sampled_from(
        ["@0", "@0", "@1", "@2", "@5", "mine_1", "mine_1", "mine_2", "nobody", "x\x00", ""]
    )


def _odd_values() -> st.SearchStrategy[Any]:
    simple: list[Any] = [None, True, False, "", [], {}, [[]], {"": None}, {"type": "realtime"}, ["audio"]]
    simple += [*_ODD_NUMBERS, *_NOT_FINITE, *_ODD_TEXTS, "@0", "auto", "none", [float("nan")], "é" * 600]
    return st.sampled_from(simple)


def _maybe(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def _choice(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def _session() -> st.SearchStrategy[dict[str, Any]]:
    detection = _choice(
        None,
        {"type": "server_vad"},
        {"type": "server_vad", "create_response": False},
        {"type": "server_vad", "interrupt_response": False},
        {"type": "semantic_vad", "eagerness": "high"},
        {"type": "server_vad", "threshold": float("nan")},
        {"type": "server_vad", "silence_duration_ms": 350, "prefix_padding_ms": 2_000},
        {"type": "server_vad", "silence_duration_ms": 10**400},
    )
    audio_input = _maybe(
        {"turn_detection": detection, "transcription": _choice(None, {"language": "fa"}, {})}
    )
    output = _maybe({"speed": _choice(0.25, 1.5, 9, float("inf")), "voice": _choice("x", {"id": "y"}, None)})
    return _maybe(
        {
            "type": _choice("realtime", "realtime", "transcription"),
            "audio": _maybe({"input": audio_input, "output": output}),
            "hamdel": _choice(None, {}, {"disclosure": "shown"}, {"language": "fa"}, {"language": "de"}),
            "output_modalities": _choice(["text"], ["audio"], [], ["smell"]),
            "instructions": texts(),
            "max_output_tokens": _odd_values(),
            "tracing": _odd_values(),
            "tools": _choice([], [{"type": "function", "name": "f"}], [float("nan")], ["\ud800"]),
            "id": _choice("mine", 3),
        }
    )


def _fields(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    number = st.sampled_from([0, 1, 200, 3_000, 10**9, *_ODD_NUMBERS])
    item = st.fixed_dictionaries(
        {
            "type": _choice("message", "message", "message", "message", "function_call"),
            "role": _choice("user", "user", "user", "user", "assistant", "system"),
            "content": st.lists(
                st.fixed_dictionaries(
                    {"type": _choice("input_text", "input_text", "input_audio"), "text": texts()}
                ),
                max_size=2,
            ),
        },
        optional={"id": _ids()},
    )
    match kind:
        case "session.update":
            return st.fixed_dictionaries({"session": _session()})
        case "input_audio_buffer.append":
            return _maybe(
                {"audio": _choice("", "AAAA", "AAAAAAAA", "AAA=", "AA==", "A", "%%%", "\ud800", "é")}
            )
        case "conversation.item.create":
            return st.fixed_dictionaries({"item": item}, optional={"previous_item_id": _ids()})
        case "conversation.item.truncate":
            return st.fixed_dictionaries({"item_id": _ids(), "content_index": number, "audio_end_ms": number})
        case "conversation.item.retrieve" | "conversation.item.delete":
            return st.fixed_dictionaries({"item_id": _ids()})
        case "response.create":
            metadata = _choice({}, {"topic": "a"}, {"a": 1}, {"k" * 300: "v" * 300}, [])
            response = _maybe(
                {
                    "metadata": metadata,
                    "conversation": _choice("auto", "none"),
                    "output_modalities": _choice(["text"], ["audio"], [], ["text", "audio"]),
                }
            )
            return _maybe({"response": st.one_of(st.none(), response)})
        case "hamdel.consent.set":
            return st.fixed_dictionaries(
                {
                    "scope": _choice(*SCOPES, "all"),
                    "granted": _choice(True, False, "yes", 2),
                    "version": _choice("1", "", "\n", "9" * 40),
                }
            )
        case "hamdel.playback":
            return st.fixed_dictionaries({"item_id": _ids(), "played_ms": number})
        case "hamdel.resume":
            return st.fixed_dictionaries({"token": texts(), "last_event_seq": number})
        case "hamdel.suggestion.feedback":
            return st.fixed_dictionaries({"suggestion_id": _ids(), "helped": _choice(True, False, "no", 7)})
        case "hamdel.distress.set":
            return st.fixed_dictionaries({"value": number, "moment": _choice("before", "after", "during")})
        case "hamdel.label.wrong":
            return st.fixed_dictionaries(
                {"item_id": _ids(), "emotion": _choice("anger", "unclear", "hunger")}
            )
    return st.just({})


_FIELDS = {kind: _fields(kind) for kind in _TYPES}


@st.composite
def client_events(draw: st.DrawFn) -> dict[str, Any]:
    """An event of any type; most fields are right."""
    kind = draw(st.sampled_from((*_TYPES, *["conversation.item.create", "response.create"] * 3)))
    event = {"type": kind, **draw(_FIELDS[kind])}
    if draw(st.integers(0, 9)) < 7:
        event["event_id"] = draw(_choice("e1", "e2", "client-3", "", "é\u202e", "n" * 512))
    return event


@st.composite
def _spoilt_events(draw: st.DrawFn) -> Any:
    """An event with one place changed, anywhere in it."""
    event: Any = json.loads(json.dumps(draw(client_events())))
    place = event
    while True:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return draw(_odd_values())
        key = draw(st.sampled_from(keys))
        below = place[key]
        if isinstance(below, dict | list) and below and draw(st.booleans()):
            place = below
            continue
        if isinstance(place, dict) and draw(st.integers(0, 3)) == 0:
            del place[key]
        else:
            place[key] = draw(_odd_values())
        return event


@st.composite
def _deep_texts(draw: st.DrawFn) -> str:
    depth = draw(st.sampled_from(_DEPTHS))
    nested = draw(_choice("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth))
    return draw(
        _choice(
            nested,
            f'{{"type": "session.update", "event_id": "deep", "session": {{"tracing": {nested}}}}}',
            f'{{"type": "session.update", "event_id": "deep", "session": {{"tools": [{nested}]}}}}',
            f'{{"type": "hamdel.ping", "event_id": "deep", "beside": {nested}}}',
        )
    )


_NO_EVENTS = (
    "",
    " ",
    "null",
    "NaN",
    "[]",
    "{}",
    '"hello"',
    '{"type": 3, "event_id": "t3"}',
    '{"type": ["hamdel.ping"], "event_id": "list"}',
    '{"type": "hamdel.pong", "event_id": "unknown"}',
    '{"type": "\\ud800", "event_id": "half"}',
    '{"type": "hamdel.ping", "event_id": "\\ud800"}',
    '{"type": "hamdel.ping", "event_id": 7}',
    '{"type": "hamdel.ping", "event_id": "' + "n" * 600 + '"}',
    '{"type": "hamdel.ping", "type": "hamdel.pong", "event_id": "twice"}',
    '{"type": "input_audio_buffer.append", "event_id": "\\ud800", "audio": "A"}',
    '{"type": "hamdel.ping", "n": ' + "9" * 5_000 + "}",
    '{"type": "session.update", "event_id": "nan", "session": {"tracing": NaN, "tools": [Infinity]}}',
    '{"type": "' + "t" * 70_000 + '"}',
    "\ufeff{}",
    "{'type': 'hamdel.ping'}",
    '{"type": "hamdel.ping"',
    "\x00",
)


@st.composite
def raw_messages(draw: st.DrawFn) -> str:
    """A text frame: a valid event, a spoilt one, a mangled one, or none."""
    dice = draw(st.integers(0, 99))
    if dice >= 97:
        return draw(_deep_texts())
    if dice >= 90:
        return _sendable(draw(st.one_of(st.sampled_from(_NO_EVENTS), texts())))
    event = draw(client_events() if dice < 65 else _spoilt_events())
    text = json.dumps(event, ensure_ascii=draw(st.booleans()))
    if dice >= 85:
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(_choice("", "\x00", '"', "}", ",", "NaN", "\\u")) + text[start + 1 :]
    return _sendable(text)


# What the models do -------------------------------------------------------------------------------


_SUGGESTION = {
    "id": "s1",
    "en": "Breathe.",
    "fa": "نفس بکشید.",
    "technique": "breathing",
    "score": 1,
    "propensity": 0.5,
}
_CUSTOMS: tuple[Any, ...] = (
    None,
    {},
    {"suggestions": [_SUGGESTION, {**_SUGGESTION, "id": "s2"}]},
    {"suggestions": [_SUGGESTION]},
    {"feedback": {"suggestion": None, "helpful": False, "suggestions": ["s1", "s2"]}},
    {"feedback": {"suggestion": "s1", "helpful": True, "suggestions": []}},
    {"handoff": {"queue": "billing", "reason": "bill"}},
)
_YES = {"title": "yes", "payload": "/affirm"}
_BUTTONS = (
    (None, None),
    ([_YES, {"title": "no", "payload": "no, not at all"}], "utter_check_safety"),
    ([{"title": "elsewhere", "payload": "I feel sad"}], "utter_offer"),
    ([{"title": "elsewhere", "payload": "/restart"}], None),
    ([_YES, _YES], "utter_check_safety"),
    ([{"title": "x" * 81}], None),
    ({"title": 1}, {}),
)
_MALFORMED_CUSTOMS: tuple[Any, ...] = (
    {"suggestions": [{"id": "s1"}]},
    {"suggestions": [_SUGGESTION, {**_SUGGESTION, "score": "high"}]},
    {"suggestions": [{**_SUGGESTION, "propensity": float("nan")}]},
    {"suggestions": [{**_SUGGESTION, "id": ""}]},
    {"suggestions": [{**_SUGGESTION, "fa": None}]},
    {"suggestions": "three"},
    {"suggestions": 3},
    {"suggestions": [_SUGGESTION] * 30},
    {"feedback": {"suggestion": "s1"}},
    {"feedback": "yes"},
    {"feedback": {"suggestion": 4, "helpful": "maybe", "suggestions": None}},
    {"handoff": {"queue": "billing"}},
    {"handoff": ["billing"]},
    {"handoff": {"queue": "billing", "reason": "bill", "type": "response.done"}},
    {"unknown": float("nan")},
    ["no object"],
    "text",
    7,
)


def _voice_events() -> st.SearchStrategy[ep.EndpointEvent]:
    time_ms = st.sampled_from([0, 32, 500, 2_000, 100_000, 10**10])
    return st.one_of(
        st.builds(ep.SpeechStarted, time_ms),
        st.builds(ep.SpeechConfirmed, time_ms),
        st.builds(ep.SpeechLasting, time_ms),
        st.builds(ep.SpeechSustained, time_ms),
        st.builds(ep.SpeechPaused, time_ms, time_ms),
        st.builds(ep.SpeechResumed, time_ms),
        st.builds(ep.SpeechEnded, time_ms, time_ms, time_ms, st.sampled_from([0, 300, 1_500])),
    )


@st.composite
def moves(draw: st.DrawFn) -> Any:
    """One step of a talk, of whatever part."""
    dice = draw(st.integers(0, 99))
    which = draw(st.sampled_from([0, 0, 0, 0, 1, 2, -1, -2]))
    if dice < 42:
        return Message(draw(raw_messages()))
    if dice < 52:
        return Voiced(draw(st.sampled_from([0, 1, 4, 12, 60])), draw(st.sampled_from([0, 3, 8, 22, 40])))
    if dice < 55:
        return StrayVoice(draw(_voice_events()))
    if dice < 68:
        return Recognised(
            which,
            draw(st.one_of(st.none(), _model_texts())) if draw(st.integers(0, 4)) else None,
            draw(_choice("en", "fa")),
            draw(_choice(None, "sadness", "anger", "neutral")),
            draw(_choice(0, 0, 0, 0, 1, -1)),
            draw(_choice(1, 1, 1, 2)),
        )
    if dice < 84:
        odd = draw(st.integers(0, 9)) == 0
        return Answered(
            which,
            draw(st.one_of(st.none(), _model_texts())),
            draw(st.sampled_from(_MALFORMED_CUSTOMS if odd else _CUSTOMS)),
            draw(_choice(None, None, "done", "done", "failed")),
            draw(_choice(None, "share", "crisis", "change_language", "x" * 300)),
            draw(_choice(None, "en", "fa", "de")),
            draw(_choice(False, False, False, False, True)),
            *draw(st.sampled_from(_BUTTONS)),
        )
    if dice < 90:
        return Sounded(which, draw(st.integers(1, 4)), draw(_choice(0, 1, 480, 2_400)))
    if dice < 95:
        return Spoke(which)
    if dice < 96:
        return VoiceBroke(which)
    return Passed(draw(st.sampled_from([1, 100, 6_000, 61_000, 400_000, 4_000_000, -5_000])))
