"""Pipeline component: one spelling for recogniser text, keyboards and training examples."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from dialogue.metadata import read_metadata
from language import detect_script_language, normalise

__all__ = ["ORIGINAL_TEXT", "Normaliser"]

ORIGINAL_TEXT = "original_text"
"""Where the text stays as it came, for the guard and the log."""

_NOTHING_TO_READ = "…"
"""Stands for a text of nothing but emoji or marks: Rasa's components fail on an empty one."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Normaliser(GraphComponent):  # type: ignore[misc]
    """Puts a message's text into the normal form of `language`, in training and at run time.

    Runs before the tokenizer, which keeps words with a half-space whole but neither folds Arabic
    letters into Persian ones nor knows Persian digits.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normaliser:
        """Makes the component; it has no settings and nothing to load."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Normalises each message's text, keeping the original under `ORIGINAL_TEXT`."""
        for message in messages:
            text = message.get(TEXT)
            if text is None:  # an example of the training without words
                continue
            known = read_metadata(message.get("metadata")).language
            message.set(ORIGINAL_TEXT, text)
            message.set(TEXT, _one_spelling(text, known))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalises the training examples and the words of look-up tables in place."""
        self.process(training_data.training_examples)
        for table in training_data.lookup_tables:
            table["elements"] = [_one_spelling(word) for word in table["elements"]]
        return training_data


def _one_spelling(text: str, known_language: str | None = None) -> str:
    normal = normalise(text, detect_script_language(text) or known_language or "en")
    # Telephones write "I'm" with a curly apostrophe, the examples with a straight one.
    return normal.replace("\u2019", "'") or _NOTHING_TO_READ
