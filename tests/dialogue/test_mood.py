from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from dialogue.entities import values_of_entities
from dialogue.mood import MoodOfTurn, mood_of_turn


@pytest.mark.parametrize(
    ("intent", "confidence", "detected", "mood"),
    [
        ("share", 0.9, "anger", "anger"),
        ("share", 0.9, None, "unclear"),
        (None, 0.0, None, "unclear"),
        ("feel_sadness", 0.9, "happiness", "sadness"),
        ("feel_neutral", 0.5, "anger", "neutral"),
        ("feel_sadness", 0.49, "anger", "anger"),
        ("feel_sadness", 0.49, None, "unclear"),
    ],
)
def test_a_confident_own_word_beats_the_detectors(
    intent: str | None, confidence: float, detected: str | None, mood: str
) -> None:
    assert mood_of_turn(intent, confidence, detected) == mood


def entities_of(text: str, metadata: Any, intent: str = "share") -> dict[str, Any]:
    message = Message(data={TEXT: text, "metadata": metadata, INTENT: {"name": intent, "confidence": 0.9}})
    message.set(ENTITIES, [{"entity": "crisis_level", "value": 1}])
    MoodOfTurn().process([message], None)
    return values_of_entities(message.get(ENTITIES))


def test_mood_purpose_and_language_are_said_in_every_turn_beside_other_entities() -> None:
    metadata = {"mood": {"label": "fear"}, "purpose": "service", "language": "fa"}
    assert entities_of("hello", metadata) == {
        "crisis_level": 1,
        "mood": "fear",
        "purpose": "service",
        "language": "fa",
    }
    assert entities_of("hello", None)["mood"] == "unclear"


def test_a_text_without_letters_leaves_the_language_as_it_was() -> None:
    assert "language" not in entities_of("7", None)
