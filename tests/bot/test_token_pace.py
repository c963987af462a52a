import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.settings import ServerSettings, Settings
from bot.token_pace import TokenPace, asker
from bot.token_routes import TokenRoutes
from bot.tokens import TokenIssuer


def test_a_burst_passes_and_then_one_at_a_time():
    pace = TokenPace(60)
    assert [pace.wait_s("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert pace.wait_s("a", 0.0) == pytest.approx(1.0)
    assert pace.wait_s("a", 0.5) == pytest.approx(0.5)
    assert pace.wait_s("a", 1.0) == 0.0
    assert pace.wait_s("a", 1.0) > 0


def test_askers_do_not_take_from_each_other():
    pace = TokenPace(1)
    assert pace.wait_s("a", 0.0) == 0.0
    assert pace.wait_s("b", 0.0) == 0.0
    assert pace.wait_s("a", 0.0) > 0


def test_a_clock_that_goes_backwards_gives_nothing_away():
    pace = TokenPace(1)
    pace.wait_s("a", 100.0)
    assert pace.wait_s("a", 0.0) > 0


def test_many_addresses_fill_no_memory():
    pace = TokenPace(1)
    for number in range(30_000):
        pace.wait_s(f"address {number}", 0.0)
    assert len(pace._buckets) <= 10_000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        (None, "no address", True),
    ],
)
def test_an_ipv6_network_counts_as_one_asker(one, other, same):
    assert (asker(one) == asker(other)) is same


@pytest.fixture
def client():
    settings = Settings(server=ServerSettings(tokens_per_minute=2))
    routes = TokenRoutes(settings, TokenIssuer(b"s" * 32, "server-key"))
    return TestClient(
        Starlette(
            routes=[
                Route("/tokens", routes.tokens, methods=["POST"]),
                Route("/secrets", routes.client_secrets, methods=["POST"]),
            ]
        )
    )


def test_whoever_asks_too_fast_is_told_when_to_ask_again(client):
    site = {"authorization": "Bearer server-key"}
    assert client.post("/tokens", headers=site).status_code == 200
    assert client.post("/secrets", headers=site).status_code == 200
    refused = client.post("/tokens", headers=site)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert 1 <= int(refused.headers["retry-after"]) <= 30


def test_guessing_the_key_is_slow_and_takes_nothing_from_its_holder(client):
    guesses = [
        client.post("/tokens", headers={"authorization": f"Bearer {guess}"}).status_code for guess in range(4)
    ]
    assert guesses == [401, 401, 429, 429]
    assert client.post("/tokens", headers={"authorization": "Bearer server-key"}).status_code == 200
