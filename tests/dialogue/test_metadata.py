from __future__ import annotations

import pytest

from dialogue.metadata import TurnMetadata, read_metadata


def test_what_the_gateway_says_is_read() -> None:
    raw = {
        "language": "fa",
        "mood": {"label": "anger", "probabilities": {"anger": 1.0}, "model": "m", "threshold": 0.5},
        "purpose": "service",
        "country": "ir",
        "crisis_level": 3,
        "distress": 7,
    }
    assert read_metadata(raw) == TurnMetadata("fa", "anger", "service", "IR", 3, gateway=True)


@pytest.mark.parametrize("raw", [None, {}, [], "fa", 7])
def test_no_metadata_is_neutral(raw: object) -> None:
    assert read_metadata(raw) == TurnMetadata(None, None, "therapy", None, 0)


@pytest.mark.parametrize(
    "raw",
    [
        {"language": "de"},
        {"language": ["fa"]},
        {"mood": "anger"},
        {"mood": {"label": "unclear"}},
        {"mood": {"label": "disgust"}},
        {"mood": {"label": ["anger"]}},
        {"mood": None},
        {"purpose": "kiosk"},
        {"country": "IRN"},
        {"country": "؟؟"},
        {"crisis_level": "3"},
        {"crisis_level": True},
        {"crisis_level": -1},
    ],
)
def test_what_is_not_valid_counts_as_not_said(raw: dict[str, object]) -> None:
    assert read_metadata(raw) == TurnMetadata()


def test_a_level_beyond_the_scale_is_the_highest() -> None:
    assert read_metadata({"crisis_level": 9}).crisis_level == 3


def test_only_the_gateways_own_word_of_danger_shows_that_it_is_there() -> None:
    assert read_metadata({"crisis_level": 0}).gateway is True
    assert read_metadata({"in_crisis": True, "country": "US"}).gateway is False
