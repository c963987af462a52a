import pytest

from on_call.channels import open_channels
from on_call.delivery import OnCallError
from on_call.settings import OnCallSettings

SECRET = {"HAMDEL_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
PASSWORD = {"HAMDEL_SMTP_PASSWORD": "word"}


def settings(*, username=None, **contact):
    return OnCallSettings.model_validate(
        {
            "public_url": "https://hamdel.clinic.example",
            "smtp": {"host": "mail.example", "sender": "hamdel@clinic.example", "username": username},
            "contacts": [{"name": "First", **contact}] if contact else [],
        }
    )


async def test_only_the_channels_that_are_needed_are_opened():
    none = open_channels(settings(), {})
    assert (none.webhook, none.mail) == (None, None)
    mail = open_channels(settings(email="a@b.example"), {})
    assert (mail.webhook is None, mail.mail is None) == (True, False)
    both = open_channels(
        settings(email="a@b.example", webhook="https://a.example", username="u"), SECRET | PASSWORD
    )
    assert (both.webhook is None, both.mail is None) == (False, False)
    for channels in (none, mail, both):
        await channels.close()


@pytest.mark.parametrize(
    ("contact", "environment", "mention"),
    [
        ({"webhook": "https://a.example"}, {}, "HAMDEL_WEBHOOK_SECRET"),
        ({"webhook": "https://a.example"}, {"HAMDEL_WEBHOOK_SECRET": "hush"}, "make one with"),
        ({"email": "a@b.example", "username": "u"}, {}, "HAMDEL_SMTP_PASSWORD"),
        ({"email": "a@b.example", "username": "u"}, {"HAMDEL_SMTP_PASSWORD": ""}, "HAMDEL_SMTP_PASSWORD"),
    ],
)
def test_a_missing_secret_is_named(contact, environment, mention):
    with pytest.raises(OnCallError, match=mention) as caught:
        open_channels(settings(**contact), environment)
    assert "hush" not in str(caught.value)
