"""Rasa's processes, for tests: started with the environment that the project gives them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from dialogue.training import ROOT

_START_S = 240.0


@dataclass(frozen=True)
class Server:
    """A running process and how to reach it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


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


def write_endpoints(path: Path, actions_url: str) -> None:
    path.write_text(
        f"action_endpoint:\n  url: {actions_url}/webhook\n  enable_selective_domain: true\n"
        "tracker_store:\n  type: dialogue.tracker_store.SealedTrackerStore\n"
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
