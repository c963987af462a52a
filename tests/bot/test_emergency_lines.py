import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.emergency_lines import EmergencyLines
from bot.settings import ConversationSettings, Settings


@pytest.fixture
def client():
    settings = Settings(conversation=ConversationSettings(country="US"))
    return TestClient(Starlette(routes=[Route("/v1/lines", EmergencyLines(settings).lines)]))


def numbers(answer):
    return {line["number"] for line in answer.json()["lines"]}


def test_the_deployers_country_is_shown_where_none_is_asked_for(client):
    answer = client.get("/v1/lines")
    assert answer.json()["country"] == "US"
    assert "988" in numbers(answer)


def test_a_country_may_be_asked_for_in_persian(client):
    answer = client.get("/v1/lines?country=IR&language=fa")
    assert "123" in numbers(answer)
    assert any("اورژانس" in line["name"] for line in answer.json()["lines"])


def test_the_browsers_language_counts_where_none_is_asked_for(client):
    names = [
        [line["name"] for line in client.get("/v1/lines", headers={"accept-language": value}).json()["lines"]]
        for value in ("fa-IR,fa;q=0.9", "en-GB")
    ]
    assert names[0] != names[1]


@pytest.mark.parametrize("country", ["", "XX", "x" * 5_000, "../..", "\u202e"])
def test_an_unknown_country_has_the_numbers_of_anywhere(client, country):
    answer = client.get("/v1/lines", params={"country": country})
    assert answer.status_code == 200
    assert answer.json()["lines"]
