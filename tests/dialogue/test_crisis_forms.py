"""A form is interrupted by a crisis, shown with one that exists in this test alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dialogue.training import ROOT

VISIT = {
    "slot": {
        "type": "text",
        "influence_conversation": True,
        "mappings": [
            {
                "type": "from_text",
                "conditions": [{"active_loop": "visit_form", "requested_slot": "visit_day"}],
            }
        ],
    },
    "nlu": """
version: "3.1"
nlu:
- intent: query_cancel
  examples: |
    - book a visit
    - I want to book a visit
    - please book a visit with the doctor
- intent: affirm
  examples: |
    - yes
    - yes please
- intent: deny
  examples: |
    - no
    - not really
- intent: share
  examples: |
    - tomorrow morning at eight
    - on Monday
    - I had dinner with my brother
""",
    "rules": """
version: "3.1"
rules:
- rule: a visit is booked
  steps:
  - intent: query_cancel
  - action: visit_form
  - active_loop: visit_form
- rule: the visit is booked
  condition:
  - active_loop: visit_form
  steps:
  - action: visit_form
  - active_loop: null
  - action: utter_listening
""",
}

Ask = Callable[..., Awaitable[tuple[list[str | None], Any]]]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from rasa.core.agent import Agent

    folder = tmp_path_factory.mktemp("form")
    yaml = YAML(typ="safe")
    domain = yaml.load((ROOT / "domain.yml").read_text())
    domain["slots"]["visit_day"] = VISIT["slot"]
    domain["forms"] = {"visit_form": {"required_slots": ["visit_day"]}}
    domain["responses"]["utter_ask_visit_day"] = [{"text": "On which day?"}]
    with (folder / "domain.yml").open("w") as file:
        yaml.dump(domain, file)
    (folder / "nlu.yml").write_text(VISIT["nlu"])
    (folder / "rules.yml").write_text(VISIT["rules"])
    command = [sys.executable, "-m", "rasa", "train", "--domain", str(folder / "domain.yml")]
    command += ["--data", str(folder / "nlu.yml"), str(folder / "rules.yml"), "data/rules/crisis.yml"]
    command += ["--out", str(folder), "--fixed-model-name", "form", "--force"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    model: Path = folder / "form.tar.gz"
    assert model.exists(), done.stdout[-2000:] + done.stderr[-2000:]
    return Agent.load(str(model))


@pytest.fixture
def ask(agent: Any, request: pytest.FixtureRequest) -> Ask:
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    async def _ask(text: str, **metadata: Any) -> tuple[list[str | None], Any]:
        sender, output = request.node.nodeid, CollectingOutputChannel()
        before = await agent.tracker_store.get_or_create_tracker(sender)
        known = len(before.events)
        await agent.handle_message(UserMessage(text, output, sender, metadata=metadata))
        tracker = await agent.tracker_store.retrieve(sender)
        said = [event for event in list(tracker.events)[known:] if event.type_name == "bot"]
        return [event.metadata.get("utter_action") for event in said], tracker

    return _ask


async def test_without_a_crisis_the_form_is_filled(ask: Ask) -> None:
    names, tracker = await ask("book a visit")
    assert (names, tracker.active_loop_name) == (["utter_ask_visit_day"], "visit_form")
    names, tracker = await ask("tomorrow morning at eight")
    assert (names, tracker.active_loop_name) == (["utter_listening"], None)
    assert tracker.get_slot("visit_day") == "tomorrow morning at eight"


async def test_danger_ends_the_form_and_it_never_comes_back(ask: Ask) -> None:
    await ask("book a visit")
    names, tracker = await ask("I want to kill myself")
    assert (names, tracker.active_loop_name) == (["utter_crisis"], None)
    assert tracker.get_slot("requested_slot") is None
    assert tracker.get_slot("crisis") is True
    assert tracker.latest_action_name == "action_listen"
    for words in ("I had dinner with my brother", "book a visit", "/query_cancel"):
        (name,), tracker = await ask(words)
        assert name in ("utter_stay_safe", "utter_crisis_unable", "utter_crisis_willing")
        assert (tracker.active_loop_name, tracker.get_slot("visit_day")) == (None, None)


async def test_a_reason_to_ask_ends_the_form_too(ask: Ask) -> None:
    await ask("book a visit")
    names, tracker = await ask("I wish I were dead")
    assert (names, tracker.active_loop_name) == (["utter_check_safety"], None)


async def test_what_the_gateway_has_answered_ends_the_form_in_silence(ask: Ask) -> None:
    await ask("book a visit")
    names, tracker = await ask("on Monday", crisis_level=3)
    assert (names, tracker.active_loop_name) == ([], None)
    assert tracker.get_slot("crisis") is True


async def test_a_crisis_learnt_of_from_the_gateway_ends_the_form(ask: Ask) -> None:
    await ask("book a visit")
    names, tracker = await ask("I had dinner with my brother", in_crisis=True, crisis_level=0)
    assert (names, tracker.active_loop_name) == (["utter_stay_safe"], None)
