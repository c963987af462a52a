"""Routes that need no model: tokens, refusals, headers."""

from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from bot.metrics import Metrics
from bot.server import create_app
from bot.settings import ServerSettings, Settings
from bot.talks import Talks
from bot.tokens import Claims, TokenIssuer

HOST = "127.0.0.1:8300"
OWN = {"host": HOST, "origin": f"http://{HOST}"}


@pytest.fixture
def issuer():
    return TokenIssuer(b"s" * 32, "server-key")


def client(issuer, *, address="127.0.0.1", **server):
    settings = Settings(server=ServerSettings(**{"development": True, **server}))
    talks = Talks(most=settings.server.max_talks, most_per_token=settings.server.max_talks_per_token)
    # A refused request must not reach the models: any use of None would fail.
    on_call = SimpleNamespace(routes=[])
    parts = SimpleNamespace(metrics=Metrics(), session_log=None, dialogue=None, speech=None, on_call=on_call)
    app = create_app(settings, issuer, talks, parts)
    app.talks = talks
    return TestClient(app, base_url=f"http://{HOST}", client=(address, 1234))


def test_our_own_page_on_this_machine_gets_a_token_without_consents(issuer):
    answer = client(issuer).post("/v1/tokens", json={"language": "fa", "grants": ["emotion"]}, headers=OWN)
    claims = issuer.check(answer.json()["value"])
    assert (claims.language, claims.grants, claims.subject) == ("fa", frozenset(), "development")


@pytest.mark.parametrize(
    ("headers", "address", "development"),
    [
        ({"host": HOST}, "127.0.0.1", True),
        ({"host": HOST, "origin": "https://evil.example"}, "127.0.0.1", True),
        ({"host": "evil.example", "origin": "http://evil.example"}, "127.0.0.1", True),
        (OWN, "192.0.2.7", True),
        (OWN, "127.0.0.1", False),
        ({**OWN, "authorization": "Bearer wrong"}, "127.0.0.1", False),
    ],
)
def test_others_get_none(issuer, headers, address, development):
    answer = client(issuer, address=address, development=development).post(
        "/v1/tokens", json={}, headers=headers
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_server_key"


def test_an_embedding_site_passes_subject_and_consents_on(issuer):
    body = {"subject": "p-17", "grants": ["talk", "emotion"], "country": "IR", "purpose": "service"}
    answer = client(issuer, address="192.0.2.7", development=False).post(
        "/v1/tokens", json=body, headers={"authorization": "Bearer server-key"}
    )
    claims = issuer.check(answer.json()["value"])
    assert claims.subject == "p-17"
    assert claims.grants == {"talk", "emotion"}
    assert (claims.country, claims.purpose) == ("IR", "service")


def test_client_secrets_have_the_shape_of_the_realtime_api(issuer):
    answer = (
        client(issuer)
        .post("/v1/realtime/client_secrets", json={"session": {"type": "realtime"}}, headers=OWN)
        .json()
    )
    assert set(answer) == {"value", "expires_at", "session"}
    assert answer["session"]["type"] == "realtime"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"[]", 400, "invalid_value"),
        (b'{"purpose": "spying"}', 400, "invalid_value"),
        (b'{"language": ["fa"]}', 400, "invalid_value"),
        (b'{"grants": "all"}', 400, "invalid_value"),
        (b'{"country": "Iran"}', 400, "invalid_value"),
        (b" " * 100_000, 413, "too_large"),
    ],
)
def test_bad_bodies_are_refused(issuer, body, status, code):
    answer = client(issuer).post("/v1/tokens", content=body, headers=OWN)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def refused(client, headers=None, protocols=None):
    with (
        pytest.raises(WebSocketDisconnect) as caught,
        client.websocket_connect("/v1/realtime", headers=headers or {}, subprotocols=protocols),
    ):
        pass
    return caught.value


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"origin": "https://evil.example", "authorization": "Bearer x"}, 403),
        ({"authorization": "Bearer x"}, 401),
        ({"origin": f"http://{HOST}"}, 401),
    ],
)
def test_a_talk_is_refused_before_the_upgrade(issuer, headers, status):
    refusal = refused(client(issuer), {"host": HOST, **headers})
    assert refusal.status_code == status
    assert "112" in {line["number"] for line in refusal.json()["lines"]}


def test_a_talk_beyond_the_limit_is_refused(issuer):
    # A limit of one that is taken; the settings allow no limit of none.
    app = client(issuer, max_talks=1)
    value, _ = issuer.issue(Claims(), lifetime_s=60)
    with app.app.talks.place(Claims(token_id="another")):
        error = refused(app, {"host": HOST, "authorization": f"Bearer {value}"})
    assert error.status_code == 429
    assert error.json()["error"]["code"] == "session_limit_reached"


def test_the_page_may_load_nothing_foreign(issuer):
    answer = client(issuer).get("/healthz")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
