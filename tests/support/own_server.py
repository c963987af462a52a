"""A whole server of one's own, on free ports, whose processes can be watched."""

import json
import os
import re
import secrets
import signal
import subprocess
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from ports import free_port
from ruamel.yaml import YAML

from bot.settings import runtime_dir

__all__ = ["ROOT", "OwnServer", "own_server"]

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 180


@dataclass
class OwnServer:
    """A running server.

    Attributes:
        processes: by part: "gateway", "dialogue", "actions".
        output: lines of the gateway and of honcho.
    """

    port: int
    folder: Path
    output: list[str]
    processes: dict[str, psutil.Process] = field(default_factory=dict)

    @property
    def page(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def endpoints(self) -> Path:
        return self.folder / "endpoints.yml"

    @property
    def database(self) -> Path:
        return self.folder / "session_log.sqlite"

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/realtime"

    def token(self) -> str:
        access = json.loads((runtime_dir() / f"development-{self.port}.json").read_text())
        return access["tokens"]["therapy"]

    def logs(self) -> str:
        """All that any part has written so far."""
        return "".join([*self.output, *(path.read_text() for path in self.folder.glob("*.log"))])

    def metrics(self) -> dict[str, float]:
        """Samples without buckets, by name with labels; empty where there is no such page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as page:
                text = page.read().decode()
        except OSError:
            return {}
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines if "_bucket" not in name}

    def sample(self) -> dict[str, float]:
        """Memory (MiB), descriptors and threads of each part now, and what the metrics tell."""
        taken = {}
        for name, process in self.processes.items():
            memory = process.memory_full_info()
            taken[f"{name} allocated (MiB)"] = _anonymous_mib(process, memory.uss / 2**20)
            taken[f"{name} USS (MiB)"] = memory.uss / 2**20
            taken[f"{name} PSS (MiB)"] = memory.pss / 2**20
            taken[f"{name} descriptors"] = process.num_fds()
            taken[f"{name} threads"] = process.num_threads()
        for name, value in self.metrics().items():
            if re.fullmatch(
                r"hamdel_(tasks|talks|recogniser_queue|session_log_queue|event_loop_lag_seconds_(sum|count))",
                name,
            ):
                taken[name] = value
        return taken


@contextmanager
def own_server(folder: Path, **server_settings: object):
    """Starts the stack with these keys of `hamdel.server`; ends it in the end."""
    gateway, dialogue, actions = (free_port() for _ in range(3))
    yaml = YAML()
    settings = yaml.load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    settings["action_endpoint"]["url"] = f"http://127.0.0.1:{actions}/webhook"
    ours = settings["hamdel"]
    ours["server"] |= {"port": gateway, **server_settings}
    ours["dialogue"]["url"] = f"ws://127.0.0.1:{dialogue}/hamdel/turns"
    ours["dialogue"]["actions_health_url"] = f"http://127.0.0.1:{actions}/health"
    ours["session_log"] = {"path": str(folder / "session_log.sqlite")}
    with (folder / "endpoints.yml").open("w", encoding="utf-8") as file:
        yaml.dump(settings, file)
    environment = {
        **os.environ,
        "HAMDEL_ENDPOINTS": str(folder / "endpoints.yml"),
        "HAMDEL_DIALOGUE_PORT": str(dialogue),
        "HAMDEL_ACTIONS_PORT": str(actions),
        "HAMDEL_LOGS": str(folder),
        "HAMDEL_TRACKERS": str(folder / "trackers.sqlite"),
        "HAMDEL_DIALOGUE_TOKEN": secrets.token_hex(32),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [ROOT / ".venv/bin/honcho", "start", "--no-colour"],
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
    server = OwnServer(gateway, folder, output)
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not ready.wait(0.5):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not become ready:\n{server.logs()[-6000:]}")
        server.processes.update(_parts(process.pid))
        yield server
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        reader.join()


def _parts(pid: int) -> dict[str, psutil.Process]:
    parts = {}
    for child in psutil.Process(pid).children(recursive=True):
        words = child.cmdline()
        if words[1:4] == ["-m", "bot", "serve"]:
            parts["gateway"] = child
        elif "rasa" in " ".join(words[:3]) and child.name() != "sh":
            parts["actions" if "actions" in words else "dialogue"] = child
    return parts


def _anonymous_mib(process: psutil.Process, otherwise: float) -> float:
    # USS also rises when another program that maps the same libraries ends; what is allocated does not.
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return otherwise
    return int(status.split("RssAnon:")[1].split()[0]) / 1024
