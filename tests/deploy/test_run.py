"""How the processes end: a stand-in for honcho holds one that stands for the gateway."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANAGER = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, lambda *_: (gateway.kill(), print("manager told to end", flush=True)))
gateway = subprocess.Popen([sys.executable, "-c", sys.argv.pop()])
with open(os.environ["HAMDEL_GATEWAY_PID"], "w") as file:
    file.write(str(gateway.pid))
print("started", flush=True)
gateway.wait()
time.sleep(0.3)
print("the others have ended", flush=True)
"""
FINISHES_ITS_TALKS = """
import signal, sys, time
def drain(*_):
    time.sleep(0.5)
    print("talks finished", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, drain)
time.sleep(60)
"""
NEVER_ENDS = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start(tmp_path):
    """Starts `deploy/run.sh` around a gateway of the given code; waits until it runs."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in ("dialogue", "actions"):
        (logs / f"{name}.log").write_text(f"last words of {name}\n")
    running = []

    def run(gateway, **environment):
        honcho = programs / "honcho"
        honcho.write_text(f"#!{sys.executable}\nimport sys\nsys.argv.append({gateway!r})\n{MANAGER}")
        honcho.chmod(0o755)
        ports = {"HAMDEL_DIALOGUE_PORT": str(free_port()), "HAMDEL_ACTIONS_PORT": str(free_port())}
        process = subprocess.Popen(
            [tmp_path / "deploy" / "run.sh"],
            env={**os.environ, **ports, "HAMDEL_LOGS": str(logs), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            restore_signals=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        running.append(process)
        return process

    yield run
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()


def read_until(process, text):
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} was never said")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_gateway_finishes_its_talks_before_the_rest_ends(start, number):
    process = start(FINISHES_ITS_TALKS)
    read_until(process, "started")
    time.sleep(0.3)
    os.killpg(process.pid, number)  # what a terminal does on Ctrl-C
    said = process.communicate(timeout=15)[0]
    assert said.index("talks finished") < said.index("the others have ended")
    assert "manager told to end" not in said
    assert process.returncode == 0


def test_a_second_ctrl_c_ends_everything_at_once(start):
    process = start(NEVER_ENDS)
    read_until(process, "started")
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    read_until(process, "again to end at once")
    os.killpg(process.pid, signal.SIGINT)
    assert "manager told to end" in process.communicate(timeout=15)[0]


def test_a_part_that_ends_by_itself_ends_the_whole_with_the_last_words(start):
    process = start("print('out of memory')")
    said = process.communicate(timeout=15)[0]
    assert process.returncode == 1
    assert "a part ended by itself" in said
    assert "last words of dialogue" in said
    assert "last words of actions" in said


def test_a_second_server_of_the_same_folder_leaves_the_logs_of_the_first_alone(start, tmp_path):
    first = start(FINISHES_ITS_TALKS)
    read_until(first, "started")
    second = start(NEVER_ENDS)
    said = second.communicate(timeout=15)[0]
    assert second.returncode == 1
    assert f"writes its logs into {tmp_path / 'logs'}/" in said
    assert "starting" not in said
    elsewhere = start(NEVER_ENDS, HAMDEL_LOGS=str(tmp_path / "other"))
    read_until(elsewhere, "started")
    os.killpg(elsewhere.pid, signal.SIGKILL)
    os.killpg(first.pid, signal.SIGTERM)
    first.communicate(timeout=15)
    third = start(NEVER_ENDS)
    read_until(third, "started")


def test_a_port_in_use_is_told_before_anything_starts(start):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        process = start(NEVER_ENDS, HAMDEL_ACTIONS_PORT=str(port))
        said = process.communicate(timeout=15)[0]
    assert process.returncode == 1
    assert f"port {port} is in use" in said
    assert "starting" not in said
