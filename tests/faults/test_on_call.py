"""Contacts on call are reached by the running gateway, or the person is told that they are not.

Webhooks and mail arrive on loopback. Rasa is not waited for: none of this may need it.
"""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio
from alert_receivers import mail_server, refusing_port, until, webhook_server
from ports import free_port
from stack import Stack

import crisis
from session_log.events import AlertStep, TalkEnded
from session_log.reader import UnknownTalkError, read_talk

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = secrets.token_bytes(32)
NAMES = ("Zanzibarquartz", "گلابتونیزد")
DANGER = {
    "en": f"My name is {NAMES[0]} and I want to kill myself tonight.",
    "fa": f"اسم من {NAMES[1]} است و می‌خواهم خودم را بکشم.",
}
SAMARITANS = {"en": "116 123", "fa": "۱۱۶ ۱۲۳"}
WITHIN_S = 4
"""How long a contact of the impatient gateway has: long enough to kill it meanwhile."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hook():
    async with webhook_server(SECRET) as hook:
        yield hook


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post():
    async with mail_server() as post:
        yield post


@pytest.fixture(scope="module")
def make_gateway(stack, tmp_path_factory):
    """Makes a gateway with contacts, whose mail goes to this port."""

    def make(smtp_port, **on_call):
        port = free_port()
        made.append(
            Stack(
                tmp_path_factory.mktemp("on_call"),
                share=stack,
                port=port,
                environment={"HAMDEL_WEBHOOK_SECRET": "whsec_" + base64.b64encode(SECRET).decode()},
                on_call={
                    "public_url": f"http://127.0.0.1:{port}",
                    "smtp": {
                        "host": "127.0.0.1",
                        "port": smtp_port,
                        "security": "none",
                        "sender": "hamdel@clinic.example",
                    },
                    **on_call,
                },
            )
        )
        made[-1].start("gateway")
        return made[-1]

    made = []
    yield make
    for each in made:
        each.end()


@pytest.fixture(scope="module")
def patient(make_gateway, hook, post):
    """Waits a minute for each contact."""
    other_day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a")
    duty_room = {"name": "Duty room", "clinic": "north", "webhook": hook.url, "email": "duty@clinic.example"}
    off_duty = {"name": "Another day", "clinic": "closed", "webhook": hook.url}
    off_duty |= {"timezone": "UTC", "hours": [f"{other_day} 09:00-10:00"]}
    return make_gateway(post.port, acknowledge_within_s=60, contacts=[duty_room, off_duty])


@pytest.fixture(scope="module")
def impatient(make_gateway, hook):
    """Waits seconds; no mail server takes its mail."""
    nowhere = f"http://127.0.0.1:{refusing_port()}/on-call"
    return make_gateway(
        refusing_port(),
        acknowledge_within_s=WITHIN_S,
        attempts=2,
        retry_pause_s=0.2,
        contacts=[
            {"name": "First", "clinic": "silent", "webhook": hook.url},
            {"name": "Second", "clinic": "silent", "webhook": hook.url},
            {"name": "Lost", "clinic": "lost", "webhook": nowhere, "email": "lost@clinic.example"},
        ],
    )


@pytest.fixture
def person():
    """Somebody of a clinic, with a pseudonym of their own."""

    def make(stack, clinic, language="en"):
        subject = f"p-{secrets.token_hex(6)}"
        token = stack.token(clinic=clinic, country="GB", sub=subject)
        session = {"output_modalities": ["text"], "hamdel": {"disclosure": "shown", "language": language}}
        talk = stack.talk(token=token, session=session, grants=("talk",))
        return SimpleNamespace(subject=subject, talk=talk)

    return make


async def told(hook, person, contact):
    """What a contact is sent about a person by webhook, once it has come."""

    def bodies():
        return [
            body
            for body in hook.bodies
            if (body["data"]["subject"], body["data"]["contact"]) == (person.subject, contact)
        ]

    await until(bodies, timeout_s=60)
    return bodies()[0]["data"]


async def status(link, method="GET"):
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(method, link, headers={"accept": "application/json"})
    assert answer.status_code == 200
    return answer.json()


async def opened(link):
    """The page that whoever opens a link sees."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(link, headers={"accept": "text/html"})).raise_for_status().text


async def handed_over(talk, wanted):
    """The hand-over with this status; none before it claims more than is true."""
    while True:
        event = await talk.until("hamdel.handoff", 60)
        assert event["reached"] == (event["status"] == "acknowledged")
        if event["status"] == wanted:
            return event


def steps(stack, talk_id):
    """The steps of a talk's alert; none as long as the log has not been written."""
    try:
        events = read_talk(stack.database, talk_id)[1]
    except UnknownTalkError:
        return []
    return [(event.step, event.contact) for event in events if isinstance(event, AlertStep)]


def says_nothing_of(stack, *more):
    """No word of the person is in logs, metrics, session log, or what contacts got."""
    logs = [stack.log("gateway"), stack.get("/metrics")[1]]
    files = (path for path in stack.folder.rglob("*") if path.is_file() and "session_log" in str(path))
    stored = [path.read_bytes().decode(errors="replace") for path in files]
    assert stored
    everything = "\n".join([*logs, *stored, *more]).lower()
    for words in (*NAMES, *(name.encode("unicode_escape").decode() for name in NAMES), "kill myself", "بکشم"):
        assert words.lower() not in everything, words


@pytest.mark.parametrize(("language", "way"), [("en", "spoken"), ("en", "typed"), ("fa", "typed")])
async def test_who_is_on_call_is_told_signed_and_acknowledges_by_pressing_the_button_alone(
    patient, hook, post, person, spoken, stack, language, way
):
    await patient.ready(gateway=True)
    somebody = person(patient, "north", language)
    async with somebody.talk as talk:
        if way == "spoken":
            await talk.hear(bytes(24_000) + spoken("I want to kill myself tonight."))
            reply = await talk.reply(60)
        else:
            reply = await talk.type(DANGER[language])
        assert crisis.sentence("calling", language, "GB") in reply
        assert crisis.sentence("nobody", language, "GB") not in reply
        data = await told(hook, somebody, "Duty room")
        assert (data["clinic"], data["country"], data["language"]) == ("north", "GB", language)
        assert data["level"] >= 2
        assert hook.forged == 0
        link = data["acknowledge_url"]
        await until(lambda: any(link in mail.get_content() for mail in post.mails), timeout_s=30)
        assert ["duty@clinic.example"] in post.recipients
        await handed_over(talk, "delivered")

        assert "<form" in await opened(link)
        seen = await status(link)
        assert (seen["status"], seen["acknowledged_by"]) == ("delivered", None)

        pressed = await status(link, "POST")
        assert (pressed["status"], pressed["acknowledged_by"]) == ("acknowledged", "Duty room")
        assert (await handed_over(talk, "acknowledged"))["reached"] is True
        assert crisis.sentence("reached", language, "GB") in await talk.reply()
        assert await status(link, "POST") == pressed
    letters = [mail.as_string() + mail.get_content() for mail in post.mails]
    webhooks = [f"{headers} {body}" for headers, body in hook.requests]
    says_nothing_of(patient, *letters, *webhooks, stack.log("dialogue"), stack.log("actions"))
    assert all(somebody.subject not in letter for letter in letters)


@pytest.mark.parametrize(("clinic", "language"), [("elsewhere", "en"), ("closed", "en"), ("closed", "fa")])
async def test_with_nobody_on_duty_the_person_is_told_that_nobody_listens_and_whom_to_call(
    patient, hook, person, clinic, language
):
    await patient.ready(gateway=True)
    somebody = person(patient, clinic, language)
    async with somebody.talk as talk:
        reply = await talk.type(DANGER[language])
        assert crisis.sentence("nobody", language, "GB") in reply
        assert crisis.sentence("calling", language, "GB") not in reply
        assert SAMARITANS[language] in reply
        await handed_over(talk, "nobody_on_call")
    assert all(body["data"]["subject"] != somebody.subject for body in hook.bodies)


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_with_webhook_and_mail_both_out_the_person_is_told_that_nobody_was_reached(
    impatient, person, language
):
    await impatient.ready(gateway=True)
    somebody = person(impatient, "lost", language)
    async with somebody.talk as talk:
        assert crisis.sentence("calling", language, "GB") in await talk.type(DANGER[language])
        await handed_over(talk, "unreached")
        reply = await talk.reply()
        assert reply == crisis.sentence("unreached", language, "GB")
        assert SAMARITANS[language] in reply
        assert talk.of("hamdel.crisis")[-1]["lines"]
    says_nothing_of(impatient)


async def test_the_second_contact_is_called_where_the_first_stays_silent(impatient, hook, person):
    await impatient.ready(gateway=True)
    somebody = person(impatient, "silent")
    async with somebody.talk as talk:
        await talk.type(DANGER["en"])
        first = await told(hook, somebody, "First")
        second = await told(hook, somebody, "Second")
        assert second["alert_id"] == first["alert_id"]
        assert second["acknowledge_url"] != first["acknowledge_url"]
        pressed = await status(second["acknowledge_url"], "POST")
        assert pressed["acknowledged_by"] == "Second"
        await handed_over(talk, "acknowledged")
        assert crisis.sentence("reached", "en", "GB") in await talk.reply()


async def test_an_alert_goes_on_when_its_talk_has_left(impatient, hook, person):
    await impatient.ready(gateway=True)
    somebody = person(impatient, "silent")
    async with somebody.talk as talk:
        await talk.type(DANGER["en"])
    second = await told(hook, somebody, "Second")
    assert (await status(second["acknowledge_url"], "POST"))["acknowledged_by"] == "Second"
    await until(lambda: ("acknowledged", "Second") in steps(impatient, second["talk_id"]), timeout_s=30)
    events = read_talk(impatient.database, second["talk_id"])[1]
    left = next(place for place, event in enumerate(events) if isinstance(event, TalkEnded))
    after = [(event.step, event.contact) for event in events[left:] if isinstance(event, AlertStep)]
    # The first contact's delivery is written on either side of the talk's end.
    of_second = [step for step, contact in after if contact == "Second"]
    assert of_second == ["escalated", "delivered", "acknowledged"]


async def test_an_alert_goes_on_when_the_gateway_was_killed_and_started_again(impatient, hook, person):
    await impatient.ready(gateway=True)
    somebody = person(impatient, "silent")
    async with somebody.talk as talk:
        await talk.type(DANGER["en"])
        first = await told(hook, somebody, "First")
        await until(lambda: ("delivered", "First") in steps(impatient, first["talk_id"]), timeout_s=30)
        impatient.kill("gateway")
    assert ("escalated", "Second") not in steps(impatient, first["talk_id"])
    impatient.start("gateway")
    second = await told(hook, somebody, "Second")
    assert second["alert_id"] == first["alert_id"]
    await impatient.ready(gateway=True)
    # The first contact's link was made before.
    assert (await status(first["acknowledge_url"], "POST"))["acknowledged_by"] == "First"
    await until(lambda: ("acknowledged", "First") in steps(impatient, first["talk_id"]), timeout_s=30)
