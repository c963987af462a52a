import pytest

from bot.protocol import ProtocolError
from bot.session_config import SessionConfig, apply_update


def update(change, config=None):
    return apply_update(config or SessionConfig(id="sess_1"), change, event_id="e1")


def test_an_update_changes_what_it_names_and_keeps_the_rest():
    config = update({"audio": {"output": {"speed": 1.2}}})
    assert config.audio.output.speed == 1.2
    assert config.audio.input.turn_detection.type == "server_vad"
    again = update({"output_modalities": ["text"]}, config)
    assert again.audio.output.speed == 1.2


def test_turn_detection_null_is_push_to_talk_and_can_be_switched_on_again():
    config = update({"audio": {"input": {"turn_detection": None}}})
    assert config.audio.input.turn_detection is None
    again = update({"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}, config)
    assert again.audio.input.turn_detection.threshold == 0.5


@pytest.mark.parametrize(("eagerness", "patience_ms"), [("low", 1_000), ("high", 350), ("auto", None)])
def test_semantic_vad_maps_to_a_patience(eagerness, patience_ms):
    detection = {"type": "semantic_vad", "eagerness": eagerness}
    config = update({"audio": {"input": {"turn_detection": detection}}})
    assert config.audio.input.turn_detection.silence_duration_ms == patience_ms


@pytest.mark.parametrize(
    ("change", "param"),
    [
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 48000}}}},
            "session.audio.input.format.rate",
        ),
        (
            {"audio": {"output": {"format": {"type": "audio/pcmu", "rate": 24000}}}},
            "session.audio.output.format.rate",
        ),
        ({"audio": {"input": {"format": {"rate": 8000}}}}, "session.audio.input.format.rate"),
        ({"audio": {"input": {"format": {"type": "audio/opus"}}}}, "session.audio.input.format.type"),
        ({"audio": {"output": {"format": {"type": 8}}}}, "session.audio.output.format.type"),
        ({"audio": {"output": {"format": "pcm16"}}}, "session.audio.output.format"),
        ({"hamdel": {"binary": "perhaps"}}, "session.hamdel.binary"),
        ({"audio": {"output": {"speed": 0}}}, "session.audio.output.speed"),
        (
            {"audio": {"input": {"transcription": {"language": "de"}}}},
            "session.audio.input.transcription.language",
        ),
        ({"output_modalities": ["video"]}, "session.output_modalities.0"),
        ({"audio": "loud"}, "session.audio"),
    ],
)
def test_what_cannot_be_served_is_named(change, param):
    with pytest.raises(ProtocolError) as caught:
        update(change)
    assert caught.value.param == param
    assert caught.value.event_id == "e1"


def test_fields_of_other_products_are_accepted():
    config = update({"model": "gpt-realtime", "tools": [{"type": "function"}], "tracing": "auto", "x": 1})
    assert config.model == "gpt-realtime"


@pytest.mark.parametrize(
    "value", [None, 5, "text", ["list"], {"an": "object"}], ids=["null", "number", "text", "list", "object"]
)
@pytest.mark.parametrize(
    "field",
    [
        "model",
        "instructions",
        "tools",
        "tool_choice",
        "tracing",
        "truncation",
        "include",
        "prompt",
        "reasoning",
        "parallel_tool_calls",
        "max_output_tokens",
    ],
)
def test_what_is_not_ours_is_accepted_in_every_form(field, value):
    update({field: value})
    update({"audio": {"input": {"noise_reduction": value}, "output": {"voice": value}}})
    update({"audio": {"input": {"transcription": {"model": value, "prompt": value}}}})


def test_null_changes_nothing_where_it_is_no_value():
    config = update({"output_modalities": ["text"], "audio": {"output": {"speed": 1.2, "voice": "marin"}}})
    nothing = {
        "model": None,
        "output_modalities": None,
        "audio": {"input": {"format": None}, "output": {"speed": None, "voice": None}},
    }
    assert update(nothing, config) == config
    assert update({"audio": {"input": {"turn_detection": {"threshold": None}}}}, config) == config
    assert update({"audio": None, "tools": None}, config) == config


def test_another_type_of_turn_detection_begins_with_its_defaults():
    slow = update({"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}}})
    plain = update({"audio": {"input": {"turn_detection": {"type": "server_vad"}}}}, slow)
    assert plain.audio.input.turn_detection.silence_duration_ms is None
    kept = update({"audio": {"input": {"turn_detection": {"create_response": False}}}}, slow)
    assert kept.audio.input.turn_detection.silence_duration_ms == 1_000


def test_turn_detection_is_shown_with_the_fields_of_its_type():
    def shown(detection):
        config = update({"audio": {"input": {"turn_detection": detection}}})
        return config.echo()["audio"]["input"]["turn_detection"]

    assert shown({"type": "semantic_vad"}) == {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    }
    assert shown({"type": "server_vad", "silence_duration_ms": 400}) == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 400,
        "create_response": True,
        "interrupt_response": True,
        "idle_timeout_ms": None,
    }
    assert shown(None) is None


def test_identity_cannot_be_changed():
    assert update({"id": "mine", "expires_at": 7}).id == "sess_1"


def test_our_part_is_shown_only_to_clients_that_sent_one():
    assert "hamdel" not in update({"model": "m"}).echo()
    assert update({"hamdel": {"language": "fa"}}).echo()["hamdel"]["language"] == "fa"


def test_language_is_ours_first_then_the_transcription_s():
    both = {"hamdel": {"language": "fa"}, "audio": {"input": {"transcription": {"language": "en"}}}}
    assert update(both).language == "fa"
    assert update({"audio": {"input": {"transcription": {"language": "en"}}}}).language == "en"
    assert update({"hamdel": {"language": "auto"}}).language is None


@pytest.mark.parametrize(
    ("name", "rate_hz"), [("audio/pcmu", 8_000), ("audio/pcma", 8_000), ("audio/pcm", 24_000)]
)
def test_each_direction_has_a_format_of_its_own(name, rate_hz):
    config = update({"audio": {"input": {"format": {"type": name}}}})
    assert config.audio.input.format.encoding.name == name
    assert config.audio.input.format.rate == rate_hz
    assert config.audio.output.format.encoding.name == "audio/pcm"
    other = update({"audio": {"output": {"format": {"type": name, "rate": rate_hz}}}})
    assert other.audio.output.format.encoding.sample_rate_hz == rate_hz
    assert other.audio.input.format.encoding.name == "audio/pcm"


def test_another_format_begins_with_its_own_rate_and_null_keeps_it():
    telephone = update({"audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    assert update({"audio": {"input": {"format": None}}}, telephone) == telephone
    assert update({"audio": {"input": {"format": {"type": None, "rate": None}}}}, telephone) == telephone
    assert update({"audio": {"input": {"format": {"rate": 8_000}}}}, telephone) == telephone
    back = update({"audio": {"input": {"format": {"type": "audio/pcm"}}}}, telephone)
    assert back.audio.input.format.rate == 24_000


def test_a_refused_format_changes_nothing():
    config = update({"audio": {"input": {"format": {"type": "audio/pcma"}}}})
    with pytest.raises(ProtocolError):
        update({"audio": {"input": {"format": {"type": "audio/flac"}}, "output": {"speed": 1.2}}}, config)
    assert config.audio.input.format.type == "audio/pcma"
    assert config.audio.output.speed == 1.0


def test_formats_are_shown_as_the_sdk_knows_them():
    config = update(
        {"audio": {"input": {"format": {"type": "audio/pcmu"}}, "output": {"format": {"type": "audio/pcm"}}}}
    )
    assert config.echo()["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert config.echo()["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}


def test_binary_frames_are_taken_from_clients_that_asked():
    assert not update({}).takes_binary_frames
    assert not update({"hamdel": {}}).takes_binary_frames
    asked = update({"hamdel": {"binary": True}})
    assert asked.takes_binary_frames
    assert asked.echo()["hamdel"]["binary"] is True
    assert update({"hamdel": {"language": "fa"}}, asked).takes_binary_frames
    assert update({"hamdel": {"binary": None}}, asked).takes_binary_frames
    assert not update({"hamdel": {"binary": False}}, asked).takes_binary_frames
    assert not update({"hamdel": None}, asked).takes_binary_frames
