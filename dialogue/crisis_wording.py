"""What is said in a crisis where Rasa itself answers: the fixed texts of `crisis`, put together."""

from __future__ import annotations

from dataclasses import dataclass

import crisis

__all__ = ["Audience", "advice_for_other", "fixed_reply", "numbers", "numbers_in_crisis"]

_ACUTE_LEVEL = 2


@dataclass(frozen=True)
class Audience:
    """To whom something is said.

    Attributes:
        language: "en" or "fa".
        country: two letters, None where unknown.
        minor: whether somebody under age speaks.
        gateway: whether the talk comes through the gateway, which knows who is on call. Without it nobody is.
    """

    language: str
    country: str | None = None
    minor: bool = False
    gateway: bool = False


def fixed_reply(level: int, kind: str, audience: Audience) -> str:
    """The fixed reply; from level 2 on also that nobody is listening, and a question for the country."""
    language, country = audience.language, audience.country
    text = crisis.reply(level, language, country, kind, minor=audience.minor).text
    if level < _ACUTE_LEVEL:
        return text
    if not audience.gateway:
        text = crisis.before_question(text, crisis.sentence("nobody", language, country), language)
    return _asking_for_country(text, audience)


def numbers(audience: Audience) -> str:
    """Whom to call, in a sentence or two."""
    return crisis.sentence("numbers", audience.language, audience.country)


def numbers_in_crisis(audience: Audience, *, to_minor: bool = False) -> str:
    """Whom to call, with a question for the country; `to_minor` adds that a grown-up should know."""
    text, language = numbers(audience), audience.language
    if to_minor:
        minor = crisis.sentence("minor", language, audience.country)
        text = crisis.before_question(text, minor, language)
    return _asking_for_country(text, audience)


def advice_for_other(audience: Audience) -> str:
    """What somebody can do for a person they worry about, who are not in danger themselves."""
    return crisis.reply(0, audience.language, audience.country, "third_person").text


def _asking_for_country(text: str, audience: Audience) -> str:
    if audience.country is not None:
        return text
    asked = crisis.sentence("ask_country", audience.language, None)
    return crisis.before_question(text, asked, audience.language)
