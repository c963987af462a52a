"""Bodies of requests, slow ones over a real port, and the shape of refusals."""

import asyncio
import json

import pytest
from gateway_parts import served
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from bot import responses
from bot.responses import RequestRefusedError, json_object, refusal


async def echo(request):
    try:
        return JSONResponse({"read": await json_object(request)})
    except RequestRefusedError as refused:
        return refusal(refused.status, refused.code, refused.message, lines=["115"])


APP = Starlette(routes=[Route("/", echo, methods=["POST"])])


def post(body):
    return TestClient(APP).post("/", content=body)


@pytest.mark.parametrize(
    ("body", "read"), [(b"", {}), (b'{"a": [1]}', {"a": [1]}), ('{"a": "سلام"}'.encode(), {"a": "سلام"})]
)
def test_an_object_is_read_and_an_empty_body_is_an_empty_one(body, read):
    assert post(body).json() == {"read": read}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe\xfd", 400, "invalid_json"),
        (b"[" * 60_000, 400, "invalid_json"),
        (b"[]", 400, "invalid_value"),
        (b"null", 400, "invalid_value"),
        (b'"text"', 400, "invalid_value"),
        (b" " * (64 * 1024 + 1), 413, "too_large"),
    ],
)
def test_anything_else_is_refused_in_the_shape_of_the_realtime_api(body, status, code):
    answer = post(body)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert set(answer.json()["error"]) == {"type", "code", "message"}
    assert answer.json()["lines"] == ["115"]


async def send_for_ever(writer):
    """Chunks of 16 KiB."""
    while True:
        writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0.005)


async def test_a_body_that_never_ends_is_answered_and_cut_off():
    async with served(APP, handshake_s=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        answer = asyncio.create_task(reader.read(2_000))
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(send_for_ever(writer), 5)
        writer.close()
    assert (await answer).startswith(b"HTTP/1.1 413")


async def test_a_body_that_does_not_come_is_answered_in_time(monkeypatch):
    monkeypatch.setattr(responses, "_BODY_WITHIN_S", 0.1)
    async with served(APP) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        async with asyncio.timeout(3):
            head, body = (await reader.read(2_000)).split(b"\r\n\r\n")
        writer.close()
    assert head.startswith(b"HTTP/1.1 408")
    assert json.loads(body)["error"]["code"] == "too_slow"


async def test_a_client_that_leaves_in_mid_body_is_no_error_of_ours(caplog):
    async with served(APP) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.sleep(0.1)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
