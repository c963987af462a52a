"""The desk with real channels: webhooks and mail on loopback."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from alert_receivers import mail_server, refusing_port, until, webhook_server

from on_call import desk as desk_module
from on_call.alert import Update
from on_call.desk import Desk
from on_call.escalation import EscalationRules
from on_call.mail import Mail, SmtpServer
from on_call.rota import Contact, DutyHours, Rota
from on_call.webhook import Webhook
from session_log.events import AlertStep

SECRET = b"s" * 32
QUICK = EscalationRules(acknowledge_within_s=0.3, attempts=2, attempt_timeout_s=5, retry_pause_s=0.01)
PATIENT = EscalationRules(acknowledge_within_s=30, attempts=2, attempt_timeout_s=5, retry_pause_s=0.01)


class Talk:
    """Hears what becomes of its alerts."""

    def __init__(self):
        self.updates = []

    def __call__(self, update):
        self.updates.append(update)

    @property
    def statuses(self):
        return [update.status for update in self.updates]


class Running:
    """A running desk and what it recorded."""

    def __init__(self, desk, recorded):
        self.desk = desk
        self.recorded = recorded

    def steps(self, alert_id=None):
        return [
            (event.step, event.contact, event.channel)
            for event in self.recorded
            if alert_id is None or event.alert_id == alert_id
        ]


@asynccontextmanager
async def running(contacts, rules=PATIENT, *, mail_port=None, channels=None, **options):
    """Runs a desk for these contacts of any clinic."""
    recorded = []
    webhook = Webhook(SECRET, timeout_s=5)
    mail = Mail(SmtpServer("localhost", mail_port or 1, "none", "hamdel@clinic.example"), timeout_s=5)
    desk = Desk(
        contacts if isinstance(contacts, Rota) else Rota({"*": contacts}),
        rules,
        *(channels or (webhook, mail)),
        recorded.append,
        lambda alert, contact: f"https://hamdel.example/v1/alerts/{alert.alert_id}.{contact.name}",
        **options,
    )
    task = asyncio.create_task(desk.run())
    try:
        yield Running(desk, recorded)
    finally:
        desk.close()
        async with asyncio.timeout(10):
            await task
        await webhook.close()


async def test_an_alert_is_delivered_by_webhook_and_mail_and_acknowledged(alert):
    talk = Talk()
    async with webhook_server(SECRET) as hook, mail_server() as post:
        first = Contact("First", webhook=hook.url, email="first@clinic.example")
        async with running([first], mail_port=post.port) as on:
            assert on.desk.anyone(None)
            assert on.desk.raise_alert(alert, talk) == "alert_1"
            await until(lambda: hook.requests and post.mails and len(on.recorded) == 3)
            link = hook.bodies[0]["data"]["acknowledge_url"]
            assert link == "https://hamdel.example/v1/alerts/alert_1.First"
            assert link in post.mails[0].get_content()
            assert on.desk.acknowledge("alert_1", "First")
            await until(lambda: talk.statuses == ["calling", "delivered", "acknowledged"])
    assert on.steps()[0] == ("raised", "First", None)
    assert set(on.steps()[1:3]) == {("delivered", "First", "webhook"), ("delivered", "First", "mail")}
    assert on.steps()[3:] == [("acknowledged", "First", None)]
    assert {update.alert_id for update in talk.updates} == {"alert_1"}


async def test_each_step_is_recorded_with_its_frame(alert):
    async with running([]) as on:
        on.desk.raise_alert(alert)
        await until(lambda: len(on.recorded) == 2)
    first = on.recorded[0]
    assert isinstance(first, AlertStep)
    assert (first.talk_id, first.alert_id, first.level, first.kind) == ("talk-1", "alert_1", 3, "suicide")
    assert (first.clinic, first.language, first.country, first.at) == (
        "clinic-1",
        "fa",
        "IR",
        alert.raised_at,
    )


async def test_with_nobody_on_call_the_talk_is_told_at_once(alert):
    talk = Talk()
    asleep = Contact("Any", email="a@b.example", hours=(DutyHours.parse("Mon 09:00-10:00"),))
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    async with running([asleep], now=lambda: sunday) as on:
        assert not on.desk.anyone(None)
        on.desk.raise_alert(alert, talk)
        await until(lambda: talk.updates == [Update("alert_1", "nobody_on_call")])
        assert on.desk.open_alerts == 0
    assert on.steps() == [("raised", None, None), ("nobody_on_call", None, None)]


async def test_a_failed_delivery_is_tried_again(alert):
    talk = Talk()
    async with webhook_server(SECRET, 503, 204) as hook, running([Contact("First", webhook=hook.url)]) as on:
        on.desk.raise_alert(alert, talk)
        await until(lambda: talk.statuses == ["calling", "delivered"])
    assert on.steps() == [
        ("raised", "First", None),
        ("failed", "First", "webhook"),
        ("delivered", "First", "webhook"),
    ]
    assert len(hook.requests) == 2


async def test_who_does_not_acknowledge_in_time_is_followed_by_the_next(alert):
    talk = Talk()
    async with webhook_server(SECRET) as hook, mail_server() as post:
        contacts = [Contact("First", webhook=hook.url), Contact("Second", email="second@clinic.example")]
        rules = EscalationRules(acknowledge_within_s=0.1, attempts=1, attempt_timeout_s=5, retry_pause_s=1)
        async with running(contacts, rules, mail_port=post.port) as on:
            on.desk.raise_alert(alert, talk)
            await until(lambda: ("escalated", "Second", None) in on.steps())
            # The first one opens the message late, and that is as good.
            assert on.desk.acknowledge("alert_1", "First")
            await until(lambda: talk.statuses[-1] == "acknowledged")
            state = on.desk.find("alert_1")
    assert (state.status, state.acknowledged_by) == ("acknowledged", "First")
    assert len(hook.requests) == 1


async def test_both_channels_out_of_order_is_told_as_unreached(alert):
    talk = Talk()
    dead = f"http://127.0.0.1:{refusing_port()}/"
    contacts = [
        Contact("First", webhook=dead, email="first@clinic.example"),
        Contact("Second", webhook=dead, email="second@clinic.example"),
    ]
    # Whoever could never be reached is not waited for: the 30 s for an acknowledgement don't pass here.
    async with running(contacts, PATIENT, mail_port=refusing_port()) as on:
        on.desk.raise_alert(alert, talk)
        await until(lambda: talk.statuses == ["calling", "unreached"])
    steps = on.steps()
    assert [step for step, *_ in steps].count("failed") == 2 * 2 * PATIENT.attempts
    assert steps[-1] == ("unreached", None, None)


async def test_receivers_that_hang_are_given_up_after_the_deadline(alert):
    talk = Talk()
    rules = EscalationRules(acknowledge_within_s=30, attempts=2, attempt_timeout_s=0.1, retry_pause_s=0.01)
    async with webhook_server(SECRET, None) as hook, mail_server() as post:
        post.hang = True
        first = Contact("First", webhook=hook.url, email="first@clinic.example")
        async with running([first], rules, mail_port=post.port) as on:
            on.desk.raise_alert(alert, talk)
            await until(lambda: talk.statuses == ["calling", "unreached"])
    assert [step for step, *_ in on.steps()].count("failed") == 4


async def test_a_delivered_alert_that_nobody_acknowledges_is_unreached(alert):
    talk = Talk()
    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)], QUICK) as on:
        on.desk.raise_alert(alert, talk)
        await until(lambda: talk.statuses == ["calling", "delivered", "unreached"])
        assert on.desk.acknowledge("alert_1", "First")
        await until(lambda: talk.statuses[-1] == "acknowledged")


async def test_one_dead_channel_holds_the_other_not_up(alert):
    talk = Talk()
    async with webhook_server(SECRET, None) as hook, mail_server() as post:
        first = Contact("First", webhook=hook.url, email="first@clinic.example")
        rules = EscalationRules(acknowledge_within_s=30, attempts=1, attempt_timeout_s=5)
        async with running([first], rules, mail_port=post.port) as on:
            on.desk.raise_alert(alert, talk)
            await until(lambda: "delivered" in talk.statuses)
            assert on.steps() == [("raised", "First", None), ("delivered", "First", "mail")]
            hook.ended.set()


async def test_an_alert_of_the_same_talk_is_merged_unless_it_is_graver(make_alert):
    first, second = Talk(), Talk()
    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)]) as on:
        on.desk.raise_alert(make_alert(level=2), first)
        await until(lambda: first.statuses == ["calling", "delivered"])
        assert on.desk.raise_alert(make_alert(alert_id="alert_2", level=2), second) == "alert_1"
        await until(lambda: second.updates == [Update("alert_1", "delivered")])
        assert on.desk.raise_alert(make_alert(alert_id="alert_3", level=3), second) == "alert_3"
        assert on.desk.raise_alert(make_alert(alert_id="alert_4", talk_id="talk-2", level=1)) == "alert_4"
        await until(lambda: len(hook.requests) == 3)
        assert {body["data"]["alert_id"] for body in hook.bodies} == {"alert_1", "alert_3", "alert_4"}


async def test_another_kind_of_danger_calls_anew(make_alert):
    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)]) as on:
        on.desk.raise_alert(make_alert(level=3))
        assert on.desk.raise_alert(make_alert(alert_id="alert_2", level=2, kind="abuse")) == "alert_2"
        await until(lambda: {body["data"]["kind"] for body in hook.bodies} == {"suicide", "abuse"})


async def test_nobody_reached_is_told_once_and_only_when_no_other_alert_of_the_talk_is_under_way(make_alert):
    first, second = Talk(), Talk()
    dead = Contact("First", webhook=f"http://127.0.0.1:{refusing_port()}/")
    async with running([dead], QUICK) as on:
        on.desk.raise_alert(make_alert(level=2), first)
        await until(lambda: first.statuses == ["calling"])
        on.desk.raise_alert(make_alert(alert_id="alert_2", level=3), second)
        await until(lambda: "unreached" in second.statuses)
        await until(lambda: on.desk.open_alerts == 0)
        assert [*first.statuses, *second.statuses].count("unreached") == 1


async def test_who_was_reached_by_one_alert_is_not_told_that_another_reached_nobody(make_alert):
    lesser, graver = Talk(), Talk()
    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)], QUICK) as on:
        on.desk.raise_alert(make_alert(level=2), lesser)
        on.desk.raise_alert(make_alert(alert_id="alert_2", level=3), graver)
        await until(lambda: len(hook.requests) == 2)
        assert on.desk.acknowledge("alert_1", "First")
        await until(lambda: on.desk.find("alert_2").status == "unreached")
        await until(lambda: "acknowledged" in lesser.statuses)
        assert "unreached" not in graver.statuses


async def test_who_takes_on_the_graver_alert_takes_on_the_other_too(make_alert):
    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)]) as on:
        on.desk.raise_alert(make_alert(level=2))
        on.desk.raise_alert(make_alert(alert_id="alert_2", level=3))
        on.desk.raise_alert(make_alert(alert_id="alert_3", talk_id="talk-2"))
        await until(lambda: len(hook.requests) == 3)
        assert on.desk.acknowledge("alert_2", "First")
        assert on.desk.find("alert_1").status == "acknowledged"
        assert on.desk.find("alert_3").status != "acknowledged"


async def test_who_takes_on_the_lesser_alert_leaves_the_graver_open(make_alert):
    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)]) as on:
        on.desk.raise_alert(make_alert(level=2))
        on.desk.raise_alert(make_alert(alert_id="alert_2", level=3))
        await until(lambda: len(hook.requests) == 2)
        assert on.desk.acknowledge("alert_1", "First")
        assert on.desk.open_alerts == 1


async def test_after_an_acknowledgement_the_same_talk_calls_nobody_for_a_while(make_alert):
    clock = [datetime.now(UTC)]
    talk = Talk()
    async with (
        webhook_server(SECRET) as hook,
        running([Contact("First", webhook=hook.url)], now=lambda: clock[0]) as on,
    ):
        on.desk.raise_alert(make_alert())
        await until(lambda: hook.requests)
        on.desk.acknowledge("alert_1", "First")
        assert on.desk.raise_alert(make_alert(alert_id="alert_2"), talk) == "alert_1"
        await until(lambda: talk.updates == [Update("alert_1", "acknowledged")])
        clock[0] += timedelta(minutes=11)
        assert on.desk.raise_alert(make_alert(alert_id="alert_3"), talk) == "alert_3"


async def test_an_unreached_talk_may_call_again(make_alert):
    dead = Contact("First", webhook=f"http://127.0.0.1:{refusing_port()}/")
    talk = Talk()
    async with running([dead], QUICK) as on:
        on.desk.raise_alert(make_alert(), talk)
        await until(lambda: "unreached" in talk.statuses)
        assert on.desk.raise_alert(make_alert(alert_id="alert_2"), talk) == "alert_2"


async def test_acknowledging_twice_changes_nothing_and_strangers_cannot(alert):
    async with webhook_server(SECRET) as hook, mail_server() as post:
        contacts = [Contact("First", webhook=hook.url), Contact("Second", email="second@clinic.example")]
        async with running(contacts, mail_port=post.port) as on:
            on.desk.raise_alert(alert)
            await until(lambda: hook.requests)
            assert not on.desk.acknowledge("alert_1", "Second")
            assert not on.desk.acknowledge("alert_1", "Nobody")
            assert not on.desk.acknowledge("alert_9", "First")
            assert on.desk.find("alert_9") is None
            assert on.desk.acknowledge("alert_1", "First")
            before = on.desk.find("alert_1")
            assert on.desk.acknowledge("alert_1", "First")
            assert on.desk.find("alert_1") == before
    assert on.steps().count(("acknowledged", "First", None)) == 1


async def test_a_talk_that_is_gone_ends_no_alert(alert, caplog):
    def gone(update):
        raise RuntimeError("the talk is gone")

    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)]) as on:
        on.desk.raise_alert(alert, gone)
        await until(lambda: ("delivered", "First", "webhook") in on.steps())
        assert on.desk.acknowledge("alert_1", "First")
    assert "could not be told" in caplog.text


async def test_a_channel_with_a_defect_ends_neither_the_desk_nor_other_alerts(make_alert):
    class Broken:
        async def deliver(self, alert, contact, link):
            raise KeyError("defect")

        async def close(self):
            pass

    talk, other = Talk(), Talk()
    contacts = Rota({"north": [Contact("North", email="n@b.example")]})
    async with running(contacts, QUICK, channels=(None, Broken())) as on:
        on.desk.raise_alert(make_alert(clinic="north"), talk)
        await until(lambda: talk.statuses == ["calling", "unreached"])
        on.desk.raise_alert(make_alert(alert_id="alert_2", talk_id="talk-2", clinic="south"), other)
        await until(lambda: other.statuses == ["nobody_on_call"])


async def test_a_log_that_cannot_record_ends_no_alert(alert):
    def broken(event):
        raise OSError

    talk = Talk()
    desk = Desk(Rota({}), QUICK, None, None, broken, lambda alert, contact: "")
    task = asyncio.create_task(desk.run())
    desk.raise_alert(alert, talk)
    await until(lambda: talk.statuses == ["nobody_on_call"])
    desk.close()
    await task


async def test_too_many_alerts_at_once_are_told_the_truth(make_alert, monkeypatch):
    monkeypatch.setattr(desk_module, "MOST_OPEN", 3)
    talks = [Talk() for _ in range(4)]
    async with webhook_server(SECRET) as hook, running([Contact("First", webhook=hook.url)]) as on:
        for number, talk in enumerate(talks):
            on.desk.raise_alert(make_alert(alert_id=f"a{number}", talk_id=f"t{number}"), talk)
        await until(lambda: len(hook.requests) == 3 and talks[3].statuses == ["unreached"])
    assert on.steps("a3") == [("raised", None, None), ("unreached", None, None)]


async def test_alerts_that_are_over_are_forgotten_after_a_day(make_alert, monkeypatch):
    clock = [make_alert().raised_at]
    async with running([], now=lambda: clock[0]) as on:
        on.desk.raise_alert(make_alert())
        await until(lambda: len(on.recorded) == 2)
        clock[0] += timedelta(hours=25)
        on.desk.raise_alert(make_alert(alert_id="alert_2", raised_at=clock[0]))
        assert on.desk.find("alert_1") is None
        assert on.desk.find("alert_2") is not None


async def test_closing_waits_for_the_attempt_under_way_and_begins_no_other(alert):
    started, finish = asyncio.Event(), asyncio.Event()

    class Slow:
        count = 0

        async def deliver(self, alert, contact, link):
            self.count += 1
            started.set()
            await finish.wait()

        async def close(self):
            pass

    slow, recorded = Slow(), []
    desk = Desk(
        Rota({"*": [Contact("First", email="a@b.example")]}),
        PATIENT, None, slow, recorded.append, lambda alert, contact: "",
    )  # fmt: skip
    task = asyncio.create_task(desk.run())
    desk.raise_alert(alert)
    await started.wait()
    desk.close()
    await asyncio.sleep(0)
    assert not task.done()
    finish.set()
    await task
    assert [event.step for event in recorded] == ["raised", "delivered"]
    assert slow.count == 1


@pytest.mark.parametrize("closed_first", [True, False])
async def test_closing_ends_an_idle_desk(closed_first):
    desk = Desk(Rota({}), PATIENT, None, None, lambda event: None, lambda alert, contact: "")
    if closed_first:
        desk.close()
    task = asyncio.create_task(desk.run())
    await asyncio.sleep(0)
    desk.close()
    async with asyncio.timeout(5):
        await task
