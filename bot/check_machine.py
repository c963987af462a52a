"""What the machine gives: ports, folders to write to, room on the disk."""

from __future__ import annotations

import errno
import http.client
import json
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.check import PREPARE, Finding
from bot.check_log import log_places

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = ["folders", "gateway_runs", "ports"]

_PATIENCE_S = 2.0
_LEAST_FREE_BYTES = 500_000_000
_BODY_BYTES = 64 * 1024


def ports(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Each port of `make serve`: free, held by a running Hamdel, or by somebody else."""
    host, port = settings.server.host, settings.server.port
    gateway, running = _gateway_port(host, port)
    found = [gateway]
    for name, variable, address in (
        ("dialogue.url", "HAMDEL_DIALOGUE_PORT", settings.dialogue.url),
        ("dialogue.actions_health_url", "HAMDEL_ACTIONS_PORT", settings.dialogue.actions_health_url),
    ):
        found.append(_inner_port(name, variable, address, environment, hamdel_runs=running))
    return found


def gateway_runs(settings: Settings) -> bool:
    """Whether a Hamdel answers on the gateway's port."""
    return _gateway_port(settings.server.host, settings.server.port)[1]


def _gateway_port(host: str, port: int) -> tuple[Finding, bool]:
    subject = f"port {port}"
    if port == 0:
        return Finding(subject, "note", "the gateway takes any free port"), False
    problem = _bind_problem(host, port)
    if problem is None:
        return Finding(subject, "ok", f"free (gateway, {host})"), False
    if problem != errno.EADDRINUSE:
        remedy = "change hamdel.server.host or hamdel.server.port in endpoints.yml"
        return Finding(subject, "wrong", f"{host} can't be used: {os.strerror(problem)}", remedy), False
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    ready = _asked_for_json(asked, port, "/readyz")
    if _asked_for_json(asked, port, "/healthz") is not None and isinstance((ready or {}).get("parts"), dict):
        waiting = ", ".join(name for name, up in (ready or {})["parts"].items() if up is False)
        return Finding(
            subject, "ok", "a Hamdel runs here, " + (f"without {waiting}" if waiting else "ready")
        ), True
    remedy = "end the program that holds it, or change hamdel.server.port in endpoints.yml"
    return Finding(subject, "wrong", "held by something that is no Hamdel (gateway)", remedy), False


def _inner_port(
    name: str, variable: str, address: str, environment: Mapping[str, str], *, hamdel_runs: bool
) -> Finding:
    part = "dialogue" if name == "dialogue.url" else "actions"
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or {"wss": 443, "https": 443}.get(parts.scheme, 80)
    subject = f"port {port}"
    started_on = environment.get(variable) or ("5005" if part == "dialogue" else "5055")
    if host in ("127.0.0.1", "localhost", "::1") and started_on != str(port):
        remedy = f"export {variable}={port}, or change hamdel.{name} in endpoints.yml"
        return Finding(
            subject, "wrong", f"asked for the {part}, but `make serve` starts them on {started_on}", remedy
        )
    problem = _bind_problem(host, port)
    if problem is None and hamdel_runs:
        remedy = f"wait a minute if it has just been started; else end it and run: {PREPARE}"
        return Finding(subject, "wrong", f"nothing listens, although the gateway runs ({part})", remedy)
    if problem is None:
        return Finding(subject, "ok", f"free ({part})")
    if problem != errno.EADDRINUSE:
        return Finding(subject, "note", f"on another machine ({part}, {host})")
    if hamdel_runs:
        return Finding(subject, "ok", f"held by the running Hamdel ({part})")
    remedy = f"end the program that holds it, or set {variable} and hamdel.{name} to another port"
    return Finding(subject, "wrong", f"in use, and no Hamdel runs ({part})", remedy)


def _bind_problem(host: str, port: int) -> int | None:
    """The error number with which that address refuses a listener; None where it takes one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        return errno.EADDRNOTAVAIL
    with socket.socket(family, kind, protocol) as probe:
        # Connections of a server that has just ended don't keep the next one from starting.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return error.errno
    return None


def _asked_for_json(host: str, port: int, path: str) -> dict[str, Any] | None:
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_S)
    with suppress(OSError, http.client.HTTPException, ValueError):
        connection.request("GET", path)
        answer = json.loads(connection.getresponse().read(_BODY_BYTES))
        connection.close()
        return answer if isinstance(answer, dict) else None
    connection.close()
    return None


def folders(root: Path, settings: Settings | None, environment: Mapping[str, str]) -> list[Finding]:
    """Where a server writes: may it, and is there room? Nothing is made or changed."""
    from platformdirs import user_cache_path, user_data_path

    home = environment.get("HAMDEL_HOME")
    data = user_data_path("hamdel", appauthor=False)
    log = log_places(settings, environment)
    places = {
        "session log": log.database.parent,
        "key of the log": log.key_file.parent,
        "head of the log": log.head_file.parent,
        "models": (Path(home).expanduser() if home else user_cache_path("hamdel", appauthor=False)),
        "run files": (Path(home).expanduser() if home else data) / "run",
        "logs": root / environment.get("HAMDEL_LOGS", ".run"),
    }
    return [_folder(subject, folder) for subject, folder in places.items()]


def _folder(subject: str, folder: Path) -> Finding:
    try:
        nearest = next(place for place in (folder, *folder.parents) if place.exists())
        writable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    except OSError:
        nearest, writable = folder, False
    if not writable:
        remedy = f"sudo install -d -o $USER '{folder}', or name another folder (docs/settings.md)"
        return Finding(subject, "wrong", f"{folder} can't be written", remedy)
    free_bytes = shutil.disk_usage(nearest).free
    detail = f"{folder}, {free_bytes / 1e9:.1f} GB free"
    if free_bytes < _LEAST_FREE_BYTES:
        remedy = "make room, or name a folder on a larger disk (docs/settings.md)"
        return Finding(subject, "wrong", detail, remedy)
    return Finding(subject, "ok", detail if folder.exists() else f"{detail} (not made yet)")
