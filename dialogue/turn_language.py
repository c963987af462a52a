"""In which language a turn is to be answered."""

from __future__ import annotations

from dialogue.metadata import TurnMetadata
from language import LANGUAGES, detect_script_language

__all__ = ["ANSWER_LANGUAGE", "CHANGE_LANGUAGE_INTENTS", "turn_language"]

ANSWER_LANGUAGE = "answer_language"
"""Where a message that answers a closed question keeps the question's language, in which the talk goes on."""

CHANGE_LANGUAGE_INTENTS = {f"change_language_{language}": language for language in LANGUAGES}


def turn_language(
    text: str, *, metadata: TurnMetadata, intent: str | None = None, chosen: str | None = None
) -> str | None:
    """The language of the reply: "en", "fa", or None to stay with the last one.

    What the person asks for in this very turn comes first, then the gateway's word, then an earlier
    choice, then the script of the text; a text without letters ("10") decides nothing.

    Args:
        text: the turn's words.
        metadata: what the gateway said of the turn.
        intent: the turn's intent, as far as known.
        chosen: the language that the person asked for in an earlier turn.
    """
    asked = CHANGE_LANGUAGE_INTENTS.get(intent or "")
    return asked or metadata.language or chosen or detect_script_language(text)
