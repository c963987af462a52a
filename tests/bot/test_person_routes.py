"""A person's own record: seen, decided about, taken away and erased by them alone, at once in talks under way."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from gateway_parts import running_gateway, until

from bot.consents import CONSENT_VERSION
from session_log.audit_events import Erased
from session_log.care_events import PersonConsentSet
from session_log.events import ConsentSet, TalkStarted, TurnHeard
from session_log.reader import reading

WORD = "pomegranate"
GRANTS = frozenset({"talk", "emotion", "store_text", "share"})


@asynccontextmanager
async def gateway(folder, **sections):
    async with running_gateway(folder, sections=sections or None) as running:
        yield running


@asynccontextmanager
async def page(running, subject="p-1", **claims):
    token = running.token(subject=subject, **claims)
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=running.origin, headers=headers, trust_env=False) as client:
        yield client


async def say(websocket, text):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await websocket.send(json.dumps({"type": "conversation.item.create", "item": item}))
    await websocket.send(json.dumps({"type": "response.create"}))
    await received(websocket, "response.done")


async def received(websocket, kind):
    while True:
        event = json.loads(await websocket.recv())
        if event["type"] == kind:
            return event


async def begin(websocket):
    await websocket.send(
        json.dumps({"type": "session.update", "session": {"type": "realtime", "hamdel": {}}})
    )
    await received(websocket, "session.updated")


def kept(running, person="p-1"):
    log = running.parts.session_log
    assert log.flush()
    with reading(log.places) as reader:
        talks = [event for talk in reader.talks(50, person) for event in reader.events(talk.talk_id)]
        return talks + reader.events_of_person(person)


def noted(running):
    with reading(running.parts.session_log.places) as reader:
        query = "SELECT facts FROM events WHERE event_kind = 'access_noted' ORDER BY sequence"
        facts = [json.loads(row[0]) for row in reader.database.execute(query)]
    return [(fact["actor"], fact["role"], fact["action"], fact["person"]) for fact in facts]


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 401, "invalid_token"),
        ("ek_forged", 401, "invalid_token"),
        ({"subject": None}, 403, "anonymous_token"),
        ({"subject": "p-1", "single_use": True}, 403, "single_use_token"),
    ],
)
async def test_nobody_but_the_person_is_let_in(tmp_path, token, status, code):
    async with gateway(tmp_path) as running:
        value = running.token(**token) if isinstance(token, dict) else token
        headers = {"authorization": f"Bearer {value}"} if value else {}
        async with httpx.AsyncClient(base_url=running.origin, headers=headers, trust_env=False) as client:
            for method, path in (
                ("GET", "/v1/me"),
                ("DELETE", "/v1/me"),
                ("GET", "/v1/me/consents"),
                ("PUT", "/v1/me/consents"),
                ("GET", "/v1/me/export"),
                ("POST", "/v1/me/sound"),
            ):
                answer = await client.request(method, path)
                assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), path


async def test_a_token_in_the_address_counts_for_nothing(tmp_path):
    async with gateway(tmp_path) as running, httpx.AsyncClient(trust_env=False) as client:
        token = running.token(subject="p-1")
        answer = await client.get(f"{running.origin}/v1/me?token={token}")
        assert answer.status_code == 401
        foreign = {"origin": "https://evil.example", "authorization": f"Bearer {token}"}
        assert (await client.get(f"{running.origin}/v1/me", headers=foreign)).status_code == 403


async def test_a_refusal_holds_in_the_talk_under_way_and_in_the_next(tmp_path):
    async with gateway(tmp_path) as running, page(running) as me:
        token = running.token(subject="p-1", grants=GRANTS)
        async with running.connect(token) as talk:
            await begin(talk)
            await say(talk, f"first {WORD}")
            answer = await me.put("/v1/me/consents", json={"version": "1", "consents": {"store_text": False}})
            assert (answer.status_code, answer.json()["consents"]["store_text"]) == (200, False)
            shown = await received(talk, "hamdel.consents")
            assert "store_text" not in shown["granted"]
            await say(talk, f"second {WORD}")
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            await say(talk, f"third {WORD}")
        await until(lambda: running.talks.count == 0)
        events = kept(running)
        assert [event.text for event in of(events, TurnHeard)] == [f"first {WORD}"]
        assert [event.given_by for event in of(events, ConsentSet) if not event.granted] == ["page"]
        assert [(event.scope, event.granted) for event in of(events, PersonConsentSet)] == [
            ("store_text", False)
        ]


async def test_a_grant_on_the_page_lifts_the_refusal(tmp_path):
    async with gateway(tmp_path) as running, page(running) as me:
        for allowed in (False, True):
            await me.put("/v1/me/consents", json={"version": "1", "consents": {"store_text": allowed}})
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            await say(talk, WORD)
        await until(lambda: running.talks.count == 0)
        assert len(of(kept(running), TurnHeard)) == 1
        answer = await me.get("/v1/me/consents")
        assert answer.json()["consents"]["store_text"] is True


async def test_a_refusal_taken_back_allows_nothing_in_a_talk_under_way(tmp_path):
    async with gateway(tmp_path) as running, page(running) as me:
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            for decided in (False, None):
                answer = await me.put(
                    "/v1/me/consents", json={"version": "2", "consents": {"store_text": decided}}
                )
                assert answer.status_code == 200
            assert answer.json()["consents"]["store_text"] is True
            await say(talk, f"first {WORD}")
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            await say(talk, f"second {WORD}")
        await until(lambda: running.talks.count == 0)
        assert [event.text for event in of(kept(running), TurnHeard)] == [f"second {WORD}"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"version": "1", "consents": {}}, 400),
        ({"version": "1", "consents": {"everything": True}}, 400),
        ({"version": "1", "consents": {"talk": False}}, 400),
        ({"version": "1", "consents": {"emotion": "no"}}, 400),
        ({"version": "", "consents": {"emotion": False}}, 400),
        ({"version": "1", "consents": {"emotion": True}}, 409),
    ],
)
async def test_a_decision_that_makes_no_sense_changes_nothing(tmp_path, body, status):
    async with gateway(tmp_path, jurisdiction={"preset": "us-il"}) as running, page(running) as me:
        assert (await me.put("/v1/me/consents", json=body)).status_code == status
        assert kept(running) == []


async def test_the_person_sees_and_takes_along_what_is_theirs_alone(tmp_path):
    async with gateway(tmp_path) as running, page(running) as me, page(running, "p-2") as other:
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            await say(talk, WORD)
        await until(lambda: running.talks.count == 0)
        assert running.parts.session_log.flush()
        (shown,) = (await me.get("/v1/me")).json()["talks"]
        assert (shown["turns"], shown["shared"], shown["erased_at"]) == (1, True, None)
        export = await me.get("/v1/me/export")
        assert WORD in export.text
        assert "attachment" in export.headers["content-disposition"]
        assert export.headers["cache-control"] == "no-store"
        assert json.loads(export.text)["talks"][0]["talk"]["talk_id"] == shown["talk_id"]
        assert noted(running) == [("p-1", "person", "export_made", "p-1")]
        assert (await other.get("/v1/me")).json()["talks"] == []
        assert json.loads((await other.get("/v1/me/export")).text)["talks"] == []


async def test_whoever_erases_leaves_a_tombstone_and_no_words(tmp_path):
    async with gateway(tmp_path) as running, page(running) as me:
        async with running.connect(running.token(subject="p-1", grants=GRANTS)) as talk:
            await begin(talk)
            await say(talk, f"before {WORD}")
            answer = await me.delete("/v1/me")
            assert (answer.status_code, answer.json()) == (200, {"talks": 1})
            again = {"type": "hamdel.consent.set", "scope": "store_text", "granted": True, "version": "1"}
            await talk.send(json.dumps(again))
            await say(talk, f"after {WORD}")
        await until(lambda: running.talks.count == 0)
        assert running.parts.session_log.flush()
        assert (await me.get("/v1/me")).json()["talks"] == []
        with reading(running.parts.session_log.places) as reader:
            talks = reader.talks(10)
            assert [talk.subject for talk in talks] == [None]
            left = reader.events(talks[0].talk_id)
        assert of(left, TurnHeard) == []
        assert [event.role for event in of(left, Erased)] == ["person"]
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or WORD.encode() not in path.read_bytes()


async def test_the_sound_of_a_turn_is_heard_by_its_person_alone(tmp_path):
    async with gateway(tmp_path) as running, page(running) as me, page(running, "p-2") as other:
        log, now = running.parts.session_log, datetime.now(UTC)
        log.record(
            TalkStarted(talk_id="t1", at=now, subject="p-1", purpose="therapy", language="en", client="test")
        )
        log.record(
            ConsentSet(
                talk_id="t1", at=now, scope="store_audio", granted=True, version="1", given_by="widget"
            )
        )
        assert log.keep_audio("t1", "turn-1", b"OggS", at=now, duration_ms=10)
        assert log.flush()
        asked = {"talk_id": "t1", "turn_id": "turn-1"}
        heard = await me.post("/v1/me/sound", json=asked)
        assert (heard.content, heard.headers["content-type"]) == (b"OggS", "audio/ogg")
        assert (await other.post("/v1/me/sound", json=asked)).status_code == 404
        assert (await me.post("/v1/me/sound", json={**asked, "turn_id": "turn-2"})).status_code == 404
        assert (await me.post("/v1/me/sound", json={"talk_id": 3})).status_code == 400


async def test_what_is_offered_is_public(tmp_path):
    async with gateway(tmp_path, jurisdiction={"emotion_inference": "off"}) as running:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{running.origin}/v1/consents")
        assert answer.json() == {
            "version": CONSENT_VERSION,
            "offered": ["talk", "store_text", "share", "research", "memory"],
        }
