"""Every sentence that the product says to anybody: fixed ones, and suggestions in their places.

Cut as a voice gets them. What is not among them may hold something of a person, and is never kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from bot.fixed_sentences import FixedSentence, load_fixed_sentences
from language import LANGUAGES, split_sentences
from language.ordinals import ordinal
from recommender import SUGGESTIONS_SHOWN
from recommender.suggestions import Suggestion, load_suggestions, suggestions_folder

__all__ = ["OwnSentences", "load_own_sentences"]

_LEAD_IN = {"en": "Here.", "fa": "این."}
"""Stands for what is said before suggestions: the first piece of a reply is cut otherwise than the others."""


class OwnSentences:
    """Texts with their languages, in the order in which they are worth rendering.

    Args:
        fixed: sentences.
        suggestions: whatever may be offered.
        places: how many are offered at once.
    """

    def __init__(
        self,
        fixed: Iterable[FixedSentence],
        suggestions: Iterable[Suggestion],
        places: int = SUGGESTIONS_SHOWN,
    ) -> None:
        self._sentences = dict.fromkeys((sentence.text, sentence.language) for sentence in fixed)
        offered = [
            (language, _pieces(suggestion.text(language), language))
            for suggestion in suggestions
            for language in LANGUAGES
        ]
        for place in range(places):
            for language, (first, *others) in offered:
                self._sentences[f"{ordinal(place, language)}: {first}", language] = None
                self._sentences |= dict.fromkeys((piece, language) for piece in others)

    def __len__(self) -> int:
        return len(self._sentences)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._sentences)

    def has(self, text: str, language: str) -> bool:
        """Whether the text, as a voice gets it, is one of them."""
        return (text, language) in self._sentences


def _pieces(text: str, language: str) -> list[str]:
    """The pieces of a suggestion, without the ordinal before the first."""
    announced = f"{ordinal(0, language)}:"
    first, *others = split_sentences(f"{_LEAD_IN[language]} {announced} {text}", language)[1:]
    return [first.removeprefix(announced).strip(), *others]


def load_own_sentences(country: str | None) -> OwnSentences:
    """Those of this installation; the sentences for `country` come first.

    Raises:
        LinesError, RepliesError, PhrasesError, SuggestionDataError: if a file of them can't be used.
    """
    return OwnSentences(load_fixed_sentences(country), load_suggestions(suggestions_folder(os.environ)))
