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

__all__ = [
    "ACUTE_LEVEL",
    "ASKING_RESPONSE",
    "CONCERN_CONFIDENCE",
    "CONCERN_INTENT",
    "CRISIS_INTENT",
    "OTHER_PERSON_INTENT",
    "CrisisGuard",
    "guarded",
]

CRISIS_INTENT = "crisis"
CONCERN_INTENT = "crisis_concern"
OTHER_PERSON_INTENT = "worry_for_other"
UNSURE_INTENT = "nlu_fallback"
ASKING_RESPONSE = "utter_check_safety"

ACUTE_LEVEL = 2
"""From this level on the reply is the fixed text and suggestions are frozen."""

CONCERN_CONFIDENCE = 0.6
"""From this confidence on the classifier's word alone is a reason to ask."""

_THIRD_PERSON = "third_person"
_SUICIDE = "suicide"
_ASKING_FOR_SUICIDE = (_SUICIDE, "past", _THIRD_PERSON)
"""Kinds whose asking step is the question whether they think of ending their life."""

_CONTEXT_TURNS = 4


def guarded(
    found: crisis.Assessment, *, gateway_level: int, intent: str | None, confidence: float, affirms: bool
) -> tuple[int, str]:
    """The level and kind of a turn: the gravest that anyone has a reason for.

    The classifier of intents alone never makes it a crisis, it only leads to the asking step.

    Args:
        found: what the rules found in the words.
        gateway_level: what the gateway's guard found, 0–3.
        intent: the classifier's intent.
        confidence: of the intent, 0–1.
        affirms: whether this is a "yes" to the question whether they think of ending their life.
    """
    level, kind = found.level, found.kind
    if affirms and level < ACUTE_LEVEL:
        level, kind = ACUTE_LEVEL, _SUICIDE
    if gateway_level > level:
        level, kind = gateway_level, kind if level else _SUICIDE
    if level == 0 and confidence >= CONCERN_CONFIDENCE:
        if intent in (CRISIS_INTENT, CONCERN_INTENT):
            return 1, _SUICIDE
        if intent == OTHER_PERSON_INTENT:
            return 0, _THIRD_PERSON
    return level, kind


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CrisisGuard(GraphComponent):  # type: ignore[misc]
    """Runs the guard of `crisis` over the original words and the turns before, after the classifiers.

    From `ACUTE_LEVEL` on the intent becomes `CRISIS_INTENT`; below it, with a reason to ask,
    `CONCERN_INTENT`; with worry about somebody else, `OTHER_PERSON_INTENT`. The fixed reply to each
    is in the entity `crisis_reply`. The entity `crisis_answered` tells whether the gateway has spoken
    it already, so that Rasa only records the turn.
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
        named = message.get(INTENT) or {}
        intent = named.get("name")
        chosen = tracker.get_slot("language_chosen") if tracker else None
        last = tracker.get_slot("language") if tracker else None
        language = turn_language(text, metadata=metadata, chosen=chosen) or last or "en"
        if metadata.in_crisis:
            known = [turn_entity("in_crisis", True)]
            if tracker is None or not tracker.get_slot("crisis_reply"):
                # Where this process was away in the crisis; the numbers may be asked for again.
                text_again = crisis.reply(ACUTE_LEVEL, language, metadata.country, _SUICIDE).text
                known.append(turn_entity("crisis_reply", text_again))
            message.set(ENTITIES, [*message.get(ENTITIES, []), *known], add_to_output=True)
        level, kind = guarded(
            crisis.assess(text, language=language, context=_turns_before(tracker)),
            gateway_level=metadata.crisis_level,
            intent=intent,
            confidence=named.get("confidence") or 0.0,
            affirms=intent == "affirm" and _was_asked(tracker),
        )
        name = _intent_of(level, kind)
        if name is None:
            if intent in (CRISIS_INTENT, CONCERN_INTENT, OTHER_PERSON_INTENT):
                # Neither the rules nor a confident classifier: these intents are the guard's to give.
                message.set(INTENT, {"name": UNSURE_INTENT, "confidence": 0.0}, add_to_output=True)
            return
        message.set(INTENT, {"name": name, "confidence": 1.0}, add_to_output=True)
        if level < ACUTE_LEVEL and (metadata.in_crisis or (tracker and tracker.get_slot("crisis"))):
            # The rules stay with safety; the reply with the numbers is kept to be said again.
            return
        answered = level >= ACUTE_LEVEL and metadata.crisis_level >= ACUTE_LEVEL
        added = [
            turn_entity("crisis_level", level),
            turn_entity("crisis_kind", kind),
            turn_entity("crisis_reply", crisis.reply(level, language, metadata.country, kind).text),
            turn_entity("crisis_answered", answered),
        ]
        message.set(ENTITIES, [*message.get(ENTITIES, []), *added], add_to_output=True)


def _intent_of(level: int, kind: str) -> str | None:
    if level >= ACUTE_LEVEL:
        return CRISIS_INTENT
    if level > 0:
        return CONCERN_INTENT
    return OTHER_PERSON_INTENT if kind == _THIRD_PERSON else None


def _turns_before(tracker: DialogueStateTracker | None) -> list[str]:
    """What was said before, by both sides, oldest first."""
    if tracker is None:
        return []
    said = [event.text for event in tracker.events if isinstance(event, UserUttered | BotUttered)]
    return [text for text in said if text][-_CONTEXT_TURNS:]


def _was_asked(tracker: DialogueStateTracker | None) -> bool:
    """Whether the last thing said was the question whether they think of ending their life."""
    if tracker is None or tracker.get_slot("crisis_kind") not in _ASKING_FOR_SUICIDE:
        return False
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered) and event.metadata.get("utter_action") == ASKING_RESPONSE:
            return True
    return False
