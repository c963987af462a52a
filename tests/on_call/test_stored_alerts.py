"""What a desk leaves in the session log, and what the next one makes of it."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from alert_receivers import until, webhook_server

from on_call.desk import Desk
from on_call.escalation import EscalationRules
from on_call.rota import Contact, Rota
from on_call.stored_alerts import stored_alerts
from on_call.webhook import Webhook
from session_log import SessionLog, SessionLogError
from session_log.events import TalkEnded, TalkStarted

SECRET = b"s" * 32


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session_log.sqlite"


def begun(talk_id="talk-1", subject="p-17"):
    return TalkStarted(
        talk_id=talk_id, at=datetime.now(UTC), subject=subject, clinic="clinic-1", purpose="therapy",
        language="fa", country="IR", client="test",
    )  # fmt: skip


async def run_desk(path, contacts, rules, until_done, *, alert=None, now=lambda: datetime.now(UTC)):
    """Runs a desk on the log until a condition of it holds, then ends it as a server does."""
    webhook = Webhook(SECRET)
    with SessionLog.open(path) as log:
        desk = Desk(
            Rota({"*": contacts}), rules, webhook, None, log.record,
            lambda alert, contact: f"https://hamdel.example/{alert.alert_id}",
            stored=stored_alerts(path, now()), now=now,
        )  # fmt: skip
        task = asyncio.create_task(desk.run())
        if alert is not None:
            log.record(begun(alert.talk_id))
            desk.raise_alert(alert)
        await until(lambda: until_done(desk))
        desk.close()
        await task
        assert log.flush()
        assert log.health().refused == log.health().dropped == 0
    await webhook.close()
    return desk


async def test_a_desk_that_begins_goes_on_where_the_last_one_stood(path, make_alert):
    alert = make_alert(raised_at=datetime.now(UTC))
    patient = EscalationRules(acknowledge_within_s=60)
    async with webhook_server(SECRET) as first, webhook_server(SECRET) as second:
        contacts = [Contact("First", webhook=first.url), Contact("Second", webhook=second.url)]
        await run_desk(
            path, contacts, patient, lambda desk: desk.find("alert_1").status == "delivered", alert=alert
        )

        (stored,) = stored_alerts(path, datetime.now(UTC))
        assert stored.alert == alert
        assert [step.step for step in stored.steps] == ["raised", "delivered"]

        # Three minutes later: the first contact has had its minute, and isn't called again.
        def later():
            return datetime.now(UTC) + timedelta(minutes=3)

        await run_desk(path, contacts, patient, lambda desk: second.requests, now=later)
        assert (len(first.requests), len(second.requests)) == (1, 1)
        assert second.bodies[0]["data"]["subject"] == "p-17"

        # And the first one may still acknowledge, with the third desk.
        ended = await run_desk(path, contacts, patient, lambda desk: desk.acknowledge("alert_1", "First"))
        assert ended.open_alerts == 0
    (stored,) = stored_alerts(path, datetime.now(UTC))
    assert [step.step for step in stored.steps][-1] == "acknowledged"


async def test_an_acknowledged_alert_says_so_after_a_restart_and_calls_nobody(path, make_alert):
    alert = make_alert(raised_at=datetime.now(UTC))
    async with webhook_server(SECRET) as first:
        contacts = [Contact("First", webhook=first.url)]
        rules = EscalationRules()
        await run_desk(path, contacts, rules, lambda desk: desk.acknowledge("alert_1", "First"), alert=alert)
        count = len(first.requests)
        desk = await run_desk(path, contacts, rules, lambda desk: True)
        state = desk.find("alert_1")
        assert (state.status, state.acknowledged_by) == ("acknowledged", "First")
        assert state.acknowledged_at is not None
        assert desk.acknowledge("alert_1", "First")
        assert len(first.requests) == count


async def test_alerts_of_earlier_days_are_left(path, make_alert):
    yesterday = datetime.now(UTC) - timedelta(hours=24, minutes=1)
    await run_desk(
        path, [], EscalationRules(), lambda desk: desk.open_alerts == 0, alert=make_alert(raised_at=yesterday)
    )
    assert stored_alerts(path, datetime.now(UTC)) == []
    assert len(stored_alerts(path, yesterday + timedelta(hours=1))) == 1


async def test_alerts_of_a_talk_without_consents_and_beginning_are_kept(path, make_alert):
    alert = make_alert(raised_at=datetime.now(UTC))
    with SessionLog.open(path) as log:
        desk = Desk(Rota({}), EscalationRules(), None, None, log.record, lambda alert, contact: "")
        task = asyncio.create_task(desk.run())
        desk.raise_alert(alert)
        await until(lambda: desk.find("alert_1").status == "nobody_on_call")
        desk.close()
        await task
    (stored,) = stored_alerts(path, datetime.now(UTC))
    assert stored.alert == make_alert(raised_at=alert.raised_at, subject=None)
    assert [step.step for step in stored.steps] == ["raised", "nobody_on_call"]


def test_steps_after_the_end_of_the_talk_are_kept(path, make_alert):
    now = datetime.now(UTC)
    with SessionLog.open(path) as log:
        log.record(begun())
        log.record(TalkEnded(talk_id="talk-1", at=now, reason="client_left"))
        desk = Desk(Rota({}), EscalationRules(), None, None, log.record, lambda alert, contact: "")

        async def raise_one():
            task = asyncio.create_task(desk.run())
            desk.raise_alert(make_alert(raised_at=now))
            await until(lambda: desk.open_alerts == 0)
            desk.close()
            await task

        asyncio.run(raise_one())
    (stored,) = stored_alerts(path, now)
    assert stored.alert.subject == "p-17"


async def test_a_falsified_alert_does_not_keep_the_others_from_going_on(path, make_alert):
    now = datetime.now(UTC)
    rules = EscalationRules()
    for number in (1, 2):
        alert = make_alert(alert_id=f"alert_{number}", talk_id=f"talk-{number}", raised_at=now)
        await run_desk(path, [], rules, lambda desk: desk.open_alerts == 0, alert=alert)
    with closing(sqlite3.connect(path)) as other:
        changed = other.execute(
            "UPDATE events SET facts = json_set(facts, '$.kind', 'Made.up') "
            "WHERE event_kind = 'alert_step' AND json_extract(facts, '$.alert_id') = 'alert_1'"
        )
        assert changed.rowcount > 0
        other.commit()
    assert [stored.alert.alert_id for stored in stored_alerts(path, now)] == ["alert_2"]


def test_without_a_log_there_is_an_error_of_ours(path):
    with pytest.raises(SessionLogError, match="no session log"):
        stored_alerts(path, datetime.now(UTC))
