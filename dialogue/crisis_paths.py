"""What a turn means to somebody who was asked whether they are safe: pure decisions, no Rasa.

After a crisis, and after a question about one, every turn gets one of the intents below, whatever the
classifier said. No rule, story or form waits for them but those of data/rules/crisis.yml, so that nothing
else can be reached from there.
"""

from __future__ import annotations

import re

__all__ = [
    "CONCERN_DENIED",
    "CONCERN_SAFE",
    "CRISIS",
    "CRISIS_CONCERN",
    "FOLLOW_UPS",
    "GUARD_INTENTS",
    "KEPT_INTENTS",
    "NUMBERS",
    "OTHER_DENIED",
    "PERSON",
    "QUESTION",
    "TALK",
    "TRAINED_FOLLOW_UPS",
    "WORRY_FOR_OTHER",
    "concern_answer",
    "concern_denial",
    "follow_up",
    "is_negated",
    "path_of",
]

CRISIS = "crisis"
CRISIS_CONCERN = "crisis_concern"
WORRY_FOR_OTHER = "worry_for_other"

CONCERN_DENIED, CONCERN_SAFE, OTHER_DENIED = "concern_denied", "concern_safe", "other_denied"
"""Answers to the asking step that give no reason for more concern."""

TALK, SAFE, CALLED, NUMBERS = "crisis_talk", "crisis_safe", "crisis_called", "crisis_numbers"
WILLING, UNABLE, THANKS = "crisis_willing", "crisis_unable", "crisis_thanks"
PERSON, MACHINE, QUESTION, GOODBYE = "crisis_person", "crisis_machine", "crisis_question", "crisis_goodbye"

TRAINED_FOLLOW_UPS = frozenset({SAFE, CALLED, NUMBERS})
"""Those that the classifier learns; outside a crisis its next best intent counts instead."""

FOLLOW_UPS = TRAINED_FOLLOW_UPS | {TALK, WILLING, UNABLE, THANKS, PERSON, MACHINE, QUESTION, GOODBYE}
GUARD_INTENTS = (
    FOLLOW_UPS | {CRISIS, CRISIS_CONCERN, WORRY_FOR_OTHER} | {CONCERN_DENIED, CONCERN_SAFE, OTHER_DENIED}
)
"""Nobody but the guard gives these to a turn."""

KEPT_INTENTS = frozenset({"change_language_en", "change_language_fa"})
"""Intents that keep their meaning in a crisis: the numbers are said again in that language."""

SURE = 0.5
"""Below this confidence no turn counts as a word of safety, of a call or of a farewell."""

_CONCERN_RESPONSES = ("utter_check_safety", "utter_worry_for_other")
_YES_MEANS = {
    "suicide": (2, "suicide"),
    "past": (2, "suicide"),
    "third_person": (2, "suicide"),
    "self_harm": (2, "self_harm"),
    "psychosis": (3, "psychosis"),
    "medical": (3, "medical"),
}
"""A yes to the question of level 1, by its kind; abuse and the others are asked whether they are safe."""

_NO_MEANS = {kind: (3, kind) for kind in ("abuse", "child_danger", "harm_to_others")}

_PATHS = {
    "third_person": "other",
    "child_danger": "other",
    "abuse": "violence",
    "medical": "medical",
    "psychosis": "voices",
    "harm_to_others": "harm",
}
_SAME_WHATEVER_WAS_SAID = {
    "thank": THANKS,
    "goodbye": GOODBYE,
    NUMBERS: NUMBERS,
    "talk_to_human": PERSON,
    "bot_challenge": MACHINE,
}
_WITHOUT_QUESTION = ("medical", "abuse")
"""Kinds whose reply of level 3 ends with no question."""

_ANSWERS = {
    "utter_crisis_unable": (WILLING, NUMBERS),
    "utter_stay_medical": (CALLED, UNABLE),
}
_NEGATION = re.compile(
    r"(?<!\w)(?:no|not|never|nobody|cannot|none|without)(?!\w)|n['’]t(?!\w)"
    r"|(?<!\w)(?:ca|do|did|does|have|has|is|are|was|wo|could|would)nt(?!\w)"
    r"|(?<!\w)(?:نه|هیچ\w*)(?!\w)|(?<!\w)(?:نمی|نیست|ندار|نزد(?!یک)|نشد|نکرد|نتونست|نتوانست|نگرفت|نخواه|نبود)"
)


def path_of(kind: str | None) -> str:
    """Which of the slot `crisis_path`'s values a kind of danger belongs to; "own" for one's own life."""
    return _PATHS.get(kind or "", "own")


def is_negated(text: str) -> bool:
    """Whether something is denied in a text; doubt counts as yes."""
    return _NEGATION.search(text.lower().replace("ي", "ی")) is not None


def concern_answer(intent: str | None, kind: str | None, last_response: str | None) -> tuple[int, str] | None:
    """Level and kind that an answer to our asking step means; None where it gives no more reason."""
    if last_response not in _CONCERN_RESPONSES:
        return None
    return {"affirm": _YES_MEANS, "deny": _NO_MEANS}.get(intent or "", {}).get(kind or "")


def concern_denial(intent: str | None, kind: str | None, last_response: str | None) -> str | None:
    """The intent of an answer to our asking step by which somebody is safe; None for any other turn."""
    if last_response not in _CONCERN_RESPONSES:
        return None
    if kind in _NO_MEANS:  # asked whether they are safe
        safe = intent in ("affirm", SAFE)
        return (CONCERN_SAFE if kind == "abuse" else CONCERN_DENIED) if safe else None
    if intent in ("deny", SAFE):
        return OTHER_DENIED if kind == "third_person" else CONCERN_DENIED
    return None


def follow_up(
    intent: str | None,
    confidence: float,
    *,
    negated: bool,
    last_response: str | None,
    level: int,
    kind: str,
) -> str:
    """The intent of a turn after a crisis, in which there is no new danger.

    `CRISIS` where somebody says that they are not safe: the reply is that of level 3.

    Args:
        intent: the classifier's intent.
        confidence: of the intent, 0–1.
        negated: whether something is denied in the words.
        last_response: the name of what was said last.
        level: of the crisis, 2 or 3.
        kind: of the crisis.
    """
    if confidence < SURE or intent is None:
        return TALK
    if intent == SAFE:
        return CRISIS if negated else SAFE
    if intent == CALLED:
        return UNABLE if negated else CALLED
    if intent in _SAME_WHATEVER_WAS_SAID:
        return _SAME_WHATEVER_WAS_SAID[intent]
    if intent == "affirm" and not negated:
        return _answers(last_response, level, kind)[0]
    if intent == "deny":
        return _answers(last_response, level, kind)[1]
    return TALK


def _answers(last_response: str | None, level: int, kind: str) -> tuple[str, str]:
    """What a yes and a no mean after what was said last."""
    last = last_response or ""
    if last == "utter_crisis":
        if level < 3 or kind == "child_danger":  # "Are you safe right now?"
            return SAFE, CRISIS
        return WILLING, UNABLE if kind in _WITHOUT_QUESTION else CRISIS
    if last.startswith("utter_crisis_safe"):  # "Shall I say the numbers again?"
        return NUMBERS, TALK
    if last.startswith("utter_stay_"):
        return _ANSWERS.get(last, (WILLING, UNABLE))
    return _ANSWERS.get(last, (TALK, TALK))
