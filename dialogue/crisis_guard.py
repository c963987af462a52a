"""Pipeline component: danger to life is seen before any policy decides anything."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

import crisis
from dialogue.entities import turn_entity
from dialogue.metadata import read_metadata
from dialogue.normaliser import ORIGINAL_TEXT
from dialogue.turn_language import turn_language

__all__ = ["ACUTE_LEVEL", "ASKING_RESPONSE", "CONCERN_INTENT", "CRISIS_INTENT", "CrisisGuard", "crisis_level"]

CRISIS_INTENT = "crisis"
CONCERN_INTENT = "crisis_concern"
ASKING_RESPONSE = "utter_check_safety"
ACUTE_LEVEL = 2
"""From this level on the reply is the fixed text and suggestions are frozen."""


def crisis_level(*, found: int, gateway: int, intent: str | None, was_asked: bool) -> int:
    """The level of a turn, 0–3: the highest that anyone has a reason for.

    The classifier of intents alone never makes it a crisis, it only leads to the asking step; a
    "yes" to the question of that step does.

    Args:
        found: what the rules found in the words.
        gateway: what the gateway's guard found.
        intent: the classifier's intent.
        was_asked: whether the last thing said was the question whether they think of ending their life.
    """
    level = max(found, gateway)
    if was_asked and intent == "affirm":
        return max(level, ACUTE_LEVEL)
    if intent in (CRISIS_INTENT, CONCERN_INTENT):
        return max(level, 1)
    return level


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CrisisGuard(GraphComponent):
    """Runs the guard of `crisis` over the original words, after the classifiers.

    From `ACUTE_LEVEL` on the intent becomes `CRISIS_INTENT`, with the composed fixed reply in the
    entity `crisis_reply`; below it, with reason for concern, `CONCERN_INTENT`. The entity
    `crisis_answered` tells whether the gateway has spoken the reply already, so that Rasa only
    records the turn.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisGuard:
        """Makes the component; it has no settings, so that nobody can set it off."""
        return cls()

    def process(
        self,
        messages: list[Message],
        tracker: DialogueStateTracker,  # None where text is parsed outside a talk; Rasa wants it named so
    ) -> list[Message]:
        """Sets intent and entities of each message that gives reason for concern."""
        for message in messages:
            self._guard(message, tracker)
        return messages

    def _guard(self, message: Message, tracker: DialogueStateTracker | None) -> None:
        text = message.get(ORIGINAL_TEXT) or message.get(TEXT) or ""
        metadata = read_metadata(message.get("metadata"))
        intent = (message.get(INTENT) or {}).get("name")
        chosen = tracker.get_slot("language_chosen") if tracker else None
        last = tracker.get_slot("language") if tracker else None
        language = turn_language(text, metadata=metadata, chosen=chosen) or last or "en"
        level = crisis_level(
            found=crisis.assess(text, language=language).level,
            gateway=metadata.crisis_level,
            intent=intent,
            was_asked=_was_asked(tracker),
        )
        if level == 0:
            return
        acute = level >= ACUTE_LEVEL
        name = CRISIS_INTENT if acute else CONCERN_INTENT
        message.set(INTENT, {"name": name, "confidence": 1.0}, add_to_output=True)
        if not acute:
            return
        reply = crisis.reply(level, language, metadata.country)
        added = [
            turn_entity("crisis_level", level),
            turn_entity("crisis_reply", reply.text),
            turn_entity("crisis_answered", metadata.crisis_level >= ACUTE_LEVEL),
        ]
        message.set(ENTITIES, [*message.get(ENTITIES, []), *added], add_to_output=True)


def _was_asked(tracker: DialogueStateTracker | None) -> bool:
    """Whether the asking step is among what was said since the person last spoke."""
    for event in reversed(tracker.events if tracker else []):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered) and event.metadata.get("utter_action") == ASKING_RESPONSE:
            return True
    return False
