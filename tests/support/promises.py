"""What a broken promise is, and how to read from events whether one was kept."""

import json

from language import detect_script_language, split_sentences

__all__ = [
    "Violation",
    "is_shown",
    "letters",
    "require_json",
    "spellings",
    "squeezed",
    "words_of_user",
]


class Violation(AssertionError):
    """The core broke a promise."""


def letters(text):
    return "".join(filter(str.isalnum, text))


def is_shown(text, shown):
    """Whether all sentences of a reply are there; others may stand between them."""
    language = detect_script_language(text) or "en"
    return all(squeezed(sentence) in shown for sentence in split_sentences(text, language))


def words_of_user(event):
    if event["type"].endswith("input_audio_transcription.completed"):
        return event["transcript"]
    if event["type"] == "conversation.item.added" and event["item"]["role"] == "user":
        return event["item"]["content"][0].get("text")
    return None


def spellings(event_id):
    """How an error may name a client's event: an id that is too long is cut."""
    if not isinstance(event_id, str):
        return (None,)
    return (event_id,) if len(event_id) <= 512 else (event_id, event_id[:512])


def squeezed(text):
    return "".join(text.split())


def require_json(value, name):
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Violation(f"{name} can't be written as JSON: {type(error).__name__}") from error
