"""Acknowledging over HTTP, with a desk that runs."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from alert_receivers import until, webhook_server
from starlette.applications import Starlette

from bot.alert_links import AlertLinks
from bot.alert_routes import alert_routes
from bot.tokens import Claims, TokenIssuer
from on_call.alert import Alert
from on_call.desk import Desk
from on_call.escalation import EscalationRules
from on_call.rota import Contact, Rota
from on_call.webhook import Webhook

SECRET = b"s" * 32
BASE = "https://hamdel.example"
JSON = {"accept": "application/json"}


class Site:
    """A desk with one alert that lies with its contact, and the routes to acknowledge it."""

    def __init__(self, desk, links, client, alert, contact, recorded):
        self.desk, self.links, self.client = desk, links, client
        self.alert, self.contact, self.recorded = alert, contact, recorded

    @property
    def link(self):
        return self.links.issue(self.alert, self.contact)

    @property
    def status(self):
        return self.desk.find(self.alert.alert_id).status


@pytest.fixture
async def site():
    async with running() as made:
        yield made


@asynccontextmanager
async def running(raised_at=None):
    links, webhook, recorded = AlertLinks(SECRET, BASE), Webhook(SECRET), []
    async with webhook_server(SECRET) as hook:
        first, second = Contact("First", webhook=hook.url), Contact("Second", webhook=hook.url)
        rota = Rota({"*": [first, second]})
        desk = Desk(rota, EscalationRules(), webhook, None, recorded.append, links.issue)
        alert = Alert(
            alert_id="alert_1", talk_id="talk-1", clinic="clinic-1", subject="p-17", level=3, kind="suicide",
            country="IR", language="fa", raised_at=raised_at or datetime.now(UTC),
        )  # fmt: skip
        task = asyncio.create_task(desk.run())
        desk.raise_alert(alert)
        await until(lambda: desk.find("alert_1").status == "delivered")
        app = Starlette(routes=alert_routes(desk, links, rota))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
            made = Site(desk, links, client, alert, first, recorded)
            made.second = second
            made.sent_link = hook.bodies[0]["data"]["acknowledge_url"]
            yield made
        desk.close()
        await task
    await webhook.close()


async def test_opening_the_link_of_the_message_acknowledges_nothing(site):
    for _ in range(3):
        page = await site.client.get(site.sent_link)
        head = await site.client.head(site.sent_link)
    assert (page.status_code, head.status_code) == (200, 200)
    assert "text/html" in page.headers["content-type"]
    assert "<form" in page.text
    assert site.status == "delivered"


async def test_the_button_acknowledges(site):
    page = await site.client.post(site.sent_link, headers={"accept": "text/html,*/*"})
    assert page.status_code == 200
    assert "<form" not in page.text
    assert "First" in page.text
    assert site.status == "acknowledged"


async def test_a_program_acknowledges_with_json_and_may_do_so_again(site):
    first = await site.client.post(site.link, headers=JSON)
    again = await site.client.post(site.link, headers=JSON)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["status"] == "acknowledged"
    assert first.json()["acknowledged_by"] == "First"
    assert datetime.fromisoformat(first.json()["acknowledged_at"]).tzinfo is not None
    assert [event.step for event in site.recorded].count("acknowledged") == 1
    shown = await site.client.get(site.link, headers=JSON)
    assert shown.json() == first.json()


async def test_no_answer_is_kept_or_framed_or_tells_where_it_came_from(site):
    answers = [
        await site.client.get(site.link),
        await site.client.post(site.link),
        await site.client.post(site.link, headers=JSON),
        await site.client.get("/v1/alerts/x"),
        await site.client.get("/v1/alerts/x", headers=JSON),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "p-17" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_bad_and_foreign_tokens_lead_nowhere(site, method):
    talk, _ = TokenIssuer(SECRET, None).issue(Claims(), lifetime_s=60)
    other = AlertLinks(b"t" * 32, BASE).issue(site.alert, site.contact)
    for path in ("/v1/alerts/x", f"/v1/alerts/{talk}", other, site.link + "x", f"/v1/alerts/{'x' * 9000}"):
        answer = await site.client.request(method, path)
        assert answer.status_code == 404
        assert "پیوند" in answer.text
        told = await site.client.request(method, path, headers=JSON)
        assert (told.status_code, told.json()["error"]["code"]) == (404, "alert_not_found")
    assert site.status == "delivered"


async def test_a_contact_that_was_not_called_cannot_acknowledge(site):
    link = site.links.issue(site.alert, site.second)
    assert (await site.client.post(link)).status_code == 404
    assert site.status == "delivered"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_old_link_says_that_its_day_is_over(method):
    async with running(raised_at=datetime.now(UTC) - timedelta(hours=25)) as site:
        answer = await site.client.request(method, site.link)
        assert answer.status_code == 410
        assert "no longer valid" in answer.text
        told = await site.client.request(method, site.link, headers=JSON)
        assert told.json()["error"]["code"] == "alert_expired"
        assert site.status == "delivered"


async def test_a_link_of_a_contact_or_an_alert_that_is_gone_says_so(site):
    for alert, contact in (
        (site.alert, Contact("Gone", email="a@b.example")),
        (
            Alert(
                **{**{name: getattr(site.alert, name) for name in site.alert.__slots__}, "alert_id": "lost"}
            ),
            site.contact,
        ),
    ):
        assert (await site.client.post(site.links.issue(alert, contact))).status_code == 410


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(site, method):
    assert (await site.client.request(method, site.link)).status_code == 405


async def test_the_body_of_the_request_is_not_looked_at(site):
    answer = await site.client.post(site.link, content=b"x" * 1_000_000, headers=JSON)
    assert answer.status_code == 200
