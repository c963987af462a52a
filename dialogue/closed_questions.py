"""What an answer to a closed question means for the dialogue: pure decisions, no Rasa.

The bot's last response says what was asked; `language.match_closed_answer` says which answer the sounds are
like, and how surely; here it is decided whether that counts, is asked about ("Did you say yes?"), or is left
to the classifier. In danger sound only ever speaks for danger: a reassuring answer has to be understood in
its words.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialogue.crisis_paths import CRISIS, GUARD_INTENTS, KEPT_INTENTS, UNABLE, concern_answer, follow_up
from language.closed_answers import ACCEPTED_CONFIDENCE, ASKED_CONFIDENCE, ClosedAnswer

__all__ = [
    "ANSWER_DENIED",
    "ANSWER_UNSURE",
    "CONFIRMATION",
    "GIVEN_INTENTS",
    "FALLBACK",
    "Heard",
    "confirmed_intent",
    "dangerous_answer",
    "intent_of",
    "is_asked_about",
    "is_disbelieved",
    "is_false_comfort",
    "is_taken",
    "question_of",
    "spoken_answer",
]

ANSWER_UNSURE, ANSWER_DENIED, NOT_HELPED = "answer_unsure", "answer_denied", "not_helped"
GIVEN_INTENTS = frozenset({ANSWER_UNSURE, ANSWER_DENIED, NOT_HELPED})
"""Intents that no example teaches: only this component gives them, outside a crisis."""

CONFIRMATION = "utter_confirm_answer"
"""The response "Did you say …?"."""

FALLBACK = "nlu_fallback"
"""The intent of words that nobody understood."""

_QUESTIONS = {
    "utter_ask_helped": "helped",
    "utter_offer_savouring": "yes_no",
    "utter_ask_feeling": "feeling",
    "utter_rephrase_again": "feeling",
    "utter_greet": "feeling",
    "utter_language_changed": "feeling",
    CONFIRMATION: "yes_no",
}
_CONFIRMED = frozenset({"utter_ask_helped", "utter_ask_feeling", "utter_rephrase_again"})
"""Those whose answers are few enough that asking about one of them is no surprise."""

_INTENTS = {
    "yes": "affirm",
    "no": "deny",
    "first": "helped",
    "second": "helped",
    "third": "helped",
    "another": "ask_another",
    "anger": "feel_anger",
    "fear": "feel_fear",
    "sadness": "feel_sadness",
    "happiness": "feel_happiness",
    "neutral": "feel_neutral",
}
_CONFIRMED_INTENTS = {**_INTENTS, "yes": "helped", "no": NOT_HELPED}

_SAID = {
    "en": {
        "yes": "yes",
        "no": "no",
        "first": "the first one",
        "second": "the second one",
        "third": "the third one",
        "another": "another one",
        "anger": "angry",
        "fear": "afraid",
        "sadness": "sad",
        "happiness": "happy",
        "neutral": "fine",
    },
    "fa": {
        "yes": "بله",
        "no": "نه",
        "first": "اولی",
        "second": "دومی",
        "third": "سومی",
        "another": "یکی دیگر",
        "anger": "عصبانی",
        "fear": "ترسیده",
        "sadness": "غمگین",
        "happiness": "خوشحال",
        "neutral": "معمولی",
    },
}

_SURE_OF_WORDS = 0.8
"""From this confidence on the classifier has understood the words, whatever they sound like."""

_CRISIS_RESPONSES = ("utter_crisis", "utter_stay_")


@dataclass(frozen=True)
class Heard:
    """The classifier's reading of a turn.

    Attributes:
        intent: the intent.
        confidence: of the intent, 0–1.
        spoken: whether the words come from a recogniser.
        foreign: whether they are not in the language of the question: recognisers take a short word for one
            of another language, and «نه» (no) for "Yeah".
    """

    intent: str | None
    confidence: float
    spoken: bool = True
    foreign: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the words are understood, whatever they sound like."""
        if self.intent in (None, FALLBACK) or (self.spoken and self.foreign):
            return False
        return self.confidence >= _SURE_OF_WORDS

    @property
    def is_kept(self) -> bool:
        """Whether no likeness in sound may change it outside a crisis: words of danger, and sure ones."""
        return self.is_sure or self.intent in GUARD_INTENTS or self.intent in KEPT_INTENTS


def question_of(last_response: str | None) -> str | None:
    """The closed question that a response asks, None where it asks none."""
    return _QUESTIONS.get(last_response or "")


def intent_of(answer: str) -> str:
    """The intent on which the rules act when a question is answered so."""
    return _INTENTS[answer]


def spoken_answer(answer: str, language: str) -> str:
    """An answer in words, to be asked about: "the first one", «اولی»."""
    return _SAID[language][answer]


def is_taken(match: ClosedAnswer | None, heard: Heard) -> bool:
    """Whether an answer counts without asking; what was typed only where its words mean nothing."""
    if match is None or match.confidence < ACCEPTED_CONFIDENCE or heard.is_kept:
        return False
    return heard.spoken or heard.intent in (None, FALLBACK)


def is_asked_about(match: ClosedAnswer | None, heard: Heard, last_response: str | None) -> bool:
    """Whether "Did you say …?" is asked: of what was spoken and not understood, once."""
    if match is None or not heard.spoken or last_response not in _CONFIRMED:
        return False
    if heard.is_kept or match.confidence < ASKED_CONFIDENCE:
        return False
    return heard.foreign or heard.intent != _INTENTS[match.answer]


def is_disbelieved(match: ClosedAnswer | None, heard: Heard) -> bool:
    """Whether a yes or no, as the classifier reads it, is hardly one: of another language, and unlike one."""
    if not (heard.spoken and heard.foreign) or heard.intent not in ("affirm", "deny"):
        return False
    return match is None or match.confidence < ASKED_CONFIDENCE or _INTENTS[match.answer] != heard.intent


def is_false_comfort(danger: str, heard: Heard) -> bool:
    """Whether an answer that reassures was heard in another language than the question's.

    A short «نه» (no) comes out as "Yeah" now and then; whoever was asked about their safety is asked on.

    Args:
        danger: the answer that tells of danger, "yes" or "no".
        heard: the classifier's reading.
    """
    reassuring = "affirm" if danger == "no" else "deny"
    return heard.spoken and heard.foreign and heard.intent == reassuring


def confirmed_intent(pending: str | None, intent: str | None) -> str | None:
    """The intent of an answer to "Did you say …?"; None where it was no answer to it.

    "No" after "Did you say no?" repeats the no more often than it takes it back.

    Args:
        pending: the answer that was asked about.
        intent: "affirm" or "deny", as understood.
    """
    if pending not in _CONFIRMED_INTENTS or intent not in ("affirm", "deny"):
        return None
    if intent == "affirm" or pending == "no":
        return _CONFIRMED_INTENTS[pending]
    return NOT_HELPED if pending == "yes" else ANSWER_DENIED


def dangerous_answer(
    last_response: str | None, *, kind: str | None, level: int | None, in_crisis: bool
) -> tuple[str, float] | None:
    """Which answer to a question about safety speaks for danger, and how surely it has to be like it.

    Args:
        last_response: what was said last.
        kind: of the danger that was asked about.
        level: of the crisis, where there has been one.
        in_crisis: whether there has been one.

    Returns:
        "yes" or "no" and the least confidence; None where neither answer tells of danger.
    """
    if not in_crisis:
        for answer, intent in (("yes", "affirm"), ("no", "deny")):
            if concern_answer(intent, kind, last_response) is not None:
                return answer, ACCEPTED_CONFIDENCE
        return None
    if last_response is None or not last_response.startswith(_CRISIS_RESPONSES):
        return None
    meaning = follow_up(
        "deny",
        1.0,
        negated=True,
        last_response=last_response,
        level=max(level or 0, 2),
        kind=kind or "suicide",
    )
    # After a crisis a false alarm only repeats the reply, so that doubt is enough.
    return ("no", ASKED_CONFIDENCE) if meaning in (CRISIS, UNABLE) else None
