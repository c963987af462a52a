"""Delivery by mail: a short text in English and Persian, through an SMTP server (RFC 5321, 5322)."""

from __future__ import annotations

import hashlib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

import aiosmtplib

from on_call.alert import Alert
from on_call.delivery import DeliveryError
from on_call.rota import Contact
from on_call.wording import facts, one_line

__all__ = ["PASSWORD_VARIABLE", "Mail", "SmtpServer", "compose"]

PASSWORD_VARIABLE = "HAMDEL_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
_QUIT_TIMEOUT_S = 1.0

# Around what is written in the other direction, or in signs of none, within a line.
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, and as whom.

    Attributes:
        security: "tls" from the first byte, "starttls" before anything is said, "none" on this machine alone.
        sender: address in `From` and of the envelope.
        username, password: None where the server asks for none.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class Mail:
    """Delivers to the mail addresses of contacts.

    Args:
        server: takes the mail.
        timeout_s: longest wait for each step of the exchange.
        tls: by default the machine's certificate authorities.
    """

    def __init__(
        self, server: SmtpServer, *, timeout_s: float = 10.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._tls = tls or ssl.create_default_context()

    async def deliver(self, alert: Alert, contact: Contact, link: str | None) -> None:
        """Hands one mail in.

        Raises:
            DeliveryError: where the server cannot be reached, refuses, or offers no encryption.
        """
        if contact.email is None:
            raise DeliveryError("this contact has no mail address")
        server = self._server
        message = compose(alert, contact, link, sender=server.sender, now=datetime.now(UTC))
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            timeout=self._timeout_s,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=self._tls if server.security != "none" else None,
        )
        try:
            await client.connect()
            await client.send_message(message, sender=server.sender, recipients=[contact.email])
            with suppress(aiosmtplib.SMTPException, OSError):  # it has taken the mail all the same
                await client.quit(timeout=_QUIT_TIMEOUT_S)
        except (aiosmtplib.SMTPTimeoutError, TimeoutError):
            raise DeliveryError("the mail server did not answer in time") from None
        except aiosmtplib.SMTPResponseException as error:
            raise DeliveryError(f"the mail server refused with code {error.code}") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = ", ".join(str(refusal.code) for refusal in error.recipients)
            raise DeliveryError(f"the mail server refused the recipient with code {codes}") from None
        except (aiosmtplib.SMTPException, ssl.SSLError, OSError) as error:
            raise DeliveryError(f"the mail could not be handed in ({type(error).__name__})") from None
        finally:
            client.close()

    async def close(self) -> None:
        """Does nothing: each mail has a connection of its own."""


def compose(alert: Alert, contact: Contact, link: str | None, *, sender: str, now: datetime) -> EmailMessage:
    """The mail to a contact; without a link it is a test.

    Its subject names neither person nor kind of danger, since it stands on locked screens. Its id is the same
    for each attempt, so that one that comes twice is shown once.
    """
    message = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    identity = hashlib.sha256(f"{alert.alert_id}\n{contact.name}".encode()).hexdigest()[:32]
    message["From"] = Address("Hamdel", addr_spec=sender)
    message["To"] = Address(addr_spec=contact.email or "")
    message["Subject"] = _subject(alert, test=link is None)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{identity}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes in return
    message["Importance"] = "high"
    message.set_content(_text(alert, contact, link), charset="utf-8", cte="base64")
    return message


def _subject(alert: Alert, *, test: bool) -> str:
    if test:
        return "Hamdel: test of the on-call contacts / آزمایشِ تماس با کشیک"
    return f"Hamdel: level {alert.level} alert, please acknowledge / هشدار، لطفاً تأیید کنید"


def _text(alert: Alert, contact: Contact, link: str | None) -> str:
    name = one_line(contact.name)
    english = [f"{label}: {value}" for label, value in facts(alert, contact, "en")]
    persian = [f"{label}: {_ISOLATE}{value}{_END_OF_ISOLATE}" for label, value in facts(alert, contact, "fa")]
    if link is None:
        return "\n".join(
            (
                f"{name}: this is a test of the on-call contacts of Hamdel.",
                "Nobody is in danger, and there is nothing to do.",
                "",
                f"{_ISOLATE}{name}{_END_OF_ISOLATE}: این پیام فقط آزمایشِ راهِ تماس با کشیک‌های «همدل» است. "
                "کسی در خطر نیست و لازم نیست کاری بکنید.",
                "",
            )
        )
    return "\n".join(
        (
            f"{name}: somebody who is talking with Hamdel may be in danger, and you are on call.",
            "",
            *english,
            "",
            "To say that you take this on, open this link and press the button:",
            link,
            "",
            "If nobody does, the next contact on call is asked. Replies to this mail are not read.",
            "",
            "",
            f"{_ISOLATE}{name}{_END_OF_ISOLATE}: شاید جانِ کسی که با «همدل» گفت‌وگو می‌کند در خطر باشد و شما "
            "کشیک هستید.",
            "",
            *persian,
            "",
            "اگر پیگیری را بر عهده می‌گیرید، پیوند بالا را باز کنید و دکمه را بزنید. اگر کسی تأیید نکند، به "
            "نفرِ بعدیِ کشیک خبر داده می‌شود. به این نامه پاسخ ندهید؛ پاسخ‌ها خوانده نمی‌شوند.",
            "",
        )
    )
