"""What a table of word vectors is worth: coverage, neighbours, translation, and finding a sentence's pair."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from language import fold
from recommender.alignment import Dictionary, neighbours
from recommender.errors import CorpusError
from recommender.features import WordVectors, words_of
from recommender.metrics import interval

__all__ = ["Text", "coverage", "pair_retrieval", "read_texts", "table_figures", "translation"]

_SHOWN_WORDS = {
    "fa": (
        "غم", "ترس", "خشم", "مادر", "دوستم", "تنهایی", "خسته", "امتحان", "پول", "خواب",
    ),
    "en": ("grief", "fear", "anger", "mother", "friend", "lonely", "tired", "exam", "money", "sleep"),
}  # fmt: skip
_SHOWN_NEIGHBOURS = 6
_Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Text:
    """A text in one or both languages; None where it has none."""

    en: str | None
    fa: str | None


def read_texts(path: Path) -> list[Text]:
    """Reads JSON Lines with `en` and `fa`, or with `language` and `text`.

    Raises:
        CorpusError: where the file cannot be read or a line is no such object.
    """
    texts = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise CorpusError(f"{path}: cannot be read ({reason})") from None
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if "language" in row:
                row = {row["language"]: row["text"]}
            text = Text(row.get("en"), row.get("fa"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CorpusError(
                f"{path}:{number}: must be an object with en and fa, or language and text"
            ) from None
        found = [sentence for sentence in (text.en, text.fa) if sentence is not None]
        if not found or not all(isinstance(sentence, str) for sentence in found):
            raise CorpusError(f"{path}:{number}: has no text")
        texts.append(text)
    return texts


def coverage(vectors: WordVectors, sentences: Sequence[str], language: str) -> dict[str, Any]:
    """Share of the words of sentences that have a vector, and with the sub-word fall-back."""
    words = [word for sentence in sentences for word in words_of(fold(sentence, language), language)]
    known = sum(word in vectors for word in words)
    read = len(vectors.vectors(words))
    total = max(len(words), 1)
    return {"words": len(words), "known": round(known / total, 4), "with_fall_back": round(read / total, 4)}


def translation(vectors: WordVectors, dictionary: Dictionary) -> dict[str, Any]:
    """P@1 and P@5 of the held-out pairs in both directions by CSLS, with 95 % bootstrap intervals.

    Says something only of a table that learnt from `dictionary.learnt` alone. A word counts once; any
    of its translations in the whole dictionary is right.

    Raises:
        CorpusError: where no held-out pair has vectors in both languages.
    """
    sides = {language: vectors.words(language) for language in ("en", "fa")}
    spaces = {language: _unit(vectors.vectors(words)) for language, words in sides.items()}
    rows = {language: {word: row for row, word in enumerate(words)} for language, words in sides.items()}
    figures: dict[str, Any] = {"pairs_held_out": len(dictionary.held_out)}
    for source, target, at in (("fa", "en", 1), ("en", "fa", 0)):
        right: dict[str, set[int]] = {}
        for pair in dictionary.pairs:
            if pair[1 - at] in rows[target]:
                right.setdefault(pair[at], set()).add(rows[target][pair[1 - at]])
        asked = list(dict.fromkeys(pair[at] for pair in dictionary.held_out))
        asked = [word for word in asked if word in rows[source] and word in right]
        if not asked:
            raise CorpusError("no held-out pair of the dictionary has vectors in both languages")
        places = np.array([rows[source][word] for word in asked], dtype=np.int64)
        found = neighbours(spaces[source], spaces[target], places, 5)
        hits = [
            [int(row) in right[word] for row in nearest] for word, nearest in zip(asked, found, strict=True)
        ]
        figures[f"{source}_to_{target}"] = {
            "words": len(asked),
            "p_at_1": interval([float(hit[0]) for hit in hits]),
            "p_at_5": interval([float(any(hit)) for hit in hits]),
        }
    return figures


def pair_retrieval(vectors: WordVectors, pairs: Sequence[Text]) -> dict[str, Any]:
    """Where the English sentence of a pair stands among all, by likeness to the Persian one, and back."""
    both = [pair for pair in pairs if pair.en is not None and pair.fa is not None]
    figures: dict[str, Any] = {"pairs": len(both)}
    weighings: dict[str, Callable[[list[str]], _Vectors]] = {
        "smooth": vectors.smooth_direction,
        "mean": vectors.mean_direction,
    }
    for name, direction in weighings.items():
        english = _sentences(direction, [str(pair.en) for pair in both], "en")
        persian = _sentences(direction, [str(pair.fa) for pair in both], "fa")
        likeness = persian @ english.T
        figures[name] = {"fa_to_en": _ranked(likeness), "en_to_fa": _ranked(likeness.T)}
    return figures


def table_figures(vectors: WordVectors, pairs: Sequence[Text], situations: Sequence[Text]) -> dict[str, Any]:
    """Size, coverage, neighbours and finding of pairs of one table, for JSON."""
    figures: dict[str, Any] = {
        "words": {language: vectors.count(language) for language in ("en", "fa")},
        "bytes": len(vectors.to_bytes()),
        "coverage": {
            kind: {
                language: coverage(vectors, sentences, language)
                for language in ("en", "fa")
                if (sentences := [s for text in texts if (s := getattr(text, language)) is not None])
            }
            for kind, texts in (("suggestions", pairs), ("situations", situations))
        },
        "neighbours": _shown_neighbours(vectors),
    }
    if any(pair.en is not None and pair.fa is not None for pair in pairs):
        figures["pair_retrieval"] = pair_retrieval(vectors, pairs)
    return figures


def _sentences(
    direction: Callable[[list[str]], _Vectors], sentences: Sequence[str], language: str
) -> _Vectors:
    found = np.stack([direction(words_of(fold(sentence, language), language)) for sentence in sentences])
    return _unit(found - found.mean(axis=0))


def _ranked(likeness: _Vectors) -> dict[str, Any]:
    own = np.diagonal(likeness)[:, np.newaxis]
    places = 1 + (likeness > own).sum(axis=1)
    return {
        "first": interval([float(place == 1) for place in places]),
        "first_ten": interval([float(place <= 10) for place in places]),
        "reciprocal_place": interval([1.0 / float(place) for place in places]),
        "median_place": float(np.median(places)),
    }


def _shown_neighbours(vectors: WordVectors) -> dict[str, Any]:
    sides = {language: vectors.words(language) for language in ("en", "fa")}
    spaces = {language: _unit(vectors.vectors(words)) for language, words in sides.items()}
    shown: dict[str, Any] = {}
    for language, words in _SHOWN_WORDS.items():
        for word in words:
            vector = vectors.mean_direction([word])
            if not vector.any():
                continue
            shown[word] = {
                other: [
                    sides[other][row]
                    for row in np.argsort(-(spaces[other] @ vector), kind="stable")[: _SHOWN_NEIGHBOURS + 1]
                    if sides[other][row] != word
                ][:_SHOWN_NEIGHBOURS]
                for other in (language, "en" if language == "fa" else "fa")
                if sides[other]
            }
    return shown


def _unit(vectors: _Vectors) -> _Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: _Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
    return scaled
