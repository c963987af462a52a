"""Events of other processes: from this machine, with the token, of a few kinds, once, and only as consented."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.log_routes import LogRoutes
from session_log import SessionLog
from session_log.events import ConsentSet, ShownSuggestion, SuggestionFeedback, SuggestionsShown, TalkStarted
from session_log.reader import reading
from session_log.timeline import event_values

NOW = datetime.now(UTC)
OURS = {"authorization": "Bearer log-token"}
FEEDBACK = SuggestionFeedback(talk_id="t1", at=NOW, suggestion_id="s1", helped=True)
SHOWN = SuggestionsShown(
    talk_id="t1", turn_id="u1", at=NOW, suggestions=(ShownSuggestion("s1", "breathing", 1.0, 0.5, 0),)
)
STARTED = TalkStarted(talk_id="t1", at=NOW, subject="p-1", purpose="therapy", language="en", client="test")
CONSENT = ConsentSet(talk_id="t1", at=NOW, scope="store_text", granted=True, version="1", given_by="widget")


@pytest.fixture
def log(tmp_path):
    with SessionLog.open(tmp_path / "log.sqlite") as opened:
        opened.record(STARTED)
        yield opened


def client(log, *, token="log-token", address="127.0.0.1", host="127.0.0.1:8300"):  # noqa: S107
    app = Starlette(routes=LogRoutes(log, token).routes())
    return TestClient(app, base_url=f"http://{host}", client=(address, 1234))


def post(log, events, headers=OURS, **options):
    return client(log, **options).post("/v1/session_log/events", json=events, headers=headers)


def stored(log):
    assert log.flush()
    with reading(log.places) as reader:
        return reader.events("t1", (SuggestionFeedback, SuggestionsShown))


def test_what_is_consented_to_is_stored_once_however_often_it_comes(log):
    log.record(CONSENT)
    events = [event_values(SHOWN), event_values(FEEDBACK)]
    for _ in range(3):
        answer = post(log, events)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 2})
    assert stored(log) == [SHOWN, FEEDBACK]


def test_without_consent_nothing_is_stored(log):
    assert post(log, [event_values(FEEDBACK)]).status_code == 202
    assert stored(log) == []


@pytest.mark.parametrize(
    ("headers", "options", "status"),
    [
        ({}, {}, 401),
        ({"authorization": "Bearer wrong"}, {}, 401),
        ({"authorization": "Bearer "}, {"token": ""}, 401),
        (OURS, {"token": None}, 401),
        (OURS, {"address": "192.0.2.7"}, 403),
        (OURS, {"host": "evil.example"}, 403),
        ({**OURS, "x-forwarded-for": "192.0.2.7"}, {}, 403),
        ({**OURS, "origin": "http://127.0.0.1:8300"}, {}, 403),
    ],
)
def test_nobody_else_is_heard(log, headers, options, status):
    log.record(CONSENT)
    assert post(log, [event_values(FEEDBACK)], headers, **options).status_code == status
    assert stored(log) == []


GOOD = event_values(FEEDBACK)


@pytest.mark.parametrize(
    "bad",
    [
        {**GOOD, "event": "nothing"},
        {**GOOD, "helped": "very much"},
        {**GOOD, "words": "secret words"},
        {**GOOD, "at": "yesterday"},
        {name: value for name, value in GOOD.items() if name != "event_id"},
        event_values(STARTED),
        event_values(replace(CONSENT, scope="share")),
        "no object",
        None,
    ],
)
def test_a_list_with_a_bad_event_is_refused_whole(log, bad):
    log.record(CONSENT)
    answer = post(log, [GOOD, bad])
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Event 2:")
    assert "secret words" not in answer.text
    assert stored(log) == []


@pytest.mark.parametrize("body", [{}, "text", [GOOD] * 201])
def test_the_body_is_a_bounded_list(log, body):
    assert post(log, body).status_code in (400, 413)
    assert stored(log) == []


def test_a_closed_log_says_so(log):
    log.close()
    assert post(log, [GOOD]).status_code == 503
