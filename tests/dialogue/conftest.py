"""The real servers: a model trained once for its sources, `rasa run actions` and `rasa run`."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from action_relay import ActionRelay
from turn_socket import TOKEN

from dialogue.training import ROOT, train_if_changed

_START_S = 240.0


@dataclass(frozen=True)
class Server:
    """A running process and how to reach it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if status_of(url) == 200:
            return
        if process.poll() is not None:
            break
        time.sleep(0.2)
    pytest.fail(f"{url} did not answer:\n{log.read_text()[-3000:]}")


def start(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    settings = {"RASA_TELEMETRY_ENABLED": "false", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "rasa", *arguments],
            cwd=ROOT,
            env=os.environ | settings | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def model() -> Path:
    path, _ = train_if_changed()
    return path


@pytest.fixture(scope="session")
def action_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    log = tmp_path_factory.mktemp("actions") / "log"
    process = start(["run", "actions", "-p", str(port)], {"SANIC_HOST": "127.0.0.1"}, log)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield Server(f"http://127.0.0.1:{port}", process, log)
    finally:
        stop(process)


@pytest.fixture(scope="session")
def session_relay(action_server: Server) -> Iterator[ActionRelay]:
    relay = ActionRelay(int(action_server.url.rpartition(":")[2]))
    yield relay
    relay.fault = None
    relay.close()


@pytest.fixture
def relay(session_relay: ActionRelay) -> Iterator[ActionRelay]:
    """Between `rasa_server` and the action server; whatever a test breaks is whole again after it."""
    yield session_relay
    session_relay.fault = None


@pytest.fixture(scope="session")
def rasa_server(
    model: Path, session_relay: ActionRelay, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("rasa")
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(
        f"action_endpoint:\n  url: {session_relay.url}/webhook\n  enable_selective_domain: true\n"
    )
    port = free_port()
    arguments = ["run", "-i", "127.0.0.1", "-p", str(port), "-m", str(model), "--endpoints", str(endpoints)]
    process = start(arguments, {"HAMDEL_DIALOGUE_TOKEN": TOKEN}, folder / "log")
    try:
        wait_for(f"http://127.0.0.1:{port}/hamdel/health", process, folder / "log")
        yield Server(f"http://127.0.0.1:{port}", process, folder / "log")
    finally:
        stop(process)


@dataclass(frozen=True)
class Replied:
    """What Rasa did in one turn."""

    names: list[str | None]
    texts: list[str]
    customs: list[dict[str, Any]]
    intent: str
    slots: dict[str, Any]


Say = Callable[..., Awaitable[Replied]]


@pytest.fixture(scope="session")
def loaded_agent(model: Path, action_server: Server) -> Any:
    from rasa.core.agent import Agent
    from rasa.utils.endpoints import EndpointConfig
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)
    endpoint = EndpointConfig(f"{action_server.url}/webhook", enable_selective_domain=True)
    return Agent.load(str(model), action_endpoint=endpoint)


@pytest.fixture
def say(loaded_agent: Any, request: pytest.FixtureRequest) -> Say:
    """Says one thing to a real agent, as a person of this test's own."""
    from rasa.core.channels.channel import OutputChannel, UserMessage

    class Output(OutputChannel):  # type: ignore[misc]
        def __init__(self) -> None:
            self.messages: list[dict[str, Any]] = []

        async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
            self.messages.append(message)

    async def _say(text: str, *, person: str = "", **metadata: Any) -> Replied:
        sender = f"{request.node.nodeid}{person}"
        output = Output()
        await loaded_agent.handle_message(
            UserMessage(text, output, sender, input_channel="test", metadata=metadata)
        )
        tracker = await loaded_agent.tracker_store.retrieve(sender)
        return Replied(
            names=[message.get("utter_action") for message in output.messages],
            texts=[message["text"] for message in output.messages if message.get("text")],
            customs=[message["custom"] for message in output.messages if message.get("custom")],
            intent=tracker.latest_message.intent.get("name", ""),
            slots=json.loads(json.dumps(tracker.current_slot_values())),
        )

    return _say
