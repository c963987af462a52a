"""The deployer's settings: the section `hamdel:` of `endpoints.yml`, checked at start.

`${NAME}` in a value is replaced by the environment variable. Secrets come from the environment or from
files, never from YAML: `HAMDEL_TOKEN_SECRET` signs tokens, `HAMDEL_SERVER_KEY` lets an embedding site ask
for them, `HAMDEL_DIALOGUE_TOKEN` opens the dialogue channel, `HAMDEL_WEBHOOK_SECRET` signs what on-call
contacts are sent, `HAMDEL_SMTP_PASSWORD` is that of the mail server, `HAMDEL_LOG_TOKEN` lets other
programs of this machine hand events to the session log.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from platformdirs import user_data_dir
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.jurisdiction import Jurisdiction, jurisdiction, known_preset
from on_call.settings import OnCallSettings
from review.settings import ReviewSettings
from session_log.location import LogPlaces

__all__ = [
    "AUTO_MODEL",
    "ROOT",
    "SessionLogSettings",
    "Settings",
    "SettingsError",
    "load_session_log_settings",
    "load_settings",
    "runtime_dir",
]

ROOT = Path(__file__).resolve().parent.parent
AUTO_MODEL = "auto"
"""In `recogniser.by_language`: whatever is best of what is there."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class SettingsError(Exception):
    """`endpoints.yml` cannot be used; the message names the key and what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_AnySection = TypeVar("_AnySection", bound=_Section)


def _address(*schemes: str) -> AfterValidator:
    def check(url: str) -> str:
        try:
            parts = urlsplit(url)
            usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(f"must be an address such as {schemes[0]}://127.0.0.1:5005/path")
        return url

    return AfterValidator(check)


class ServerSettings(_Section):
    """Where the gateway listens and what it bears.

    `allowed_origins` are the origins of embedding sites beside our own; `development` lets a page on
    loopback have a token without a server key and writes a token for command-line clients. It must be off
    behind a reverse proxy, which makes strangers look local.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8300, ge=0, le=65535)
    allowed_origins: tuple[str, ...] = ()
    development: bool = False
    max_talks: int = Field(default=8, ge=1)
    max_talks_per_token: int = Field(default=4, ge=1)
    max_message_bytes: int = Field(default=4 * 1024 * 1024, ge=64 * 1024)
    control_events_per_s: int = Field(default=200, ge=10)
    token_lifetime_s: int = Field(default=600, ge=10)
    tokens_per_minute: int = Field(default=120, ge=1)
    handshake_s: float = Field(default=10.0, gt=0)
    drain_s: float = Field(default=20.0, ge=0)


class ConversationSettings(_Section):
    """How a talk goes: `patience_ms` is the silence that ends a turn.

    A talk ends by itself after `idle_s` without a word of either side and after `longest_s` in all, unless
    danger was heard in it. A reply that has not begun after `slow_reply_s` is announced. A talk whose socket
    broke waits for `resume_s`, if its client can come back; with 0 it ends at once.
    """

    patience_ms: int = Field(default=600, ge=200, le=5000)
    idle_s: float = Field(default=300, ge=1)
    longest_s: float = Field(default=3600, ge=1)
    slow_reply_s: float = Field(default=3.0, gt=0)
    resume_s: float = Field(default=30.0, ge=0, le=300)
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")


class RecogniserSettings(_Section):
    """Which recogniser, with how many threads for one utterance, and how many utterances at once.

    A language in `by_language` has a model of its own, held in memory beside the first; "auto" is the best
    one for it that has been fetched and that this machine bears (`bot.model_choice`).
    """

    model: str = "whisper-base"
    by_language: dict[Literal["en", "fa"], str] = Field(default_factory=dict)
    threads: int = Field(default=1, ge=1, le=64)
    workers: int = Field(default=1, ge=1, le=64)
    queue: int = Field(default=8, ge=1)
    deadline_s: float = Field(default=15.0, gt=0)

    @property
    def models(self) -> tuple[str, ...]:
        """All models that are named, the first for any language; what "auto" finds is not among them."""
        named = (name for name in self.by_language.values() if name != AUTO_MODEL)
        return tuple(dict.fromkeys((self.model, *named)))

    @property
    def places(self) -> int:
        """Utterances that may wait or be recognised at once."""
        return self.workers + self.queue


class VoiceSettings(_Section):
    """Which voice speaks, and how much of what the product itself says is kept as sound."""

    name: str = "hamdel"
    cache_mb: int = Field(default=300, ge=0, le=100_000)


class DialogueSettings(_Section):
    """Where the dialogue engine's channel is, and how long it may take to answer."""

    url: Annotated[str, _address("ws", "wss")] = "ws://127.0.0.1:5005/hamdel/turns"
    timeout_s: float = Field(default=10.0, gt=0)
    actions_health_url: Annotated[str, _address("http", "https")] = "http://127.0.0.1:5055/health"


class SuggestionsSettings(_Section):
    """What suggestions go by beside the rules: `learn` lets feedback correct these, where that pays."""

    learn: bool = True


class SessionLogSettings(_Section):
    """Where the parts of the session log are (None: as `LogPlaces` has it), and how long they are kept.

    Content is erased after `text_days`, None: when somebody asks. Sound is kept with consent for
    `audio_days`, 0: not at all.
    """

    path: Path | None = None
    key_file: Path | None = None
    head_file: Path | None = None
    text_days: int | None = Field(default=None, ge=1)
    audio_days: Literal[0, 1, 7] = 0

    @property
    def places(self) -> LogPlaces:
        """Where everything lies."""
        return LogPlaces.of(self.path, self.key_file, self.head_file)


class JurisdictionSettings(_Section):
    """What the law at the deployer's place forbids; see docs/compliance.md.

    `preset` is a name of `bot.jurisdiction.PRESETS`. What is named beside it can only be stricter.
    """

    preset: Annotated[str, AfterValidator(known_preset)] | None = None
    emotion_inference: Literal["on", "off"] = "on"

    @property
    def rules(self) -> Jurisdiction:
        """What is allowed, all in all."""
        return jurisdiction(self.preset, emotion_inference=self.emotion_inference == "on")


class Settings(_Section):
    """All of `hamdel:`."""

    server: ServerSettings = ServerSettings()
    conversation: ConversationSettings = ConversationSettings()
    recogniser: RecogniserSettings = RecogniserSettings()
    voice: VoiceSettings = VoiceSettings()
    dialogue: DialogueSettings = DialogueSettings()
    suggestions: SuggestionsSettings = SuggestionsSettings()
    session_log: SessionLogSettings = SessionLogSettings()
    jurisdiction: JurisdictionSettings = JurisdictionSettings()
    on_call: OnCallSettings = OnCallSettings()
    review: ReviewSettings = ReviewSettings()


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Reads and checks the settings.

    Args:
        path: the YAML file; by default `HAMDEL_ENDPOINTS`, else `endpoints.yml` of the project.
        environment: variables for `${NAME}`; by default the process's own.

    Raises:
        SettingsError: for a missing or unreadable file, an unknown key, a wrong value, or an unset variable.
    """
    environment = os.environ if environment is None else environment
    path = path or _path(environment)
    return _checked(Settings, _read(path), path, environment, "hamdel")


def load_session_log_settings(environment: Mapping[str, str] | None = None) -> SessionLogSettings:
    """Reads and checks `hamdel.session_log` alone, for commands that have not all that a server needs.

    Args:
        environment: as for `load_settings`.

    Raises:
        SettingsError: as `load_settings`, for this section.
    """
    environment = os.environ if environment is None else environment
    path = _path(environment)
    name = "session_log"
    return _checked(SessionLogSettings, _read(path).get(name, {}), path, environment, f"hamdel.{name}")


def _path(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HAMDEL_ENDPOINTS", ROOT / "endpoints.yml"))


def _read(path: Path) -> dict[str, Any]:
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}).") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid YAML: {str(error).splitlines()[0]}") from error
    section = document.get("hamdel", {}) if isinstance(document, dict) else None
    if not isinstance(section, dict):
        raise SettingsError(f"{path}: `hamdel:` must hold keys.")
    return section


def _checked(
    kind: type[_AnySection], section: object, path: Path, environment: Mapping[str, str], where: str
) -> _AnySection:
    try:
        return kind.model_validate(_expand(section, environment, where))
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False):
            key = ".".join(str(part) for part in (where, *problem["loc"]))
            unknown = problem["type"] == "extra_forbidden"
            reason = "is no setting; see docs/settings.md" if unknown else problem["msg"]
            lines.append(f"{path}: {key}: {reason}")
        raise SettingsError("\n".join(lines)) from error


def runtime_dir() -> Path:
    """The folder for what a running server leaves for its clients: the development token.

    `HAMDEL_HOME/run`, or `run` in the platform's data folder; created with mode 0700.
    """
    home = os.environ.get("HAMDEL_HOME")
    base = Path(home).expanduser() if home else Path(user_data_dir("hamdel", appauthor=False))
    folder = base / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _expand(value: Any, environment: Mapping[str, str], where: str) -> Any:
    if isinstance(value, dict):
        return {key: _expand(item, environment, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, environment, where) for item in value]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise SettingsError(f"{where} needs the environment variable {match[1]}, which is not set.")
        return environment[match[1]]

    return _VARIABLE.sub(replace, value)
