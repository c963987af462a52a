"""Pipeline component: a misheard answer to a closed question is understood by its sound, or asked about."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from dialogue.closed_questions import (
    ANSWER_UNSURE,
    CONFIRMATION,
    FALLBACK,
    Heard,
    confirmed_intent,
    dangerous_answer,
    intent_of,
    is_asked_about,
    is_disbelieved,
    is_false_comfort,
    is_taken,
    question_of,
    spoken_answer,
)
from dialogue.crisis_record import CrisisRecord, read_record
from dialogue.entities import turn_entity
from dialogue.metadata import TurnMetadata, read_metadata
from dialogue.normaliser import ORIGINAL_TEXT
from dialogue.turn_language import ANSWER_LANGUAGE
from language import detect_script_language
from language.closed_answers import ClosedAnswer, match_closed_answer

__all__ = ["ClosedAnswers"]

_PENDING = "pending_answer"
"""The slot that keeps which answer "Did you say …?" asks about."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ClosedAnswers(GraphComponent):  # type: ignore[misc]
    """Corrects the intent of a turn that answers the bot's last question.

    Stands after the classifiers and before the crisis guard, which reads the person's own words whatever
    is decided here. The entity `closed_answer` tells the actions which answer it was; `pending_answer` and
    `answer_said` are for the question "Did you say …?".
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ClosedAnswers:
        """Makes the component; it has no settings and nothing to load."""
        return cls()

    def process(
        self,
        messages: list[Message],
        tracker: DialogueStateTracker,  # None where text is parsed outside a talk; Rasa wants it named so
    ) -> list[Message]:
        """Sets intent and entities of each message that answers a closed question."""
        record = read_record(tracker)
        pending = tracker.get_slot(_PENDING) if tracker else None
        for message in messages:
            intent, values = _answered(message, record, pending)
            if intent is not None:
                message.set(ANSWER_LANGUAGE, record.language)
                message.set(INTENT, {"name": intent, "confidence": 1.0}, add_to_output=True)
            if values:
                added = [turn_entity(name, value) for name, value in values.items()]
                message.set(ENTITIES, [*message.get(ENTITIES, []), *added], add_to_output=True)
        return messages


def _answered(
    message: Message, record: CrisisRecord, pending: str | None
) -> tuple[str | None, dict[str, str]]:
    """The intent to set, None to leave the classifier's, and entities to add."""
    text = message.get(ORIGINAL_TEXT) or message.get(TEXT) or ""
    metadata = read_metadata(message.get("metadata"))
    # A question is answered in its own language, whatever the recogniser takes a short word for.
    language = record.language or "en"
    named = message.get(INTENT) or {}
    heard = Heard(
        named.get("name"),
        named.get("confidence") or 0.0,
        spoken=metadata.spoken,
        foreign=detect_script_language(text) not in (None, language),
    )
    in_crisis = record.in_crisis or metadata.in_crisis
    danger = dangerous_answer(record.last_response, kind=record.kind, level=record.level, in_crisis=in_crisis)
    if danger is not None:
        return _spoken_danger(danger, text, metadata, heard, language), {}
    question = question_of(record.last_response)
    if question is None or in_crisis or metadata.purpose != "therapy":
        return None, {}
    match = _match(question, text, metadata, language)
    taken = is_taken(match, heard)
    if record.last_response == CONFIRMATION:
        meant = intent_of(match.answer) if taken and match is not None else heard.intent
        intent = confirmed_intent(pending, meant)
        return intent, {"closed_answer": pending} if intent is not None and pending else {}
    if match is not None and taken:
        return intent_of(match.answer), {"closed_answer": match.answer}
    if match is not None and is_asked_about(match, heard, record.last_response):
        said = spoken_answer(match.answer, language)
        return ANSWER_UNSURE, {_PENDING: match.answer, "answer_said": said}
    return (FALLBACK if is_disbelieved(match, heard) else None), {}


def _spoken_danger(
    danger: tuple[str, float], text: str, metadata: TurnMetadata, heard: Heard, language: str
) -> str | None:
    answer, least_confidence = danger
    if is_false_comfort(answer, heard):
        return FALLBACK
    match = _match("yes_no", text, metadata, language)
    if heard.is_sure or match is None or match.answer != answer or match.confidence < least_confidence:
        return None
    return intent_of(answer)


def _match(question: str, text: str, metadata: TurnMetadata, language: str) -> ClosedAnswer | None:
    return match_closed_answer(question, text, language=language, alternatives=metadata.alternatives)
