import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import protocol as p
from bot.audio_encoding import ALAW, ENCODINGS, MULAW, PCM16

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
    assert p.decode_audio(append(base64.b64encode(b"\1\0\2\0").decode()), PCM16) == b"\1\0\2\0"


@pytest.mark.parametrize("audio", ["%%%", "AAA", base64.b64encode(b"odd").decode(), "سلام"])
def test_bad_audio_is_refused(audio):
    with pytest.raises(p.ProtocolError, match=r"base64|even"):
        p.decode_audio(append(audio), PCM16)


@pytest.mark.parametrize("encoding", [MULAW, ALAW], ids=lambda encoding: encoding.name)
def test_telephone_audio_of_any_number_of_bytes_is_taken(encoding):
    for data in (b"", b"\xff", b"odd", bytes(range(256))):
        assert p.decode_audio(append(base64.b64encode(data).decode()), encoding) == data
    with pytest.raises(p.ProtocolError, match="base64"):
        p.decode_audio(append("%%%"), encoding)


FRAMES = [
    pytest.param(encoding, duration_ms, id=f"{encoding.name} {duration_ms} ms")
    for encoding in ENCODINGS.values()
    for duration_ms in (20, 32, 40, 100)
]


@pytest.mark.parametrize(("encoding", "duration_ms"), FRAMES)
def test_a_frame_of_20_to_100_ms_is_taken_as_it_is(encoding, duration_ms):
    frame = bytes(encoding.bytes_of(duration_ms))
    assert p.decode_frame(frame, encoding, negotiated=True) == frame


@pytest.mark.parametrize(("encoding", "duration_ms"), FRAMES)
def test_a_frame_that_was_not_negotiated_is_refused_whatever_it_holds(encoding, duration_ms):
    with pytest.raises(p.ProtocolError, match="not negotiated") as caught:
        p.decode_frame(bytes(encoding.bytes_of(duration_ms)), encoding, negotiated=False)
    assert caught.value.code == "invalid_event"


@pytest.mark.parametrize(
    ("encoding", "size", "message"),
    [
        (PCM16, 0, "960 to 4800 bytes"),
        (PCM16, 2, "960 to 4800 bytes"),
        (PCM16, 958, "960 to 4800 bytes"),
        (PCM16, 961, "even number of bytes"),
        (PCM16, 4_799, "even number of bytes"),
        (PCM16, 4_802, "960 to 4800 bytes"),
        (PCM16, 1 << 20, "960 to 4800 bytes"),
        (MULAW, 0, "160 to 800 bytes"),
        (MULAW, 159, "160 to 800 bytes"),
        (ALAW, 801, "160 to 800 bytes"),
        (ALAW, 4_800, "160 to 800 bytes"),  # the frames of another format
    ],
)
def test_a_frame_of_another_length_is_refused_and_the_length_is_told(encoding, size, message):
    with pytest.raises(p.ProtocolError, match=message) as caught:
        p.decode_frame(bytes(size), encoding, negotiated=True)
    assert caught.value.code == "invalid_audio"
    assert caught.value.event_id is None


@given(st.binary(max_size=6_000), st.sampled_from(list(ENCODINGS.values())), st.booleans())
def test_any_frame_is_audio_or_a_protocol_error(frame, encoding, negotiated):
    try:
        taken = p.decode_frame(frame, encoding, negotiated=negotiated)
    except p.ProtocolError as error:
        assert error.code in ("invalid_audio", "invalid_event")
    else:
        assert negotiated
        assert taken == frame
        assert len(encoding.decode(taken)) * 1_000 // encoding.sample_rate_hz in range(20, 101)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_refused(number):
    for text in (
        f'{{"type": "session.update", "session": {{"tracing": {number}}}}}',
        f'{{"type": "hamdel.playback", "item_id": "a", "played_ms": {number}}}',
        f'{{"type": "hamdel.ping", "whatever": [{number}]}}',
    ):
        with pytest.raises(p.ProtocolError) as caught:
            p.parse_client_event(text)
        assert caught.value.code in ("invalid_json", "invalid_value")


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff", "\\udc00\\ud800"])
def test_half_a_character_is_refused_wherever_it_stands(half):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "@"}]}
    for event in (
        {"type": "conversation.item.create", "item": item},
        {"type": "session.update", "session": {"instructions": "@"}},
        {"type": "session.update", "session": {"@": 1}},
        {"type": "hamdel.ping", "event_id": "@"},
        {"type": "input_audio_buffer.append", "audio": "AAAA", "event_id": "@"},
    ):
        with pytest.raises(p.ProtocolError) as caught:
            p.parse_client_event(json.dumps(event).replace("@", half))
        (caught.value.event_id or "").encode()


def test_a_whole_character_in_two_halves_passes():
    event = p.parse_client_event('{"type": "hamdel.ping", "event_id": "\\ud83d\\ude00"}')
    assert event.event_id == "😀"


@pytest.mark.parametrize(
    "text",
    [
        '{"event_id": "e1"}',
        '{"event_id": "e1", "type": 3}',
        '{"event_id": "e1", "type": "no.such.event"}',
        '{"event_id": "e1", "type": "session.update"}',
        '{"event_id": "e1", "type": "input_audio_buffer.append", "audio": 3}',
    ],
)
def test_every_refusal_names_the_event_that_the_client_named(text):
    with pytest.raises(p.ProtocolError) as caught:
        p.parse_client_event(text)
    assert caught.value.event_id == "e1"


@pytest.mark.parametrize("identifier", [3, None, ["e1"], {"a": 1}, True])
def test_an_event_id_that_is_no_text_is_not_given_back(identifier):
    with pytest.raises(p.ProtocolError) as caught:
        p.parse_client_event(json.dumps({"type": "no.such.event", "event_id": identifier}))
    assert caught.value.event_id is None


def test_a_long_event_id_is_refused_and_given_back_cut():
    with pytest.raises(p.ProtocolError) as caught:
        p.parse_client_event(json.dumps({"type": "hamdel.ping", "event_id": "e" * 513}))
    assert (caught.value.code, caught.value.event_id) == ("invalid_value", "e" * 512)


@pytest.mark.parametrize("depth", [150, 250, 900, 990, 1_500, 100_000])
def test_deep_nesting_is_an_error_or_can_be_sent_back(depth):
    text = '{"type": "session.update", "session": {"tracing": ' + "[" * depth + "]" * depth + "}}"
    try:
        event = p.parse_client_event(text)
    except p.ProtocolError as error:
        assert error.code in ("invalid_json", "invalid_value")
    else:
        json.dumps({"session": {"inner": event.session}})


def test_a_number_of_thousands_of_digits_is_an_event_or_an_error():
    for digits in (400, 4_000, 5_000):
        text = f'{{"type": "hamdel.playback", "item_id": "a", "played_ms": {"9" * digits}}}'
        try:
            p.parse_client_event(text)
        except p.ProtocolError as error:
            assert error.code in ("invalid_json", "invalid_value")
