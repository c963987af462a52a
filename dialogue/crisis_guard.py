"""Pipeline component: danger to life is seen before any policy decides anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

import crisis
from dialogue.crisis_paths import (
    CRISIS,
    CRISIS_CONCERN,
    GUARD_INTENTS,
    KEPT_INTENTS,
    NUMBERS,
    OTHER_DENIED,
    PERSON,
    QUESTION,
    TALK,
    TRAINED_FOLLOW_UPS,
    WORRY_FOR_OTHER,
    concern_denial,
    follow_up,
    is_negated,
    path_of,
)
from dialogue.crisis_record import CrisisRecord, read_record
from dialogue.crisis_wording import Audience, advice_for_other, fixed_reply, numbers, numbers_in_crisis
from dialogue.entities import turn_entity
from dialogue.metadata import TurnMetadata, read_metadata
from dialogue.normaliser import ORIGINAL_TEXT
from dialogue.turn_language import turn_language
from dialogue.unheard_question import concern_answered, is_to_be_repeated

__all__ = ["ACUTE_LEVEL", "CONCERN_CONFIDENCE", "CrisisGuard", "guarded"]

ACUTE_LEVEL, _GRAVEST_LEVEL = 2, 3
"""From the first on the reply is the fixed text and suggestions are frozen."""

CONCERN_CONFIDENCE = 0.6
"""From this confidence on the classifier's word alone is a reason to ask."""

_UNSURE_INTENT = "nlu_fallback"
_UNSURE_BELOW = 0.4  # the threshold of the FallbackClassifier in config.yml
_SUICIDE, _THIRD_PERSON = "suicide", "third_person"
_ASKED_ANEW = frozenset(
    {"third_person", "medical", "psychosis", "abuse", "child_danger", "harm_to_others", "self_harm"}
)
"""Kinds of level 1 that are asked about in a crisis too; a wish to be dead has been answered by then."""

_DISTRESSED_MOODS = ("fear", "sadness")
_BELIEVED_CONFIDENCE = 0.5  # as in the gateway's guard: below it the words are hardly more than sounds
_NOTHING_TO_READ = "…"
_PLAIN_COMMAND = re.compile(r"/(\w+)")


@dataclass(frozen=True)
class _Turn:
    """A turn as the guard sees it, with what was found in it."""

    text: str
    intent: str | None
    confidence: float
    language: str
    found: crisis.Assessment
    level: int
    kind: str
    metadata: TurnMetadata
    record: CrisisRecord
    in_crisis: bool

    @property
    def named_country(self) -> str | None:
        """The country that the person names, where nobody else has told it."""
        return None if self.metadata.country else crisis.named_country(self.text)

    @property
    def is_newly_minor(self) -> bool:
        """Whether it is now known that somebody under age speaks; age and danger may be in two turns."""
        if self.record.minor:
            return False
        return self.found.minor or crisis.assess(". ".join((*self.record.said, self.text))).minor

    def audience(self, *, country: str | None = None, minor: bool = False) -> Audience:
        """To whom the answer speaks; `country` and `minor` are what this turn has told."""
        return Audience(
            language=self.language,
            country=self.metadata.country or country or self.record.country,
            minor=minor or self.record.minor,
            gateway=self.metadata.gateway,
        )


_Answer = tuple[str | None, dict[str, Any]]
"""The intent on which the rules act, and the values of the turn's slots."""


def guarded(
    found: crisis.Assessment,
    *,
    gateway_level: int,
    intent: str | None,
    confidence: float,
    answer: tuple[int, str] | None,
) -> tuple[int, str]:
    """The level and kind of a turn: the gravest that anyone has a reason for.

    The classifier of intents alone never makes it a crisis, it only leads to the asking step.

    Args:
        found: what the rules found in the words.
        gateway_level: what the gateway's guard found, 0–3.
        intent: the classifier's intent.
        confidence: of the intent, 0–1.
        answer: level and kind that the turn means as an answer to our asking step, None where it isn't one.
    """
    level, kind = found.level, found.kind
    if answer is not None and level < answer[0]:
        level, kind = answer
    if gateway_level > level:
        level, kind = gateway_level, kind if level else _SUICIDE
    if level == 0 and confidence >= CONCERN_CONFIDENCE:
        if intent in (CRISIS, CRISIS_CONCERN):
            return 1, _SUICIDE
        if intent == WORRY_FOR_OTHER:
            return 1, _THIRD_PERSON
    return level, kind


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CrisisGuard(GraphComponent):  # type: ignore[misc]
    """Runs the guard of `crisis` over the original words and the turns before, after all other components.

    From `ACUTE_LEVEL` on the intent becomes `CRISIS`; below it, with a reason to ask, `CRISIS_CONCERN`,
    or `WORRY_FOR_OTHER` for somebody else. After a crisis every turn has an intent of `crisis_paths`, also
    where an event has emptied the slot, and no command is obeyed. What is to be said with numbers in it
    is in the entity `crisis_reply`. The entity `crisis_answered` tells whether the gateway has spoken it
    already, so that Rasa only records the turn.
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
        record = read_record(tracker)
        for message in messages:
            turn = _read(message, record)
            intent, values = _answer(message, turn)
            if turn.in_crisis or turn.level > 0 or not _is_obeyed(turn.text):
                # Rasa takes words after a slash for an intent and slots, after the last component.
                message.set(TEXT, (message.get(TEXT) or "").lstrip("/ ") or _NOTHING_TO_READ)
            if intent != turn.intent:
                confidence = 0.0 if intent in (None, _UNSURE_INTENT) else 1.0
                message.set(INTENT, {"name": intent, "confidence": confidence}, add_to_output=True)
            if values:
                added = [turn_entity(name, value) for name, value in values.items()]
                message.set(ENTITIES, [*message.get(ENTITIES, []), *added], add_to_output=True)
        return messages


def _read(message: Message, record: CrisisRecord) -> _Turn:
    text = message.get(ORIGINAL_TEXT) or message.get(TEXT) or ""
    metadata = read_metadata(message.get("metadata"))
    in_crisis = record.in_crisis or metadata.in_crisis
    named = message.get(INTENT) or {}
    intent, confidence = named.get("name"), named.get("confidence") or 0.0
    language = turn_language(text, metadata=metadata, intent=intent, chosen=record.language_chosen)
    language = language or record.language or "en"
    found = crisis.assess(
        text,
        language=language,
        context=record.turns,
        distressed=metadata.mood in _DISTRESSED_MOODS,
        uncertain=metadata.confidence < _BELIEVED_CONFIDENCE,
    )
    level, kind = guarded(
        found,
        gateway_level=metadata.crisis_level,
        intent=intent,
        confidence=confidence,
        answer=None
        if in_crisis
        else concern_answered(intent, record.kind, record.last_response, record.question),
    )
    return _Turn(text, intent, confidence, language, found, level, kind, metadata, record, in_crisis)


def _answer(message: Message, turn: _Turn) -> _Answer:
    if turn.level >= ACUTE_LEVEL:
        return _in_danger(turn, turn.level, turn.kind)
    if turn.in_crisis:
        return _after_danger(turn)
    if turn.level > 0:
        return _asked(turn)
    denial = concern_denial(turn.intent, turn.record.kind, turn.record.last_response)
    if denial is not None and turn.metadata.purpose == "therapy":
        said = (advice_for_other if denial == OTHER_DENIED else numbers)(turn.audience())
        return denial, {"crisis_reply": said}
    if turn.intent in TRAINED_FOLLOW_UPS:
        return _next_best(message.get(INTENT_RANKING_KEY) or []), {}
    # Neither the rules nor a confident classifier: these intents are the guard's to give.
    return (_UNSURE_INTENT if turn.intent in GUARD_INTENTS else turn.intent), {}


def _in_danger(turn: _Turn, level: int, kind: str) -> _Answer:
    country = turn.named_country
    minor = turn.record.minor or turn.is_newly_minor
    return CRISIS, {
        **_lasting(kind, country, minor=minor),
        "crisis_level": level,
        "crisis_kind": kind,
        "crisis_reply": fixed_reply(level, kind, turn.audience(country=country, minor=minor)),
        "crisis_answered": turn.metadata.crisis_level >= ACUTE_LEVEL,
    }


def _after_danger(turn: _Turn) -> _Answer:
    record = turn.record
    level, kind = max(record.level or 0, ACUTE_LEVEL), record.kind or _SUICIDE
    intent = follow_up(
        turn.intent,
        turn.confidence,
        negated=is_negated(turn.text),
        last_response=record.last_response,
        level=level,
        kind=kind,
    )
    repeated = is_to_be_repeated(turn.intent, record.last_response, record.question)
    if intent == CRISIS and not repeated:
        return _in_danger(turn, _GRAVEST_LEVEL, kind)
    country, newly_minor = turn.named_country, turn.is_newly_minor
    audience = turn.audience(country=country, minor=newly_minor)
    said = numbers_in_crisis(audience, to_minor=newly_minor)
    if turn.intent in KEPT_INTENTS:
        intent = str(turn.intent)
    elif repeated:
        intent, said = QUESTION, fixed_reply(level, kind, audience)
    elif newly_minor or (country is not None and country != record.country):
        intent = NUMBERS
    elif intent == TALK and turn.level > 0 and turn.kind in _ASKED_ANEW - {kind}:
        intent, said = QUESTION, fixed_reply(turn.level, turn.kind, audience)
    elif intent == PERSON:
        said = fixed_reply(level, kind, audience)
    return intent, {**_lasting(kind, country, minor=audience.minor), "crisis_reply": said}


def _asked(turn: _Turn) -> _Answer:
    minor = turn.record.minor or turn.found.minor
    return WORRY_FOR_OTHER if turn.kind == _THIRD_PERSON else CRISIS_CONCERN, {
        "crisis_level": turn.level,
        "crisis_kind": turn.kind,
        "crisis_minor": minor,
        "crisis_reply": fixed_reply(turn.level, turn.kind, turn.audience(minor=minor)),
        "crisis_answered": False,
    }


def _lasting(kind: str, country: str | None, *, minor: bool) -> dict[str, Any]:
    """What holds for the rest of the talk, said anew in every turn in case an event took it back."""
    values: dict[str, Any] = {"in_crisis": True, "crisis_path": path_of(kind), "crisis_minor": minor}
    return values if country is None else {**values, "crisis_country": country}


def _is_obeyed(text: str) -> bool:
    """Whether a text is no command, or one that changes nothing of the guard's."""
    command = _PLAIN_COMMAND.fullmatch(text.strip())
    return not text.lstrip().startswith("/") or (command is not None and command[1] not in GUARD_INTENTS)


def _next_best(ranking: list[dict[str, Any]]) -> str:
    """The best intent of those that make sense outside a crisis, where it would have been sure enough."""
    rest = [named for named in ranking if named["name"] not in TRAINED_FOLLOW_UPS]
    total = sum(named["confidence"] for named in rest)
    if not rest or rest[0]["name"] in GUARD_INTENTS or rest[0]["confidence"] < _UNSURE_BELOW * total:
        return _UNSURE_INTENT
    return str(rest[0]["name"])
