import pytest
from pydantic import ValidationError

from on_call.escalation import EscalationRules
from on_call.settings import OnCallSettings

MINIMAL = {
    "public_url": "https://hamdel.clinic.example/",
    "smtp": {"host": "mail.clinic.example", "sender": "hamdel@clinic.example"},
    "contacts": [{"name": "First", "email": "first@clinic.example"}],
}


def on_call(**changes):
    return OnCallSettings.model_validate({**MINIMAL, **changes})


def contact(**fields):
    return {"contacts": [{"name": "First", "webhook": "https://a.example/x", **fields}]}


def test_without_anything_there_are_no_contacts_and_the_documented_rules():
    settings = OnCallSettings()
    assert settings.rota().everybody == ()
    assert settings.rules() == EscalationRules(
        acknowledge_within_s=120, attempts=3, attempt_timeout_s=10, retry_pause_s=2
    )


def test_contacts_come_by_clinic_in_the_order_of_the_file():
    settings = on_call(
        contacts=[
            {"clinic": "north", "name": "B", "email": "b@clinic.example"},
            {
                "clinic": "north",
                "name": "A",
                "webhook": "https://a.example/x",
                "timezone": "Asia/Tehran",
                "hours": ["Sat-Wed 08:00-16:00"],
            },
            {"name": "C", "email": "c@clinic.example"},
        ]
    )
    b, a, c = settings.rota().everybody
    assert (b.name, a.name, c.name) == ("B", "A", "C")
    assert ([str(span) for span in a.hours], a.timezone) == (
        ["Mon,Tue,Wed,Sat,Sun 08:00-16:00"],
        "Asia/Tehran",
    )
    assert settings.public_url == "https://hamdel.clinic.example"


def test_one_span_need_not_be_a_list():
    (first,) = on_call(**contact(hours="daily 08:00-24:00", timezone="UTC")).rota().everybody
    assert [str(span) for span in first.hours] == ["daily 08:00-24:00"]


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_the_port_follows_from_the_security(security, port):
    smtp = {**MINIMAL["smtp"], "security": security}
    assert on_call(smtp=smtp).smtp.effective_port == port
    assert on_call(smtp={**smtp, "port": 2525}).smtp.effective_port == 2525


@pytest.mark.parametrize(
    ("changes", "place", "mention"),
    [
        (
            contact(timezone="Teheran", hours=["daily 08:00-09:00"]),
            ("contacts", 0, "timezone"),
            "Asia/Tehran",
        ),
        (contact(timezone="UTC", hours=["Mon 8-9"]), ("contacts", 0, "hours"), "Mon-Fri 09:00-17:00"),
        (contact(timezone="UTC", hours=[8]), ("contacts", 0, "hours"), "list such as"),
        (contact(hours=["daily 08:00-09:00"]), ("contacts", 0), "timezone is missing"),
        (contact(webhook=None), ("contacts", 0), "webhook or an email"),
        (contact(webhook="http://clinic.example"), ("contacts", 0, "webhook"), "https"),
        (contact(email="nobody"), ("contacts", 0, "email"), "mail address"),
        (contact(name=""), ("contacts", 0), "name"),
        (contact(phone="112"), ("contacts", 0, "phone"), "Extra"),
        ({"public_url": None}, ("contacts",), "hamdel.on_call.public_url"),
        ({"smtp": None}, ("contacts",), "hamdel.on_call.smtp"),
        ({"contacts": [*MINIMAL["contacts"]] * 2}, ("contacts",), "names of their own"),
        ({"public_url": "http://clinic.example"}, ("public_url",), "https"),
        ({"smtp": {**MINIMAL["smtp"], "security": "none"}}, ("smtp", "security"), "starttls or tls"),
        ({"smtp": {**MINIMAL["smtp"], "security": "ssl"}}, ("smtp", "security"), "starttls"),
        ({"smtp": {**MINIMAL["smtp"], "sender": "x"}}, ("smtp", "sender"), "mail address"),
        ({"smtp": {"sender": "a@b.example"}}, ("smtp", "host"), "required"),
        ({"acknowledge_within_s": 0}, ("acknowledge_within_s",), "greater"),
        ({"attempts": 0}, ("attempts",), "greater"),
        ({"attempt_timeout_s": -1}, ("attempt_timeout_s",), "greater"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(changes, place, mention):
    with pytest.raises(ValidationError) as caught:
        on_call(**changes)
    (problem,) = caught.value.errors()
    assert problem["loc"] == place
    assert mention in problem["msg"]


def test_mail_without_encryption_is_for_this_machine():
    smtp = {"host": "127.0.0.1", "security": "none", "sender": "hamdel@localhost"}
    assert on_call(smtp=smtp).smtp.effective_port == 25


def test_a_contact_with_a_webhook_alone_needs_no_mail_server():
    assert on_call(smtp=None, **contact()).rota().everybody
