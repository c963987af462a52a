"""Parts that fail, on running processes: a kind word in the user's language, the turn kept, and recovery."""

import asyncio
import signal
import stat
import time

import pytest

from bot.phrases import Phrases
from bot.settings import ROOT

WRITTEN = {"output_modalities": ["text"]}
PHRASES = Phrases.load(ROOT / "data" / "phrases.json")


def persian(text):
    return any("\u0600" <= letter <= "\u06ff" for letter in text)


async def test_with_the_dialogue_engine_down_a_talk_goes_on_and_recovers(stack):
    await stack.ready()
    async with stack.talk(session=WRITTEN) as talk:
        assert await talk.type("hello")
        stack.kill("dialogue")
        await stack.ready(dialogue=False)
        assert PHRASES.say("dialogue_down", "en") in await talk.type("are you there?")
        assert persian(await talk.type("حالم خوب نیست"))
        assert stack.get("/readyz")[0] == 503
        # The one part that may never fail needs no dialogue engine.
        reply = await talk.type("I want to kill myself tonight.")
        assert talk.of("hamdel.crisis")[-1]["level"] >= 2
        assert PHRASES.say("dialogue_down", "en") not in reply
        stack.start("dialogue")
        await stack.ready()
        after = await talk.type("thank you")
        assert PHRASES.say("dialogue_down", "en") not in after


async def test_a_turn_under_way_survives_a_restart_of_the_dialogue_engine(stack):
    await stack.ready()
    async with stack.talk(session=WRITTEN) as talk:
        stack.signal("dialogue", signal.SIGSTOP)
        asked = asyncio.create_task(talk.type("I feel very sad today", 60))
        await asyncio.sleep(1)
        stack.signal("dialogue", signal.SIGCONT)
        reply = await asked
    assert PHRASES.say("dialogue_down", "en") not in reply
    assert len(talk.of("hamdel.suggestions")) == 1


async def test_a_slow_dialogue_engine_is_announced_then_excused_and_the_turn_can_be_asked_again(stack):
    await stack.ready()
    async with stack.talk(session=WRITTEN) as talk:
        stack.signal("dialogue", signal.SIGSTOP)
        try:
            reply = await talk.type("I feel very sad today")
        finally:
            stack.signal("dialogue", signal.SIGCONT)
        assert PHRASES.say("one_moment", "en") in reply
        assert PHRASES.say("dialogue_down", "en") in reply
        await talk.send("response.create")
        again = await talk.reply()
        assert PHRASES.say("dialogue_down", "en") not in again
        assert len(talk.of("hamdel.suggestions")) == 1


async def test_with_the_action_server_down_the_talk_goes_on_without_suggestions(stack):
    await stack.ready()
    async with stack.talk(session=WRITTEN) as talk:
        stack.kill("actions")
        await stack.ready(actions=False)
        reply = await talk.type("I feel very sad today", 60)
        assert reply
        assert not talk.of("hamdel.suggestions")
        stack.start("actions")
        await stack.ready()
        assert await talk.type("I feel very sad today")
        assert talk.of("hamdel.suggestions")


async def test_an_action_server_that_hangs_holds_nobody_up(stack):
    await stack.ready()
    async with stack.talk(session=WRITTEN) as talk, stack.talk(session=WRITTEN) as other:
        stack.signal("actions", signal.SIGSTOP)
        try:
            waiting = asyncio.create_task(talk.type("I feel very sad today", 60))
            await asyncio.sleep(0.5)
            began = time.monotonic()
            assert await other.type("hello")
            assert time.monotonic() - began < 5
            assert await waiting
        finally:
            stack.signal("actions", signal.SIGCONT)
        assert await talk.type("thank you")


def replace_voice(stack, script):
    program = stack.programs / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)


@pytest.mark.parametrize("script", ["exit 1", "cat >/dev/null; head -c 300 /dev/urandom; exit 1"])
async def test_without_a_voice_the_reply_is_written_and_the_next_is_spoken(stack, script):
    await stack.ready()
    async with stack.talk() as talk:
        replace_voice(stack, script)
        try:
            assert await talk.type("hello")
        finally:
            (stack.programs / "espeak-ng").unlink()
        assert talk.last["status"] == "failed"
        assert talk.last["status_details"]["error"]["code"] == "voice_unavailable"
        await talk.type("thank you")
        assert talk.last["status"] == "completed"
        assert talk.of("response.output_audio.delta")


async def test_a_crisis_reply_without_a_voice_still_shows_text_and_numbers(stack):
    await stack.ready()
    async with stack.talk() as talk:
        replace_voice(stack, "exit 1")
        try:
            # Longer than usual: the reply is heard to its end, from rendered sound.
            assert await talk.type("I want to kill myself tonight.", 90)
        finally:
            (stack.programs / "espeak-ng").unlink()
        assert talk.of("hamdel.crisis")[-1]["lines"]


async def test_a_recogniser_over_its_deadline_is_excused_with_the_numbers(gateway, spoken):
    slow = gateway(recogniser={"deadline_s": 0.001})
    await slow.ready()
    async with slow.talk() as talk:
        await talk.hear(spoken("I had a very hard day at work today."))
        assert PHRASES.say("recogniser_down", "en") in await talk.reply(60)
        assert talk.of("conversation.item.input_audio_transcription.failed")
        shown = talk.of("hamdel.crisis")[-1]
        assert (shown["level"], bool(shown["lines"])) == (0, True)
        assert await talk.type("then I type", 60)


async def test_a_recogniser_with_a_full_queue_excuses_itself(gateway, spoken):
    small = gateway(recogniser={"queue": 1})
    await small.ready()
    pcm = spoken("I had a very hard day at work today, and then the whole evening was hard as well.")
    async with (
        small.talk(grants=("talk",), session=WRITTEN) as one,
        small.talk(grants=("talk",), session=WRITTEN) as two,
        small.talk(grants=("talk",), session=WRITTEN) as three,
        small.talk(grants=("talk",), session=WRITTEN) as four,
    ):
        talks = (one, two, three, four)
        await asyncio.gather(*(talk.hear(pcm) for talk in talks))
        replies = await asyncio.gather(*(talk.reply(60) for talk in talks))
    assert any(PHRASES.say("recogniser_busy", "en") in reply for reply in replies)
    assert any(PHRASES.say("recogniser_busy", "en") not in reply for reply in replies)


async def test_sigterm_lets_the_reply_finish_and_refuses_the_next_talk(gateway):
    leaving = gateway()
    await leaving.ready()
    async with leaving.talk() as talk:
        await talk.send("response.create")
        await talk.until("response.output_audio.delta")
        leaving.signal("gateway", signal.SIGTERM)
        await leaving.ready(gateway=False)
        assert await talk.reply(60)
        assert talk.last["status"] == "completed"
        assert (await talk.until("error"))["error"]["code"] == "server_restarting"
    assert talk.connection.close_code == 1012
    assert leaving.wait("gateway") == 0


async def test_a_second_signal_ends_the_gateway_at_once(gateway):
    leaving = gateway()
    await leaving.ready()
    async with leaving.talk() as talk:
        await talk.send("response.create")
        await talk.until("response.output_audio.delta")
        leaving.signal("gateway", signal.SIGTERM)
        await leaving.ready(gateway=False)
        leaving.signal("gateway", signal.SIGINT)
        assert await asyncio.to_thread(leaving.wait, "gateway", 15) == 0
