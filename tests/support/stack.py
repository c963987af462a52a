"""Gateway, Rasa and action server as processes of one's own, each of which can be broken and mended."""

import asyncio
import base64
import contextlib
import json
import os
import secrets
import signal
import subprocess
import time
import urllib.request
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import jwt
from ports import free_port
from ruamel.yaml import YAML
from websockets.asyncio.client import connect

from bot.model_store import default_store
from bot.rendered_speech import default_folder
from bot.session_config import SAMPLE_RATE_HZ

__all__ = ["ROOT", "Stack", "TalkSocket", "running_stack"]

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 300
TOKEN_SECRET = "only for tests " * 4


class Stack:
    """The three parts; `settings` are sections of `hamdel:`.

    Args:
        share: whose Rasa and action server are asked, instead of parts of its own.
        port: of the gateway, where somebody has to know it before; by default a free one.

    Attributes:
        programs: a folder that stands first in the gateway's PATH, where programs can be replaced.
    """

    def __init__(self, folder, *, share=None, port=None, environment=None, preexec=None, **settings):
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.database = folder / "session_log.sqlite"
        self.ports = dict(share.ports) if share else {part: free_port() for part in ("dialogue", "actions")}
        self.ports["gateway"] = port or free_port()
        self._processes = {}
        self._preexec = preexec
        self._environment = {
            **os.environ,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HAMDEL_ENDPOINTS": str(folder / "endpoints.yml"),
            "HAMDEL_HOME": str(folder),
            "HAMDEL_TRACKERS": str(folder / "trackers.sqlite"),
            "HAMDEL_TOKEN_SECRET": TOKEN_SECRET,
            "HAMDEL_SERVER_KEY": "server-key",
            "HAMDEL_DIALOGUE_TOKEN": share._environment["HAMDEL_DIALOGUE_TOKEN"]
            if share
            else secrets.token_hex(32),
            "SANIC_HOST": "127.0.0.1",
            "RASA_TELEMETRY_ENABLED": "false",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "OPENBLAS_NUM_THREADS": "1",
            **(environment or {}),
        }
        _link_cache(folder)
        self._write_endpoints(settings)

    def _write_endpoints(self, sections):
        yaml = YAML()
        document = yaml.load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
        actions = f"http://127.0.0.1:{self.ports['actions']}"
        document["action_endpoint"]["url"] = f"{actions}/webhook"
        ours = document["hamdel"]
        ours["server"]["port"] = self.ports["gateway"]
        ours["dialogue"]["url"] = f"ws://127.0.0.1:{self.ports['dialogue']}/hamdel/turns"
        ours["dialogue"]["actions_health_url"] = f"{actions}/health"
        ours["session_log"] = {"path": str(self.database)}
        for name, values in sections.items():
            ours.setdefault(name, {}).update(values)
        with (self.folder / "endpoints.yml").open("w", encoding="utf-8") as file:
            yaml.dump(document, file)

    def start(self, part):
        dialogue = str(ROOT / ".venv-dialogue/bin/rasa")
        commands = {
            "dialogue": [dialogue, "run", "-i", "127.0.0.1", "--port", str(self.ports["dialogue"])]
            + ["--endpoints", str(self.folder / "endpoints.yml")],
            "actions": [dialogue, "run", "actions", "--port", str(self.ports["actions"])],
            "gateway": [str(ROOT / ".venv/bin/python"), "-m", "bot", "serve"],
        }
        with (self.folder / f"{part}.log").open("ab") as log:
            self._processes[part] = subprocess.Popen(
                commands[part],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=self._preexec if part == "gateway" else None,
            )

    def signal(self, part, number):
        self._processes[part].send_signal(number)

    def kill(self, part):
        self.signal(part, signal.SIGKILL)
        self._processes[part].wait()

    def wait(self, part, timeout_s=30):
        return self._processes[part].wait(timeout_s)

    def process_id(self, part):
        return self._processes[part].pid

    def end(self):
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self._processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, part):
        return (self.folder / f"{part}.log").read_text(encoding="utf-8", errors="replace")

    def get(self, path, **headers):
        """Status and body of an HTTP request to the gateway."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['gateway']}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def readiness(self):
        try:
            return json.loads(self.get("/readyz")[1])["parts"]
        except OSError:
            return {}

    async def ready(self, **parts):
        """Waits until the gateway sees these parts so; by default all of them ready."""
        parts = parts or dict.fromkeys(("gateway", "dialogue", "actions"), True)
        deadline = time.monotonic() + READY_WITHIN_S
        while {name: self.readiness().get(name) for name in parts} != parts:
            wanted = {"gateway", *(name for name, state in parts.items() if state)} & set(self._processes)
            ended = [name for name in wanted if self._processes[name].poll() is not None]
            if time.monotonic() > deadline or ended:
                logs = "\n".join(self.log(name)[-3000:] for name in ended or ["gateway"])
                raise AssertionError(f"not ready: {self.readiness()}; ended: {ended}\n{logs}")
            await asyncio.sleep(0.2)

    def token(self, lifetime_s=600, secret=TOKEN_SECRET, **claims):
        payload = {"purpose": "therapy", "sub": "somebody", "exp": int(time.time()) + lifetime_s}
        payload |= {"jti": secrets.token_hex(8), **claims}
        return "ek_" + jwt.encode(payload, secret, algorithm="HS256")

    def connect(self, token=None, **options):
        headers = {"Authorization": f"Bearer {token or self.token()}", **options.pop("headers", {})}
        url = f"ws://127.0.0.1:{self.ports['gateway']}/v1/realtime{options.pop('query', '')}"
        return connect(url, additional_headers=headers, max_size=None, proxy=None, **options)

    @asynccontextmanager
    async def talk(self, *, grants=("talk", "emotion", "store_text"), session=None, token=None):
        """A talk whose client asked for our own events."""
        async with self.connect(token) as connection:
            talk = TalkSocket(connection)
            await talk.send("session.update", session={"hamdel": {"disclosure": "shown"}, **(session or {})})
            for scope in grants:
                await talk.send("hamdel.consent.set", scope=scope, granted=True, version="1")
            await talk.until("session.updated")
            yield talk


@contextmanager
def running_stack(folder, *, kind=Stack, **settings):
    """All three parts, shared; whoever breaks one mends it."""
    stack = kind(folder, **settings)
    try:
        for part in ("dialogue", "actions", "gateway"):
            stack.start(part)
        yield stack
    finally:
        stack.end()


class TalkSocket:
    """The client's end of a talk: sends events, and keeps those that come."""

    def __init__(self, connection):
        self.connection = connection
        self.events = []

    async def send(self, kind, **fields):
        await self.connection.send(json.dumps({"type": kind, **fields}))

    async def until(self, kind, timeout_s=30):
        """Reads events up to one of this type and gives it."""
        async with asyncio.timeout(timeout_s):
            while True:
                event = json.loads(await self.connection.recv())
                self.events.append(event)
                if event["type"] == kind:
                    return event

    async def type(self, text, timeout_s=30):
        """A typed turn; gives the reply's text."""
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        await self.send("conversation.item.create", item=item)
        await self.send("response.create")
        return await self.reply(timeout_s)

    async def reply(self, timeout_s=30):
        done = await self.until("response.done", timeout_s)
        self.last = done["response"]
        return " ".join(
            part.get("transcript") or part.get("text") or ""
            for item in self.last["output"]
            for part in item["content"]
        )

    async def hear(self, pcm, silence_s=1.5):
        """Sends PCM16 mono, and silence behind it, faster than real time."""
        second = SAMPLE_RATE_HZ * 2
        pcm += bytes(int(second * silence_s))
        for start in range(0, len(pcm), second):
            audio = base64.b64encode(pcm[start : start + second]).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]


def _link_cache(folder):
    """Lets a home of its own find the models and the rendered sentences of this machine's cache."""
    for source in (default_store().path("whisper-base").parents[1], default_folder()):
        with contextlib.suppress(FileExistsError):
            (folder / source.name).symlink_to(source)
