"""What a token may say, by who asks for it."""

import time

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.settings import ConversationSettings, ServerSettings, Settings
from bot.token_routes import TokenRoutes
from bot.tokens import TokenIssuer

HOST = "127.0.0.1:8300"
OUR_PAGE = {"host": HOST, "origin": f"http://{HOST}"}
SITE = {"authorization": "Bearer server-key"}


@pytest.fixture
def issuer():
    return TokenIssuer(b"s" * 32, "server-key")


@pytest.fixture
def client(issuer):
    settings = Settings(
        server=ServerSettings(development=True, token_lifetime_s=900),
        conversation=ConversationSettings(country="IR"),
    )
    routes = TokenRoutes(settings, issuer)
    app = Starlette(
        routes=[
            Route("/tokens", routes.tokens, methods=["POST"]),
            Route("/secrets", routes.client_secrets, methods=["POST"]),
        ]
    )
    return TestClient(app, base_url=f"http://{HOST}", client=("127.0.0.1", 1234))


def claims(client, issuer, body, headers=SITE):
    answer = client.post("/tokens", json=body, headers=headers)
    assert answer.status_code == 200
    return issuer.check(answer.json()["value"])


def test_a_single_use_token_lives_a_minute_and_others_as_long_as_the_settings_say(client, issuer):
    for body, lifetime_s in (({"single_use": True}, 60), ({}, 900), ({"single_use": False}, 900)):
        answer = client.post("/tokens", json=body, headers=SITE).json()
        read = issuer.check(answer["value"])
        assert read.single_use is (lifetime_s == 60)
        assert read.expires_at == answer["expires_at"]
        assert answer["expires_at"] - time.time() == pytest.approx(lifetime_s, abs=3)


def test_two_tokens_are_never_the_same(client, issuer):
    assert claims(client, issuer, {}).token_id != claims(client, issuer, {}).token_id


def test_our_own_page_speaks_for_nobody_else(client, issuer):
    body = {"subject": "p-17", "clinic": "c", "grants": ["talk"], "single_use": True, "language": "fa"}
    read = claims(client, issuer, body, OUR_PAGE)
    assert (read.subject, read.clinic, read.grants) == ("development", None, frozenset())
    assert (read.single_use, read.language) == (True, "fa")


def test_a_site_with_its_key_passes_on_who_it_is(client, issuer):
    read = claims(client, issuer, {"subject": "p-17", "clinic": "c", "grants": ["talk", "emotion"]})
    assert (read.subject, read.clinic, read.grants) == ("p-17", "c", {"talk", "emotion"})


@pytest.mark.parametrize("headers", [SITE, OUR_PAGE], ids=["site", "page"])
def test_contraindications_are_passed_on_for_anyone_since_they_only_keep_back(client, issuer, headers):
    body = {"contraindications": ["driving", "hearing_loss", "driving"]}
    assert claims(client, issuer, body, headers).contraindications == {"driving", "hearing_loss"}
    assert claims(client, issuer, {"contraindications": None}, headers).contraindications == frozenset()


def test_the_country_is_that_of_the_request_so_that_the_client_may_name_another_one_than_the_settings(
    client, issuer
):
    assert claims(client, issuer, {}).country is None
    assert claims(client, issuer, {"country": "FR"}).country == "FR"


def test_a_language_that_is_to_be_heard_is_none(client, issuer):
    assert claims(client, issuer, {"language": "auto"}).language is None


@pytest.mark.parametrize(
    "body",
    [
        {"subject": ""},
        {"subject": "x" * 129},
        {"subject": 17},
        {"clinic": ["c"]},
        {"purpose": "spying"},
        {"purpose": 3},
        {"language": "de"},
        {"country": "Iran"},
        {"country": "ای"},
        {"grants": "talk"},
        {"grants": ["everything"]},
        {"grants": [3]},
        {"contraindications": "driving"},
        {"contraindications": {"driving": True}},
        {"contraindications": [3]},
        {"contraindications": [["driving"]]},
        {"contraindications": ["Asthma!"]},
        {"contraindications": ["x" * 41]},
        {"contraindications": ["x" * length for length in range(1, 22)]},
        {"single_use": "true"},
        {"single_use": 1},
    ],
)
def test_wrong_wishes_are_refused(client, body):
    answer = client.post("/tokens", json=body, headers=SITE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_value")


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer server-kez"}, {"authorization": "server-key"}]
)
def test_others_get_none_and_the_key_is_not_repeated(client, headers):
    answer = client.post("/tokens", json={}, headers={**headers, "host": HOST})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_server_key")
    assert "server-ke" not in answer.text


@pytest.mark.parametrize("headers", [{"host": "["}, {"host": HOST, "origin": "http://["}])
def test_a_malformed_host_or_origin_is_one_of_those_others(client, headers):
    assert client.post("/tokens", json={}, headers=headers).status_code == 401


def test_client_secrets_take_our_fields_from_their_own_object(client, issuer):
    body = {"session": {"type": "realtime", "model": "x"}, "hamdel": {"subject": "p-17", "single_use": True}}
    answer = client.post("/secrets", json=body, headers=SITE).json()
    read = issuer.check(answer["value"])
    assert (read.subject, read.single_use, read.expires_at) == ("p-17", True, answer["expires_at"])
    assert answer["session"]["type"] == "realtime"
    assert answer["session"]["expires_at"] == answer["expires_at"]


@pytest.mark.parametrize("headers", [SITE, OUR_PAGE], ids=["site", "page"])
def test_a_field_that_nobody_knows_is_refused_and_named_with_those_that_there_are(client, headers):
    answer = client.post("/tokens", json={"user": "p-17", "tenant": "north"}, headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "unknown_parameter")
    assert error["message"].startswith("There is no user, tenant; there are subject, clinic, purpose,")


def test_client_secrets_name_an_unknown_field_of_their_own_object(client):
    body = {"session": {"type": "realtime"}, "expires_after": {"seconds": 60}, "hamdel": {"user": "p-17"}}
    error = client.post("/secrets", json=body, headers=SITE).json()["error"]
    assert error["message"].startswith("There is no hamdel.user; there are hamdel.subject,")
    body["hamdel"] = {"subject": "p-17"}
    assert client.post("/secrets", json=body, headers=SITE).status_code == 200


def test_client_secrets_refuse_our_fields_outside_of_their_object(client):
    answer = client.post("/secrets", json={"subject": "p-17"}, headers=SITE)
    assert answer.status_code == 400
    assert "subject: belongs into the object hamdel" in answer.json()["error"]["message"]


def test_many_long_unknown_fields_do_not_come_back_whole(client):
    answer = client.post("/tokens", json={f"{n}{'x' * 500}": 1 for n in range(50)}, headers=SITE)
    assert answer.status_code == 400
    assert "and 45 more" in answer.text
    assert len(answer.text) < 600


def test_who_may_have_no_token_learns_nothing_of_fields(client):
    assert client.post("/tokens", json={"user": 1}, headers={"host": HOST}).status_code == 401


@pytest.mark.parametrize("own", [3, "x", ["a"]])
def test_client_secrets_with_something_else_there_are_refused(client, own):
    answer = client.post("/secrets", json={"hamdel": own}, headers=SITE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_value")


def test_client_secrets_need_the_key_too(client):
    assert client.post("/secrets", json={}, headers={"host": HOST}).status_code == 401
