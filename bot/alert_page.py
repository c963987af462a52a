"""The page on which an on-call contact acknowledges an alert: two languages, no scripts. No I/O."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from on_call.desk import AlertState
from on_call.rota import Contact
from on_call.wording import facts, one_line

__all__ = ["HEADERS", "alert_page", "refusal_page"]

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.125rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; padding: 1.5rem; }
section, form { margin-block-end: 2rem; }
h1 { font-size: 1.5rem; line-height: 1.3; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
button { font: inherit; font-weight: 600; inline-size: 100%; padding: 1rem; border: 0; border-radius: .5rem;
  background: #0b5c4b; color: #fff; cursor: pointer; }
button:focus-visible { outline: 3px solid; outline-offset: 3px; }
""".strip()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""What goes with each answer under the link."""

_TITLES = {
    "open": ("Somebody may be in danger", "شاید جانِ کسی در خطر باشد"),
    "unreached": ("Somebody may be in danger", "شاید جانِ کسی در خطر باشد"),
    "acknowledged": ("This alert has been taken on", "پیگیری این هشدار را کسی بر عهده گرفته است"),
    "unknown": ("This link is not valid", "این پیوند معتبر نیست"),
    "expired": ("This link is no longer valid", "مهلت این پیوند تمام شده است"),
}
_EXPLANATIONS = {
    "open": (
        "You are on call. Press the button to say that you take care of it; nobody else is called then.",
        "شما کشیک هستید. اگر پیگیری را بر عهده می‌گیرید، دکمه را بزنید تا دیگر کسی خبر نشود.",
    ),
    "unreached": (
        "So far nobody has taken care of it. Press the button if you do.",
        "هنوز کسی پیگیری را بر عهده نگرفته است. اگر شما بر عهده می‌گیرید، دکمه را بزنید.",
    ),
    "unknown": (
        "Please open the link exactly as it stands in your message, or ask your clinic.",
        "لطفاً پیوند را درست همان‌طور که در پیام آمده باز کنید، یا از کلینیک خود بپرسید.",
    ),
    "expired": (
        "An alert can be acknowledged for a day. If you are worried about somebody, ask your clinic.",
        "هر هشدار را تا یک روز می‌توان تأیید کرد. اگر نگرانِ کسی هستید، از کلینیک خود بپرسید.",
    ),
}
_BUTTON = '<span lang="en">I take care of it</span> · <span lang="fa" dir="rtl">پیگیری با من</span>'


def alert_page(state: AlertState, contact: Contact) -> str:
    """The page of an alert for a contact, with a button unless somebody has acknowledged it."""
    sections = []
    key = state.status if state.status in ("acknowledged", "unreached") else "open"
    for column, language in enumerate(("en", "fa")):
        rows = "".join(
            f"<dt>{escape(label)}</dt><dd><bdi>{escape(value)}</bdi></dd>"
            for label, value in facts(state.alert, contact, language)
        )
        explanation = (
            _taken_on(state, contact, language)
            if key == "acknowledged"
            else escape(_EXPLANATIONS[key][column])
        )
        sections.append(_section(language, _TITLES[key][column], f"<p>{explanation}</p><dl>{rows}</dl>"))
    button = "" if key == "acknowledged" else f'<form method="post"><button>{_BUTTON}</button></form>'
    return _page(_TITLES[key], [sections[0], button, sections[1]])


def refusal_page(reason: str) -> str:
    """The page for a link that leads nowhere: "unknown" or "expired"."""
    titles, explanations = _TITLES[reason], _EXPLANATIONS[reason]
    return _page(
        titles,
        [
            _section(language, titles[column], f"<p>{escape(explanations[column])}</p>")
            for column, language in enumerate(("en", "fa"))
        ],
    )


def _taken_on(state: AlertState, contact: Contact, language: str) -> str:
    name = f"<bdi>{escape(one_line(state.acknowledged_by or ''))}</bdi>"
    moment = ""
    if state.acknowledged_at is not None:
        local = contact.local(state.acknowledged_at)
        moment = f" (<bdi>{local:%Y-%m-%d %H:%M} {escape(contact.timezone)}</bdi>)"
    if language == "en":
        return f"By {name}{moment}. There is nothing more to do on this page."
    return f"از سوی {name}{moment}. در این صفحه کار دیگری لازم نیست."


def _section(language: str, title: str, inner: str) -> str:
    direction = "rtl" if language == "fa" else "ltr"
    return f'<section lang="{language}" dir="{direction}"><h1>{escape(title)}</h1>{inner}</section>'


def _page(titles: tuple[str, str], parts: Sequence[str]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(' · '.join(titles))}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>"
    )
