"""What is told of the gateway's state, to whom. The parts are scripted; the action server is a real port."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bot import health
from bot.metrics import Metrics
from bot.settings import DialogueSettings, RecogniserSettings, ServerSettings, Settings
from bot.talks import Talks
from bot.tokens import Claims, TokenIssuer

HOST = "127.0.0.1:8300"


@contextmanager
def actions(status=200):
    """An action server that answers with this status; gives its address and the paths asked for."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/health", asked
        finally:
            server.shutdown()
            thread.join()


class ScriptedLog:
    """Stands for the session log's writer."""

    def __init__(self):
        self.last_error = None
        self.spool_error = None
        self.head_error = None
        self.sound_error = None
        self.sound_to_delete = 0
        self.queued = 0
        self.dropped = 0
        self.spooled = 0

    def health(self):
        return self


class Gateway:
    def __init__(self, actions_url="http://127.0.0.1:9/health", address="127.0.0.1", host=HOST):
        self.parts = SimpleNamespace(
            dialogue=SimpleNamespace(connected=True),
            speech=SimpleNamespace(waiting=0),
            session_log=ScriptedLog(),
            learning=SimpleNamespace(well=True),
            voice_problem=None,
            metrics=Metrics(),
        )
        settings = Settings(
            server=ServerSettings(max_talks=2),
            recogniser=RecogniserSettings(workers=1, queue=3),
            dialogue=DialogueSettings(actions_health_url=actions_url),
        )
        self.talks = Talks(most=2, most_per_token=2)
        routes = health.Health(settings, TokenIssuer(b"s" * 32, "server-key"), self.talks, self.parts)
        app = Starlette(
            routes=[
                Route("/healthz", routes.health),
                Route("/readyz", routes.ready),
                Route("/metrics", routes.metrics),
            ]
        )
        self.client = TestClient(app, base_url=f"http://{host}", client=(address, 1234))

    def get(self, path, **headers):
        return self.client.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    def ready(self):
        answer = self.get("/readyz")
        body = answer.json()
        assert body["ready"] is (answer.status_code == 200)
        return answer.status_code, {name for name, well in body["parts"].items() if not well}


def test_a_gateway_that_lives_says_so():
    assert Gateway().get("/healthz").json() == {"status": "ok"}


def test_all_parts_are_ready():
    with actions() as (url, _):
        assert Gateway(url).ready() == (200, set())


@pytest.mark.parametrize("status", [404, 500, 503])
def test_actions_that_fail_are_told_but_do_not_keep_talks_away(status):
    with actions(status) as (url, _):
        assert Gateway(url).ready() == (200, {"actions"})


def test_actions_that_are_away_are_told():
    assert Gateway("http://127.0.0.1:9/health").ready() == (200, {"actions"})


@pytest.mark.parametrize("trouble", ["last_error", "spool_error", "head_error", "sound_error"])
def test_a_session_log_in_trouble_is_told_but_does_not_keep_talks_away(trouble):
    with actions() as (url, _):
        gateway = Gateway(url)
        setattr(gateway.parts.session_log, trouble, "OSError")
        assert gateway.ready() == (200, {"session_log"})


def test_without_the_dialogue_no_talk_can_begin():
    with actions() as (url, _):
        gateway = Gateway(url)
        gateway.parts.dialogue.connected = False
        assert gateway.ready() == (503, {"dialogue"})


def test_a_full_recogniser_takes_no_talk():
    with actions() as (url, _):
        gateway = Gateway(url)
        gateway.parts.speech.waiting = 3
        assert gateway.ready() == (200, set())
        gateway.parts.speech.waiting = 4
        assert gateway.ready() == (503, {"recogniser"})


def test_a_full_gateway_takes_no_talk():
    with actions() as (url, _):
        gateway = Gateway(url)
        with gateway.talks.place(Claims(token_id="a")):
            assert gateway.ready() == (200, set())
            with gateway.talks.place(Claims(token_id="b")):
                assert gateway.ready() == (503, {"places"})


async def test_a_gateway_that_is_about_to_stop_takes_no_talk():
    with actions() as (url, _):
        gateway = Gateway(url)
        await gateway.talks.drain(0)
        assert gateway.ready() == (503, {"gateway"})
        assert gateway.get("/healthz").status_code == 200


def test_the_actions_are_not_asked_at_the_pace_of_whoever_asks_us(monkeypatch):
    with actions() as (url, asked):
        gateway = Gateway(url)
        for _ in range(20):
            gateway.ready()
        assert asked == ["/health"]
        monkeypatch.setattr(health, "_ACTIONS_KNOWN_FOR_S", 0.0)
        gateway.ready()
        assert asked == ["/health"] * 2


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"x_forwarded_for": "192.0.2.7"}, 401),
        ("127.0.0.1", {"forwarded": "for=192.0.2.7"}, 401),
        ("127.0.0.1", {"x_real_ip": "127.0.0.1"}, 401),
        ("127.0.0.1", {"origin": f"http://{HOST}"}, 401),
        ("127.0.0.1", {"host": "evil.example"}, 401),
        ("127.0.0.1", {"host": "["}, 401),
        ("127.0.0.1", {"x_forwarded_for": "192.0.2.7", "authorization": "Bearer server-key"}, 200),
        ("192.0.2.7", {}, 401),
        ("192.0.2.7", {"authorization": "Bearer wrong"}, 401),
        ("192.0.2.7", {"authorization": "Bearer server-key"}, 200),
        ("testclient", {}, 401),
    ],
)
def test_metrics_are_for_programs_here_and_holders_of_the_key(address, headers, status):
    answer = Gateway(address=address).get("/metrics", **headers)
    assert answer.status_code == status
    assert ("hamdel_talks" in answer.text) is (status == 200)


def test_metrics_tell_the_state_of_the_moment():
    gateway = Gateway()
    gateway.parts.speech.waiting = 3
    gateway.parts.session_log.queued = 7
    gateway.parts.session_log.dropped = 2
    gateway.parts.session_log.spooled = 5
    gateway.parts.session_log.spool_error = "OSError"
    gateway.parts.dialogue.connected = False
    with gateway.talks.place(Claims(token_id="a")):
        answer = gateway.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    values = {
        sample.name: sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert values["hamdel_talks"] == 1
    assert values["hamdel_recogniser_queue"] == 3
    assert values["hamdel_session_log_queue"] == 7
    assert values["hamdel_session_log_dropped"] == 2
    assert values["hamdel_session_log_spooled"] == 5
    assert values["hamdel_session_log_spool_failing"] == 1
    assert values["hamdel_session_log_head_failing"] == 0
    assert values["hamdel_dialogue_connected"] == 0
    assert values["hamdel_tasks"] >= 1


def test_what_was_learnt_and_is_damaged_is_told_but_keeps_no_talks_away():
    with actions() as (url, _):
        gateway = Gateway(url)
        gateway.parts.learning.well = False
        assert gateway.ready() == (200, {"learning"})
        gateway.parts.learning = None
        assert gateway.ready() == (200, set())


def test_a_voice_that_another_stands_in_for_is_told_but_keeps_no_talks_away():
    with actions() as (url, _):
        gateway = Gateway(url)
        gateway.parts.voice_problem = "decoder.onnx is missing"
        assert gateway.ready() == (200, {"voice"})
