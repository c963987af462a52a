"""The whole server, as `make serve` starts it, on ports of its own; and speech made by espeak-ng."""

import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 180


@dataclass(frozen=True)
class Server:
    port: int
    database: Path
    endpoints: Path
    folder: Path
    output: list[str]

    @property
    def page(self) -> str:
        return f"http://localhost:{self.port}/"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    gateway, dialogue, actions = free_port(), free_port(), free_port()
    yaml = YAML()
    settings = yaml.load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    settings["action_endpoint"]["url"] = f"http://127.0.0.1:{actions}/webhook"
    settings["hamdel"]["server"]["port"] = gateway
    settings["hamdel"]["dialogue"]["url"] = f"ws://127.0.0.1:{dialogue}/hamdel/turns"
    settings["hamdel"]["dialogue"]["actions_health_url"] = f"http://127.0.0.1:{actions}/health"
    settings["hamdel"]["session_log"] = {"path": str(folder / "session_log.sqlite")}
    endpoints = folder / "endpoints.yml"
    with endpoints.open("w", encoding="utf-8") as file:
        yaml.dump(settings, file)
    environment = {
        **os.environ,
        "HAMDEL_ENDPOINTS": str(endpoints),
        "HAMDEL_DIALOGUE_PORT": str(dialogue),
        "HAMDEL_ACTIONS_PORT": str(actions),
        "HAMDEL_LOGS": str(folder),
        "HAMDEL_DIALOGUE_TOKEN": secrets.token_hex(32),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [ROOT / ".venv/bin/honcho", "start"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    output: list[str] = []
    ready = threading.Event()

    def read():
        for line in process.stdout:
            output.append(line)
            if "Hamdel is ready" in line:
                ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not ready.wait(0.5):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(
                    "the server did not become ready:\n"
                    + "".join(output[-40:] + [path.read_text() for path in folder.glob("*.log")])
                )
        os.environ["HAMDEL_ENDPOINTS"] = str(endpoints)
        yield Server(gateway, folder / "session_log.sqlite", endpoints, folder, output)
    finally:
        os.environ.pop("HAMDEL_ENDPOINTS", None)
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        reader.join()


@pytest.fixture(scope="session")
def spoken(tmp_path_factory):
    """Makes a recording of a sentence: `spoken("hello", "en")` gives its path."""
    folder = tmp_path_factory.mktemp("spoken")

    def speak(text: str, language: str = "en") -> Path:
        path = folder / f"{abs(hash((text, language)))}.wav"
        voice = {"en": "en-us", "fa": "fa"}[language]
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
        return path

    return speak
