"""The whole server, as `make serve` starts it, on ports of its own; and speech made by espeak-ng."""

import os
import subprocess
from pathlib import Path

import pytest
from own_server import own_server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with own_server(tmp_path_factory.mktemp("server")) as running:
        os.environ["HAMDEL_ENDPOINTS"] = str(running.endpoints)
        yield running
        del os.environ["HAMDEL_ENDPOINTS"]


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
