"""The real servers: a model trained once for its sources, `rasa run actions` and `rasa run`."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from action_relay import ActionRelay
from ports import free_port
from rasa_process import Server, start, stop, wait_for, write_endpoints
from turn_socket import TOKEN

from dialogue.training import train_if_changed


@pytest.fixture(scope="session", autouse=True)
def trackers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where every Rasa of these tests keeps its talks, unless a test says otherwise."""
    path = tmp_path_factory.mktemp("trackers") / "trackers.sqlite"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HAMDEL_TRACKERS", str(path))
        yield path


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
    write_endpoints(endpoints, session_relay.url)
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
