"""Pages: templates filled in, in the reader's language and direction."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from review.identifiers import to_path
from review.parts import review_of
from review.roles import ADMINISTRATOR, CARE_ROLES, REVIEW_ROLES, SUPERVISOR, User

__all__ = [
    "LANGUAGES",
    "Pages",
    "form_secret",
    "form_token",
    "language_of",
    "page_number",
    "render",
    "session_secret",
    "set_session_secret",
]

LANGUAGES = ("en", "fa")

_FOLDER = Path(__file__).parent
_LANGUAGE_COOKIE = "hamdel_review_language"
_SESSION_COOKIE = "hamdel_review"
_FORM_COOKIE = "hamdel_review_form"
_YEAR_S = 365 * 24 * 3600
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_NAVIGATION = (
    ("caseload", CARE_ROLES),
    ("ratings", REVIEW_ROLES),
    ("models", REVIEW_ROLES),
    ("assignments", (SUPERVISOR, ADMINISTRATOR)),
    ("accounts", (ADMINISTRATOR,)),
    ("audit", (SUPERVISOR, ADMINISTRATOR)),
)


@dataclass(frozen=True)
class Pages:
    """Templates, and the words of each language by `page.key`."""

    environment: Environment
    words: Mapping[str, Mapping[str, str]]
    zone: ZoneInfo

    @classmethod
    def load(cls, timezone: str = "UTC") -> Pages:
        """Reads `strings/PAGE.LANGUAGE.json`, and prepares the templates.

        Args:
            timezone: in which times are shown.
        """
        environment = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(path_id=to_path, digits=_digits, number=_number, when=_when, day=_day)
        environment.globals.update(t=_translate)
        words = {language: _read_words(language) for language in LANGUAGES}
        return cls(environment, words, ZoneInfo(timezone))


def render(request: Request, template: str, status: int = 200, **values: object) -> Response:
    """Fills in a template of `templates/`.

    Beside `values` it knows: `t("page.key", name=value)`; the filters `digits`, `number(decimals)`, `when`
    (date and time), `day`, `path_id` (an id as a segment of a path); `language`, `direction`, `user` (None
    before sign-in), `csrf` (a field that every form that is sent by POST must hold), `path`, `base`,
    `navigation`.
    """
    review = review_of(request)
    language = language_of(request)
    user: User | None = getattr(request.state, "user", None)
    secret = form_secret(request)
    base = request.scope.get("root_path", "")
    context = {
        **values,
        "language": language,
        "direction": "rtl" if language == "fa" else "ltr",
        "words": review.pages.words[language],
        "zone": review.pages.zone,
        "user": user,
        "base": base,
        "path": request.url.path,
        "csrf": _field(secret or (new := secrets.token_urlsafe(32))),
        "navigation": [page for page, roles in _NAVIGATION if user is not None and user.role in roles],
        "languages": [(name, _in_language(request, name)) for name in LANGUAGES],
        "idle_minutes": review.settings.idle_minutes,
    }
    text = review.pages.environment.get_template(template).render(context)
    response = HTMLResponse(text, status)
    if not secret:
        _set_secret(request, response, _FORM_COOKIE, new)
    if request.query_params.get("lang") in LANGUAGES:
        secure = request.url.scheme == "https"
        response.set_cookie(
            _LANGUAGE_COOKIE,
            language,
            _YEAR_S,
            path=base or "/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    return response


def language_of(request: Request) -> str:
    """The language asked for by `?lang=`, before, or by the browser."""
    asked = (request.query_params.get("lang"), request.cookies.get(_LANGUAGE_COOKIE))
    for name in asked:
        if name in LANGUAGES:
            return name
    accepted = [
        part.split(";")[0].strip()[:2] for part in request.headers.get("accept-language", "").split(",")
    ]
    return next((name for name in accepted if name in LANGUAGES), LANGUAGES[0])


def page_number(request: Request) -> int:
    """The `page` of a list that is asked for, from 1; what is no number is the first."""
    given = request.query_params.get("page", "1")
    return max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 8 else 1


def session_secret(request: Request) -> str:
    """The secret of the browser's session; empty without one."""
    return request.cookies.get(_cookie_name(request, _SESSION_COOKIE), "")


def set_session_secret(request: Request, response: Response, secret: str | None) -> None:
    """Gives the browser the secret of its session, which ends with the browser; with None takes it away."""
    _set_secret(request, response, _SESSION_COOKIE, secret)


def form_secret(request: Request) -> str:
    """What the forms shown to a browser are bound to: its session, before that a secret for forms alone."""
    return session_secret(request) or request.cookies.get(_cookie_name(request, _FORM_COOKIE), "")


def form_token(secret: str) -> str:
    """What a form must bring back to show that it is one of ours, shown to this browser."""
    return hmac.new(secret.encode(), b"hamdel review form 1", hashlib.sha256).hexdigest()


def _cookie_name(request: Request, name: str) -> str:
    # A browser takes a `__Host-` cookie only over https, from this host alone and for all its paths.
    return f"__Host-{name}" if request.url.scheme == "https" else name


def _set_secret(request: Request, response: Response, name: str, secret: str | None) -> None:
    response.set_cookie(
        _cookie_name(request, name),
        secret or "",
        max_age=0 if secret is None else None,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _field(secret: str) -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(form_token(secret))


def _in_language(request: Request, language: str) -> str:
    query = [(key, value) for key, value in parse_qsl(request.url.query) if key != "lang"]
    return "?" + urlencode([*query, ("lang", language)])


def _read_words(language: str) -> dict[str, str]:
    words = {}
    for path in sorted((_FOLDER / "strings").glob(f"*.{language}.json")):
        page = path.name.split(".")[0]
        for key, text in json.loads(path.read_text(encoding="utf-8")).items():
            words[f"{page}.{key}"] = text
    return words


@pass_context
def _translate(context: Context, key: str, **values: object) -> str:
    text: str = context["words"][key]
    plain = {
        name: _digits(context, value) if isinstance(value, int | float) else value
        for name, value in values.items()
    }
    return text.format(**plain)


@pass_context
def _digits(context: Context, value: object) -> str:
    text = str(value)
    return text.translate(_PERSIAN) if context["language"] == "fa" else text


@pass_context
def _number(context: Context, value: float | None, decimals: int = 0) -> str:
    if value is None:
        return "–"
    text = f"{value:.{decimals}f}"
    return text.replace(".", "٫").translate(_PERSIAN) if context["language"] == "fa" else text


@pass_context
def _when(context: Context, moment: datetime | None) -> Markup | str:
    return _time(context, moment, "%Y-%m-%d %H:%M")


@pass_context
def _day(context: Context, moment: datetime | None) -> Markup | str:
    return _time(context, moment, "%Y-%m-%d")


def _time(context: Context, moment: datetime | None, form: str) -> Markup | str:
    if moment is None:
        return "–"
    local = moment.astimezone(context["zone"])
    shown = _digits(context, local.strftime(form))
    iso = moment.isoformat(timespec="seconds")
    # Dates are read from left to right in Persian too.
    return Markup('<time datetime="{}" dir="ltr">{}</time>').format(iso, shown)
