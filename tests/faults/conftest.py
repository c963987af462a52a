"""Faults are made on real processes: gateway, Rasa and action server of the tests' own."""

import subprocess

import pytest
import soundfile
import soxr
from stack import Stack, running_stack

VOICE = {"name": "espeak"}
"""A voice that is a program can be broken from outside."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    settings = {"server": {"handshake_s": 1.0}, "voice": VOICE}
    with running_stack(tmp_path_factory.mktemp("stack"), **settings) as stack:
        yield stack


@pytest.fixture
def gateway(stack, tmp_path_factory):
    """Makes a gateway with settings of its own, which asks the shared Rasa."""

    def make(**options):
        made.append(Stack(tmp_path_factory.mktemp("gateway"), share=stack, **({"voice": VOICE} | options)))
        made[-1].start("gateway")
        return made[-1]

    made = []
    yield make
    for each in made:
        each.end()


@pytest.fixture(scope="session")
def spoken(tmp_path_factory):
    """Speech of espeak-ng as PCM16 mono 24 kHz."""
    folder = tmp_path_factory.mktemp("spoken")

    def speak(text, voice="en-us"):
        path = folder / "sentence.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
        samples, rate_hz = soundfile.read(path, dtype="int16")
        return soxr.resample(samples, rate_hz, 24_000).tobytes()

    return speak
