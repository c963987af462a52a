"""The few sentences that the gateway says itself, in both languages, from `data/phrases.json`."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["DISCLOSURE_VERSION", "Phrases"]

DISCLOSURE_VERSION = "1"
_NAMES = ("disclosure", "disclosure_emotion", "greeting", "not_heard", "dialogue_down")


class Phrases:
    """Fixed sentences by name and language ("en", "fa")."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        missing = [
            f"{name}.{lang}" for name in _NAMES for lang in ("en", "fa") if not texts.get(name, {}).get(lang)
        ]
        if missing:
            raise ValueError(f"phrases are missing: {', '.join(missing)}")
        self._texts = texts

    @classmethod
    def load(cls, path: Path) -> Phrases:
        """Reads the file.

        Raises:
            ValueError: if a sentence is missing in a language.
        """
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def say(self, name: str, language: str) -> str:
        """The sentence of this name, in English for any language but Persian."""
        return self._texts[name]["fa" if language == "fa" else "en"]

    def disclosure(self, language: str) -> str:
        """What has to be said before anything else in a talk."""
        return f"{self.say('disclosure', language)} {self.say('disclosure_emotion', language)}"
