import base64
import json
import ssl

import pytest
from alert_receivers import refusing_port, webhook_server

from on_call.delivery import DeliveryError, OnCallError
from on_call.rota import Contact
from on_call.webhook import Webhook, message_id, read_secret, signature

SECRET = b"s" * 32
LINK = "https://hamdel.clinic.example/v1/alerts/token"


@pytest.fixture
async def webhook():
    made = Webhook(SECRET, timeout_s=5, clock=lambda: 1_700_000_000.9)
    yield made
    await made.close()


def to(url):
    return Contact("First", webhook=url)


def test_the_signature_is_that_of_the_specification():
    # The example of the reference implementations of Standard Webhooks.
    secret = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_an_alert_is_received_signed_and_whole(webhook, alert):
    async with webhook_server(SECRET) as server:
        await webhook.deliver(alert, to(server.url), LINK)
    ((headers, body),) = server.requests
    assert (headers["webhook-timestamp"], headers["content-type"]) == ("1700000000", "application/json")
    assert body == {
        "type": "hamdel.alert.raised",
        "timestamp": "2026-11-20T19:44:05Z",
        "data": {
            "alert_id": "alert_1",
            "talk_id": "talk-1",
            "clinic": "clinic-1",
            "subject": "p-17",
            "level": 3,
            "kind": "suicide",
            "country": "IR",
            "language": "fa",
            "contact": "First",
            "acknowledge_url": LINK,
        },
    }


async def test_each_attempt_has_the_same_id_and_each_contact_another(webhook, alert, make_alert):
    async with webhook_server(SECRET, 500, 204) as server:
        for _ in range(2):
            try:
                await webhook.deliver(alert, to(server.url), LINK)
            except DeliveryError as error:
                assert "500" in str(error)  # noqa: PT017
    first, second = (headers["webhook-id"] for headers, _ in server.requests)
    assert first == second == message_id(alert, to("https://x.example"))
    others = {
        message_id(alert, Contact("Second", email="a@b.example")),
        message_id(make_alert(alert_id="alert_2"), to("https://x.example")),
    }
    assert len({first, *others}) == 3
    assert "." not in first


async def test_a_test_is_marked_as_one(webhook, alert):
    async with webhook_server(SECRET) as server:
        await webhook.deliver(alert, to(server.url), None)
    assert server.bodies[0]["type"] == "hamdel.alert.test"
    assert server.bodies[0]["data"]["acknowledge_url"] is None


async def test_another_secret_is_noticed_by_the_receiver(webhook, alert):
    async with webhook_server(b"t" * 32) as server:
        with pytest.raises(DeliveryError, match="401"):
            await webhook.deliver(alert, to(server.url), LINK)
    assert (server.forged, server.requests) == (1, [])


@pytest.mark.parametrize("status", [302, 307, 400, 404, 410, 429, 500, 503])
async def test_any_other_answer_than_success_is_a_failure_and_redirects_are_not_followed(
    webhook, alert, status
):
    async with webhook_server(SECRET, status) as server:
        with pytest.raises(DeliveryError, match=str(status)):
            await webhook.deliver(alert, to(server.url), LINK)
    assert len(server.requests) == 1


async def test_a_receiver_that_hangs_is_given_up(alert):
    webhook = Webhook(SECRET, timeout_s=0.05)
    async with webhook_server(SECRET, None) as server:
        with pytest.raises(DeliveryError, match="in time"):
            await webhook.deliver(alert, to(server.url), LINK)
    await webhook.close()


async def test_a_refused_connection_is_a_failure_that_names_no_address(webhook, alert):
    url = f"http://127.0.0.1:{refusing_port()}/secret-path"
    with pytest.raises(DeliveryError, match="ConnectError") as caught:
        await webhook.deliver(alert, to(url), LINK)
    assert "secret-path" not in str(caught.value)


async def test_a_server_without_tls_behind_https_is_a_failure(webhook, alert):
    async with webhook_server(SECRET) as server:
        with pytest.raises(DeliveryError, match="could not be reached"):
            await webhook.deliver(alert, to(server.url.replace("http:", "https:")), LINK)


async def test_proxies_of_the_environment_are_not_asked(alert, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{refusing_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{refusing_port()}")
    webhook = Webhook(SECRET)
    async with webhook_server(SECRET) as server:
        await webhook.deliver(alert, to(server.url), LINK)
        assert len(server.requests) == 1
    await webhook.close()


async def test_a_certificate_is_checked(alert):
    webhook = Webhook(SECRET)
    context = webhook._client._transport._pool._ssl_context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    await webhook.close()


async def test_a_contact_without_a_webhook_is_a_failure(webhook, alert, contact):
    with pytest.raises(DeliveryError, match="no webhook"):
        await webhook.deliver(alert, contact(), LINK)


async def test_persian_names_and_ids_arrive_as_they_are(webhook, make_alert):
    name = "دکتر نوروزی\u200cنژاد"
    async with webhook_server(SECRET) as server:
        await webhook.deliver(make_alert(talk_id="گفت"), Contact(name, webhook=server.url), LINK)
    assert (server.bodies[0]["data"]["contact"], server.bodies[0]["data"]["talk_id"]) == (name, "گفت")
    assert json.dumps(server.bodies)


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_secret_of_the_specification_is_read(size):
    assert read_secret("whsec_" + base64.b64encode(b"k" * size).decode()) == b"k" * size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_not base64",
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        "whsec_" + base64.b64encode(b"k" * 65).decode(),
        "whsec_کلید",
    ],
)
def test_another_secret_is_refused_with_what_makes_one_and_not_repeated(text):
    with pytest.raises(OnCallError, match="make one with") as caught:
        read_secret(text)
    assert len(text) < 7 or text not in str(caught.value)
