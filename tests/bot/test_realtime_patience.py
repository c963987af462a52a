"""Patience by words over a real websocket: real rules and ear, and a recogniser that is as slow as it likes."""

import asyncio
import base64
import json
import subprocess

import numpy as np
import pytest
import soundfile
import soxr
from gateway_parts import ScriptedSpeech, running_gateway, until

RATE_HZ = 24_000


@pytest.fixture(scope="module")
def sentence(tmp_path_factory):
    """A sentence without silence behind it, PCM16 at 24 kHz."""
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    text = "I had a very hard day at work today."
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(path), text], check=True)
    samples, rate_hz = soundfile.read(path, dtype="float32")
    speech = soxr.resample(samples, rate_hz, RATE_HZ)
    loud = np.flatnonzero(np.abs(speech) > 0.01)
    return (speech[loud[0] : loud[-1] + 1] * 32767).astype("<i2").tobytes()


def silence(milliseconds):
    return bytes(RATE_HZ * 2 * milliseconds // 1000)


class HeldSpeech(ScriptedSpeech):
    """Hears nothing before it may, and remembers who stopped waiting."""

    def __init__(self, text):
        super().__init__(text)
        self.may_hear = asyncio.Event()
        self.asked = 0
        self.given_up = 0

    async def understand(self, samples, *, language, with_emotion):
        self.asked += 1
        try:
            await self.may_hear.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return await super().understand(samples, language=language, with_emotion=with_emotion)


async def send(websocket, pcm):
    for start in range(0, len(pcm), 4_800):
        audio = base64.b64encode(pcm[start : start + 4_800]).decode()
        await websocket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))


async def stopped(websocket, within_s):
    """Whether the turn ends within this time."""
    try:
        async with asyncio.timeout(within_s):
            while json.loads(await websocket.recv())["type"] != "input_audio_buffer.speech_stopped":
                pass
    except TimeoutError:
        return False
    return True


async def test_a_whole_sentence_ends_the_turn_before_the_usual_patience(tmp_path, sentence):
    speech = HeldSpeech("I had a very hard day at work today.")
    patience = {"patience_ms": 800}
    async with (
        running_gateway(tmp_path, speech=speech, conversation=patience) as gateway,
        gateway.connect() as websocket,
    ):
        await send(websocket, silence(200) + sentence + silence(750))
        await until(lambda: speech.asked == 1)
        assert not await stopped(websocket, 0.2)
        speech.may_hear.set()
        assert await stopped(websocket, 10.0)


async def test_words_that_go_on_keep_the_turn_open_beyond_the_usual_patience(tmp_path, sentence):
    speech = HeldSpeech("I had a very hard day at work because")
    async with running_gateway(tmp_path, speech=speech) as gateway, gateway.connect() as websocket:
        await send(websocket, silence(200) + sentence + silence(400))
        await until(lambda: speech.asked == 1)
        speech.may_hear.set()
        await send(websocket, silence(600))
        assert not await stopped(websocket, 0.3)
        await send(websocket, silence(400))
        assert await stopped(websocket, 10.0)


async def test_a_result_that_comes_after_the_patience_ends_the_turn_without_more_audio(tmp_path, sentence):
    speech = HeldSpeech("My old friend from school.")
    async with running_gateway(tmp_path, speech=speech) as gateway, gateway.connect() as websocket:
        await send(websocket, silence(200) + sentence + silence(900))
        await until(lambda: speech.asked == 1)
        assert not await stopped(websocket, 0.2)
        speech.may_hear.set()
        assert await stopped(websocket, 10.0)


async def test_a_recognition_is_given_up_when_the_speaker_goes_on(tmp_path, sentence):
    speech = HeldSpeech("I had a very hard day at work today.")
    async with running_gateway(tmp_path, speech=speech) as gateway, gateway.connect() as websocket:
        await send(websocket, silence(200) + sentence + silence(400))
        await until(lambda: speech.asked == 1)
        await send(websocket, sentence + silence(400))
        await until(lambda: speech.asked >= 2)
        assert speech.given_up == speech.asked - 1
        speech.may_hear.set()
        await send(websocket, silence(400))
        assert await stopped(websocket, 10.0)


async def test_a_turn_whose_words_never_come_still_ends(tmp_path, sentence):
    speech = HeldSpeech("")
    async with running_gateway(tmp_path, speech=speech) as gateway, gateway.connect() as websocket:
        await send(websocket, silence(200) + sentence + silence(1_600))
        assert await stopped(websocket, 10.0)
        speech.may_hear.set()
