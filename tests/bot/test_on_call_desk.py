"""The desk as the gateway opens it: from settings, through a message and its link, into the session log."""

import asyncio
import base64
from datetime import UTC, datetime

import httpx
import pytest
from alert_receivers import mail_server, until, webhook_server
from starlette.applications import Starlette

from bot.alert_links import LinkError
from bot.on_call_desk import open_on_call_desk
from on_call.alert import Alert, new_alert_id
from on_call.delivery import OnCallError
from on_call.settings import OnCallSettings
from session_log import SessionLog
from session_log.reader import read_talk

SECRET = b"w" * 32
ENVIRONMENT = {
    "HAMDEL_TOKEN_SECRET": "s" * 32,
    "HAMDEL_WEBHOOK_SECRET": "whsec_" + base64.b64encode(SECRET).decode(),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session_log.sqlite"


def settings(hook, post):
    return OnCallSettings.model_validate(
        {
            "public_url": "https://hamdel.example",
            "smtp": {
                "host": "127.0.0.1",
                "port": post.port,
                "security": "none",
                "sender": "h@clinic.example",
            },
            "contacts": [{"name": "First", "webhook": hook.url, "email": "first@clinic.example"}],
        }
    )


def raised():
    return Alert(
        alert_id=new_alert_id(), talk_id="talk-1", clinic=None, subject=None, level=3, kind="suicide",
        country=None, language=None, raised_at=datetime.now(UTC),
    )  # fmt: skip


async def test_what_becomes_of_an_alert_is_timed_by_the_clock_that_the_desk_is_given(path):
    october, updates = datetime(2026, 10, 1, 12, tzinfo=UTC), []
    with SessionLog.open(path) as log:
        opened = open_on_call_desk(OnCallSettings(), ENVIRONMENT, log, path, now=lambda: october)
        task = asyncio.create_task(opened.run())
        opened.desk.raise_alert(raised(), updates.append)
        await until(lambda: updates)
        opened.desk.close()
        await task
    times = {event.step: event.at for event in read_talk(path, "talk-1")[1]}
    assert times["nobody_on_call"] == october


async def test_an_alert_goes_out_and_comes_back_through_its_link_even_after_a_restart(path):
    alert, updates = raised(), []
    async with webhook_server(SECRET) as hook, mail_server() as post:
        with SessionLog.open(path) as log:
            first = open_on_call_desk(settings(hook, post), ENVIRONMENT, log, path)
            task = asyncio.create_task(first.run())
            first.desk.raise_alert(alert, updates.append)
            await until(lambda: hook.requests and post.mails)
            first.desk.close()
            await task
            assert [update.status for update in updates][:2] == ["calling", "delivered"]
        link = hook.bodies[0]["data"]["acknowledge_url"]
        assert link in post.mails[0].get_content()

        with SessionLog.open(path) as log:
            again = open_on_call_desk(settings(hook, post), ENVIRONMENT, log, path)
            task = asyncio.create_task(again.run())
            transport = httpx.ASGITransport(Starlette(routes=again.routes))
            async with httpx.AsyncClient(transport=transport) as client:
                answer = await client.post(link, headers={"accept": "application/json"})
            assert answer.json()["acknowledged_by"] == "First"
            again.desk.close()
            await task
    steps = [event.step for event in read_talk(path, "talk-1")[1]]
    assert (steps[0], steps[-1]) == ("raised", "acknowledged")
    assert sorted(steps[1:-1]) == ["delivered", "delivered"]


async def test_without_contacts_there_is_a_desk_that_says_so(path):
    updates = []
    with SessionLog.open(path) as log:
        opened = open_on_call_desk(OnCallSettings(), {}, log, path)
        task = asyncio.create_task(opened.run())
        assert not opened.desk.anyone(None)
        opened.desk.raise_alert(raised(), updates.append)
        await until(lambda: [update.status for update in updates] == ["nobody_on_call"])
        opened.desk.close()
        await task


@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"HAMDEL_TOKEN_SECRET": "s" * 32}, OnCallError),
        ({**ENVIRONMENT, "HAMDEL_TOKEN_SECRET": "short"}, LinkError),
    ],
)
def test_secrets_that_are_missing_or_too_short_end_the_start(path, environment, error):
    section = {"public_url": "https://x.example", "contacts": [{"name": "A", "webhook": "https://a.example"}]}
    with SessionLog.open(path) as log, pytest.raises(error, match="HAMDEL_"):
        open_on_call_desk(OnCallSettings.model_validate(section), environment, log, path)
