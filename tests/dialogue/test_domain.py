"""What is said: both languages, speakable, and nothing that no rule uses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from dialogue.training import ROOT

COMPOSED = {"utter_crisis", "utter_check_safety", "utter_worry_for_other"}
RESPONSES: dict[str, list[dict[str, Any]]] = YAML(typ="safe").load((ROOT / "domain.yml").read_text())[
    "responses"
]
ACKNOWLEDGED = [name for name in RESPONSES if name.startswith("utter_acknowledge_")]


def language_of(variant: dict[str, Any]) -> str:
    values = {condition["name"]: condition["value"] for condition in variant.get("condition", [])}
    return str(values.get("language", "en"))


@pytest.mark.parametrize("name", sorted(set(RESPONSES) - COMPOSED))
def test_every_response_has_both_languages_in_their_own_script(name: str) -> None:
    assert {language_of(variant) for variant in RESPONSES[name]} == {"en", "fa"}
    for variant in RESPONSES[name]:
        has_persian = re.search("[\u0600-\u06ff]", variant["text"]) is not None
        has_latin = re.search("[A-Za-z]", variant["text"]) is not None
        assert (has_persian, has_latin) == ((True, False) if language_of(variant) == "fa" else (False, True))


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_every_response_can_be_spoken(name: str) -> None:
    for variant in RESPONSES[name]:
        text = variant["text"]
        assert not re.search(
            r"[*_#`<>\[\]|]|https?:|\U0001f300-\U0001faff|[\u2600-\u27bf]", text.replace("{crisis_reply}", "")
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
