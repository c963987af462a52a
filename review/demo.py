"""`python -m review demo`: the review with a caseload of invented people, made by holding real talks.

A server of its own is started beside any other: its files lie in a folder of their own, its ports are free
ones. The talks are held one after another on a clock that is set back for each, so that weeks lie between
them; everything in them is real but the people. Afterwards the server stays up, and says where and as whom
to sign in.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML
from tqdm import tqdm

from bot.gateway import make_issuer, run_gateway
from bot.settings import ROOT, load_settings
from bot.talk_parts import Parts
from bot.tokens import Claims, TokenIssuer
from review.demo_accounts import make_accounts
from review.demo_talks import DemoTalk, hold_talk, load_caseload
from session_log.master_keys import KEY_VARIABLE
from session_log.reader import reading

__all__ = ["add_demo_arguments", "run_demo"]

_CASELOAD = Path(__file__).with_name("demo_caseload.json")
_DAY_MS = 86_400_000.0
_READY_WITHIN_S = 180.0
_ENDED_WITHIN_S = 60.0
_TALK_S = 4.5  # on two cores, by the average of the caseload


class _Clock:
    """The machine's clock, set back by `behind_ms`."""

    def __init__(self) -> None:
        self.behind_ms = 0.0

    def now_ms(self) -> float:
        return time.time() * 1000 - self.behind_ms

    def pass_time(self, seconds: float) -> None:
        self.behind_ms -= seconds * 1000


def add_demo_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="DIR",
        help="where log and settings go, and stay (default: gone at the end)",
    )
    parser.add_argument("--port", type=int, default=0, help="of the pages (default: a free one)")
    parser.add_argument(
        "--talks", type=int, metavar="N", help="only the first N talks of the caseload (default: all)"
    )
    parser.add_argument("--then-end", action="store_true", help="don't keep serving when the talks are held")


def run_demo(options: argparse.Namespace) -> int:
    """Runs the demonstration until Ctrl-C; gives the exit status."""
    with ExitStack() as stack:
        if options.keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hamdel-demo-")))
        else:
            folder = options.keep.resolve()
            if folder.exists() and any(folder.iterdir()):
                print(f"{folder} is not empty; name a new folder", file=sys.stderr)
                return 2
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ports = _free_ports(3)
        port = options.port or ports[2]
        endpoints = _write_endpoints(folder, ports[0], ports[1], port)
        os.environ.update(_environment(folder, endpoints))
        os.environ.pop(KEY_VARIABLE, None)
        print("starting (the dialogue engine takes a while) …", file=sys.stderr)
        stack.enter_context(_dialogue(folder, endpoints, ports[0], ports[1]))
        settings = load_settings(endpoints)
        clock, issuer = _Clock(), make_issuer()
        talks = load_caseload(_CASELOAD)[: options.talks]

        async def beside(parts: Parts) -> None:
            await _wait_until_ready(port)
            if not sys.stderr.isatty():  # where it is one, a bar shows how far it is
                print(_announcement(len(talks)), file=sys.stderr, flush=True)
            await _hold(talks, clock, issuer, parts, port)
            signs_in = await make_accounts(parts.session_log, talks)
            print(
                f"\nThe review of the demonstration:  http://localhost:{port}/review/\n\n{signs_in}\n",
                flush=True,
            )
            if options.then_end:
                os.kill(os.getpid(), signal.SIGTERM)

        return run_gateway(settings, now_ms=clock.now_ms, beside=beside)


def _announcement(talks: int) -> str:
    minutes = max(1, round(talks * _TALK_S / 60))
    return f"holding {talks} talks, about {minutes} minute{'' if minutes == 1 else 's'} …"


async def _hold(talks: list[DemoTalk], clock: _Clock, issuer: TokenIssuer, parts: Parts, port: int) -> None:
    url = f"ws://127.0.0.1:{port}/v1/realtime"
    for talk in tqdm(talks, desc="talks", unit="talk", file=sys.stderr, disable=not sys.stderr.isatty()):
        claims = Claims(subject=talk.person, clinic=talk.clinic, language=talk.language, country=talk.country)
        token, _ = issuer.issue(claims, lifetime_s=3600)
        clock.behind_ms = talk.days_ago * _DAY_MS
        await hold_talk(talk, url=url, token=token, voice=parts.voices[-1], pass_time=clock.pass_time)
        await _over(parts, talk)
    clock.behind_ms = 0.0


async def _over(parts: Parts, talk: DemoTalk) -> None:
    """Waits until the log has the end of a person's latest talk."""
    async with asyncio.timeout(_ENDED_WITHIN_S):
        while True:
            with reading(parts.session_log.places) as reader:
                latest = reader.talks(1, talk.person)
            if latest and latest[0].ended_at is not None:
                return
            await asyncio.sleep(0.02)


async def _wait_until_ready(port: int) -> None:
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client, asyncio.timeout(_READY_WITHIN_S):
        while True:
            try:
                parts = (await client.get(f"http://127.0.0.1:{port}/readyz")).json()["parts"]
            except (httpx.HTTPError, ValueError, KeyError):
                parts = {}
            if parts.get("dialogue") and parts.get("actions"):
                return
            await asyncio.sleep(0.3)


def _environment(folder: Path, endpoints: Path) -> dict[str, str]:
    return {
        "HAMDEL_ENDPOINTS": str(endpoints),
        "HAMDEL_TOKEN_SECRET": secrets.token_hex(32),
        "HAMDEL_DIALOGUE_TOKEN": secrets.token_hex(32),
        "HAMDEL_TRACKERS": str(folder / "trackers.sqlite"),
        "SANIC_HOST": "127.0.0.1",
        "RASA_TELEMETRY_ENABLED": "false",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _write_endpoints(folder: Path, dialogue: int, actions: int, gateway: int) -> Path:
    yaml = YAML()
    document: Any = yaml.load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    document["action_endpoint"]["url"] = f"http://127.0.0.1:{actions}/webhook"
    ours = document["hamdel"]
    ours.pop("on_call", None)  # nobody is to be woken by an invented crisis
    ours["server"] = {"host": "127.0.0.1", "port": gateway, "development": True}
    ours["dialogue"]["url"] = f"ws://127.0.0.1:{dialogue}/hamdel/turns"
    ours["dialogue"]["actions_health_url"] = f"http://127.0.0.1:{actions}/health"
    # All named here, since the environment may name those of a real log.
    ours["session_log"] = {
        "path": str(folder / "session_log.sqlite"),
        "key_file": str(folder / "keys" / "session_log.key"),
        "head_file": str(folder / "keys" / "session_log.head"),
    }
    path = folder / "endpoints.yml"
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(document, file)
    return path


@contextmanager
def _dialogue(folder: Path, endpoints: Path, port: int, actions: int) -> Iterator[None]:
    """Rasa and its action server, ended with the demonstration."""
    rasa = str(ROOT / ".venv-dialogue/bin/rasa")
    commands = {
        "dialogue": [rasa, "run", "-i", "127.0.0.1", "--port", str(port), "--endpoints", str(endpoints)],
        "actions": [rasa, "run", "actions", "--port", str(actions)],
    }
    running = []
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("ab") as log:
                process = subprocess.Popen(
                    command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )
            running.append(process)
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
