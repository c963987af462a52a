import http.server
import json
import os
import shutil
import socket
import threading
from collections import namedtuple

import pytest

from bot.check_machine import folders, ports
from bot.settings import Settings


@pytest.fixture
def free():
    """Three free ports: gateway, dialogue, actions."""
    probes = [socket.socket() for _ in range(3)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    numbers = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return numbers


def look(numbers, environment=None, **server):
    gateway, dialogue, actions = numbers
    settings = Settings.model_validate(
        {
            "server": {"port": gateway, **server},
            "dialogue": {
                "url": f"ws://127.0.0.1:{dialogue}/hamdel/turns",
                "actions_health_url": f"http://127.0.0.1:{actions}/health",
            },
        }
    )
    chosen = {"HAMDEL_DIALOGUE_PORT": str(dialogue), "HAMDEL_ACTIONS_PORT": str(actions)}
    return ports(settings, chosen if environment is None else environment)


@pytest.fixture
def serve():
    """Answers HTTP on a port: `serve(port, {"/healthz": {...}})`."""
    servers = []

    def start(port, pages):
        class Pages(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path in pages else 404)
                self.end_headers()
                self.wfile.write(json.dumps(pages.get(self.path)).encode())

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Pages)
        threading.Thread(target=server.serve_forever).start()
        servers.append(server)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def listen():
    """Holds a port and says nothing."""
    held = []

    def start(port):
        holder = socket.create_server(("127.0.0.1", port))
        held.append(holder)

    yield start
    for holder in held:
        holder.close()


def test_free_ports_are_well(free):
    assert [finding.state for finding in look(free)] == ["ok", "ok", "ok"]


def test_a_running_hamdel_is_recognised(free, serve, listen):
    serve(free[0], {"/healthz": {"status": "ok"}, "/readyz": {"parts": {"gateway": True, "dialogue": True}}})
    listen(free[1])
    listen(free[2])
    found = look(free)
    assert [finding.state for finding in found] == ["ok", "ok", "ok"]
    assert found[0].detail == "a Hamdel runs here, ready"


def test_a_running_hamdel_without_its_dialogue_engine_is_told(free, serve, listen):
    serve(free[0], {"/healthz": {"status": "ok"}, "/readyz": {"parts": {"gateway": True, "dialogue": False}}})
    listen(free[2])
    found = look(free)
    assert found[0].detail == "a Hamdel runs here, without dialogue"
    assert found[1].state == "wrong"
    assert "nothing listens" in found[1].detail


def test_a_port_that_another_program_holds_is_wrong(free, serve):
    serve(free[0], {"/": "hello"})
    found = look(free)
    assert found[0].state == "wrong"
    assert "no Hamdel" in found[0].detail
    assert "hamdel.server.port" in (found[0].remedy or "")


def test_inner_ports_left_in_use_by_something_are_wrong(free, listen):
    listen(free[1])
    found = look(free)
    assert [finding.state for finding in found] == ["ok", "wrong", "ok"]
    assert "HAMDEL_DIALOGUE_PORT" in (found[1].remedy or "")


def test_addresses_that_make_serve_would_not_start_are_wrong(free):
    found = look(free, environment={})
    assert [finding.state for finding in found] == ["ok", "wrong", "wrong"]
    assert found[1].remedy.startswith(f"export HAMDEL_DIALOGUE_PORT={free[1]}")
    assert found[2].remedy.startswith(f"export HAMDEL_ACTIONS_PORT={free[2]}")


@pytest.mark.parametrize("host", ["192.0.2.99", "no such host"])
def test_a_host_that_is_not_this_machine_is_wrong(free, host):
    assert look(free, host=host)[0].state == "wrong"


def test_a_dialogue_engine_on_another_machine_is_left_to_its_deployer(free):
    settings = Settings.model_validate(
        {
            "server": {"port": free[0]},
            "dialogue": {
                "url": "ws://192.0.2.99:5005/hamdel/turns",
                "actions_health_url": "http://192.0.2.99:5055/health",
            },
        }
    )
    assert [finding.state for finding in ports(settings, {})] == ["ok", "note", "note"]


def test_port_0_is_any_free_port():
    assert [finding.state for finding in look((0, 5005, 5055), {})][0] == "note"


def places(tmp_path, folder):
    settings = Settings.model_validate({"session_log": {"path": str(folder / "log.sqlite")}})
    return {
        finding.subject: finding
        for finding in folders(tmp_path, settings, {"HAMDEL_HOME": str(tmp_path / "home")})
    }


def test_folders_are_looked_at_and_not_made(tmp_path):
    found = places(tmp_path, tmp_path / "data" / "deep")
    assert {finding.state for finding in found.values()} == {"ok"}
    assert "not made yet" in found["session log"].detail
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be_is_wrong(tmp_path):
    (tmp_path / "data").touch()
    finding = places(tmp_path, tmp_path / "data")["session log"]
    assert finding.state == "wrong"
    assert "install -d" in (finding.remedy or "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_wrong(tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    assert places(tmp_path, tmp_path / "data")["session log"].state == "wrong"


def test_a_nearly_full_disk_is_told(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 10**7))
    finding = places(tmp_path, tmp_path / "data")["session log"]
    assert finding.state == "wrong"
    assert "0.0 GB free" in finding.detail
