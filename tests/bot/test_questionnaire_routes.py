"""A person answers a questionnaire: kept sealed, as their own consent allows, and nobody else is told."""

import json
import sqlite3
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from gateway_parts import running_gateway, until

from session_log.care_events import QuestionnaireAnswered
from session_log.events import ConsentSet, TalkStarted
from session_log.reader import reading

PATH = "/v1/me/questionnaire"
ANSWERS = [5, 1, 4, 2, 3, 3, 5, 1, 4, 2]
FILLED_IN = {"questionnaire": "sus", "answers": ANSWERS}


@asynccontextmanager
async def page(running, subject="p-1", **headers):
    headers = {"authorization": f"Bearer {running.token(subject=subject)}", **headers}
    options = {"base_url": running.origin, "headers": headers, "trust_env": False, "timeout": 30}
    async with httpx.AsyncClient(**options) as client:
        yield client


def kept(running, person="p-1"):
    assert running.parts.session_log.flush()
    with reading(running.parts.session_log.places) as reader:
        return [event.answers for event in reader.events_of_person(person, (QuestionnaireAnswered,))]


async def allow(me, allowed):
    decided = {"version": "1", "consents": {"store_text": allowed}}
    assert (await me.put("/v1/me/consents", json=decided)).status_code == 200


def refused(answer):
    return answer.status_code, answer.json()["error"]["code"]


async def test_answers_are_kept_sealed_and_can_be_given_again(tmp_path):
    async with running_gateway(tmp_path) as running, page(running) as me, page(running, "p-2") as other:
        first = await me.post(PATH, json=FILLED_IN)
        assert (first.status_code, first.json()["questionnaire"]) == (200, "sus")
        second = await me.post(PATH, json={**FILLED_IN, "answers": [3] * 10})
        assert kept(running) == [tuple(ANSWERS), (3,) * 10]
        (offered,) = (await me.get(PATH)).json()["offered"]
        assert offered == {
            "questionnaire": "sus",
            "items": 10,
            "needs": "store_text",
            "allowed": True,
            "answered_at": second.json()["answered_at"],
        }
        assert datetime.fromisoformat(offered["answered_at"]).utcoffset().total_seconds() == 0
        assert (await other.get(PATH)).json()["offered"][0]["answered_at"] is None
        assert kept(running, "p-2") == []
        with reading(running.parts.session_log.places) as reader:
            rows = reader.database.execute("SELECT facts, content FROM events").fetchall()
        assert all(json.loads(facts) == {"questionnaire": "sus", "subject": "p-1"} for facts, _ in rows)
        assert len({bytes(content) for _, content in rows}) == 2
        assert not any(b"answers" in bytes(content) for _, content in rows)


async def test_whoever_has_refused_to_have_their_words_kept_leaves_no_answers(tmp_path):
    async with running_gateway(tmp_path) as running, page(running) as me:
        await allow(me, False)
        assert refused(await me.post(PATH, json=FILLED_IN)) == (409, "consent_refused")
        assert (await me.get(PATH)).json()["offered"][0]["allowed"] is False
        assert kept(running) == []
        await allow(me, True)
        assert (await me.get(PATH)).json()["offered"][0]["allowed"] is True
        assert (await me.post(PATH, json=FILLED_IN)).status_code == 200
        assert kept(running) == [tuple(ANSWERS)]


async def test_answers_that_a_refusal_overtakes_behind_the_door_are_not_kept(tmp_path, monkeypatch):
    async with running_gateway(tmp_path) as running, page(running) as me:
        await allow(me, False)
        monkeypatch.setattr(running.parts.session_log, "refusals", lambda person: frozenset())
        assert refused(await me.post(PATH, json=FILLED_IN)) == (409, "consent_refused")
        assert kept(running) == []


async def test_answers_are_exported_and_erased_with_the_rest(tmp_path):
    async with running_gateway(tmp_path) as running, page(running) as me:
        await me.post(PATH, json=FILLED_IN)
        (person,) = (await me.get("/v1/me/export")).json()["persons"]
        (answered,) = [one for one in person["events"] if one["event"] == "questionnaire_answered"]
        assert answered["answers"] == ANSWERS
        assert (await me.delete("/v1/me")).status_code == 200
        assert kept(running) == []
        assert (await me.get(PATH)).json()["offered"][0]["answered_at"] is None


async def test_answers_of_a_talk_count_as_answered_until_it_is_erased(tmp_path):
    async with running_gateway(tmp_path) as running, page(running) as me:
        log, now = running.parts.session_log, datetime.now(UTC)
        log.record(
            TalkStarted(talk_id="t1", at=now, subject="p-1", purpose="therapy", language="en", client="test")
        )
        log.record(
            ConsentSet(talk_id="t1", at=now, scope="store_text", granted=True, version="1", given_by="widget")
        )
        answered = {"subject": "p-1", "talk_id": "t1", "questionnaire": "sus", "answers": ANSWERS}
        log.record(QuestionnaireAnswered(at=now, **answered))
        assert log.flush()
        (offered,) = (await me.get(PATH)).json()["offered"]
        assert datetime.fromisoformat(offered["answered_at"]) == now
        assert log.erase_talk("t1")
        assert (await me.get(PATH)).json()["offered"][0]["answered_at"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_value"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b"[" * 50_000, 400, "invalid_json"),
        (b"[]", 400, "invalid_value"),
        (b'"sus"', 400, "invalid_value"),
        (b'{"questionnaire": "sus", "answers": [' + b"3," * 40_000 + b"3]}", 413, "too_large"),
        (b'{"questionnaire": "sus", "answers": [' + b"9" * 5_000 + b"]}", 400, "invalid_json"),
    ],
)
async def test_a_body_that_is_no_object_is_refused(tmp_path, body, status, code):
    async with running_gateway(tmp_path) as running, page(running) as me:
        assert refused(await me.post(PATH, content=body)) == (status, code)
        assert kept(running) == []


@pytest.mark.parametrize(
    "change",
    [
        {"questionnaire": None},
        {"questionnaire": "phq"},
        {"questionnaire": "SUS"},
        {"questionnaire": ["sus"]},
        {"questionnaire": {"sus": 1}},
        {"answers": None},
        {"answers": []},
        {"answers": [3] * 9},
        {"answers": [3] * 11},
        {"answers": [3] * 10_000},
        {"answers": "3333333333"},
        {"answers": {str(place): 3 for place in range(10)}},
        {"answers": [True] * 10},
        {"answers": [3] * 9 + [False]},
        {"answers": [3.0] * 10},
        {"answers": [3] * 9 + [2.5]},
        {"answers": [3] * 9 + [0]},
        {"answers": [3] * 9 + [6]},
        {"answers": [3] * 9 + [-1]},
        {"answers": [3] * 9 + [10**400]},
        {"answers": [3] * 9 + ["3"]},
        {"answers": [3] * 9 + [None]},
        {"answers": [[3]] * 10},
    ],
)
async def test_anything_but_ten_numbers_of_one_to_five_changes_nothing(tmp_path, change):
    async with running_gateway(tmp_path) as running, page(running) as me:
        assert refused(await me.post(PATH, json={**FILLED_IN, **change})) == (400, "invalid_value")
        assert refused(await me.post(PATH, content=b'{"questionnaire":"sus","answers":[1e999]}')) == (
            400,
            "invalid_value",
        )
        assert kept(running) == []


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 401, "invalid_token"),
        ("ek_forged", 401, "invalid_token"),
        ({"subject": None}, 403, "anonymous_token"),
        ({"subject": "p-1", "single_use": True}, 403, "single_use_token"),
    ],
)
async def test_nobody_but_the_person_answers(tmp_path, token, status, code):
    async with running_gateway(tmp_path) as running:
        value = running.token(**token) if isinstance(token, dict) else token
        headers = {"authorization": f"Bearer {value}"} if value else {}
        async with httpx.AsyncClient(base_url=running.origin, headers=headers, trust_env=False) as client:
            assert refused(await client.get(PATH)) == (status, code)
            assert refused(await client.post(PATH, json=FILLED_IN)) == (status, code)
        assert kept(running) == []


async def test_a_foreign_page_and_a_token_in_the_address_are_refused(tmp_path):
    async with running_gateway(tmp_path) as running:
        async with page(running, origin="https://evil.example") as foreign:
            assert refused(await foreign.get(PATH)) == (403, "origin_refused")
            assert refused(await foreign.post(PATH, json=FILLED_IN)) == (403, "origin_refused")
        async with httpx.AsyncClient(base_url=running.origin, trust_env=False) as client:
            answer = await client.post(f"{PATH}?token={running.token(subject='p-1')}", json=FILLED_IN)
            assert refused(answer) == (401, "invalid_token")
        assert kept(running) == []


async def test_with_the_database_locked_answers_wait_and_are_written_later(tmp_path):
    async with running_gateway(tmp_path) as running, page(running) as me:
        log = running.parts.session_log
        lock = sqlite3.connect(log.places.database, isolation_level=None)
        try:
            lock.execute("BEGIN IMMEDIATE")
            answer = await me.post(PATH, json=FILLED_IN)
            assert (answer.status_code, set(answer.json())) == (202, {"questionnaire", "answered_at"})
        finally:
            lock.close()
        await until(lambda: log.health().queued == 0, timeout_s=30)
        assert kept(running) == [tuple(ANSWERS)]


async def test_with_the_log_closed_nothing_is_said_to_be_kept(tmp_path):
    async with running_gateway(tmp_path) as running, page(running) as me:
        running.parts.session_log.close()
        assert refused(await me.post(PATH, json=FILLED_IN)) == (503, "log_unavailable")


async def test_with_the_database_gone_it_cannot_be_said_what_was_answered(tmp_path):
    async with running_gateway(tmp_path) as running, page(running) as me:
        running.parts.session_log.places.database.unlink()
        assert refused(await me.get(PATH)) == (503, "log_unavailable")
