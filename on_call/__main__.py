"""`python -m on_call who | test`: who is on duty, and whether a contact can be reached."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.settings import SettingsError, load_settings
from on_call.alert import Alert, new_alert_id
from on_call.channels import Channels, open_channels
from on_call.delivery import DeliveryError, OnCallError
from on_call.rota import Contact
from on_call.settings import OnCallSettings

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status (2: bad input or settings, told in one line)."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings().on_call
        if options.command == "who":
            return _who(settings, options.clinic, options.at or datetime.now(UTC))
        return asyncio.run(_test(settings, options.contact))
    except SettingsError as error:
        print(error, file=sys.stderr)
    except OnCallError as error:
        print(f"on_call: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2


def _who(settings: OnCallSettings, clinic: str | None, at: datetime) -> int:
    on_duty = settings.rota().on_duty(clinic, at)
    for place, contact in enumerate(on_duty, start=1):
        hours = ", ".join(str(span) for span in contact.hours)
        when = f"{hours} {contact.timezone}" if hours else "always"
        print(f"{place}. {contact.name}  ({' and '.join(contact.channels)}; {when})")
    if not on_duty:
        reason = "" if settings.contacts else "; hamdel.on_call.contacts in endpoints.yml is empty"
        print(f"nobody is on duty{reason}")
    return 0 if on_duty else 1


async def _test(settings: OnCallSettings, name: str) -> int:
    contact = settings.rota().contact(name)
    if contact is None:
        names = ", ".join(each.name for each in settings.contacts) or "none yet"
        raise OnCallError(f"There is no contact of this name in hamdel.on_call.contacts; there are: {names}.")
    channels = open_channels(settings, os.environ)
    try:
        outcomes = [
            await _attempt(channels, channel, contact, settings.attempt_timeout_s)
            for channel in contact.channels
        ]
    finally:
        await channels.close()
    return 0 if all(outcomes) else 1


async def _attempt(channels: Channels, channel: str, contact: Contact, timeout_s: float) -> bool:
    alert = Alert(
        alert_id=new_alert_id(),
        talk_id="test",
        clinic=None,
        subject=None,
        level=1,
        kind="test",
        country=None,
        language=None,
        raised_at=datetime.now(UTC),
    )
    chosen = channels.webhook if channel == "webhook" else channels.mail
    try:
        if chosen is None:
            raise DeliveryError("it is not set up")
        async with asyncio.timeout(timeout_s):
            await chosen.deliver(alert, contact, None)
    except TimeoutError:
        print(f"{channel}: FAILED, no answer within {timeout_s:g} s")
    except DeliveryError as error:
        print(f"{channel}: FAILED, {error}")
    else:
        print(f"{channel}: delivered")
        return True
    return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m on_call", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    who = commands.add_parser(
        "who", help="who is on duty, in the order in which they are called (exit 1: nobody)"
    )
    who.add_argument("--at", type=_moment, help="such as 2026-11-20T23:00+03:30 (default: now)")
    who.add_argument("--clinic", help="as in the tokens of its talks (default: a talk of no clinic)")
    test = commands.add_parser(
        "test", help="sends one contact a message marked as a test (exit 1: not delivered)"
    )
    test.add_argument("--contact", required=True, metavar="NAME", help="as in hamdel.on_call.contacts")
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.max
    if moment.utcoffset() is None or not 1970 <= moment.year < 9000:
        raise argparse.ArgumentTypeError("must be a moment with its zone, such as 2026-11-20T23:00+03:30")
    return moment


if __name__ == "__main__":
    sys.exit(main())
