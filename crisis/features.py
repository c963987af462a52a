"""What the classifier sees of an utterance: phrases, the same with shortened words, and pieces of the text.

Phrases tell what is said; shortened words stand for all their endings; pieces of the text, spaces and all,
still match where something was misspelt or a recogniser divided the words wrongly.
"""

from __future__ import annotations

__all__ = ["feature_sets"]

_LONGEST_PHRASE = 3
_BEGINNING = 4
_PIECES = (3, 4, 5)


def feature_sets(text: str) -> tuple[set[str], ...]:
    """Phrases ("w…"), phrases of shortened words ("s…") and pieces ("c…") of a `Wording.text`."""
    words = ["^", *text.split(), "$"]
    beginnings = [word[:_BEGINNING] for word in words]
    return _phrases("w", words), _phrases("s", beginnings), _pieces(f" {' '.join(words[1:-1])} ")


def _phrases(name: str, words: list[str]) -> set[str]:
    return {
        name + " ".join(words[start : start + length])
        for length in range(1, _LONGEST_PHRASE + 1)
        for start in range(len(words) - length + 1)
    }


def _pieces(text: str) -> set[str]:
    return {
        "c" + text[start : start + length] for length in _PIECES for start in range(len(text) - length + 1)
    }
