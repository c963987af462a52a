"""Trackers as Rasa sends them, without Rasa."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk import Tracker


@pytest.fixture
def tracker() -> Callable[..., Tracker]:
    """Makes a tracker of turns `(text, intent, mood, metadata)`."""

    def make(*turns: tuple[str, str, str, dict[str, Any] | None], **slots: Any) -> Tracker:
        events = [
            {
                "event": "user",
                "text": text,
                "metadata": metadata,
                "parse_data": {
                    "intent": {"name": intent},
                    "entities": [{"entity": "mood", "value": mood}],
                },
            }
            for text, intent, mood, metadata in turns
        ]
        latest: dict[str, Any] = dict(events[-1]["parse_data"]) if turns else {}
        mood = turns[-1][2] if turns else "unclear"
        filled = {"language": "en", "crisis": False, "mood": mood, **slots}
        return Tracker("person", filled, latest, events, False, None, {}, "action_listen")

    return make
