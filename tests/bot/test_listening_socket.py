"""The port and its deadlines, with real connections to a real server."""

import asyncio
import socket
import time

import pytest
from gateway_parts import served
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import connect

from bot import listening_socket as module
from bot.listening_socket import listening_socket
from bot.settings import SettingsError

HANDSHAKE_S = 0.25
UPGRADE = (
    b"GET /talk HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
REQUEST = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"


async def talk(websocket):
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        return


async def quick(request):
    return PlainTextResponse("quick")


async def slow(request):
    await asyncio.sleep(3 * HANDSHAKE_S)
    return PlainTextResponse("slow")


async def body(request):
    try:
        return PlainTextResponse(f"{len(await request.body())} bytes")
    except ClientDisconnect:
        return PlainTextResponse("gone")


APP = Starlette(
    routes=[
        WebSocketRoute("/talk", talk),
        Route("/quick", quick),
        Route("/slow", slow),
        Route("/body", body, methods=["POST"]),
    ]
)


class Connection:
    def __init__(self, port):
        self.port = port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.opened = time.monotonic()
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self):
        """One answer with its body."""
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return await self.reader.readexactly(length)

    async def lost_after(self):
        """Seconds until the other end is gone; whatever it still sends is thrown away."""
        began = time.monotonic()
        async with asyncio.timeout(5):
            try:
                while await self.reader.read(4_096):
                    pass
            except ConnectionError:
                pass
        return time.monotonic() - began


@pytest.mark.parametrize(
    "beginning", [b"", b"GET /quick HT", b"GET /quick HTTP/1.1\r\nHost: x\r\n", UPGRADE[:-2]]
)
async def test_a_head_that_never_ends_ends_the_connection(beginning):
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        await connection.send(beginning)
        assert HANDSHAKE_S * 0.8 < await connection.lost_after() < HANDSHAKE_S + 1


async def test_a_head_that_trickles_in_gets_no_more_time():
    async def trickle():
        for byte in b"GET /quick HTTP/1.1\r\nX-Long: " + b"a" * 1_000:
            await connection.send(bytes([byte]))
            await asyncio.sleep(HANDSHAKE_S / 10)

    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        trickling = asyncio.create_task(trickle())
        assert await connection.lost_after() < HANDSHAKE_S + 1
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)


async def test_the_second_head_on_a_connection_has_a_deadline_too():
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        await connection.send(REQUEST)
        assert await connection.answer() == b"quick"
        await connection.send(REQUEST[:-2])
        assert HANDSHAKE_S * 0.8 < await connection.lost_after() < HANDSHAKE_S + 1


async def test_a_half_head_right_behind_a_request_has_one_too():
    async with (
        served(APP, handshake_s=HANDSHAKE_S, timeout_keep_alive=0.4) as port,
        Connection(port) as connection,
    ):
        await connection.send(REQUEST + REQUEST[:-2])
        assert await connection.answer() == b"quick"
        assert await connection.lost_after() < 2


async def test_whoever_is_quick_enough_each_time_is_served_for_as_long_as_they_like():
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        for _ in range(4):
            await asyncio.sleep(HANDSHAKE_S / 2)
            await connection.send(REQUEST[:10])
            await connection.send(REQUEST[10:])
            assert await connection.answer() == b"quick"


async def test_an_upgrade_in_two_halves_becomes_a_talk_that_lives_on():
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        await connection.send(UPGRADE[:40])
        await asyncio.sleep(HANDSHAKE_S / 2)
        await connection.send(UPGRADE[40:])
        head = await connection.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        await asyncio.sleep(HANDSHAKE_S * 2)
        await connection.send(b"\x81\x82\0\0\0\0hi")
        assert await connection.reader.readexactly(4) == b"\x81\x02hi"


async def test_an_upgrade_after_another_request_lives_on_too():
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        await connection.send(REQUEST)
        await connection.answer()
        await connection.send(UPGRADE)
        await connection.reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(HANDSHAKE_S * 2)
        await connection.send(b"\x81\x82\0\0\0\0hi")
        assert await connection.reader.readexactly(4) == b"\x81\x02hi"


async def test_an_answer_may_take_longer_than_the_deadline_of_the_head():
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        await connection.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await connection.answer() == b"slow"


async def test_a_body_is_not_held_to_the_deadline_of_the_head():
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        await connection.send(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n")
        for byte in b"abcd":
            await asyncio.sleep(HANDSHAKE_S / 2)
            await connection.send(bytes([byte]))
        assert await connection.answer() == b"4 bytes"


async def test_a_client_that_sends_no_http_is_answered_and_let_go():
    async with served(APP, handshake_s=HANDSHAKE_S) as port, Connection(port) as connection:
        await connection.send(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert b"400" in await connection.reader.readline()
        assert await connection.lost_after() < HANDSHAKE_S + 1


async def test_a_hundred_silent_connections_keep_nobody_out():
    async with served(APP, handshake_s=HANDSHAKE_S) as port:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        async with connect(f"ws://127.0.0.1:{port}/talk") as websocket:
            await websocket.send("hello")
            assert await websocket.recv() == "hello"
            async with asyncio.timeout(5):
                for reader, _ in silent:
                    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                        await reader.readexactly(1)
        for _, writer in silent:
            writer.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system does not know the option")
def test_connections_are_given_up_when_nobody_reads_for_half_a_minute():
    with (
        listening_socket("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 0


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system does not know the option")
async def test_a_client_that_reads_nothing_of_what_was_sent_is_given_up(monkeypatch):
    class Talkative(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(b"x" * 20_000_000)

        def connection_lost(self, error):
            lost.set_result(error)

    monkeypatch.setattr(module, "_UNREAD_MS", 300)
    loop = asyncio.get_running_loop()
    lost = loop.create_future()
    listener = listening_socket("127.0.0.1", 0)
    async with await loop.create_server(Talkative, sock=listener) as server:
        with socket.create_connection(server.sockets[0].getsockname()):
            assert isinstance(await asyncio.wait_for(lost, 5), TimeoutError)


def test_a_port_in_use_is_named_with_what_to_do():
    with listening_socket("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"127\.0\.0\.1 port {port} .*hamdel\.server"):
            listening_socket("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "203.0.113.7"])
def test_an_address_that_is_not_ours_is_named(host):
    with pytest.raises(SettingsError, match=host):
        listening_socket(host, 0)


def test_a_port_that_was_just_left_can_be_taken_again():
    with listening_socket("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        with socket.create_connection(address):
            accepted, _ = listener.accept()
            accepted.close()
    listening_socket(*address).close()
