"""The few sentences that the gateway says itself, in both languages, from `data/phrases.json`."""

from __future__ import annotations

import json
from pathlib import Path

from language import LANGUAGES

__all__ = ["CONSENT_PHRASES", "DISCLOSURE_VERSION", "Phrases", "PhrasesError"]

DISCLOSURE_VERSION = "1"
CONSENT_PHRASES = (
    "consent_ask_emotion",
    "consent_go_on",
    "consent_off_emotion",
    "consent_on_emotion",
    "consent_off_camera",
    "consent_off_store_text",
    "consent_on_store_text",
    "consent_off_store_audio",
    "consent_on_store_audio",
    "consent_off_share",
    "consent_on_share",
    "consent_off_research",
    "consent_on_research",
    "consent_off_memory",
    "consent_not_offered",
    "consent_anonymous",
    "consent_tell_text",
    "consent_tell_no_text",
    "consent_tell_sound",
    "consent_tell_shared",
    "consent_tell_emotion",
    "consent_tell_no_emotion",
    "consent_tell_crisis",
    "consent_erase_how",
)
"""What is said about consents, in `bot.consent_replies`."""
_NAMES = (
    "disclosure",
    "disclosure_emotion",
    "greeting",
    "not_heard",
    "one_moment",
    "dialogue_down",
    "recogniser_busy",
    "recogniser_down",
    "goodbye_idle",
    "goodbye_long",
    *CONSENT_PHRASES,
)


class PhrasesError(Exception):
    """The file of phrases cannot be used; the message names it and what is wrong."""


class Phrases:
    """Fixed sentences by name and language."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        missing = [
            f"{name}.{lang}"
            for name in _NAMES
            for lang in LANGUAGES
            if not isinstance(text := texts.get(name, {}).get(lang), str) or not text.strip()
        ]
        if missing:
            raise PhrasesError(f"phrases are missing: {', '.join(missing)}")
        self._texts = texts

    @classmethod
    def load(cls, path: Path) -> Phrases:
        """Reads the file.

        Raises:
            PhrasesError: if the file can't be read, or a sentence is missing in a language.
        """
        try:
            texts = json.loads(path.read_text(encoding="utf-8"))
            return cls({str(name): dict(by_language) for name, by_language in texts.items()})
        except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
            raise PhrasesError(
                f"{path} can't be read; restore it: git checkout -- data/phrases.json"
            ) from error
        except PhrasesError as error:
            raise PhrasesError(f"{path}: {error}") from error

    def say(self, name: str, language: str) -> str:
        """The sentence of this name, in English for a language that is none of ours."""
        return self._texts[name][language if language in LANGUAGES else "en"]

    def disclosure(self, language: str, *, emotion: bool = True) -> str:
        """What has to be said before anything else in a talk; `emotion`: feelings may be inferred here."""
        said = self.say("disclosure", language)
        return f"{said} {self.say('disclosure_emotion', language)}" if emotion else said
