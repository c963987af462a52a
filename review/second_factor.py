"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes beside it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime

import pyotp
import segno

__all__ = [
    "RECOVERY_CODES",
    "enrolment_address",
    "matching_step",
    "new_recovery_codes",
    "new_secret",
    "plain_code",
    "qr_picture",
    "recovery_digest",
]

RECOVERY_CODES = 10
_STEP_S = 30
_ISSUER = "Hamdel"
_CODE = re.compile(r"[0-9]{6}")
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_secret() -> str:
    """A secret for an authenticator app: 160 random bits in Base32."""
    return pyotp.random_base32(32)


def enrolment_address(secret: str, login: str) -> str:
    """The `otpauth:` address by which an app learns the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)


def qr_picture(address: str) -> str:
    """The QR code of an address, as a `data:` address of an SVG picture."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, light="#ffffff", border=4))


def plain_code(typed: str) -> str:
    """A code as it was meant: without blanks and hyphens, capital letters, Persian digits as ASCII ones."""
    wanted = (character for character in typed[:64] if character.isalnum())
    return "".join(_ascii_digit(character) for character in wanted).upper()


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The time step for which a code is right: this one, the one before or after, but none used already.

    Args:
        secret: in Base32.
        code: as `plain_code` returns it.
        now: the time.
        last_step: the newest step whose code was used; it and all before it count no more.
    """
    if not _CODE.fullmatch(code):
        return None
    current = int(now.timestamp()) // _STEP_S
    fitting = None
    for step in (current - 1, current, current + 1):
        right = pyotp.TOTP(secret).generate_otp(step)
        if hmac.compare_digest(right, code) and step > last_step:
            fitting = step
    return fitting


def new_recovery_codes() -> list[str]:
    """Codes of 50 random bits, each good for one sign-in."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_digest(key: bytes, account: str, code: str) -> str:
    """What is kept of a recovery code: without the log's key it can't be searched for.

    Args:
        key: the log's own.
        account: whose.
        code: as `plain_code` returns it.
    """
    message = f"hamdel review recovery 1\n{account}\n{code}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
