"""Sound over a real websocket in every format, in appends and in binary frames; scripted models and dialogue."""

import asyncio
import base64
import json
import subprocess

import numpy as np
import pytest
import soundfile
import soxr
from gateway_parts import ScriptedSpeech, ToneVoice, running_gateway

from bot.audio_encoding import ALAW, ENCODINGS, MULAW, PCM16, SoundEncoder
from bot.speech import Heard
from bot.transcriber import Transcript


class ListeningSpeech(ScriptedSpeech):
    """Keeps the samples that it is given."""

    def __init__(self):
        super().__init__()
        self.heard = []

    async def understand(self, samples, *, language, with_emotion, **_):
        self.heard.append(samples)
        return Heard(Transcript(self.text, "en", 1.0, 0.9, 0.0, False, len(samples) // 16), None)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A sentence and a second of silence: (n,) at 24 kHz."""
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    text = "I had a very hard day at work today."
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(path), text], check=True)
    samples, rate_hz = soundfile.read(path, dtype="int16")
    speech = soxr.resample(samples, rate_hz, 24_000)
    return np.concatenate((np.zeros(4_800, np.int16), speech, np.zeros(24_000, np.int16)))


def encoded(encoding, samples):
    return SoundEncoder(encoding).encode(samples.astype("<i2").tobytes(), last=True)


async def send(websocket, kind, **fields):
    await websocket.send(json.dumps({"type": kind, **fields}))


async def collect(websocket, kind):
    """All events up to the first of this kind, that included."""
    events = []
    async with asyncio.timeout(10):
        while not events or events[-1]["type"] != kind:
            events.append(json.loads(await websocket.recv()))
    return events


async def use(websocket, *, entrance=PCM16, exit=PCM16, **hamdel):
    audio = {"input": {"format": {"type": entrance.name}}, "output": {"format": {"type": exit.name}}}
    own = {"hamdel": {"disclosure": "shown", **hamdel}} if hamdel else {}
    await send(websocket, "session.update", session={"type": "realtime", "audio": audio, **own})
    return (await collect(websocket, "session.updated"))[-1]["session"]


async def append(websocket, encoding, data, piece_ms=200):
    step = encoding.bytes_of(piece_ms)
    for start in range(0, len(data), step):
        audio = base64.b64encode(data[start : start + step]).decode()
        await send(websocket, "input_audio_buffer.append", audio=audio)


async def send_frames(websocket, encoding, data, piece_ms=40):
    step = encoding.bytes_of(piece_ms)
    for start in range(0, len(data) - step + 1, step):
        await websocket.send(data[start : start + step])


def sound_of(events):
    deltas = [event["delta"] for event in events if event["type"] == "response.output_audio.delta"]
    return b"".join(base64.b64decode(delta) for delta in deltas)


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("way", [append, send_frames])
async def test_a_spoken_turn_is_heard_and_answered_in_every_format(tmp_path, recording, encoding, way):
    speech = ListeningSpeech()
    voice = ToneVoice(seconds=0.5)
    async with (
        running_gateway(tmp_path, speech=speech, voices=(voice,)) as gateway,
        gateway.connect() as websocket,
    ):
        session = await use(websocket, entrance=encoding, exit=encoding, binary=way is send_frames)
        assert session["audio"]["input"]["format"]["type"] == encoding.name
        await way(websocket, encoding, encoded(encoding, recording))
        events = await collect(websocket, "response.done")
    kinds = [event["type"] for event in events]
    assert "error" not in kinds
    assert kinds[-1] == "response.done"
    started, stopped = (
        next(event for event in events if event["type"] == f"input_audio_buffer.speech_{kind}")
        for kind in ("started", "stopped")
    )
    length_ms = len(recording) / 24 - 1_200
    assert abs(stopped["audio_end_ms"] - 200 - length_ms) < 400
    assert started["audio_start_ms"] < 400
    assert abs(len(speech.heard[-1]) / 16 - (stopped["audio_end_ms"] - started["audio_start_ms"])) < 300
    assert np.abs(speech.heard[-1]).max() > 0.05
    # One sentence of half a second in the voice's constant tone of 1,000.
    sound = encoding.decode(sound_of(events))
    assert len(sound) == pytest.approx(encoding.sample_rate_hz * 0.5, rel=0.01)
    assert np.median(sound) == pytest.approx(1_000, abs=30)


async def test_the_sound_of_telephones_is_paced_like_any_other(tmp_path):
    loop = asyncio.get_running_loop()
    async with (
        running_gateway(tmp_path, voices=(ToneVoice(seconds=1.0),)) as gateway,
        gateway.connect() as websocket,
    ):
        await use(websocket, exit=MULAW, language="en")
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
        await send(websocket, "conversation.item.create", item=item)
        await send(websocket, "response.create")
        await collect(websocket, "response.output_audio.delta")
        began = loop.time()
        sent = 0
        async with asyncio.timeout(10):
            while True:
                event = json.loads(await websocket.recv())
                if event["type"] == "response.output_audio.done":
                    break
                if event["type"] == "response.output_audio.delta":
                    sent += len(base64.b64decode(event["delta"]))
                    assert sent / 8_000 < loop.time() - began + 0.3
        assert sent / 8_000 == pytest.approx(1.0, abs=0.15)
        assert loop.time() - began > 0.6


async def test_a_long_append_of_telephone_sound_keeps_its_beginning(tmp_path, recording):
    speech = ListeningSpeech()
    async with running_gateway(tmp_path, speech=speech) as gateway, gateway.connect() as websocket:
        await use(websocket, entrance=ALAW)
        # A silence that the client names is kept to, whatever the words are.
        detection = {"turn_detection": {"type": "server_vad", "silence_duration_ms": 800}}
        await send(websocket, "session.update", session={"type": "realtime", "audio": {"input": detection}})
        three = np.concatenate((recording[:-24_000], recording[4_800:-24_000], recording[4_800:]))
        data = encoded(ALAW, three)
        await append(websocket, ALAW, data, piece_ms=60_000)
        await collect(websocket, "conversation.item.input_audio_transcription.completed")
    assert len(speech.heard[-1]) / 16 > len(three) / 24 - 1_900


async def test_the_input_format_may_change_between_two_frames_of_a_turn(tmp_path, recording):
    speech = ListeningSpeech()
    middle = 24_000
    async with running_gateway(tmp_path, speech=speech) as gateway, gateway.connect() as websocket:
        await use(websocket, entrance=MULAW, binary=True)
        await send_frames(websocket, MULAW, encoded(MULAW, recording[:middle]), piece_ms=20)
        audio = {"input": {"format": {"type": "audio/pcm"}}}
        await send(websocket, "session.update", session={"type": "realtime", "audio": audio})
        await send_frames(websocket, PCM16, encoded(PCM16, recording[middle:]), piece_ms=20)
        events = await collect(websocket, "response.done")
    kinds = [event["type"] for event in events]
    assert "error" not in kinds
    assert kinds.count("input_audio_buffer.speech_stopped") == 1
    (stopped,) = (event for event in events if event["type"] == "input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 200 - (len(recording) / 24 - 1_200)) < 400


async def test_frames_and_appends_make_one_stream(tmp_path, recording):
    speech = ListeningSpeech()
    async with running_gateway(tmp_path, speech=speech) as gateway, gateway.connect() as websocket:
        await use(websocket, binary=True)
        data = encoded(PCM16, recording)
        half = PCM16.bytes_of(1_000)
        await send_frames(websocket, PCM16, data[:half], piece_ms=100)
        await append(websocket, PCM16, data[half:])
        events = await collect(websocket, "conversation.item.input_audio_transcription.completed")
    assert [event["type"] for event in events].count("input_audio_buffer.speech_started") == 1


async def test_bad_frames_are_errors_and_the_talk_goes_on(tmp_path, recording):
    wrong = {
        b"": "960 to 4800 bytes",
        b"\0" * 958: "960 to 4800 bytes",
        b"\0" * 961: "even number",
        b"\0" * 4_802: "960 to 4800 bytes",
        b"\0" * 200_000: "960 to 4800 bytes",
        b'{"type": "session.update"}': "960 to 4800 bytes",
    }
    async with running_gateway(tmp_path) as gateway, gateway.connect() as websocket:
        await use(websocket, binary=True)
        for frame, message in wrong.items():
            await websocket.send(frame)
            error = (await collect(websocket, "error"))[-1]["error"]
            assert (error["code"], error["event_id"]) == ("invalid_audio", None)
            assert message in error["message"]
        await send_frames(websocket, PCM16, encoded(PCM16, recording))
        await collect(websocket, "response.done")


async def test_frames_that_were_not_negotiated_or_no_longer_are_are_refused(tmp_path):
    frame = bytes(960)
    async with running_gateway(tmp_path) as gateway, gateway.connect() as websocket:
        await collect(websocket, "session.created")
        await websocket.send(frame)
        assert (await collect(websocket, "error"))[-1]["error"]["code"] == "invalid_event"
        await use(websocket, binary=True)
        await websocket.send(frame)
        await send(websocket, "session.update", session={"type": "realtime", "hamdel": None})
        assert "error" not in [event["type"] for event in await collect(websocket, "session.updated")]
        await websocket.send(frame)
        assert (await collect(websocket, "error"))[-1]["error"]["code"] == "invalid_event"


async def test_a_frame_above_the_message_limit_ends_the_talk_like_any_message(tmp_path):
    async with (
        running_gateway(tmp_path, server={"max_message_bytes": 70_000}) as gateway,
        gateway.connect() as websocket,
    ):
        await use(websocket, binary=True)
        await websocket.send(bytes(70_001))
        await websocket.wait_closed()
        assert websocket.close_code == 1009


async def test_frames_of_sound_do_not_wait_and_refused_ones_keep_the_pace(tmp_path):
    loop = asyncio.get_running_loop()
    took_s = {}
    async with (
        running_gateway(tmp_path, server={"control_events_per_s": 100}) as gateway,
        gateway.connect() as websocket,
    ):
        await use(websocket, binary=True)
        for name, frame, errors in (("sound", bytes(960), 1), ("nothing", b"", 151)):
            began = loop.time()
            for _ in range(150):
                await websocket.send(frame)
            await send(websocket, "response.cancel")
            for _ in range(errors):
                await collect(websocket, "error")
            took_s[name] = loop.time() - began
    assert took_s["nothing"] > 0.4
    assert took_s["sound"] < 3
