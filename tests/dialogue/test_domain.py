"""What is said: both languages, speakable, and nothing that no rule uses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from dialogue.crisis_paths import GUARD_INTENTS, KEPT_INTENTS
from dialogue.training import ROOT

DOMAIN: dict[str, Any] = YAML(typ="safe").load((ROOT / "domain.yml").read_text())
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
COMPOSED = {name for name, variants in RESPONSES.items() if variants[0]["text"] == "{crisis_reply}"}
RULE_FILES = sorted((ROOT / "data/rules").glob("*.yml"))
ACKNOWLEDGED = [name for name in RESPONSES if name.startswith("utter_acknowledge_")]


def language_of(variant: dict[str, Any]) -> str:
    values = {condition["name"]: condition["value"] for condition in variant.get("condition", [])}
    return str(values.get("language", "en"))


@pytest.mark.parametrize("name", sorted(set(RESPONSES) - COMPOSED))
def test_every_response_has_both_languages_in_their_own_script(name: str) -> None:
    assert {language_of(variant) for variant in RESPONSES[name]} == {"en", "fa"}
    for variant in RESPONSES[name]:
        text = re.sub(r"\{\w+\}", "", variant["text"])
        has_persian = re.search("[\u0600-\u06ff]", text) is not None
        has_latin = re.search("[A-Za-z]", text) is not None
        assert (has_persian, has_latin) == ((True, False) if language_of(variant) == "fa" else (False, True))


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_every_response_can_be_spoken(name: str) -> None:
    for variant in RESPONSES[name]:
        text = variant["text"]
        assert not re.search(
            r"[*_#`<>\[\]|]|https?:|\U0001f300-\U0001faff|[\u2600-\u27bf]", re.sub(r"\{\w+\}", "", text)
        )
        assert len(text) <= 330
        # Letters of the Arabic alphabet that Persian writes otherwise.
        assert not re.search("[يكةۀ٠-٩]", text)


@pytest.mark.parametrize("name", ACKNOWLEDGED)
def test_acknowledgements_vary(name: str) -> None:
    for language in ("en", "fa"):
        assert len([variant for variant in RESPONSES[name] if language_of(variant) == language]) >= 2


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_buttons_answer_in_the_language_of_the_response(name: str) -> None:
    for variant in RESPONSES[name]:
        for button in variant.get("buttons", []):
            persian = re.search("[\u0600-\u06ff]", button["payload"]) is not None
            assert persian == (language_of(variant) == "fa")
            assert not button["payload"].startswith("/")


def rules(*paths: Any) -> list[dict[str, Any]]:
    return [rule for path in paths for rule in YAML(typ="safe").load(path.read_text())["rules"]]


def intents_of(rule: dict[str, Any]) -> set[str]:
    steps = [step for step in rule["steps"] for step in step.get("or", [step])]
    return {step["intent"] for step in steps if "intent" in step}


def test_each_intent_of_the_guard_has_its_rule() -> None:
    own = rules(ROOT / "data/rules/crisis.yml")
    assert set().union(*map(intents_of, own)) == GUARD_INTENTS | KEPT_INTENTS
    assert set(DOMAIN["intents"]) >= GUARD_INTENTS
    paths = DOMAIN["slots"]["crisis_path"]["values"]
    stay = [rule["steps"] for rule in own if "crisis_talk" in intents_of(rule)]
    conditioned = [steps[1]["slot_was_set"][0]["crisis_path"] for steps in stay]
    assert sorted(conditioned) == sorted(paths)


def test_rules_of_a_crisis_only_speak() -> None:
    for rule in rules(ROOT / "data/rules/crisis.yml"):
        actions = [step["action"] for step in rule["steps"] if "action" in step]
        assert all(action.startswith("utter_") or action == "action_listen" for action in actions)


def test_nothing_but_the_rules_of_a_crisis_waits_for_what_is_said_in_one() -> None:
    others = [path for path in RULE_FILES if path.name != "crisis.yml"]
    assert len(others) >= 3
    for rule in rules(*others):
        assert not intents_of(rule) & GUARD_INTENTS, rule["rule"]
        if intents_of(rule) & KEPT_INTENTS:
            assert {"slot_was_set": [{"crisis": False}]} in rule["condition"], rule["rule"]


@pytest.mark.parametrize("name", sorted(name for name in RESPONSES if "crisis" in name or "_stay_" in name))
def test_nothing_that_is_said_in_a_crisis_offers_exercises(name: str) -> None:
    for variant in RESPONSES[name]:
        assert not re.search("suggest|exercise|idea|پیشنهاد|تمرین", variant["text"])
