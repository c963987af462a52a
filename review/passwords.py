"""Passwords: what is taken for one, and how it is kept (NIST SP 800-63B-4, 3.1.1; Argon2id, RFC 9106)."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["MIN_CHARACTERS", "NOBODYS_HASH", "hash_password", "password_fits", "problem_with"]

MIN_CHARACTERS = 12
_MAX_CHARACTERS = 256
_FEWEST_DIFFERENT = 4

NOBODYS_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$E5gO9oiFXYK32Wh5mzfRXw$BfdSH9btanHOF15oS2mwzxZ0j4DaJJXjhRlpIRXTBYY"
)
"""Is checked where there is no account, so that this takes as long; with the parameters of all others."""


def problem_with(password: str, login: str) -> str | None:
    """Why a password isn't taken: too_short, too_long or too_common; None where it is.

    Nothing is asked of its letters, but that it isn't among the commonest, nor little else than the login.
    """
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < MIN_CHARACTERS:
        return "too_short"
    if len(plain) > _MAX_CHARACTERS:
        return "too_long"
    folded = plain.casefold()
    rest = folded.replace(login.casefold(), "").replace("hamdel", "")
    if folded in _common() or len(set(folded)) < _FEWEST_DIFFERENT or len(rest) < MIN_CHARACTERS // 2:
        return "too_common"
    return None


def hash_password(password: str) -> str:
    """The Argon2id hash; takes some 50 ms and 64 MiB."""
    return PasswordHasher().hash(unicodedata.normalize("NFKC", password))


def password_fits(hashed: str, password: str) -> bool:
    """Whether a password is the one of a hash; takes as long as `hash_password`."""
    # A longer one was never taken, and must not be worked on.
    plain = unicodedata.normalize("NFKC", password[:_MAX_CHARACTERS])
    try:
        return PasswordHasher().verify(hashed, plain)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _common() -> frozenset[str]:
    path = Path(__file__).with_name("common_passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())
