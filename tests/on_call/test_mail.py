import ssl
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
import trustme
from alert_receivers import mail_server, refusing_port

from on_call.delivery import DeliveryError
from on_call.mail import Mail, SmtpServer, compose
from on_call.rota import Contact

LINK = "https://hamdel.clinic.example/v1/alerts/" + "x" * 300
NOW = datetime(2026, 11, 20, 19, 44, 6, tzinfo=UTC)
TEHRAN = Contact("دکتر نوروزی\u200cنژاد", email="duty@clinic.example", timezone="Asia/Tehran")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server_tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def client_tls(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def mail_to(port, security="none", *, tls=None, timeout_s=5, host="localhost", **fields):
    server = SmtpServer(host=host, port=port, security=security, sender="hamdel@clinic.example", **fields)
    return Mail(server, timeout_s=timeout_s, tls=tls)


async def test_a_mail_says_what_and_when_in_both_languages(alert):
    async with mail_server() as server:
        await mail_to(server.port).deliver(alert, TEHRAN, LINK)
    ((mail,), (recipients,)) = server.mails, server.recipients
    assert recipients == ["duty@clinic.example"]
    text = mail.get_content()
    for part in (
        TEHRAN.name,
        "Level: 3 of 3",
        "Kind: suicide",
        "Time: 2026-11-20 23:14 Asia/Tehran (2026-11-20 19:44 UTC)",
        "Clinic: clinic-1",
        "Talk: talk-1",
        "Language: Persian",
        LINK,
        "۳ از ۳",
        "خودکشی",
        "شاید جانِ کسی",
    ):
        assert part in text
    assert "p-17" not in text + str(mail), "the subject is told to webhooks alone"


async def test_the_headers_are_those_of_an_automatic_mail(alert):
    async with mail_server() as server:
        for _ in range(2):
            await mail_to(server.port).deliver(alert, TEHRAN, LINK)
    first, again = server.mails
    assert first["From"] == "Hamdel <hamdel@clinic.example>"
    assert first["To"] == "duty@clinic.example"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"].datetime.tzinfo is not None
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@clinic.example>")
    assert "level 3" in first["Subject"]
    assert "suicide" not in first["Subject"]
    assert max(len(line) for line in server.raw[0].splitlines()) <= 78
    assert server.raw[0].isascii()


async def test_a_test_mail_frightens_nobody(alert):
    async with mail_server() as server:
        await mail_to(server.port).deliver(alert, TEHRAN, None)
    text = server.mails[0].get_content()
    assert "Nobody is in danger" in text
    assert "کسی در خطر نیست" in text
    assert "suicide" not in text
    assert "test" in server.mails[0]["Subject"]


@pytest.mark.parametrize("field", ["clinic", "talk_id", "language", "country"])
def test_what_strangers_had_a_hand_in_adds_no_line_and_no_header(make_alert, field):
    planted = "x\r\nBcc: evil@evil.example\r\n\r\nAll is well\u2028\u202e.\r\n"
    made = compose(make_alert(**{field: planted}), TEHRAN, LINK, sender="hamdel@clinic.example", now=NOW)
    read = message_from_bytes(made.as_bytes(), policy=default)
    assert read["Bcc"] is None
    assert set(read.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Importance",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    lines = read.get_content().splitlines()
    assert not [line for line in lines if line.startswith(("Bcc", "All is well"))]
    assert "\u202e" not in read.get_content()


async def test_with_starttls_nothing_is_said_in_the_clear(alert, server_tls, client_tls):
    async with mail_server(starttls=server_tls) as server:
        await mail_to(server.port, "starttls", tls=client_tls).deliver(alert, TEHRAN, LINK)
    assert server.encrypted == [True]


async def test_tls_from_the_first_byte(alert, server_tls, client_tls):
    async with mail_server(tls=server_tls) as server:
        await mail_to(server.port, "tls", tls=client_tls).deliver(alert, TEHRAN, LINK)
    assert server.encrypted == [True]


async def test_a_server_that_offers_no_encryption_gets_no_mail(alert):
    async with mail_server() as server:
        with pytest.raises(DeliveryError, match="handed in"):
            await mail_to(server.port, "starttls").deliver(alert, TEHRAN, LINK)
    assert server.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_an_unknown_authority_is_refused(alert, server_tls, security):
    way = {"starttls": server_tls} if security == "starttls" else {"tls": server_tls}
    async with mail_server(**way) as server:
        with pytest.raises(DeliveryError, match="handed in"):
            await mail_to(server.port, security).deliver(alert, TEHRAN, LINK)
    assert server.mails == []


async def test_a_certificate_for_another_host_is_refused(alert, server_tls, client_tls):
    async with mail_server(tls=server_tls) as server:
        with pytest.raises(DeliveryError, match="handed in"):
            await mail_to(server.port, "tls", tls=client_tls, host="127.0.0.1").deliver(alert, TEHRAN, LINK)
    assert server.mails == []


async def test_an_account_is_used_where_the_server_asks_for_one(alert, server_tls, client_tls):
    async with mail_server(starttls=server_tls, account=("hamdel", "word")) as server:
        right = mail_to(server.port, "starttls", tls=client_tls, username="hamdel", password="word")
        await right.deliver(alert, TEHRAN, LINK)
        wrong = mail_to(server.port, "starttls", tls=client_tls, username="hamdel", password="w0rd")
        with pytest.raises(DeliveryError, match="535") as caught:
            await wrong.deliver(alert, TEHRAN, LINK)
    assert "w0rd" not in str(caught.value)
    assert len(server.mails) == 1


async def test_a_refused_recipient_is_a_failure_with_its_code(alert):
    async with mail_server() as server:
        server.refuse = "550 duty@clinic.example is unknown"
        with pytest.raises(DeliveryError, match="550") as caught:
            await mail_to(server.port).deliver(alert, TEHRAN, LINK)
    assert "duty" not in str(caught.value)


async def test_a_server_that_hangs_is_given_up(alert):
    async with mail_server() as server:
        server.hang = True
        with pytest.raises(DeliveryError, match="in time"):
            await mail_to(server.port, timeout_s=0.05).deliver(alert, TEHRAN, LINK)


async def test_a_refused_connection_is_a_failure(alert):
    with pytest.raises(DeliveryError, match="handed in"):
        await mail_to(refusing_port()).deliver(alert, TEHRAN, LINK)


async def test_a_contact_without_an_address_is_a_failure(alert):
    with pytest.raises(DeliveryError, match="no mail address"):
        await mail_to(1).deliver(alert, Contact("Any", webhook="https://clinic.example"), LINK)


def test_a_password_stays_out_of_the_representation():
    server = SmtpServer(host="h", port=1, security="tls", sender="a@b.example", username="u", password="word")
    assert "word" not in repr(server)
