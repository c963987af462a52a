"""The formats of a talk's sound: the input's at once, the output's from the next reply on."""

import base64
import itertools

import numpy as np
import pytest
from scripted_talk import ScriptedTalk, typed

from bot import commands as c
from bot.audio_encoding import ALAW, ENCODINGS, MULAW, PCM16


@pytest.fixture
def talk():
    return ScriptedTalk()


def use(talk, *, entrance=None, exit=None, **hamdel):
    audio = {}
    if entrance is not None:
        audio["input"] = {"format": {"type": entrance.name}}
    if exit is not None:
        audio["output"] = {"format": {"type": exit.name}}
    own = {"hamdel": hamdel} if hamdel else {}
    return talk.client(type="session.update", session={"type": "realtime", "audio": audio, **own})


def begin_reply(talk, *sentences):
    typed(talk, "I slept badly.")
    talk.client(type="response.create")
    talk.answer(*sentences)
    return talk.last(c.Speak).generation


def speak(talk, generation, index, samples):
    return talk.do(talk.conversation.sound(generation, index, samples.astype("<i2").tobytes(), talk.now_ms))


def sound_of(talk):
    """The bytes of the latest reply."""
    response_id = talk.events("response.created")[-1]["response"]["id"]
    deltas = [e for e in talk.events("response.output_audio.delta") if e["response_id"] == response_id]
    return b"".join(base64.b64decode(event["delta"]) for event in deltas)


def tone(seconds):
    return (np.sin(2 * np.pi * 300 * np.arange(int(24_000 * seconds)) / 24_000) * 8_000).astype(np.int16)


@pytest.mark.parametrize("encoding", [MULAW, ALAW])
def test_a_new_input_format_is_told_to_the_shell_at_once_and_once(talk, encoding):
    assert talk.all(c.ReceiveAudio) == []
    use(talk, entrance=encoding)
    assert talk.all(c.ReceiveAudio) == [c.ReceiveAudio(encoding, False)]
    use(talk, entrance=encoding)
    use(talk, exit=encoding)
    assert len(talk.all(c.ReceiveAudio)) == 1
    use(talk, entrance=PCM16)
    assert talk.last(c.ReceiveAudio) == c.ReceiveAudio(PCM16, False)


def test_binary_frames_come_and_go_with_our_extension(talk):
    use(talk, binary=True)
    assert talk.last(c.ReceiveAudio) == c.ReceiveAudio(PCM16, True)
    talk.client(type="session.update", session={"type": "realtime", "hamdel": None})
    assert talk.last(c.ReceiveAudio) == c.ReceiveAudio(PCM16, False)


def test_a_refused_update_changes_neither_format(talk):
    use(talk, entrance=MULAW, exit=MULAW)
    bad = {"input": {"format": {"type": "audio/pcma"}}, "output": {"format": {"type": "audio/flac"}}}
    talk.client(type="session.update", session={"type": "realtime", "audio": bad})
    assert talk.events("error")[-1]["error"]["param"] == "session.audio.output.format.type"
    assert talk.last(c.ReceiveAudio).encoding is MULAW
    begin_reply(talk, "One.")
    assert len(talk.all(c.ReceiveAudio)) == 1


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("piece", [240, 960, 1_001])
def test_a_reply_has_the_length_of_its_speech_in_every_format(talk, encoding, piece):
    use(talk, exit=encoding)
    generation = begin_reply(talk, "One.")
    speech = tone(1.0)
    for start in range(0, len(speech), piece):
        speak(talk, generation, 0, speech[start : start + piece])
    talk.do(talk.conversation.spoken(generation, talk.now_ms))
    sound = sound_of(talk)
    assert len(sound) == encoding.bytes_of(1_000)
    assert np.abs(encoding.decode(sound)).max() == pytest.approx(8_000, rel=0.05)


@pytest.mark.parametrize("encoding", [MULAW, ALAW])
def test_the_rest_of_a_reply_comes_before_the_end_of_its_sound_and_no_delta_is_empty(talk, encoding):
    use(talk, exit=encoding)
    generation = begin_reply(talk, "One.")
    for _ in range(20):
        speak(talk, generation, 0, tone(0.002))
    talk.do(talk.conversation.spoken(generation, talk.now_ms))
    kinds = [event["type"] for event in talk.events()]
    assert kinds.index("response.output_audio.done") == 1 + max(
        index for index, kind in enumerate(kinds) if kind == "response.output_audio.delta"
    )
    assert all(event["delta"] for event in talk.events("response.output_audio.delta"))


def test_after_a_cancel_no_rest_is_sent(talk):
    use(talk, exit=MULAW)
    generation = begin_reply(talk, "One.")
    speak(talk, generation, 0, tone(0.5))
    before = len(talk.events("response.output_audio.delta"))
    talk.client(type="response.cancel")
    speak(talk, generation, 0, tone(0.5))
    assert len(talk.events("response.output_audio.delta")) == before


def test_a_reply_under_way_keeps_its_format_and_the_next_has_the_new_one(talk):
    generation = begin_reply(talk, "One.")
    speak(talk, generation, 0, tone(0.2))
    use(talk, exit=MULAW)
    speak(talk, generation, 0, tone(0.2))
    talk.do(talk.conversation.spoken(generation, talk.now_ms))
    assert len(sound_of(talk)) == PCM16.bytes_of(400)
    generation = begin_reply(talk, "Two.")
    speak(talk, generation, 0, tone(0.2))
    talk.do(talk.conversation.spoken(generation, talk.now_ms))
    assert len(sound_of(talk)) == MULAW.bytes_of(200)


def kept_after_truncation(encoding, audio_end_ms):
    talk = ScriptedTalk()
    use(talk, exit=encoding)
    generation = begin_reply(talk, "One.", "Two.", "Three.")
    for index in range(3):
        for _ in range(50):  # a second each, in pieces of 20 ms, as long as they take to be played
            speak(talk, generation, index, tone(0.02))
            talk.now_ms += 10
    talk.client(type="response.cancel")
    item_id = talk.events("response.done")[-1]["response"]["output"][0]["id"]
    talk.client(
        type="conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=audio_end_ms
    )
    talk.client(type="conversation.item.retrieve", item_id=item_id)
    return talk.events("conversation.item.retrieved")[-1]["item"]["content"][0]["transcript"]


@pytest.mark.parametrize("encoding", [MULAW, ALAW])
def test_what_was_heard_is_counted_in_milliseconds_whatever_the_format(encoding):
    kept = {end_ms: kept_after_truncation(encoding, end_ms) for end_ms in (0, 500, 990, 1_500, 1_990)}
    assert kept == {end_ms: kept_after_truncation(PCM16, end_ms) for end_ms in kept}
    assert kept[0] == ""
    assert kept[990].startswith("One.")
    assert kept[1_990].startswith("One. Two.")


def test_every_change_of_formats_leaves_one_reply_after_the_other_whole(talk):
    for entrance, exit_ in itertools.product(ENCODINGS.values(), ENCODINGS.values()):
        use(talk, entrance=entrance, exit=exit_)
        generation = begin_reply(talk, "One.")
        speak(talk, generation, 0, tone(0.1))
        talk.do(talk.conversation.spoken(generation, talk.now_ms))
        assert len(sound_of(talk)) == exit_.bytes_of(100)
        if talk.all(c.ReceiveAudio):
            assert talk.last(c.ReceiveAudio).encoding is entrance
