import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import protocol as p

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
event_types = st.sampled_from(
    [
        "session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "conversation.item.create",
        "conversation.item.truncate",
        "response.create",
        "hamdel.consent.set",
        "hamdel.distress.set",
        "hamdel.face",
        "no.such.event",
    ]
)
fields = st.sampled_from(
    ["session", "audio", "item", "item_id", "scope", "granted", "value", "moment", "response", "event_id"]
)


@given(st.text(max_size=200) | json_values.map(json.dumps))
def test_any_text_is_an_event_or_a_protocol_error(text):
    try:
        p.parse_client_event(text)
    except p.ProtocolError as error:
        assert error.code in ("invalid_json", "invalid_event", "unknown_event", "invalid_value")


@given(event_types, st.dictionaries(fields, json_values, max_size=5))
def test_any_fields_are_an_event_or_a_protocol_error(kind, values):
    try:
        p.parse_client_event(json.dumps({"type": kind, **values}))
    except p.ProtocolError as error:
        assert error.message


@pytest.mark.parametrize(
    ("text", "code", "param"),
    [
        ("{", "invalid_json", None),
        ("[" * 100_000, "invalid_json", None),
        ("[]", "invalid_event", "type"),
        ('{"type": 3}', "invalid_event", "type"),
        ('{"type": "session.explode"}', "unknown_event", "type"),
        ('{"type": "session.update"}', "invalid_value", "session"),
        ('{"type": "hamdel.ping", "event_id": "\\ud800"}', "invalid_json", None),
        ('{"type": "hamdel.distress.set", "value": 11, "moment": "before"}', "invalid_value", "value"),
        ('{"type": "conversation.item.truncate", "item_id": "a"}', "invalid_value", "content_index"),
    ],
)
def test_bad_events_are_named(text, code, param):
    with pytest.raises(p.ProtocolError) as caught:
        p.parse_client_event(text)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_an_error_carries_the_event_id_and_never_the_value():
    secret = "my private words"
    with pytest.raises(p.ProtocolError) as caught:
        p.parse_client_event(json.dumps({"type": "session.update", "event_id": "e7", "session": secret}))
    assert caught.value.event_id == "e7"
    assert secret not in caught.value.message


def test_text_of_ten_thousand_characters_passes_and_one_more_does_not():
    def create(text):
        part = {"type": "input_text", "text": text}
        item = {"type": "message", "role": "user", "content": [part]}
        return p.parse_client_event(json.dumps({"type": "conversation.item.create", "item": item}))

    assert isinstance(create("a" * 10_000), p.ItemCreate)
    with pytest.raises(p.ProtocolError):
        create("a" * 10_001)


def test_unknown_fields_of_stock_clients_pass():
    event = p.parse_client_event(
        '{"type": "response.create", "response": {"instructions": "x", "tools": []}}'
    )
    assert isinstance(event, p.ResponseCreate)


def append(audio):
    return p.AudioAppend(type="input_audio_buffer.append", audio=audio)


def test_audio_is_decoded():
    assert p.decode_audio(append(base64.b64encode(b"\1\0\2\0").decode())) == b"\1\0\2\0"


@pytest.mark.parametrize("audio", ["%%%", "AAA", base64.b64encode(b"odd").decode(), "سلام"])
def test_bad_audio_is_refused(audio):
    with pytest.raises(p.ProtocolError, match=r"base64|even"):
        p.decode_audio(append(audio))
