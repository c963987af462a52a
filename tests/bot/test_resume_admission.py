"""Who may go on with a talk whose connection broke, and with what; over real websockets."""

import json

import pytest
from gateway_parts import running_gateway, until
from keeping_log import KeepingLog
from returning_client import ReturningClient, number_of
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot import realtime
from bot.outgoing import Outgoing
from session_log.events import TalkStarted


@pytest.fixture
def log():
    return KeepingLog()


@pytest.fixture(autouse=True)
def fast_ticks(monkeypatch):
    monkeypatch.setattr(realtime, "_TICK_S", 0.05)


def client(gateway, **claims):
    """With one token for all its connections, as a program has it."""
    token = gateway.token(**claims)
    return ReturningClient(lambda: gateway.connect(token))


async def cut(one, gateway):
    one.cut()
    await until(lambda: any(talk.is_waiting() for talk in gateway.talks._under_way))


# Who may, and with what -----------------------------------------------------------------------------


async def test_a_foreign_unknown_or_late_token_begins_a_new_talk(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        mine, theirs = client(gateway, subject="a"), client(gateway, subject="b")
        await mine.open()
        await theirs.open()
        for token in (theirs.token, "x" * 43, "é\u0000", mine.token[:-1]):
            again = ReturningClient(mine._connect)
            again.events = list(mine.events)
            assert (await again.refused(token=token))["code"] == "resume_expired"
            await again.send("response.create")
            assert [(await again.next())["type"] for _ in range(1)] == ["response.created"]
            await again.send("hamdel.resume", token=mine.token, last_event_seq=3)
            assert (await again.until("error"))["error"]["code"] == "resume_expired"
            await again.socket.close()
        stolen = client(gateway, subject="b")
        stolen.events = list(mine.events)
        assert (await stolen.refused(token=mine.token))["code"] == "resume_expired"
        await mine.say("hello", "item_1")
        await mine.until("response.done")


@pytest.mark.parametrize(
    "claims", [{"clinic": "other"}, {"purpose": "service"}, {"subject": "b"}, {"subject": None}]
)
async def test_a_token_is_bound_to_whom_it_was_given(tmp_path, log, claims):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        mine = client(gateway, **{"subject": "a", "clinic": "one"})
        await mine.open()
        await cut(mine, gateway)
        other = client(gateway, **{"subject": "a", "clinic": "one", **claims})
        other.events = list(mine.events)
        assert (await other.refused(token=mine.token))["code"] == "resume_expired"
        await mine.resume()


@pytest.mark.parametrize("number", [-1, 3.5, 10**6, 10**30, "three", None, True, [], {}])
async def test_odd_numbers_of_events_are_refused_and_the_talk_goes_on(tmp_path, log, number):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        for _ in range(2):
            await one.say("hello", "item_1")
            await one.until("response.done")
            await one.send("conversation.item.delete", item_id="item_1")
            await one.until("conversation.item.deleted")
        await cut(one, gateway)
        again = ReturningClient(one._connect)
        again.events = list(one.events)
        if number is True:  # JSON's true is one
            await again.ask(token=one.token, last_event_seq=number)
            assert number_of(await again.next()) == 2
            return
        error = await again.refused(token=one.token, last_event_seq=number)
        assert error["code"] in ("resume_expired", "invalid_value")
        await again.send("response.create")
        await again.until("response.created")
        await one.resume()


async def test_what_is_kept_no_longer_can_not_be_resumed(tmp_path, log, monkeypatch):
    class Forgetful(Outgoing):
        def __init__(self):
            super().__init__(kept_s=0.2)

    monkeypatch.setattr(realtime, "Outgoing", Forgetful)
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        await one.say("hello", "item_1")
        await one.until("response.done")
        await one.read_for(0.5)
        await cut(one, gateway)
        assert (await one.refused(last_event_seq=2))["code"] == "resume_expired"
        assert [event["type"] for event in await one.resume()] == ["hamdel.resume_token"]


async def test_whoever_has_said_something_first_has_a_new_talk(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        await cut(one, gateway)
        socket = await one._connect()
        for event in (
            {"type": "input_audio_buffer.append", "audio": ""},
            {"type": "hamdel.resume", "token": one.token, "last_event_seq": 3},
        ):
            await socket.send(json.dumps(event))
        await socket.recv()
        assert json.loads(await socket.recv())["error"]["code"] == "resume_expired"
        await one.resume()


async def test_what_changes_no_talk_may_come_first(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        await one.open()
        await cut(one, gateway)
        socket = await one._connect()
        for event in (
            {"type": "hamdel.ping"},
            {"type": "session.update", "session": {"hamdel": {}}},
            {"type": "hamdel.resume", "token": one.token, "last_event_seq": number_of(one.events[-1])},
        ):
            await socket.send(json.dumps(event))
        one.socket = socket
        found = [(await one.next())["type"] for _ in range(5)]
        assert found[-1] == found[-2] == "hamdel.resume_token"
        assert number_of(one.events[-1]) == number_of(one.events[-6]) + 1
    assert len(log.of(TalkStarted)) == 1


# Places ---------------------------------------------------------------------------------------------


async def test_where_all_places_are_taken_a_talk_that_waits_can_be_resumed(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log, server={"max_talks": 1}) as gateway:
        one = client(gateway)
        await one.open()
        for _ in range(3):
            await cut(one, gateway)
            await one.resume()
            assert gateway.talks.count == 1
        with pytest.raises(InvalidStatus):
            await gateway.connect()
        await one.socket.close()
        await until(lambda: gateway.talks.count == 0)
    assert len(log.of(TalkStarted)) == 1


async def test_a_client_that_notices_the_break_first_says_that_it_is_returning(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log, server={"max_talks": 1}) as gateway:
        token = gateway.token()
        one = client(gateway)
        one._connect = lambda: gateway.connect(token)
        await one.open()
        one._connect = lambda: gateway.connect(token, query="?resume")
        await one.resume()
        assert gateway.talks.count == 1


@pytest.mark.parametrize(
    "first", [{"type": "response.create"}, {"type": "hamdel.resume", "token": "x", "last_event_seq": 1}]
)
async def test_whoever_is_let_in_without_a_place_can_only_resume(tmp_path, log, first):
    async with running_gateway(tmp_path, session_log=log, server={"max_talks": 1}) as gateway:
        one = client(gateway)
        await one.open()
        await cut(one, gateway)
        guest = await one._connect()
        with pytest.raises(InvalidStatus):  # one for each talk that waits
            await one._connect()
        await guest.recv()
        await guest.send(json.dumps(first))
        error = json.loads(await guest.recv())["error"]
        assert (error["code"], bool(error["lines"])) == ("session_limit_reached", True)
        with pytest.raises(ConnectionClosed) as closed:
            await guest.recv()
        assert closed.value.rcvd.code == 1013
        await until(lambda: not gateway.talks._placeless)
        await one.resume()
        assert gateway.talks.count == 1
    assert len(log.of(TalkStarted)) == 1


async def test_whoever_is_let_in_without_a_place_and_says_nothing_is_shown_out(tmp_path, log, monkeypatch):
    monkeypatch.setattr(realtime, "_UNDECIDED_S", 0.2)
    async with running_gateway(tmp_path, session_log=log, server={"max_talks": 1}) as gateway:
        one = client(gateway)
        await one.open()
        await cut(one, gateway)
        guest = await one._connect()
        await guest.recv()
        assert json.loads(await guest.recv())["error"]["code"] == "session_limit_reached"
        await one.resume()


async def test_a_single_use_token_resumes_once(tmp_path, log):
    async with running_gateway(tmp_path, session_log=log) as gateway:
        one = client(gateway)
        one._connect = lambda: gateway.connect(gateway.token(single_use=True))
        await one.open()
        await cut(one, gateway)
        token = gateway.token(single_use=True)
        one._connect = lambda: gateway.connect(token)
        await one.resume()
        await cut(one, gateway)
        with pytest.raises(InvalidStatus):
            await one.resume()
