"""What the mouth plays from its rendered sentences, whatever the voices do."""

import asyncio
import threading

import numpy as np
import pytest
from heard_speaker import Hanging, Plain, ToneVoice, speaking, until

from bot import speaker as speaker_module
from bot.fixed_sentences import FixedSentence
from bot.rendered_speech import RenderedSpeech
from tts_voices import VoiceError

HELP = FixedSentence("Please call 112 now.", "en", True)
GREETING = FixedSentence("How are you?", "en", False)
RENDERED_LEVEL = 8_000


@pytest.fixture
def rendered(tmp_path):
    """Half a second of a tone of its own height for each fixed sentence, as the voice "tone"."""
    store = RenderedSpeech(tmp_path, (HELP, GREETING))
    samples = RENDERED_LEVEL * np.sin(np.arange(11_025) / 8)
    with store.writing():
        for sentence in store.sentences:
            store.keep(ToneVoice(), sentence, samples.astype(np.int16))
    yield store
    store.close()


class Dead(ToneVoice):
    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        raise VoiceError("its program is gone")


async def test_a_fixed_sentence_is_played_while_every_voice_is_dead(rendered):
    async with speaking(Dead(), Dead(), rendered=rendered) as (speaker, heard):
        speaker.say(1, GREETING.text, "en", 1.0)
        speaker.say(1, HELP.text, "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.spoken)
    assert heard.failed == []
    assert abs(heard.milliseconds(1) - 1_000) < 2
    assert [index for _, index, _, _ in heard.sounds] == [0] * 5 + [1] * 5
    loudest = max(np.abs(np.frombuffer(pcm, dtype="<i2").astype(int)).max() for _, _, pcm, _ in heard.sounds)
    assert abs(loudest - RENDERED_LEVEL) < 800


async def test_a_fixed_sentence_is_played_while_every_thread_hangs_in_a_voice(rendered, monkeypatch):
    monkeypatch.setattr(speaker_module, "_STALL_S", 0.15)
    monkeypatch.setattr(speaker_module, "_LETTING_GO_S", 0.05)
    voices = Hanging(), Hanging()  # as many as there are threads
    async with speaking(*voices, rendered=rendered) as (speaker, heard):
        speaker.say(1, "Something else.", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.failed)
        asked_at = asyncio.get_running_loop().time()
        speaker.say(2, HELP.text, "en", 1.0)
        speaker.finish(2)
        await until(lambda: heard.spoken)
        for voice in voices:
            voice.released.set()
    assert (heard.failed, heard.spoken) == ([1], [2])
    assert abs(heard.milliseconds(2) - 500) < 2
    assert heard.sounds[0][3] - asked_at < 0.5


async def test_a_rendered_sentence_is_paced_like_any_other(rendered):
    async with speaking(Dead(), rendered=rendered) as (speaker, heard):
        speaker.say(1, HELP.text, "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.spoken)
        ended_at = asyncio.get_running_loop().time()
    start, sent_s = heard.sounds[0][3], 0.0
    for _, _, pcm, at in heard.sounds:
        assert sent_s - (at - start) <= 0.2 + 0.05
        assert len(pcm) <= 4_800
        sent_s += len(pcm) / 48_000
    assert ended_at - start >= 0.49


async def test_a_rendered_sentence_is_silenced_at_once_in_the_middle(rendered):
    async with speaking(Dead(), rendered=rendered) as (speaker, heard):
        speaker.say(1, HELP.text, "en", 1.0)
        speaker.say(1, GREETING.text, "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.sounds)
        speaker.stop(1)
        sent = len(heard.sounds)
        speaker.say(2, GREETING.text, "en", 1.0)
        speaker.finish(2)
        await until(lambda: heard.spoken)
    assert sent < 5
    assert len([1 for generation, *_ in heard.sounds if generation == 1]) == sent
    assert (heard.spoken, heard.failed) == ([2], [])
    assert abs(heard.milliseconds(2) - 500) < 2


async def test_a_reply_that_is_stopped_while_its_sound_is_read_is_not_begun(rendered):
    async with speaking(Plain(), rendered=rendered) as (speaker, heard):
        reading, read = threading.Event(), rendered.read

        def slowly(*what):
            reading.set()
            released.wait(5)
            return read(*what)

        released = threading.Event()
        rendered.read = slowly
        speaker.say(1, HELP.text, "en", 1.0)
        await until(reading.is_set)
        speaker.stop(1)
        released.set()
        speaker.say(2, "Something else.", "en", 1.0)
        speaker.finish(2)
        await until(lambda: heard.spoken)
    assert {generation for generation, *_ in heard.sounds} == {2}


async def test_what_is_not_rendered_is_spoken_and_missed(rendered):
    for path in rendered.folder.glob("*.ogg"):
        path.write_bytes(b"damaged")
    plain = Plain()
    async with speaking(plain, rendered=rendered) as (speaker, heard):
        speaker.say(1, "Something else.", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.spoken)
        assert not rendered.missed.is_set()
        speaker.say(2, HELP.text, "en", 1.0)
        speaker.finish(2)
        await until(lambda: len(heard.spoken) == 2)
    assert plain.texts == ["Something else.", HELP.text]
    assert rendered.missed.is_set()


async def test_another_pace_is_left_to_the_voice_except_in_danger(rendered):
    plain = Plain()
    plain.name = "tone"
    async with speaking(plain, rendered=rendered) as (speaker, heard):
        speaker.say(1, GREETING.text, "en", 1.5)
        speaker.say(1, HELP.text, "en", 1.5)
        speaker.finish(1)
        await until(lambda: heard.spoken)
    assert plain.texts == [GREETING.text]
    assert {index for _, index, _, _ in heard.sounds} == {0, 1}
