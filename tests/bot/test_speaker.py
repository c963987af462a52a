"""Order, pacing and silence of the mouth. The voice is a double that gives a known tone at once;
the real voice is tested in tests/tts_voices."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from heard_speaker import Hanging, Plain, ToneVoice, seconds_of, speaking, until

from bot import speaker as speaker_module
from bot.speaker import Speaker
from tts_voices import VoiceError


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


@pytest.mark.parametrize("paused_by_client", [True, False])
async def test_a_held_reply_gives_nothing_out_and_goes_on_where_it_was(paused_by_client):
    async with speaking(ToneVoice(seconds=1.0)) as (speaker, heard):
        speaker.say(1, "long", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.sounds)
        begun = heard.sounds[0][3]
        speaker.hold()
        held_at = asyncio.get_running_loop().time()
        before = len(heard.sounds)
        await asyncio.sleep(0.6)
        assert len(heard.sounds) == before
        held_until = asyncio.get_running_loop().time()
        speaker.release(paused_by_client=paused_by_client)
        await until(lambda: heard.spoken)
        over = asyncio.get_running_loop().time()
    assert abs(heard.milliseconds(1) - 1_000) < 20
    # Whoever did not pause has played what it had meanwhile.
    played_s = held_at - begun if paused_by_client else before * 0.1
    assert over - held_until >= 1.0 - played_s - 0.05


async def test_a_reply_held_at_its_very_end_is_not_over_before_it_is_released():
    async with speaking(ToneVoice(seconds=0.1)) as (speaker, heard):
        speaker.say(1, "short", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.sounds)
        speaker.hold()
        await asyncio.sleep(0.3)
        assert heard.spoken == []
        speaker.release(paused_by_client=False)
        await until(lambda: heard.spoken)


async def test_a_held_reply_can_be_stopped_and_the_next_one_is_spoken():
    async with speaking(ToneVoice(seconds=1.0)) as (speaker, heard):
        speaker.say(1, "long", "en", 1.0)
        await until(lambda: heard.sounds)
        speaker.hold()
        speaker.stop(1)
        speaker.release(paused_by_client=True)
        speaker.say(2, "next", "en", 1.0)
        speaker.finish(2)
        await until(lambda: heard.spoken)
    assert heard.spoken == [2]
    assert heard.milliseconds(2) > 900


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


class Breaking(ToneVoice):
    """Breaks off, with an error that quotes the sentence, after so many pieces of 100 ms."""

    def __init__(self, pieces, error=VoiceError):
        super().__init__()
        self.pieces = pieces
        self.error = error

    def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
        for _ in range(self.pieces):
            yield np.full(2_205, 1_000, dtype=np.int16)
        raise self.error(text)


@pytest.mark.parametrize("error", [VoiceError, StopIteration, TimeoutError])
@pytest.mark.parametrize("pieces", [0, 1])
async def test_a_sentence_that_a_voice_breaks_off_is_spoken_by_the_next_from_its_beginning(
    pieces, error, caplog
):
    plain = Plain()
    async with speaking(Breaking(pieces, error), plain) as (speaker, heard):
        speaker.say(1, "pomegranate", "en", 1.0)
        speaker.say(1, "two", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.spoken)
    assert (heard.spoken, heard.failed) == ([1], [])
    assert plain.texts == ["pomegranate", "two"]
    assert abs(seconds_of(heard, 4_000) - 0.4) < 0.02
    assert (seconds_of(heard, 1_000) > 0.1) is (pieces > 0)
    assert [index for _, index, _, _ in heard.sounds] == sorted(index for _, index, _, _ in heard.sounds)
    assert "the voice tone failed" in caplog.text
    assert "pomegranate" not in caplog.text


async def test_only_the_failure_of_every_voice_is_reported_once():
    async with speaking(Breaking(1), Breaking(0)) as (speaker, heard):
        for text in ("one", "two", "three"):
            speaker.say(1, text, "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.failed)
        await asyncio.sleep(0.1)
    assert (heard.failed, heard.spoken) == ([1], [])
    assert {index for _, index, _, _ in heard.sounds} == {0}


async def test_a_voice_is_not_asked_for_a_language_that_it_does_not_speak():
    class EnglishOnly(ToneVoice):
        languages = frozenset({"en"})

    plain = Plain()
    async with speaking(EnglishOnly(), plain) as (speaker, heard):
        speaker.say(1, "سلام.", "fa", 1.0)
        speaker.finish(1)
        await until(lambda: heard.spoken)
        speaker.say(2, "Bonjour.", "fr", 1.0)
        speaker.finish(2)
        await until(lambda: heard.failed)
    assert plain.texts == ["سلام."]
    assert (heard.spoken, heard.failed) == ([1], [2])


async def test_a_voice_that_hangs_is_left_for_the_next_and_others_go_on(monkeypatch):
    monkeypatch.setattr(speaker_module, "_STALL_S", 0.15)
    monkeypatch.setattr(speaker_module, "_LETTING_GO_S", 0.05)
    hanging, plain = Hanging(), Plain()
    async with speaking(hanging, plain) as (speaker, heard):
        began = asyncio.get_running_loop().time()
        speaker.say(1, "one", "en", 1.0)
        speaker.finish(1)
        await until(lambda: heard.sounds)
        waited_s = heard.sounds[0][3] - began
        await until(lambda: heard.spoken)
        speaker.say(2, "two", "en", 1.0)
        speaker.finish(2)
        await until(lambda: len(heard.spoken) == 2)
        asked = list(hanging.asked)
        hanging.released.set()
    assert 0.15 < waited_s < 2
    assert asked == ["one"]  # it is not tried, and waited for, a second time
    assert plain.texts == ["one", "two"]
    assert seconds_of(heard, 1_000) == 0


async def test_a_hanging_voice_is_silenced_at_once_too(monkeypatch):
    monkeypatch.setattr(speaker_module, "_STALL_S", 0.15)
    monkeypatch.setattr(speaker_module, "_LETTING_GO_S", 0.05)
    hanging, plain = Hanging(), Plain()
    async with speaking(hanging, plain) as (speaker, heard):
        speaker.say(1, "one", "en", 1.0)
        await until(lambda: hanging.asked)
        speaker.stop(1)
        await asyncio.sleep(0.3)
        hanging.released.set()
    assert (heard.sounds, heard.failed, plain.texts) == ([], [], [])


async def test_an_error_of_whoever_takes_the_sound_is_not_taken_for_the_voice_s():
    plain = Plain()
    voice = ToneVoice()

    def fail(*_):
        raise KeyError("the core")

    failed = []
    with ThreadPoolExecutor(2) as threads:
        speaker = Speaker((voice, plain), threads, on_sound=fail, on_spoken=fail, on_failure=failed.append)
        speaker.say(1, "one", "en", 1.0)
        async with asyncio.timeout(5):
            with pytest.raises(KeyError):
                await speaker.run()
    assert (plain.texts, failed) == ([], [])
    assert voice.closed.is_set()


async def test_a_reply_that_is_stopped_while_its_voice_breaks_is_not_given_to_the_next():
    class StoppedMeanwhile(ToneVoice):
        def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
            cancelled.wait(5)
            raise VoiceError(text)
            yield

    plain = Plain()
    async with speaking(StoppedMeanwhile(), plain) as (speaker, heard):
        speaker.say(1, "one", "en", 1.0)
        await asyncio.sleep(0.05)
        speaker.stop(1)
        await asyncio.sleep(0.1)
        assert (plain.texts, heard.failed) == ([], [])
        speaker.say(2, "two", "en", 1.0)
        await asyncio.sleep(0)


async def test_the_style_of_a_sentence_is_given_to_the_voice_and_is_plain_where_none_is_asked_for():
    class Styled(ToneVoice):
        def __init__(self):
            super().__init__(seconds=0.1)
            self.styles = []

        def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
            self.styles.append((text, style))
            return super().speak(text, language=language, speed=speed, cancelled=cancelled)

    voice = Styled()
    async with speaking(voice) as (speaker, heard):
        speaker.say(1, "one", "en", 1.0)
        speaker.say(1, "two", "en", 1.0, style="soft")
        speaker.finish(1)
        await until(lambda: heard.spoken)
    assert voice.styles == [("one", "plain"), ("two", "soft")]


async def test_the_next_voice_speaks_in_the_same_style():
    styles = []

    class Styled(Plain):
        def speak(self, text, *, language, speed=1.0, style="plain", cancelled=None):
            styles.append(style)
            return super().speak(text, language=language, speed=speed, cancelled=cancelled)

    async with speaking(Breaking(1), Styled()) as (speaker, heard):
        speaker.say(1, "one", "en", 1.0, style="soft")
        speaker.finish(1)
        await until(lambda: heard.spoken)
    assert styles == ["soft"]
