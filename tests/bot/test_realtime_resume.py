"""A talk outlives its websocket, over real ones that are cut: nothing is lost, nothing comes twice."""

import asyncio
import gc
import json
import logging
import random
import weakref
from contextlib import suppress

import numpy as np
import pytest
from gateway_parts import ScriptedDialogue, ScriptedSpeech, ToneVoice, running_gateway, until
from keeping_log import KeepingLog
from returning_client import ReturningClient, number_of
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot import commands as c
from bot import realtime
from bot.outgoing import Outgoing
from session_log.events import ConsentSet, TalkEnded, TalkStarted, TurnHeard


class HeldDialogue(ScriptedDialogue):
    """Answers when it is let."""

    def __init__(self):
        super().__init__()
        self.let = asyncio.Event()

    async def ask(self, sender, turn_id, text, metadata):
        self.asked.append(text)
        await self.let.wait()
        yield c.DialogueMessage(turn_id, f"You said {text}.", None)
        yield c.DialogueDone(turn_id, "share", "en")


@pytest.fixture
def log():
    return KeepingLog()


@pytest.fixture(autouse=True)
def fast_ticks(monkeypatch):
    monkeypatch.setattr(realtime, "_TICK_S", 0.05)


@pytest.fixture
def sent(monkeypatch):
    """All texts that talks have put in, by talk, newest talk last."""
    talks = []

    class Watched(Outgoing):
        def __init__(self):
            super().__init__()
            self.texts = []
            talks.append(self.texts)

        def put(self, text, now_s=0.0):
            super().put(text, now_s)
            self.texts.append(text)

    monkeypatch.setattr(realtime, "Outgoing", Watched)
    return talks


def client(gateway, **claims):
    """With one token for all its connections, as a program has it."""
    token = gateway.token(**claims)
    return ReturningClient(lambda: gateway.connect(token))


def waits(gateway):
    return any(talk.is_waiting() for talk in gateway.talks._under_way)


async def cut(one, gateway):
    one.cut()
    await until(lambda: waits(gateway))


def numbers(events):
    return [number_of(event) for event in events]


async def quietly(socket):
    """What still comes over a connection, to its end."""
    with suppress(ConnectionClosed):
        while True:
            yield await socket.recv()


# Nothing lost, nothing twice ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
async def test_wherever_it_is_cut_the_client_sees_each_event_once_and_in_order(tmp_path, log, sent, seed):
    chance = random.Random(seed)
    voice = ToneVoice(seconds=0.6)
    async with running_gateway(tmp_path, session_log=log, voices=(voice,)) as gateway:
        one = client(gateway)
        await one.open()
        for number in range(3):
            await one.say(f"turn {number}", f"item_{number}")
            for _ in range(chance.randrange(1, 4)):
                await one.read_for(chance.uniform(0, 0.4))
                one.cut()
                if chance.random() < 0.5:
                    await asyncio.sleep(chance.uniform(0, 0.3))
                await one.resume()
            arrived = {event["item"]["id"] for event in one.of("conversation.item.added")}
            if f"item_{number}" not in arrived:
                await one.say(f"turn {number}", f"item_{number}")
            elif len(one.of("response.created")) <= number:
                await one.send("response.create")
            while len(one.of("response.done")) <= number:
                await one.next()
        assert numbers(one.events) == list(range(1, len(one.events) + 1))
        assert [json.loads(text) for text in sent[0]][: len(one.events)] == one.events
        assert gateway.parts.dialogue.asked == [f"turn {number}" for number in range(3)]
        assert [turn.text for turn in log.of(TurnHeard)] == [f"turn {number}" for number in range(3)]
        await until(lambda: gateway.talks.count == 1)


async def test_the_answer_is_made_and_spoken_while_nobody_listens(tmp_path, log):
    dialogue = HeldDialogue()
    async with running_gateway(tmp_path, session_log=log, dialogue=dialogue) as gateway:
        one = client(gateway)
        await one.open()
        await one.say("hello", "item_1")
        await one.until("response.created")
        await cut(one, gateway)
        dialogue.let.set()
        talk = next(iter(gateway.talks._under_way))
        await until(lambda: not talk._conversation._delivery.under_way)
        missed = [event["type"] for event in await one.resume()]
        assert missed.count("response.done") == 1
        assert "response.output_audio.delta" in missed
        assert missed[-1] == "hamdel.resume_token"
        assert one.of("response.done")[0]["response"]["status"] == "completed"
        assert "hamdel_talks_resumed_total 1.0" in gateway.parts.metrics.text().decode()


async def test_what_was_being_said_when_the_connection_broke_is_heard_and_answered(tmp_path, log):
    voice = (np.sin(np.arange(24_000 * 2) * 0.05) * 12_000).astype("<i2").tobytes()

    class Voiced:
        """Stands for the voice detector: finds voice in whatever is loud."""

        def __init__(self, model):
            pass

        def probabilities(self, frames):
            return [float(np.abs(frame).max() > 0.1) for frame in frames.reshape(-1, 512)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.listener.VoiceActivity", Voiced)
        async with running_gateway(
            tmp_path, session_log=log, speech=ScriptedSpeech("I lost my job.")
        ) as gateway:
            one = client(gateway)
            await one.open()
            await one.hear(voice)
            await one.until("input_audio_buffer.speech_started")
            one.cut()
            await until(lambda: gateway.parts.dialogue.asked, 8)
            missed = [event["type"] for event in await one.resume()]
            assert "input_audio_buffer.committed" in missed
            assert gateway.parts.dialogue.asked == ["I lost my job."]
            if "response.done" not in missed:
                await one.until("response.done")
    assert [turn.text for turn in log.of(TurnHeard)] == ["I lost my job."]


async def test_session_consents_and_history_are_those_of_the_old_talk(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open(output_modalities=["text"])
        await one.send("hamdel.consent.set", scope="emotion", granted=True, version="1")
        await one.say("I feel low", "item_1")
        await one.until("response.done")
        await cut(one, gateway)
        await one.resume()
        await one.send("conversation.item.retrieve", item_id="item_1")
        item = (await one.until("conversation.item.retrieved"))["item"]
        assert item["content"][0]["text"] == "I feel low"
        await one.say("and now", "item_2")
        assert (await one.until("response.output_text.done"))["text"]
        await one.send("session.update", session={"type": "realtime"})
        session = (await one.until("session.updated"))["session"]
        assert session["output_modalities"] == ["text"]
    assert len(log.of(TalkStarted)) == 1
    assert [(event.scope, event.granted) for event in log.of(ConsentSet)] == [("emotion", True)]
    assert {event.talk_id for event in log.events} == {log.of(TalkStarted)[0].talk_id}


# Which end of a connection ends the talk ------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_client_that_says_goodbye_has_ended_its_talk(tmp_path, log, code):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        await one.say("hello", "item_1")
        await one.socket.close(code)
        await until(lambda: gateway.talks.count == 0)
        assert (await one.refused())["code"] == "resume_expired"
    assert log.of(TalkEnded)[0].reason == "client_left"


async def test_a_connection_that_its_page_gives_up_leaves_the_talk_waiting(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        await one.socket.close(4000)
        await until(lambda: waits(gateway))
        assert [event["type"] for event in await one.resume()] == ["hamdel.resume_token"]


async def test_a_client_without_our_events_has_no_talk_to_come_back_to(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        websocket = await gateway.connect()
        await websocket.send('{"type": "response.create"}')
        await websocket.recv()
        websocket.transport.abort()
        await until(lambda: gateway.talks.count == 0)
    assert log.of(TalkEnded)[0].reason == "client_left"


async def test_a_talk_to_which_nobody_comes_back_ends_and_gives_everything_back(tmp_path, log):
    before = len(asyncio.all_tasks())
    async with running_gateway(tmp_path, session_log=log, conversation={"resume_s": 0.3}) as gateway:
        running = len(asyncio.all_tasks())
        one = client(gateway)
        await one.open()
        talk = weakref.ref(next(iter(gateway.talks._under_way)))
        await cut(one, gateway)
        assert gateway.talks.count == 1
        await until(lambda: gateway.talks.count == 0)
        assert len(gateway.parts.dialogue.forgotten) == 1
        await until(lambda: len(asyncio.all_tasks()) <= running)
        gc.collect()
        assert talk() is None
        assert (await one.refused())["code"] == "resume_expired"
    assert log.of(TalkEnded)[0].reason == "client_left"
    assert len(asyncio.all_tasks()) <= before


async def test_a_server_that_stops_does_not_wait_for_those_who_are_gone(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        await one.say("hello", "item_1")
        await cut(one, gateway)
        async with asyncio.timeout(2):
            await gateway.talks.drain(20)
        assert gateway.talks.count == 0
        with pytest.raises(InvalidStatus) as refused:
            await one.resume()
        assert refused.value.response.status_code == 503
    assert log.of(TalkEnded)[0].reason == "server_restarting"


# Taking over ----------------------------------------------------------------------------------------


async def test_a_talk_that_is_taken_over_goes_on_in_one_place_and_the_other_is_told(tmp_path, log, sent):
    async with running_gateway(tmp_path, session_log=log, voices=(ToneVoice(seconds=1),)) as gateway:
        older = client(gateway)
        await older.open()
        await older.say("hello", "item_1")
        await older.until("response.output_audio.delta")
        newer = ReturningClient(older._connect)
        newer.token, newer.events = older.token, list(older.events)
        await newer.resume()
        close = await older.ending()
        assert (close.code, close.reason) == (1008, "session_taken_over")
        assert older.events[-1]["error"]["code"] == "session_taken_over"
        await newer.until("response.done")
        assert numbers(newer.events) == list(range(1, len(newer.events) + 1))
        await until(lambda: gateway.talks.count == 1)
        await newer.say("still there?", "item_2")
        await newer.until("response.done")
        await newer.socket.close()
        await until(lambda: gateway.talks.count == 0)
    assert len(log.of(TalkStarted)) == len(log.of(TalkEnded)) == 1


async def test_a_talk_goes_from_hand_to_hand(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        left = []
        for number in range(5):
            left.append(one.socket)
            await one.resume()
            await one.say(f"turn {number}", f"item_{number}")
            await one.until("response.done")
        assert numbers(one.events) == list(range(1, len(one.events) + 1))
        for socket in left:
            async for _ in quietly(socket):
                pass
        await until(lambda: gateway.talks.count == 1)
        one.cut()
        await one.resume()


# What must not happen -------------------------------------------------------------------------------


async def test_no_resume_token_is_in_any_log_line(tmp_path, log, caplog):
    caplog.set_level(logging.DEBUG, "bot")
    caplog.set_level(logging.INFO)
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        first = one.token
        await cut(one, gateway)
        await one.refused(token="x" * 43)
        await one.socket.close()
        await one.resume()
    assert first not in caplog.text
    assert one.token not in caplog.text
    assert one.token not in "".join(map(repr, log.events))
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_connection_that_comes_to_look_and_leaves_is_a_talk_like_any_other(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        async with gateway.connect() as websocket:
            await websocket.recv()
        await until(lambda: gateway.talks.count == 0)
    assert (len(log.of(TalkStarted)), len(log.of(TalkEnded))) == (1, 1)


async def test_a_defect_in_a_resumed_talk_ends_it_and_its_connection(tmp_path, log):
    class Frail(ScriptedDialogue):
        async def ask(self, sender, turn_id, text, metadata):
            raise KeyError("x")
            yield

    async with running_gateway(tmp_path, session_log=log, dialogue=Frail()) as gateway:
        one = client(gateway)
        await one.open()
        await cut(one, gateway)
        await one.resume()
        await one.say("break", "item_1")
        await one.ending()
        await until(lambda: gateway.talks.count == 0)
    assert log.of(TalkEnded)[0].reason == "failed"
