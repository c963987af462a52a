import time
from dataclasses import replace

import jwt
import pytest

from bot.tokens import Claims, TokenError, TokenIssuer

SECRET = b"s" * 32


@pytest.fixture
def issuer():
    return TokenIssuer(SECRET, "server-key")


def test_a_token_brings_its_claims_back(issuer):
    claims = Claims(
        subject="p-17",
        clinic="c",
        purpose="service",
        language="fa",
        country="IR",
        grants=frozenset({"talk"}),
        contraindications=frozenset({"driving", "breathing_difficulty"}),
    )
    value, _ = issuer.issue(claims, lifetime_s=60)
    assert value.startswith("ek_")
    read = issuer.check(value)
    assert replace(read, token_id="", expires_at=0) == claims
    assert (len(read.token_id), read.expires_at > time.time()) == (16, True)


def test_an_expired_token_is_refused(issuer):
    value, _ = issuer.issue(Claims(), lifetime_s=-1)
    with pytest.raises(TokenError, match="expired"):
        issuer.check(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "ek_",
        "ek_x.y.z",
        "ek_" + jwt.encode({"purpose": "therapy", "exp": 9e9}, b"o" * 32, algorithm="HS256"),
        "ek_" + jwt.encode({"purpose": "therapy", "exp": 9e9}, None, algorithm="none"),
        "ek_" + jwt.encode({"purpose": "therapy"}, SECRET, algorithm="HS256"),
        "ek_" + jwt.encode({"purpose": "spying", "exp": 9e9}, SECRET, algorithm="HS256"),
    ],
)
def test_a_bad_token_is_refused_and_not_repeated(issuer, value):
    with pytest.raises(TokenError) as caught:
        issuer.check(value)
    assert not value or len(value) < 4 or value not in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"purpose": "x"},
        {"language": "de"},
        {"country": "USA"},
        {"grants": frozenset({"all"})},
        {"subject": "x" * 200},
        {"contraindications": frozenset({"Asthma"})},
        {"contraindications": frozenset({""})},
        {"contraindications": frozenset({"driving\n"})},
        {"contraindications": frozenset({"x" * 41})},
        {"contraindications": frozenset("x" * length for length in range(1, 22))},
    ],
)
def test_wrong_claims_are_refused(fields):
    with pytest.raises(TokenError):
        Claims(**fields)


def test_the_talk_knows_the_contraindications_of_its_token():
    claims = Claims(contraindications=frozenset({"driving"}))
    identity = claims.identity("t", "client", by_page=False, default_country=None)
    assert identity.contraindications == {"driving"}


def test_a_token_from_before_there_were_contraindications_has_none(issuer):
    payload = {"purpose": "therapy", "exp": time.time() + 60, "jti": "a"}
    assert (
        issuer.check("ek_" + jwt.encode(payload, SECRET, algorithm="HS256")).contraindications == frozenset()
    )


def test_a_short_secret_is_refused():
    with pytest.raises(TokenError, match="32 bytes"):
        TokenIssuer(b"short", None)


def test_only_the_right_server_key_passes(issuer):
    assert issuer.is_server_key("server-key")
    assert not issuer.is_server_key("server-kez")
    assert not issuer.is_server_key(None)
    assert not TokenIssuer(SECRET, None).is_server_key("")


def test_a_single_use_token_says_so_and_others_do_not(issuer):
    for once in (True, False):
        value, _ = issuer.issue(Claims(single_use=once), lifetime_s=60)
        assert issuer.check(value).single_use is once
    payload = jwt.decode(value.removeprefix("ek_"), SECRET, algorithms=["HS256"])
    assert "once" not in payload


def test_every_token_has_an_id_and_an_end_of_its_own(issuer):
    read = [issuer.check(issuer.issue(Claims(), lifetime_s=60 + number)[0]) for number in range(20)]
    assert len({claims.token_id for claims in read}) == 20
    assert [claims.expires_at - read[0].expires_at for claims in read] == pytest.approx(
        list(range(20)), abs=1
    )


def test_a_token_without_an_id_could_not_be_counted_and_is_refused(issuer):
    value = "ek_" + jwt.encode({"purpose": "therapy", "exp": time.time() + 60}, SECRET, algorithm="HS256")
    with pytest.raises(TokenError, match="not valid"):
        issuer.check(value)
