"""Order, pacing and silence of the mouth. The voice is a double that gives a known tone at once;
the real voice is tested in tests/tts_voices."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np

from bot.speaker import Speaker
from tts_voices import VoiceError


class ToneVoice:
    name = "tone"
    sample_rate_hz = 22_050
    languages = frozenset({"en", "fa"})

    def __init__(self, seconds=0.3):
        self.seconds = seconds
        self.closed = threading.Event()

    def speak(self, text, *, language, speed=1.0, cancelled=None):
        if text == "broken":
            raise VoiceError("the voice is broken")
        try:
            for _ in range(int(self.seconds * 10)):
                if cancelled is not None and cancelled.is_set():
                    return
                yield np.full(2_205, 1_000, dtype=np.int16)
        finally:
            self.closed.set()


class Heard:
    def __init__(self):
        self.sounds = []
        self.spoken = []
        self.failed = []

    def milliseconds(self, generation):
        return sum(len(pcm) for g, _, pcm, _ in self.sounds if g == generation) / 48


@asynccontextmanager
async def speaking(*voices):
    heard = Heard()
    clock = asyncio.get_running_loop().time
    with ThreadPoolExecutor(2) as threads:
        speaker = Speaker(
            voices,
            threads,
            on_sound=lambda g, index, pcm: heard.sounds.append((g, index, pcm, clock())),
            on_spoken=heard.spoken.append,
            on_failure=heard.failed.append,
        )
        task = asyncio.create_task(speaker.run())
        try:
            yield speaker, heard
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(condition, timeout_s=5):
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


async def test_sentences_are_spoken_in_order_and_whole():
    async with speaking(ToneVoice()) as (speaker, heard):
        speaker.say(1, "one", "en", 1.0)
        speaker.say(1, "two", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.spoken)
    assert [index for _, index, _, _ in heard.sounds] == sorted(index for _, index, _, _ in heard.sounds)
    assert {index for _, index, _, _ in heard.sounds} == {0, 1}
    assert abs(heard.milliseconds(1) - 600) < 20


async def test_little_is_sent_ahead_of_what_can_have_been_heard():
    async with speaking(ToneVoice(seconds=1.0)) as (speaker, heard):
        speaker.say(1, "long", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.spoken)
    start = heard.sounds[0][3]
    sent_s = 0.0
    for _, _, pcm, at in heard.sounds:
        assert sent_s - (at - start) <= 0.2 + 0.05
        sent_s += len(pcm) / 48_000


async def test_stopping_silences_at_once_and_frees_the_voice():
    voice = ToneVoice(seconds=10.0)
    async with speaking(voice) as (speaker, heard):
        speaker.say(1, "long", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.sounds)
        speaker.stop(1)
        before = len(heard.sounds)
        await until(voice.closed.is_set)
        speaker.say(2, "next", "en", 1.0)
        await until(lambda: heard.milliseconds(2) > 0)
        assert len([1 for g, *_ in heard.sounds if g == 1]) == before
        assert heard.spoken == []


async def test_the_sentences_of_a_stopped_reply_are_never_begun():
    async with speaking(ToneVoice()) as (speaker, heard):
        speaker.say(1, "one", "en", 1.0)
        speaker.stop(1)
        speaker.say(2, "two", "en", 1.0)
        speaker.finish(2)
        await until(lambda: heard.spoken)
    assert {g for g, *_ in heard.sounds} == {2}


async def test_a_broken_voice_is_reported_and_the_next_reply_is_spoken():
    async with speaking(ToneVoice()) as (speaker, heard):
        speaker.say(1, "broken", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.failed)
        speaker.stop(1)
        speaker.say(2, "fine", "en", 1.0)
        speaker.finish(2)
        await until(lambda: heard.spoken)
    assert (heard.failed, heard.spoken) == ([1], [2])


async def test_leaving_in_the_middle_of_a_sentence_closes_the_voice():
    voice = ToneVoice(seconds=10.0)
    async with speaking(voice) as (speaker, heard):
        speaker.say(1, "long", "en", 1.0)
        await until(lambda: heard.sounds)
    assert voice.closed.is_set()
