"""Addresses of contacts and servers: what may be used, and why not where it may not. No I/O."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["AddressError", "check_email", "check_url", "is_loopback"]

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=.{{3,254}}\Z){_LOCAL}@{_LABEL}(?:\.{_LABEL})*", re.ASCII)


class AddressError(ValueError):
    """An address cannot be used; the message says what to write, and never repeats the address."""


def check_url(url: str) -> str:
    """Returns the address of a web server, without a slash at its end.

    Raises:
        AddressError: unless it is https, or http on this machine, and has no fragment.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        raise AddressError("must be an address of printable ASCII such as https://clinic.example/on-call")
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and not parts.fragment
    except ValueError:
        usable = False
    if not usable or parts.scheme not in ("http", "https"):
        raise AddressError("must be an address such as https://clinic.example/on-call")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise AddressError("must begin with https://; http:// is for this machine (127.0.0.1) alone")
    return url.rstrip("/")


def check_email(address: str) -> str:
    """Returns a mail address (RFC 5321, ASCII, without quotes and comments).

    Raises:
        AddressError: for anything else.
    """
    if not _EMAIL.fullmatch(address):
        raise AddressError("must be one mail address such as duty@clinic.example")
    return address


def is_loopback(host: str) -> bool:
    """Whether this names the machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
