from datetime import UTC, datetime, timedelta

import jwt
import pytest

from bot.alert_links import AlertLink, AlertLinks, LinkError, LinkExpiredError
from bot.tokens import Claims, TokenError, TokenIssuer
from on_call.alert import Alert
from on_call.rota import Contact

SECRET = b"s" * 32
CONTACT = Contact("دکتر نوروزی\u200cنژاد", email="a@b.example")


def alert(**changes):
    fields = {
        "alert_id": "alert_1", "talk_id": "talk-1", "clinic": None, "subject": None, "level": 3,
        "kind": "suicide", "country": None, "language": None, "raised_at": datetime.now(UTC),
    }  # fmt: skip
    return Alert(**{**fields, **changes})


@pytest.fixture
def links():
    return AlertLinks(SECRET, "https://hamdel.example/base/")


def token(link):
    return link.rpartition("/")[2]


def test_a_link_names_alert_and_contact(links):
    link = links.issue(alert(), CONTACT)
    assert link.startswith("https://hamdel.example/base/v1/alerts/")
    assert links.read(token(link)) == AlertLink("alert_1", CONTACT.name)


def test_the_link_is_the_same_for_each_attempt_and_after_a_restart(links):
    raised = alert()
    assert links.issue(raised, CONTACT) == AlertLinks(SECRET, "https://hamdel.example/base").issue(
        raised, CONTACT
    )


def test_a_link_ends_a_day_after_its_alert(links):
    now = datetime.now(UTC)
    links.read(token(links.issue(alert(raised_at=now - timedelta(hours=23, minutes=59)), CONTACT)))
    with pytest.raises(LinkExpiredError):
        links.read(token(links.issue(alert(raised_at=now - timedelta(hours=24, seconds=2)), CONTACT)))


def test_a_link_opens_no_talk_and_a_talks_token_no_alert(links):
    issuer = TokenIssuer(SECRET, None)
    made = token(links.issue(alert(), CONTACT))
    for value in (made, f"ek_{made}"):
        with pytest.raises(TokenError):
            issuer.check(value)
    talk, _ = issuer.issue(Claims(), lifetime_s=60)
    for value in (talk, talk.removeprefix("ek_")):
        with pytest.raises(LinkError):
            links.read(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "a.b.c",
        "x" * 5000,
        jwt.encode({"aud": "hamdel:alert", "alert": "a", "contact": "c", "exp": 9e9}, SECRET, "HS256"),
        jwt.encode({"aud": "hamdel:alert", "alert": "a", "contact": "c", "exp": 9e9}, None, "none"),
        "\ud800",
        "توکن",
    ],
)
def test_other_tokens_are_refused_and_not_repeated(links, value):
    with pytest.raises(LinkError) as caught:
        links.read(value)
    assert len(value) < 5 or value not in str(caught.value)


@pytest.mark.parametrize("missing", ["aud", "alert", "contact", "exp"])
def test_a_token_of_ours_without_a_part_is_refused(links, missing):
    payload = {"aud": "hamdel:alert", "alert": "a", "contact": "c", "exp": 9e9}
    del payload[missing]
    with pytest.raises(LinkError):
        links.read(jwt.encode(payload, links._key, "HS256"))


def test_a_short_secret_is_refused():
    with pytest.raises(LinkError, match="32 bytes"):
        AlertLinks(b"short", "https://hamdel.example")
