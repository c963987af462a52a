"""The start and the end of a real process: signals, the drain, what is left behind, what is refused at start."""

import asyncio
import base64
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from gateway_parts import ScriptedDialogue, gateway_parts, until
from websockets.asyncio.server import serve as serve_websocket

from bot import gateway
from bot.check import safety, secret_states
from bot.dialogue_client import DialogueClient
from bot.gateway import development_token_path, make_issuer
from bot.listening_socket import listening_socket
from bot.settings import ROOT, DialogueSettings, ServerSettings, Settings
from bot.tokens import Claims, TokenError
from session_log import SessionLog
from session_log.learnt import read_learnt
from session_log.location import LogPlaces
from session_log.reader import reading

PROGRAM = """
    import asyncio, sys
    from contextlib import asynccontextmanager
    import uvicorn
    from starlette.applications import Starlette
    from bot.gateway import _DrainingServer
    from bot.json_logs import configure_logging
    from bot.listening_socket import http_protocol, listening_socket
    from bot.talks import RefusedTalkError, Talks
    from bot.tokens import Claims

    KIND, TALK_S, DRAIN_S = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])

    def say(text):
        print(text, flush=True)

    class ScriptedTalk:
        def restart(self):
            say("restart")
            if KIND == "broken":
                raise KeyError("a defect")

    async def hold():
        claims = Claims(token_id="a")
        with talks.place(claims), talks.under_way(ScriptedTalk(), claims):
            say("talk")
            await asyncio.sleep(TALK_S)
        say("talk over")

    async def try_to_enter():
        while not talks.draining:
            await asyncio.sleep(0.01)
        try:
            with talks.place(Claims(token_id="b")):
                pass
        except RefusedTalkError as refused:
            say(f"refused {refused.status} {refused.close_code}")

    @asynccontextmanager
    async def lifespan(app):
        tasks = [asyncio.create_task(try_to_enter())]
        if TALK_S:
            tasks.append(asyncio.create_task(hold()))
        try:
            yield
        finally:
            say("lifespan over")

    configure_logging()
    talks = Talks(most=9, most_per_token=9)
    app = Starlette(lifespan=lifespan)
    config = uvicorn.Config(app, http=http_protocol(5), log_config=None, log_level="warning", timeout_graceful_shutdown=1)
    server = _DrainingServer(config, talks, DRAIN_S)
    async def ready():
        while not server.started:
            await asyncio.sleep(0.01)
        say("ready")
    original = server.serve
    async def serve(sockets=None):
        task = asyncio.create_task(ready())
        await original(sockets)
    server.serve = serve
    try:
        server.run(sockets=[listening_socket("127.0.0.1", 0)])
    finally:
        say("parts closed")
"""


class Server:
    def __init__(self, process):
        self.process = process
        self.said = []

    def until(self, line):
        while not self.said or self.said[-1] != line:
            text = self.process.stdout.readline()
            assert text, f"ended after {self.said}"
            self.said.append(text.strip())

    def signal(self, number):
        self.signalled = time.monotonic()
        self.process.send_signal(number)

    def ended(self):
        """Exit status, seconds since the last signal, and what was said from then on."""
        status = self.process.wait(10)
        took_s = time.monotonic() - self.signalled
        rest = [line.strip() for line in self.process.stdout]
        return status, took_s, rest


@contextmanager
def server(kind="sound", talk_s=0.0, drain_s=0.0):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), kind, str(talk_s), str(drain_s)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_signal_without_a_talk_ends_the_process_soon_and_in_order():
    with server(drain_s=60) as running:
        running.until("ready")
        running.signal(signal.SIGTERM)
        status, took_s, said = running.ended()
    assert (status, took_s < 3) == (0, True)
    assert said == ["refused 503 1012", "lifespan over", "parts closed"]


def test_a_talk_under_way_is_waited_for_and_nobody_else_is_let_in():
    with server(talk_s=0.5, drain_s=60) as running:
        running.until("ready")
        running.signal(signal.SIGINT)
        status, took_s, said = running.ended()
    assert (status, took_s < 4) == (0, True)
    assert said == ["restart", "refused 503 1012", "talk over", "lifespan over", "parts closed"]


def test_a_talk_that_does_not_end_or_breaks_when_told_is_given_up_after_the_time():
    with server("broken", talk_s=60, drain_s=0.3) as running:
        running.until("ready")
        running.signal(signal.SIGTERM)
        status, took_s, said = running.ended()
    assert (status, took_s < 4) == (0, True)
    assert "talk over" not in said
    assert said[-2:] == ["lifespan over", "parts closed"]


def test_a_second_signal_ends_at_once():
    with server(talk_s=60, drain_s=60) as running:
        running.until("ready")
        running.signal(signal.SIGTERM)
        running.until("refused 503 1012")
        running.signal(signal.SIGTERM)
        status, took_s, said = running.ended()
    assert (status, took_s < 2) == (0, True)
    assert sorted(said) == ["lifespan over", "parts closed"]


def serve(tmp_path, settings="", **environment):
    """Starts the real gateway, which has to end by itself."""
    path = tmp_path / "endpoints.yml"
    path.write_text(f"hamdel:\n{textwrap.indent(textwrap.dedent(settings), '  ')}", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        cwd=ROOT,
        env={**os.environ, "HAMDEL_ENDPOINTS": str(path), "HAMDEL_SESSION_LOG": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_port_in_use_ends_the_start_with_one_clear_line(tmp_path):
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        ended = serve(tmp_path, f"server: {{port: {port}}}")
    assert ended.returncode == 2
    assert re.fullmatch(rf"127\.0\.0\.1 port {port} .*endpoints\.yml\.\n", ended.stderr)


def test_a_short_secret_ends_the_start_with_one_clear_line(tmp_path):
    ended = serve(tmp_path, "server: {port: 0}", HAMDEL_TOKEN_SECRET="short")
    assert ended.returncode == 2
    assert ended.stderr == "HAMDEL_TOKEN_SECRET must have at least 32 bytes.\n"


@pytest.mark.parametrize("key", ["none", "another", "damaged"])
def test_without_the_key_of_the_log_the_start_ends_with_one_clear_line_and_nothing_changes(tmp_path, key):
    path, key_file = tmp_path / "log" / "log.sqlite", tmp_path / "elsewhere" / "log.key"
    path.parent.mkdir()
    with SessionLog.open(LogPlaces.of(path, key_file)):
        pass
    if key == "none":
        key_file.unlink()
    elif key == "another":
        key_file.write_text(base64.urlsafe_b64encode(b"k" * 32).decode())
    else:
        key_file.write_text("no key at all")
    before = path.read_bytes()
    section = f"{{server: {{port: 0}}, session_log: {{path: {path}, key_file: {key_file}}}}}"
    ended = serve(tmp_path, section[1:-1].replace("}, session_log", "}\n  session_log"))
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "key" in ended.stderr
    assert path.read_bytes() == before


def test_the_tokens_of_a_run_without_a_secret_end_with_it(monkeypatch):
    monkeypatch.delenv("HAMDEL_TOKEN_SECRET", raising=False)
    value, _ = make_issuer().issue(Claims(), lifetime_s=60)
    with pytest.raises(TokenError):
        make_issuer().check(value)


def test_the_secret_and_the_key_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("HAMDEL_TOKEN_SECRET", "s" * 32)
    monkeypatch.setenv("HAMDEL_SERVER_KEY", "server-key")
    value, _ = make_issuer().issue(Claims(subject="p"), lifetime_s=60)
    assert make_issuer().check(value).subject == "p"
    assert make_issuer().is_server_key("server-key")
    monkeypatch.setenv("HAMDEL_SERVER_KEY", "")
    assert not make_issuer().is_server_key("")


def test_what_check_calls_unsafe_is_said_at_the_start_in_the_same_words(caplog):
    environment = {"HAMDEL_TOKEN_SECRET": "s" * 32, "HAMDEL_SERVER_KEY": "hunt5"}
    found = safety(Settings(), secret_states(environment))
    gateway._warn_of_unsafe(Settings(), environment)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"HAMDEL_SERVER_KEY: {found[0].detail}; mend it by: {found[0].remedy}")
    assert "hunt5" not in line


def test_a_server_that_can_give_nobody_a_token_says_so_at_the_start(caplog):
    gateway._warn_of_unsafe(Settings(), {"HAMDEL_TOKEN_SECRET": "s" * 32})
    assert "no talk can begin" in caplog.text
    caplog.clear()
    gateway._warn_of_unsafe(Settings(server=ServerSettings(development=True)), {})
    assert caplog.records == []


def test_each_port_has_its_own_file_of_development_tokens(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_HOME", str(tmp_path))
    path = development_token_path(8300)
    assert path.name == "development-8300.json"
    assert path != development_token_path(8301)
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_nothing_is_kept_of_the_rehearsal_before_the_announcement():
    """A double at the far end of the dialogue channel: the real client, and what it sends."""
    frames = []

    async def answer(socket):
        async for text in socket:
            frame = json.loads(text)
            frames.append(frame)
            if frame["type"] == "turn":
                done = {
                    "type": "done",
                    "turn_id": frame["turn_id"],
                    "seq": 0,
                    "intent": None,
                    "crisis": False,
                }
                await socket.send(json.dumps(done))

    async with serve_websocket(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        dialogue = DialogueClient(f"ws://127.0.0.1:{port}", None, timeout_s=5)
        running = gateway._Running(Settings(), make_issuer(), SimpleNamespace(dialogue=dialogue))
        connection = asyncio.create_task(dialogue.run())
        try:
            async with asyncio.timeout(10):
                await running._rehearse()
                while len(frames) < 2:
                    await asyncio.sleep(0.01)
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
    assert [frame["type"] for frame in frames] == ["turn", "forget"]
    assert frames[0]["sender"] == frames[1]["sender"]


async def test_what_feedback_teaches_is_learnt_while_the_server_runs(tmp_path):
    class Dialogue(ScriptedDialogue):
        async def run(self):
            await asyncio.Event().wait()

    with gateway_parts(tmp_path, dialogue=Dialogue()) as parts:
        settings = Settings(dialogue=DialogueSettings(actions_health_url="http://127.0.0.1:9/health"))
        running = gateway._Running(settings, make_issuer(), parts)

        def learnt():
            with reading(parts.session_log.places) as reader:
                return read_learnt(reader.database, reader.keys)

        assert learnt() is None
        async with running.lifespan(None):
            await until(lambda: learnt() is not None)
        assert asyncio.all_tasks() == {asyncio.current_task()}
