"""Consents in a spoken talk over a real websocket: sound that is kept and goes again, feelings left alone."""

import asyncio
import base64
import io
import json
import subprocess

import httpx
import numpy as np
import pytest
import soundfile
import soxr
from gateway_parts import ScriptedSpeech, running_gateway, until

from session_log.audit_events import AudioDeleted
from session_log.events import AudioKept, ConsentSet, MoodEstimated
from session_log.reader import reading

GRANTS = frozenset({"talk", "emotion", "store_text", "store_audio"})
RATE_HZ = 24_000


class WatchedSpeech(ScriptedSpeech):
    """Keeps whether it was asked for feelings."""

    def __init__(self):
        super().__init__()
        self.with_emotion = []

    async def understand(self, samples, *, language, with_emotion):
        self.with_emotion.append(with_emotion)
        return await super().understand(samples, language=language, with_emotion=with_emotion)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A sentence and a second of silence, PCM16 at 24 kHz, and the length of the sentence in seconds."""
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    text = "I had a very hard day at work today."
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(path), text], check=True)
    samples, rate_hz = soundfile.read(path, dtype="int16")
    speech = soxr.resample(samples, rate_hz, RATE_HZ)
    silence = np.zeros(RATE_HZ, np.int16)
    return np.concatenate((silence[:4_800], speech, silence)).astype("<i2").tobytes(), len(speech) / RATE_HZ


async def received(websocket, kind):
    async with asyncio.timeout(30):
        while True:
            event = json.loads(await websocket.recv())
            if event["type"] == kind:
                return event


async def begin(websocket):
    own = {"type": "realtime", "hamdel": {"disclosure": "shown"}}
    await websocket.send(json.dumps({"type": "session.update", "session": own}))
    await received(websocket, "session.updated")


async def speak(websocket, pcm):
    for start in range(0, len(pcm), 9_600):
        audio = base64.b64encode(pcm[start : start + 9_600]).decode()
        await websocket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
    return (await received(websocket, "response.done"))["response"]


def stored(running, *kinds):
    log = running.parts.session_log
    assert log.flush()
    with reading(log.places) as reader:
        return [event for talk in reader.talks(9) for event in reader.events(talk.talk_id, kinds)]


async def test_the_sound_of_a_turn_is_kept_heard_again_and_gone_with_the_consent(tmp_path, recording):
    pcm, seconds = recording
    speech, sections = WatchedSpeech(), {"session_log": {"audio_days": 7}}
    async with running_gateway(tmp_path, sections=sections, speech=speech) as running:
        token = running.token(subject="p-1", grants=GRANTS)
        async with running.connect(token) as talk:
            await begin(talk)
            await speak(talk, pcm)
            await until(lambda: stored(running, AudioKept), timeout_s=30)
            (kept,) = stored(running, AudioKept)
            async with httpx.AsyncClient(base_url=running.origin, trust_env=False) as me:
                asked = {"talk_id": kept.talk_id, "turn_id": kept.turn_id}
                headers = {"authorization": f"Bearer {running.token(subject='p-1')}"}
                heard = await me.post("/v1/me/sound", json=asked, headers=headers)
            samples, rate_hz = soundfile.read(io.BytesIO(heard.content))
            assert len(samples) / rate_hz == pytest.approx(seconds, abs=1.0)
            assert np.abs(samples).max() > 0.05
            speech.text = "Don't keep my voice."
            await speak(talk, pcm)
            await until(lambda: stored(running, AudioDeleted), timeout_s=30)
        assert [event.given_by for event in stored(running, ConsentSet) if not event.granted] == ["voice"]
        assert len(stored(running, AudioKept)) == 1
        audio = running.parts.session_log.places.audio
        assert [path for path in audio.rglob("*") if path.is_file()] == []


async def test_without_days_no_sound_is_kept_whatever_the_token_grants(tmp_path, recording):
    async with running_gateway(tmp_path, speech=WatchedSpeech()) as running:
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            await speak(talk, recording[0])
        await until(lambda: running.talks.count == 0, timeout_s=30)
        assert stored(running, AudioKept) == []
        assert not running.parts.session_log.places.audio.exists()


async def test_where_feelings_may_not_be_inferred_a_whole_spoken_talk_goes_on_without(tmp_path, recording):
    speech, sections = WatchedSpeech(), {"jurisdiction": {"preset": "us-il"}}
    async with running_gateway(tmp_path, sections=sections, speech=speech) as running:
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            granted = {"type": "hamdel.consent.set", "scope": "emotion", "granted": True, "version": "1"}
            await talk.send(json.dumps(granted))
            assert (await received(talk, "error"))["error"]["code"] == "consent_not_offered"
            for _ in range(2):
                assert (await speak(talk, recording[0]))["status"] == "completed"
        await until(lambda: running.talks.count == 0, timeout_s=30)
        assert set(speech.with_emotion) == {False}
        assert stored(running, MoodEstimated) == []
        assert "emotion" not in {event.scope for event in stored(running, ConsentSet)}
