"""Rasa, the action server and the training, killed in the middle; the dialogue channel without a gateway."""

import asyncio
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from stack import ROOT
from websockets.asyncio.client import connect

PYTHON = str(ROOT / ".venv-dialogue/bin/python")


class Channel:
    """One socket to Rasa; `ask` gives the names of the responses, None for an action's own text."""

    def __init__(self, stack):
        self._url = f"ws://127.0.0.1:{stack.ports['dialogue']}/hamdel/turns"
        self._token = stack._environment["HAMDEL_DIALOGUE_TOKEN"]

    async def __aenter__(self):
        headers = {"Authorization": f"Bearer {self._token}"}
        self.socket = await connect(self._url, additional_headers=headers, proxy=None)
        return self

    async def __aexit__(self, *error):
        await self.socket.close()

    async def ask(self, sender, turn_id, text, **metadata):
        turn = {"type": "turn", "turn_id": turn_id, "sender": sender, "text": text, "metadata": metadata}
        await self.socket.send(json.dumps(turn))
        self.frames = []
        async with asyncio.timeout(15):
            while not self.frames or self.frames[-1]["type"] == "message":
                self.frames.append(json.loads(await self.socket.recv()))
        assert self.frames[-1]["type"] == "done", self.frames[-1]
        return [frame["name"] for frame in self.frames[:-1]]


async def test_a_killed_action_server_is_apologised_for_and_used_again_without_restarting_rasa(stack):
    await stack.ready()
    async with Channel(stack) as channel:
        stack.kill("actions")
        names = await channel.ask("actions-killed", "1", "I feel sad", language="en")
        assert names == ["utter_acknowledge_sadness", "utter_suggestions_unavailable"]
        await stack.ready(actions=False)
        stack.start("actions")
        await stack.ready()
        names = await channel.ask("actions-killed", "2", "give me suggestions", language="en")
        assert names == ["utter_another", None, "utter_ask_helped"]


CALM, DANGER, MIDWAY = "killed-calm", "killed-danger", "killed-midway"


@pytest.fixture(scope="module")
def restarted(stack):
    """Rasa, killed after two talks and in the middle of a third, and started again without its trackers."""

    async def kill():
        await stack.ready()
        async with Channel(stack) as channel:
            assert (await channel.ask(CALM, "1", "I feel sad", language="en"))[-1] == "utter_ask_helped"
            told = await channel.ask(DANGER, "1", "I want to kill myself", language="en", country="US")
            assert told == ["utter_crisis"]
            stack.signal("dialogue", signal.SIGSTOP)
            turn = {"type": "turn", "turn_id": "1", "sender": MIDWAY, "text": "I feel sad"}
            await channel.socket.send(json.dumps(turn))
            stack.kill("dialogue")
        for file in stack.folder.glob("trackers.sqlite*"):
            file.unlink()
        await stack.ready(dialogue=False)
        stack.start("dialogue")
        await stack.ready()

    asyncio.run(kill())
    return stack


async def test_a_rasa_that_has_forgotten_a_talk_goes_on_without_greeting(restarted):
    async with Channel(restarted) as channel:
        # What was said before is gone, but no answer pretends that the talk begins only now.
        assert await channel.ask(CALM, "2", "no", language="en") == ["utter_no_pressure"]
        assert (await channel.ask(CALM, "3", "خیلی ناراحتم", language="fa"))[-1] == "utter_ask_helped"


async def test_a_rasa_that_has_forgotten_a_talk_learns_of_the_crisis_from_the_next_turn(restarted):
    known = {"in_crisis": True, "language": "en", "country": "US"}
    async with Channel(restarted) as channel:
        assert await channel.ask(DANGER, "2", "give me suggestions", **known) == ["utter_stay_safe"]
        assert await channel.ask(DANGER, "3", "can I speak to a human", **known) == ["utter_crisis"]
        assert "988" in channel.frames[0]["text"]
        # From now on it knows by itself.
        assert await channel.ask(DANGER, "4", "I feel sad", language="en") == ["utter_stay_safe"]


async def test_a_turn_under_way_when_rasa_is_killed_can_be_sent_again_under_its_id(restarted):
    async with Channel(restarted) as channel:
        names = await channel.ask(MIDWAY, "1", "I feel sad", language="en")
        assert names == ["utter_acknowledge_sadness", None, "utter_ask_helped"]


async def test_a_thousand_senders_who_never_say_goodbye_take_bounded_memory(stack):
    await stack.ready()
    rasa = psutil.Process(stack.process_id("dialogue"))
    async with Channel(stack) as channel:
        for number in range(100):
            await channel.ask(f"warm-{number}", "1", "hello")
        before_mb = rasa.memory_info().rss / 2**20
        for number in range(1_000):
            await channel.ask(f"sender-{number}", "1", "hello")
        assert rasa.memory_info().rss / 2**20 - before_mb < 40
        assert await channel.ask("sender-999", "2", "goodbye") == ["utter_goodbye"]


SMALL_SOURCES = {
    "config.yml": """
recipe: default.v1
assistant_id: small
language: en
pipeline: [{name: WhitespaceTokenizer}, {name: KeywordIntentClassifier}]
policies: [{name: MemoizationPolicy}]
""",
    "domain.yml": """
version: "3.1"
intents: [greet, leave]
responses: {utter_greet: [{text: Hello}]}
""",
    "data/nlu/small.yml": """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi
- intent: leave
  examples: |
    - bye
    - so long
""",
    "data/stories/small.yml": """
version: "3.1"
stories:
- story: both
  steps:
  - intent: greet
  - action: utter_greet
""",
}


@pytest.fixture
def project(tmp_path):
    """A project that trains in seconds, and the command that trains it."""
    for name, text in SMALL_SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    program = (
        "from pathlib import Path; from dialogue.training import is_whole, train_if_changed; "
        f"path, trained = train_if_changed(Path({str(tmp_path)!r})); assert is_whole(path); print(trained)"
    )
    return tmp_path, [PYTHON, "-c", program]


def trained(command):
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()[-1] == "True"


def test_a_killed_training_leaves_no_model_and_the_next_one_succeeds(project):
    folder, command = project
    killed = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    log = Path(folder, ".run", "train.log")
    deadline = time.monotonic() + 60
    while not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert killed.poll() is None
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not list((folder / "models").glob("*.tar.gz"))
    assert trained(command)
    assert not (folder / "models" / ".training").exists()
    assert not trained(command)
    (model,) = (folder / "models").glob("*.tar.gz")
    model.write_bytes(model.read_bytes()[:-100])
    assert trained(command)
