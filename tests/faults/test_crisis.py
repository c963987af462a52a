"""Danger spoken aloud, through the whole running system; then again with each part of it gone.

The person's voice is that of espeak-ng. Whisper base hears no Persian sentence of it whole; the one here was
chosen among some seventy because it is heard well enough at any pace. These tests show that the parts work
together, not how well Persian is heard.
"""

import asyncio
import base64
import stat
import time
from contextlib import contextmanager

import numpy as np
import pytest

from bot.audio import StreamResampler, pcm16_from_samples
from bot.phrases import Phrases
from bot.rendered_speech import RenderedSpeech, default_folder
from bot.session_config import SAMPLE_RATE_HZ
from bot.settings import ROOT
from language import split_sentences
from tts_voices import EspeakVoice

PHRASES = Phrases.load(ROOT / "data" / "phrases.json")
SPOKEN = {
    "en": ("I want to kill myself tonight.", 1.0, "kill myself"),
    "fa": ("مدتی است دارم به خودکشی فکر می‌کنم.", 1.05, "خود"),
}
"""What is said, at which pace, and what of it has to be heard."""

TYPED = {"en": "I want to kill myself tonight.", "fa": "می‌خواهم خودم را بکشم."}
NUMBERS = {"US": ("988", "911"), "GB": ("116 123", "999"), "IR": ("123", "115")}
"""Whom to call in danger: those that the reply names, in its order."""

VOICE = EspeakVoice()
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
BYTES_PER_S = SAMPLE_RATE_HZ * 2


@pytest.fixture(scope="session")
def said():
    """Sentences in the voice of the system, as PCM16 mono at the rate of a session."""

    def speak(language):
        text, speed, _ = SPOKEN[language]
        samples = np.concatenate(list(VOICE.speak(text, language=language, speed=speed)))
        resampler = StreamResampler(VOICE.sample_rate_hz, SAMPLE_RATE_HZ)
        return bytes(BYTES_PER_S // 2) + pcm16_from_samples(resampler.convert(samples, last=True))

    return {language: speak(language) for language in SPOKEN}


def session(language):
    return {"hamdel": {"disclosure": "shown", "language": language}}


def typed(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def digits(number, language):
    return number.translate(PERSIAN_DIGITS) if language == "fa" else number


def fixed_sound(text, language):
    """The pre-rendered sound of a reply."""
    rendered = RenderedSpeech(default_folder(), ())
    try:
        pieces = [
            rendered.read(VOICE.name, sentence, language) for sentence in split_sentences(text, language)
        ]
    finally:
        rendered.close()
    assert all(pieces), "render the fixed sentences first: python -m bot render --voice espeak"
    return b"".join(pieces)


def sound(talk):
    return b"".join(base64.b64decode(event["delta"]) for event in talk.of("response.output_audio.delta"))


async def is_answered(talk, language, country):
    """A turn in danger was said: the lines come, and the reply begins in its own sound."""
    shown = await talk.until("hamdel.crisis", 60)
    assert shown["level"] >= 2
    assert shown["country"] == country
    numbers = [line["number"] for line in shown["lines"]]
    for number in NUMBERS[country]:
        assert number in numbers
        assert digits(number, language) in shown["text"]
    assert PHRASES.say("recogniser_down", language) not in shown["text"]
    expected = fixed_sound(shown["text"], language)
    while len(sound(talk)) < 2 * BYTES_PER_S:
        await talk.until("response.output_audio.delta")
    assert expected.startswith(sound(talk))
    return shown["text"], expected


async def hold(stack, said, language, country, *, to_the_end=False):
    """A talk in which danger is spoken and answered; what was heard, and what was said."""
    async with stack.talk(token=stack.token(country=country), session=session(language)) as talk:
        await talk.hear(said[language])
        text, expected = await is_answered(talk, language, country)
        heard = talk.of("conversation.item.input_audio_transcription.completed")[-1]["transcript"]
        assert SPOKEN[language][2] in heard.lower()
        if to_the_end:
            assert await talk.reply(120) == text
            assert talk.last["status"] == "completed"
            assert sound(talk) == expected
        else:
            await talk.send("response.cancel")
            await talk.reply()
        assert not talk.of("hamdel.suggestions")


async def hold_in_both_languages(stack, said, **options):
    await asyncio.gather(hold(stack, said, "en", "GB", **options), hold(stack, said, "fa", "IR", **options))


@contextmanager
def broken_voice(stack, script="exit 1"):
    program = stack.programs / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    try:
        yield
    finally:
        program.unlink()


async def test_without_a_voice_program_the_whole_reply_is_heard_all_the_same(stack, said):
    await stack.ready(gateway=True)
    with broken_voice(stack):
        await hold_in_both_languages(stack, said, to_the_end=True)
        await stack.ready()
        async with stack.talk() as talk:  # what is not fixed can't be said
            await talk.type("hello")
            assert talk.last["status_details"]["error"]["code"] == "voice_unavailable"


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_danger_spoken_aloud_is_answered_with_the_countrys_lines_and_the_fixed_reply(
    stack, said, language
):
    await stack.ready()
    await asyncio.gather(*(hold(stack, said, language, country) for country in NUMBERS))


async def test_a_voice_program_that_hangs_delays_nothing(stack, said):
    await stack.ready()
    with broken_voice(stack, "exec sleep 30"):
        async with stack.talk(token=stack.token(country="US"), session=session("en")) as talk:
            await talk.send("conversation.item.create", item=typed("hello"))
            await talk.send("response.create")
            await talk.until("hamdel.intent")  # now the voice hangs with the answer
            began = time.monotonic()
            await talk.send("conversation.item.create", item=typed(TYPED["en"]))
            await talk.until("response.output_audio.delta")
            assert time.monotonic() - began < 4
            assert sound(talk) == fixed_sound(talk.of("hamdel.crisis")[-1]["text"], "en")[: len(sound(talk))]


async def test_without_a_recogniser_the_numbers_are_shown_and_what_is_typed_is_read(gateway, said):
    deaf = gateway(recogniser={"deadline_s": 0.001})
    await deaf.ready(gateway=True)

    async def talk_in(language, country):
        async with deaf.talk(token=deaf.token(country=country), session=session(language)) as talk:
            await talk.hear(said[language])
            shown = await talk.until("hamdel.crisis")
            assert shown["level"] == 0
            assert [line["number"] for line in shown["lines"]][:1] == [NUMBERS[country][0]]
            assert shown["text"] == PHRASES.say("recogniser_down", language)
            await talk.until("response.output_audio.delta")
            await talk.send("response.cancel")
            await talk.reply()
            talk.events.clear()
            await talk.send("conversation.item.create", item=typed(TYPED[language]))
            await is_answered(talk, language, country)

    await asyncio.gather(talk_in("en", "US"), talk_in("fa", "IR"))


@pytest.mark.parametrize(
    "parts", [("actions",), ("dialogue",), ("dialogue", "actions", "voice")], ids="-".join
)
async def test_with_parts_killed_danger_spoken_aloud_is_answered_as_ever(stack, said, parts):
    await stack.ready(gateway=True)
    killed = [part for part in parts if part != "voice"]
    for part in killed:
        stack.kill(part)
    try:
        await stack.ready(gateway=True, **dict.fromkeys(killed, False))
        if "voice" in parts:
            with broken_voice(stack):
                await hold_in_both_languages(stack, said)
        else:
            await hold_in_both_languages(stack, said)
    finally:
        for part in killed:
            stack.start(part)
