"""One talk over a real websocket: real rules, listener, pacing and session log; scripted models and dialogue."""

import asyncio
import base64
import gc
import json
import logging
import subprocess
import time
import weakref

import numpy as np
import pytest
import soundfile
import soxr
from gateway_parts import ScriptedDialogue, ScriptedSpeech, ToneVoice, running_gateway, until
from keeping_log import KeepingLog
from websockets.exceptions import ConnectionClosed

from bot import commands as c
from bot import realtime
from bot.outgoing import Outgoing
from session_log.events import TalkEnded, TurnHeard

SECRET = "pomegranate"


class BrokenSpeech(ScriptedSpeech):
    async def understand(self, samples, *, language, with_emotion):
        raise RuntimeError(f"could not decode {SECRET}")


@pytest.fixture
def log():
    return KeepingLog()


async def send(websocket, kind, **fields):
    await websocket.send(json.dumps({"type": kind, **fields}))


async def receive(websocket):
    async with asyncio.timeout(5):
        return json.loads(await websocket.recv())


async def collect(websocket, kind):
    """All events up to the first of this kind, that included."""
    async with asyncio.timeout(10):
        events = [await receive(websocket)]
        while events[-1]["type"] != kind:
            events.append(await receive(websocket))
    return events


async def ending(websocket):
    """All events up to the end of the talk, and its close frame."""
    events = []
    try:
        async with asyncio.timeout(10):
            while True:
                events.append(await receive(websocket))
    except ConnectionClosed as closed:
        return events, closed.rcvd


async def write(websocket, text):
    """A typed turn whose answer is asked for."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await send(websocket, "conversation.item.create", item=item)
    await send(websocket, "response.create")


async def only_text(websocket):
    await send(websocket, "session.update", session={"type": "realtime", "output_modalities": ["text"]})
    await collect(websocket, "session.updated")


def kinds(events):
    return [event["type"] for event in events]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A sentence and a second of silence, PCM16 at 24 kHz."""
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    text = "I had a very hard day at work today."
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(path), text], check=True)
    samples, rate_hz = soundfile.read(path, dtype="int16")
    speech = soxr.resample(samples, rate_hz, 24_000)
    return np.concatenate((np.zeros(4_800, np.int16), speech, np.zeros(24_000, np.int16))).tobytes()


async def speak(websocket, pcm, piece=4_800):
    for start in range(0, len(pcm), piece):
        audio = base64.b64encode(pcm[start : start + piece]).decode()
        await send(websocket, "input_audio_buffer.append", audio=audio)


async def test_a_typed_turn_is_answered_in_sound_and_words(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway, gateway.connect() as websocket:
        await write(websocket, "I feel low.")
        events = await collect(websocket, "response.done")
        assert kinds(events)[0] == "session.created"
        sound = b"".join(
            base64.b64decode(event["delta"])
            for event in events
            if event["type"] == "response.output_audio.delta"
        )
        assert len(sound) > 24_000 * 2 * 0.15  # disclosure and answer, 0.1 s a sentence
        assert events[-1]["response"]["status"] == "completed"
        assert gateway.parts.dialogue.asked == ["I feel low."]
    assert [event.text for event in log.events if isinstance(event, TurnHeard)] == ["I feel low."]


async def test_a_spoken_turn_is_heard_recognised_and_answered(tmp_path, log, recording):
    async with running_gateway(tmp_path, session_log=log) as gateway, gateway.connect() as websocket:
        await speak(websocket, recording)
        events = await collect(websocket, "response.done")
        found = kinds(events)
        expected = [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
            "response.output_audio.delta",
        ]
        assert [found.index(kind) for kind in expected] == sorted(found.index(kind) for kind in expected)
        assert gateway.parts.dialogue.asked == [gateway.parts.speech.text]
        assert "hamdel_stage_seconds_count" in gateway.parts.metrics.text().decode()


async def test_one_long_append_is_heard_like_many_short_ones(tmp_path, log, recording):
    async with running_gateway(tmp_path, session_log=log) as gateway, gateway.connect() as websocket:
        await speak(websocket, recording, piece=len(recording))
        events = await collect(websocket, "conversation.item.input_audio_transcription.completed")
        assert events[-1]["transcript"] == gateway.parts.speech.text


async def test_whatever_can_not_be_read_is_an_error_and_the_talk_goes_on(tmp_path, log):
    wrong = [
        (b"\0\1", "invalid_event"),
        ("{", "invalid_json"),
        ("[]", "invalid_event"),
        ('{"type": "session.explode", "event_id": "e1"}', "unknown_event"),
        ('{"type": "input_audio_buffer.append", "audio": "%%"}', "invalid_audio"),
        ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', "invalid_audio"),
        ('{"type": "input_audio_buffer.append", "audio": NaN}', "invalid_json"),
        ('{"type": "input_audio_buffer.commit"}', "input_audio_buffer_commit_empty"),
    ]
    async with running_gateway(tmp_path, session_log=log) as gateway, gateway.connect() as websocket:
        await collect(websocket, "session.created")
        for message, code in wrong:
            await websocket.send(message)
            error = (await receive(websocket))["error"]
            assert (error["code"], error["type"]) == (code, "invalid_request_error")
        await only_text(websocket)
        await write(websocket, "Still here?")
        assert (await collect(websocket, "response.done"))[-1]["response"]["status"] == "completed"


async def test_events_faster_than_the_pace_are_read_later_and_none_is_lost(tmp_path, log):
    async with (
        running_gateway(tmp_path, session_log=log, server={"control_events_per_s": 100}) as gateway,
        gateway.connect() as websocket,
    ):
        await collect(websocket, "session.created")
        began = time.monotonic()
        for number in range(120):
            await send(websocket, "response.cancel", event_id=f"e{number}")
        answered = [(await receive(websocket))["error"]["event_id"] for _ in range(120)]
        took_s = time.monotonic() - began
    assert answered == [f"e{number}" for number in range(120)]
    assert 0.25 < took_s < 3


async def test_empty_audio_keeps_the_pace_too_and_sound_does_not_wait(tmp_path, log):
    async with (
        running_gateway(tmp_path, session_log=log, server={"control_events_per_s": 100}) as gateway,
        gateway.connect() as websocket,
    ):
        await collect(websocket, "session.created")
        took_s = {}
        for name, audio, number in (("sound", "AAAA" * 400, 150), ("nothing", "", 150)):
            began = time.monotonic()
            for _ in range(number):
                await send(websocket, "input_audio_buffer.append", audio=audio)
            await send(websocket, "response.cancel")
            await collect(websocket, "error")
            took_s[name] = time.monotonic() - began
    assert took_s["nothing"] > 0.4
    assert took_s["sound"] < 3


async def test_a_client_that_vanishes_in_mid_reply_frees_its_place(tmp_path, log, caplog):
    voice = ToneVoice(seconds=10)
    async with running_gateway(tmp_path, session_log=log, voices=(voice,)) as gateway:
        websocket = await gateway.connect()
        await write(websocket, "I feel low.")
        await collect(websocket, "response.output_audio.delta")
        assert gateway.talks.count == 1
        websocket.transport.abort()
        await until(lambda: gateway.talks.count == 0)
        assert len(gateway.parts.dialogue.forgotten) == 1
        assert voice.closed.is_set()
        assert 'hamdel_talks_ended_total{reason="client_left"} 1.0' in gateway.parts.metrics.text().decode()
    assert [end.reason for end in log.of(TalkEnded)] == ["client_left"]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_client_that_never_reads_is_dropped_and_its_memory_given_back(
    tmp_path, log, monkeypatch, caplog
):
    waiting = weakref.WeakSet()

    class SmallOutgoing(Outgoing):
        def __init__(self):
            super().__init__(longest_backlog_bytes=200_000)
            waiting.add(self)

    monkeypatch.setattr(realtime, "Outgoing", SmallOutgoing)
    async with (
        running_gateway(tmp_path, session_log=log, server={"control_events_per_s": 100_000}) as gateway,
        gateway.connect() as reading,
    ):
        await only_text(reading)
        _, writer = await never_reading(gateway)
        text = json.dumps({"type": "session.update", "session": {"tracing": {"group_id": "a" * 50_000}}})
        frame = masked(text.encode())
        async with asyncio.timeout(10):
            while gateway.talks.count == 2:
                writer.write(frame)
                try:
                    await asyncio.wait_for(writer.drain(), 0.05)
                except (TimeoutError, ConnectionError):
                    await asyncio.sleep(0.01)
        writer.transport.abort()
        await until(lambda: log.of(TalkEnded))
        gc.collect()
        assert len(waiting) == 1
        await write(reading, "I am still served.")
        assert (await collect(reading, "response.done"))[-1]["response"]["status"] == "completed"
    assert log.of(TalkEnded)[0].reason == "client_too_slow"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def never_reading(gateway):
    """A connection whose upgrade is through, and whose client reads nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1_024)
    writer.write(
        f"GET /v1/realtime HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.token()}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await until(lambda: gateway.talks.count == 2)
    return reader, writer


def masked(payload):
    """A text frame of a client (RFC 6455 section 5.2) with a mask of noughts."""
    return b"\x81\xff" + len(payload).to_bytes(8, "big") + bytes(4) + payload


async def test_packed_messages_are_not_agreed_on(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway, gateway.connect() as websocket:
        assert "Sec-WebSocket-Extensions" not in websocket.response.headers


async def test_a_message_beyond_the_limit_ends_the_talk_with_its_reason(tmp_path, log):
    async with (
        running_gateway(tmp_path, session_log=log, server={"max_message_bytes": 70_000}) as gateway,
        gateway.connect() as websocket,
    ):
        await websocket.send(" " * 70_001)
        _, close = await ending(websocket)
        assert close.code == 1009
        await until(lambda: gateway.talks.count == 0)


async def test_a_recogniser_that_breaks_is_told_kindly_and_its_message_is_nowhere(
    tmp_path, log, recording, caplog
):
    caplog.set_level(logging.INFO)
    async with (
        running_gateway(tmp_path, session_log=log, speech=BrokenSpeech()) as gateway,
        gateway.connect() as websocket,
    ):
        await speak(websocket, recording)
        events = await collect(websocket, "response.done")
        assert "conversation.item.input_audio_transcription.failed" in kinds(events)
        assert gateway.parts.phrases.say("recogniser_down", "en") in json.dumps(events)
        told = gateway.parts.metrics.text().decode()
        assert 'hamdel_recogniser_failures_total{error="RuntimeError"}' in told
        assert SECRET not in json.dumps(events)
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text


async def test_without_a_voice_the_words_are_shown(tmp_path, log):
    class Mute(ToneVoice):
        def speak(self, text, **options):
            raise OSError(SECRET)

    async with (
        running_gateway(tmp_path, session_log=log, voices=(Mute(), Mute())) as gateway,
        gateway.connect() as websocket,
    ):
        await write(websocket, "I feel low.")
        events = await collect(websocket, "response.done")
        assert events[-1]["response"]["status"] == "failed"
        assert "I see." in json.dumps(events[-1])
        assert "hamdel_voice_failures_total 1.0" in gateway.parts.metrics.text().decode()


async def test_a_dialogue_engine_that_gives_nothing_is_counted_and_told(tmp_path, log):
    class DownDialogue(ScriptedDialogue):
        async def ask(self, sender, turn_id, text, metadata):
            yield c.DialogueFailed(turn_id)

    async with (
        running_gateway(tmp_path, session_log=log, dialogue=DownDialogue()) as gateway,
        gateway.connect() as websocket,
    ):
        await only_text(websocket)
        await write(websocket, "I feel low.")
        events = await collect(websocket, "response.done")
        assert gateway.parts.phrases.say("dialogue_down", "en") in json.dumps(events)
        assert "hamdel_dialogue_failures_total 1.0" in gateway.parts.metrics.text().decode()


async def test_a_talk_without_a_word_ends_after_a_goodbye(tmp_path, log, monkeypatch):
    monkeypatch.setattr(realtime, "_TICK_S", 0.05)
    async with (
        running_gateway(tmp_path, session_log=log, conversation={"idle_s": 1}) as gateway,
        gateway.connect() as websocket,
    ):
        events, close = await ending(websocket)
        assert gateway.parts.phrases.say("goodbye_idle", "en") in json.dumps(events, ensure_ascii=False)
    assert (events[-1]["type"], events[-1]["error"]["code"]) == ("error", "session_expired")
    assert (close.code, close.reason) == (1000, "session_expired")
    assert [end.reason for end in log.of(TalkEnded)] == ["session_expired"]


async def test_a_server_that_is_about_to_stop_lets_the_reply_end_first(tmp_path, log, monkeypatch):
    monkeypatch.setattr(realtime, "_TICK_S", 0.05)
    async with running_gateway(tmp_path, session_log=log) as gateway, gateway.connect() as websocket:
        await write(websocket, "I feel low.")
        await collect(websocket, "response.output_audio.delta")
        draining = asyncio.create_task(gateway.talks.drain(10))
        events, close = await ending(websocket)
        async with asyncio.timeout(2):
            await draining
    assert "response.done" in kinds(events)
    assert events[-1]["error"]["code"] == "server_restarting"
    assert (close.code, close.reason) == (1012, "server_restarting")
    assert [end.reason for end in log.of(TalkEnded)] == ["server_restarting"]


async def test_a_talk_that_the_server_cuts_off_is_recorded_as_such(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        websocket = await gateway.connect()
        await collect(websocket, "session.created")
    _, close = await ending(websocket)
    assert close.code == 1012
    assert [end.reason for end in log.of(TalkEnded)] == ["server_stopped"]


async def test_a_defect_ends_its_own_talk_alone_and_is_recorded(tmp_path, log):
    class FrailDialogue(ScriptedDialogue):
        async def ask(self, sender, turn_id, text, metadata):
            if text == "break":
                raise KeyError(SECRET)
            yield c.DialogueMessage(turn_id, "Fine.", None)
            yield c.DialogueDone(turn_id, None, None)

    async with (
        running_gateway(tmp_path, session_log=log, dialogue=FrailDialogue()) as gateway,
        gateway.connect() as other,
    ):
        await only_text(other)
        async with gateway.connect() as websocket:
            await write(websocket, "break")
            events, _ = await ending(websocket)
            assert SECRET not in json.dumps(events)
        await until(lambda: gateway.talks.count == 1)
        await write(other, "hello")
        assert (await collect(other, "response.done"))[-1]["response"]["status"] == "completed"
        assert len(gateway.parts.dialogue.forgotten) == 1
    assert len(log.of(TalkEnded)) == 2


async def test_no_task_and_no_thread_is_left_when_talks_are_over(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        before = len(asyncio.all_tasks())
        for _ in range(5):
            async with gateway.connect() as websocket:
                await write(websocket, "I feel low.")
                await collect(websocket, "response.output_audio.delta")
        await until(lambda: gateway.talks.count == 0)
        await until(lambda: len(asyncio.all_tasks()) <= before)
