"""Who is let into a talk over a real port, and what whoever is turned away gets to know."""

import asyncio
import json
import logging

import pytest
from gateway_parts import running_gateway, until
from websockets.exceptions import ConnectionClosed, InvalidStatus

from crisis import lines


async def turned_away(gateway, token=None, **options):
    """The HTTP refusal before the upgrade: status and body."""
    with pytest.raises(InvalidStatus) as caught:
        async with gateway.connect(token, **options):
            pass
    response = caught.value.response
    return response.status_code, json.loads(response.body)


async def shown_out(gateway, token=None, **options):
    """The refusal after the upgrade: the one event, and the close frame."""
    async with gateway.connect(token, origin=gateway.origin, **options) as websocket:
        event = json.loads(await websocket.recv())
        with pytest.raises(ConnectionClosed) as caught:
            await websocket.recv()
    return event, caught.value.rcvd


async def created(websocket):
    assert json.loads(await websocket.recv())["type"] == "session.created"


async def test_a_program_beyond_the_places_is_refused_with_the_numbers(tmp_path):
    async with running_gateway(tmp_path, server={"max_talks": 1}, conversation={"country": "FR"}) as gateway:
        async with gateway.connect() as first:
            await created(first)
            status, body = await turned_away(gateway)
            assert (status, body["error"]["code"]) == (429, "session_limit_reached")
            assert {line["number"] for line in body["lines"]} == {line.number for line in lines("FR")}
        await until(lambda: gateway.talks.count == 0)
        async with gateway.connect() as next_one:
            await created(next_one)


async def test_a_page_beyond_the_places_is_told_after_the_upgrade(tmp_path):
    async with running_gateway(tmp_path, server={"max_talks": 1}) as gateway, gateway.connect() as first:
        await created(first)
        event, close = await shown_out(gateway)
        assert gateway.talks.count == 1
    assert (event["type"], event["error"]["code"]) == ("error", "session_limit_reached")
    assert event["error"]["type"] == "server_error"
    assert event["event_id"]
    assert {line["number"] for line in event["error"]["lines"]} == {line.number for line in lines(None)}
    assert all(set(line) == {"name", "number", "kind"} for line in event["error"]["lines"])
    assert (close.code, close.reason) == (1013, "session_limit_reached")


async def test_the_numbers_are_those_of_the_person_s_own_country(tmp_path):
    async with (
        running_gateway(tmp_path, server={"max_talks": 1}, conversation={"country": "FR"}) as gateway,
        gateway.connect() as first,
    ):
        await created(first)
        _, body = await turned_away(gateway, gateway.token(country="IR"))
        event, _ = await shown_out(gateway, gateway.token(country="IR"))
    expected = {line.number for line in lines("IR")}
    assert expected != {line.number for line in lines("FR")}
    assert {line["number"] for line in body["lines"]} == expected
    assert {line["number"] for line in event["error"]["lines"]} == expected


async def test_one_token_has_a_limited_number_of_talks_and_others_get_in(tmp_path):
    async with running_gateway(tmp_path, server={"max_talks_per_token": 1}) as gateway:
        token = gateway.token()
        async with gateway.connect(token) as first:
            await created(first)
            status, body = await turned_away(gateway, token)
            async with gateway.connect() as other:
                await created(other)
        assert (status, body["error"]["code"]) == (429, "session_limit_reached")
        await until(lambda: gateway.talks.count == 0)
        async with gateway.connect(token) as again:
            await created(again)


async def test_a_server_that_is_about_to_stop_lets_nobody_in(tmp_path):
    async with running_gateway(tmp_path) as gateway:
        await gateway.talks.drain(0)
        status, body = await turned_away(gateway)
        event, close = await shown_out(gateway)
    assert (status, body["error"]["code"]) == (503, "server_restarting")
    assert (event["error"]["code"], close.code, close.reason) == (
        "server_restarting",
        1012,
        "server_restarting",
    )
    assert body["lines"]


async def test_a_single_use_token_in_the_address_opens_one_talk_of_a_page(tmp_path):
    async with running_gateway(tmp_path) as gateway:
        query = f"?token={gateway.token(single_use=True)}"
        async with gateway.connect("", query=query, origin=gateway.origin) as websocket:
            await created(websocket)
        status, body = await turned_away(gateway, "", query=query, origin=gateway.origin)
    assert (status, body["error"]["code"]) == (401, "invalid_token")
    assert "used before" in body["error"]["message"]
    assert body["lines"]


async def test_of_two_that_race_with_a_single_use_token_one_gets_in(tmp_path):
    async with running_gateway(tmp_path) as gateway:
        token = gateway.token(single_use=True)
        tries = await asyncio.gather(*(gateway.connect(token) for _ in range(8)), return_exceptions=True)
        opened = [websocket for websocket in tries if not isinstance(websocket, Exception)]
        assert (len(opened), gateway.talks.count) == (1, 1)
        assert {error.response.status_code for error in tries if isinstance(error, Exception)} == {401}
        await opened[0].close()


@pytest.mark.parametrize(
    ("claims", "page"),
    [({"single_use": False}, True), ({"single_use": True}, False), ({"single_use": False}, False)],
)
async def test_any_other_token_in_the_address_is_refused(tmp_path, claims, page):
    async with running_gateway(tmp_path) as gateway:
        options = {"origin": gateway.origin} if page else {}
        status, _ = await turned_away(gateway, "", query=f"?token={gateway.token(**claims)}", **options)
        assert (status, gateway.talks.count) == (401, 0)


async def test_no_token_is_in_any_log_line(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    async with running_gateway(tmp_path, server={"max_talks": 1}) as gateway:
        tokens = [gateway.token(single_use=True) for _ in range(2)] + [
            gateway.token(),
            "ek_x.y.z",
            "%zz\u00e9",
        ]
        query = "?token=" + tokens[0]
        async with gateway.connect("", query=query, origin=gateway.origin) as websocket:
            await created(websocket)
            await turned_away(gateway, tokens[2])
            await shown_out(gateway, "", query="?token=" + tokens[1])
        for token in (tokens[0], *tokens[2:]):
            await turned_away(gateway, "", query=f"?token={token}", origin=gateway.origin)
        await turned_away(gateway, tokens[3])
    for token in tokens:
        assert token not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "http://127.0.0.1:1", ""])
async def test_a_foreign_page_is_refused_before_its_token_is_looked_at(tmp_path, origin):
    async with running_gateway(tmp_path) as gateway:
        token = gateway.token(single_use=True)
        status, body = await turned_away(gateway, token, origin=origin)
        assert (status, body["error"]["code"]) == (403, "origin_refused")
        async with gateway.connect(token) as websocket:
            await created(websocket)


async def test_a_page_of_an_embedding_site_gets_in_with_the_token_as_sub_protocol(tmp_path):
    server = {"allowed_origins": ("https://clinic.example",)}
    async with running_gateway(tmp_path, server=server) as gateway:
        offered = ["realtime", f"openai-insecure-api-key.{gateway.token()}"]
        async with gateway.connect("", origin="https://clinic.example", subprotocols=offered) as websocket:
            await created(websocket)
            assert websocket.subprotocol == "realtime"


async def test_a_program_gets_no_talk_with_a_sub_protocol_alone(tmp_path):
    async with running_gateway(tmp_path) as gateway:
        offered = ["realtime", f"openai-insecure-api-key.{gateway.token()}"]
        assert (await turned_away(gateway, "", subprotocols=offered))[0] == 401


async def test_a_page_that_is_gone_before_its_refusal_is_no_error(tmp_path, caplog):
    async with running_gateway(tmp_path, server={"max_talks": 1}) as gateway, gateway.connect() as first:
        await created(first)
        for _ in range(5):
            _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            writer.write(
                f"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nOrigin: {gateway.origin}\r\n"
                f"Authorization: Bearer {gateway.token()}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            writer.transport.abort()
        await asyncio.sleep(0.2)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_refusals_are_counted_by_reason(tmp_path):
    async with running_gateway(tmp_path) as gateway:
        await turned_away(gateway, "ek_x.y.z")
        await turned_away(gateway, gateway.token(), origin="https://evil.example")
        told = gateway.parts.metrics.text().decode()
    assert 'hamdel_talks_refused_total{code="invalid_token"} 1.0' in told
    assert 'hamdel_talks_refused_total{code="origin_refused"} 1.0' in told
