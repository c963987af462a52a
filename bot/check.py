"""What `python -m bot check` finds: settings, secrets and what is unsafe about them.

Only the standard library is imported here, so that it can speak where packages are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = [
    "PREPARE",
    "SECRETS",
    "Finding",
    "Report",
    "State",
    "effective_settings",
    "is_loopback",
    "read_settings",
    "safety",
    "secret_states",
    "settings_path",
]

State = Literal["ok", "note", "missing", "damaged", "wrong", "unsafe", "invalid"]
"""`note` says something and asks for nothing; `invalid` ends the start of the gateway."""

PREPARE = "make serve"
"""The command that prepares whatever is not there yet."""

SECRETS = (
    "HAMDEL_TOKEN_SECRET",
    "HAMDEL_SERVER_KEY",
    "HAMDEL_DIALOGUE_TOKEN",
    "HAMDEL_LOG_KEY",
    "HAMDEL_LOG_TOKEN",
    "HAMDEL_TRACKER_KEY",
    "HAMDEL_WEBHOOK_SECRET",
    "HAMDEL_SMTP_PASSWORD",
)
"""Environment variables of which nothing but their being there is ever shown."""

_SECRET_BYTES = 32
_OF_OTHERS = ("HAMDEL_SMTP_PASSWORD",)
"""Chosen by somebody else, as long as it is."""

_REFUSED_REMEDIES = {
    "HAMDEL_LOG_KEY": "give the whole key, 32 bytes in URL-safe base64 (docs/session-log.md), or unset it",
    "HAMDEL_TRACKER_KEY": "give the whole key, 32 bytes in URL-safe base64 (docs/settings.md), or unset it",
    "HAMDEL_WEBHOOK_SECRET": 'export HAMDEL_WEBHOOK_SECRET="whsec_$(head -c 32 /dev/urandom | base64)"',
}
"""What nothing starts with if it is too short, and is no random hexadecimal; its remedy."""

_RANDOM_HEX = "python3 -c 'import secrets; print(secrets.token_hex(32))'"
_SECRET_NAME = re.compile(r"secret|password|token|key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, how it is, and the line that mends it."""

    subject: str
    state: State
    detail: str
    remedy: str | None = None


@dataclass(slots=True)
class Report:
    """Everything that was found; nothing in it is secret.

    Attributes:
        settings_file: where the settings were read from.
        settings: effective value of each key, or None where they cannot be read.
        secrets: each variable with "set", "not set" or "set, too short".
        sections: findings by topic, in the order to show them.
    """

    settings_file: Path
    settings: dict[str, Any] | None
    secrets: dict[str, str]
    sections: dict[str, list[Finding]] = field(default_factory=dict)

    @property
    def problems(self) -> list[Finding]:
        """What has to be mended."""
        found = [finding for section in self.sections.values() for finding in section]
        return [finding for finding in found if finding.state not in ("ok", "note")]

    @property
    def exit_status(self) -> int:
        """0 all well, 1 something is missing, damaged, wrong or unsafe, 2 the settings are invalid."""
        states = {finding.state for finding in self.problems}
        return 2 if "invalid" in states else int(bool(states))

    def document(self) -> dict[str, Any]:
        """The report as JSON takes it."""
        sections = {title: [asdict(item) for item in found] for title, found in self.sections.items()}
        return {
            "exit_status": self.exit_status,
            "settings_file": str(self.settings_file),
            "settings": self.settings,
            "secrets": self.secrets,
            "sections": sections,
        }


def settings_path(root: Path, environment: Mapping[str, str]) -> Path:
    """The file that the gateway reads: `HAMDEL_ENDPOINTS`, else the project's own."""
    return Path(environment.get("HAMDEL_ENDPOINTS", root / "endpoints.yml"))


def read_settings(path: Path, environment: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings as the gateway would read them, or None with what is wrong."""
    try:
        from bot.settings import SettingsError, load_settings
    except ImportError as error:
        detail = f"not looked at: the package {error.name} is missing"
        return None, [Finding("settings", "missing", detail, PREPARE)]
    try:
        return load_settings(path, environment), []
    except SettingsError as error:
        remedy = f"correct {path}; docs/settings.md has every key"
        return None, [Finding("settings", "invalid", line, remedy) for line in str(error).splitlines()]


def effective_settings(settings: Settings) -> dict[str, Any]:
    """Every key with its value; user names and passwords in addresses are left out."""
    return dict(_flat(settings.model_dump(mode="json"), ""))


def _flat(section: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str) and _SECRET_NAME.search(key):
            yield f"{prefix}{key}", "set" if value else "not set"
        elif isinstance(value, list):
            yield f"{prefix}{key}", [_public(item) for item in value]
        else:
            yield f"{prefix}{key}", _public(value)


def _public(value: Any) -> Any:
    if not isinstance(value, str) or "://" not in value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return "an address that cannot be read"
    host = parts.netloc.rpartition("@")[2]
    shown = host if host == parts.netloc else f"…@{host}"
    return urlunsplit((parts.scheme, shown, parts.path, "…" if parts.query else "", ""))


def secret_states(environment: Mapping[str, str]) -> dict[str, str]:
    """Whether each secret is set and long enough; never more."""
    states = {}
    for name in SECRETS:
        value = environment.get(name)
        long_enough = value and len(value.encode("utf-8", "surrogateescape")) >= _SECRET_BYTES
        long_enough = long_enough or name in _OF_OTHERS
        states[name] = "not set" if not value else "set" if long_enough else "set, too short"
    return states


def is_loopback(host: str) -> bool:
    """Whether nobody outside this machine can reach that address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def safety(settings: Settings | None, secrets: Mapping[str, str]) -> list[Finding]:
    """What is unsafe, or would keep strangers' talks from working, in settings and secrets together."""
    found = [_short_secret(name) for name, state in secrets.items() if state == "set, too short"]
    if settings is None:
        return found
    server = settings.server
    if not is_loopback(server.host) and server.development:
        detail = f"true while it listens on {server.host}: behind a reverse proxy anybody gets a token"
        remedy = "set hamdel.server.development to false in endpoints.yml"
        found.append(Finding("server.development", "unsafe", detail, remedy))
    if not is_loopback(server.host) or not server.development:  # strangers come, through a proxy or not
        detail = "tokens and the links of on-call contacts end with the process"
        found += _unset(secrets, "HAMDEL_TOKEN_SECRET", detail)
        if server.development:
            found += _unset(secrets, "HAMDEL_SERVER_KEY", "no embedding site can ask for tokens")
        else:
            detail = "nobody can get a token while server.development is false, so that no talk can begin"
            found += _unset(secrets, "HAMDEL_SERVER_KEY", detail, "missing")
    if not is_loopback(urlsplit(settings.dialogue.url).hostname or ""):
        detail = "the dialogue engine is on another machine, where it starts with a token only"
        found += _unset(secrets, "HAMDEL_DIALOGUE_TOKEN", detail)
    if not found:
        beside = ", development tokens on this machine alone" if server.development else ""
        found.append(Finding("safety", "ok", f"listens on {server.host}{beside}"))
    return found


def _short_secret(name: str) -> Finding:
    if name == "HAMDEL_TOKEN_SECRET":
        detail = f"shorter than {_SECRET_BYTES} bytes: the gateway refuses to start"
        return Finding(name, "invalid", detail, _new_value(name))
    if name in _REFUSED_REMEDIES:
        detail = f"shorter than {_SECRET_BYTES} characters: what needs it refuses to start"
        return Finding(name, "wrong", detail, _REFUSED_REMEDIES[name])
    return Finding(name, "unsafe", f"shorter than {_SECRET_BYTES} bytes: it can be guessed", _new_value(name))


def _unset(secrets: Mapping[str, str], name: str, consequence: str, state: State = "unsafe") -> list[Finding]:
    if secrets[name] != "not set":
        return []
    return [Finding(name, state, f"not set: {consequence}", _new_value(name))]


def _new_value(name: str) -> str:
    return f"export {name}=$({_RANDOM_HEX})"
