"""Pipeline component: the mood, language and purpose on which the reply of this turn depends."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from dialogue.entities import turn_entity
from dialogue.metadata import read_metadata
from dialogue.normaliser import ORIGINAL_TEXT
from dialogue.turn_language import ANSWER_LANGUAGE, turn_language
from emotion import UNCLEAR

__all__ = ["OWN_WORDS", "OWN_WORD_CONFIDENCE", "MoodOfTurn", "mood_of_turn"]

OWN_WORDS = {
    "feel_anger": "anger",
    "feel_fear": "fear",
    "feel_sadness": "sadness",
    "feel_happiness": "happiness",
    "feel_neutral": "neutral",
}
"""The intents with which people name their feeling themselves."""

OWN_WORD_CONFIDENCE = 0.5
"""Below it the classifier is not sure enough of an own word to overrule what was heard."""


def mood_of_turn(intent: str | None, confidence: float, detected: str | None) -> str:
    """A person's own word beats every detector; without either the mood is "unclear".

    Args:
        intent: the turn's intent.
        confidence: of the intent, 0–1.
        detected: the detectors' mood, None where they abstained.
    """
    own = OWN_WORDS.get(intent or "") if confidence >= OWN_WORD_CONFIDENCE else None
    return own or detected or UNCLEAR


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class MoodOfTurn(GraphComponent):  # type: ignore[misc]
    """Adds entities `mood`, `purpose` and `language`, which fill the slots of the same names.

    Stands last in the pipeline. Mood and purpose are said in every turn, so that none stays over
    from an earlier one. The slots are filled before the policies run, without a call to the action
    server.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MoodOfTurn:
        """Makes the component; it has no settings and nothing to load."""
        return cls()

    def process(
        self,
        messages: list[Message],
        tracker: DialogueStateTracker,  # None where text is parsed outside a talk; Rasa wants it named so
    ) -> list[Message]:
        """Adds the entities to each message."""
        chosen = tracker.get_slot("language_chosen") if tracker else None
        for message in messages:
            metadata = read_metadata(message.get("metadata"))
            named = message.get(INTENT) or {}
            intent = named.get("name")
            text = message.get(ORIGINAL_TEXT) or message.get(TEXT) or ""
            language = message.get(ANSWER_LANGUAGE) or turn_language(
                text, metadata=metadata, intent=intent, chosen=chosen
            )
            added = [
                turn_entity("mood", mood_of_turn(intent, named.get("confidence") or 0.0, metadata.mood)),
                turn_entity("purpose", metadata.purpose),
            ]
            if language is not None:
                added.append(turn_entity("language", language))
            message.set(ENTITIES, [*message.get(ENTITIES, []), *added], add_to_output=True)
        return messages
