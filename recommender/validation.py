"""The one validator: of this project's suggestions, and of a clinic's own.

Whatever concerns one line or two lines holds for any folder; what concerns the set as a whole
(`balance`) is asked only of a complete one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from language import LANGUAGES, fold
from recommender import features
from recommender.balance import DEMANDS, Demands, imbalances
from recommender.complaint import Complaint
from recommender.content_rules import faults
from recommender.errors import SuggestionDataError
from recommender.near_duplicates import (
    LEAST_JACCARD,
    LEAST_SIMILARITY,
    NOTED_SIMILARITY,
    MeanDirections,
    Pair,
    SifMeans,
    WordTable,
    alike_in_meaning,
    alike_in_skeleton,
    alike_in_words,
    words_of,
)
from recommender.suggestions import DEFAULT_DIRECTORY, Suggestion, parse_suggestion, suggestion_lines
from recommender.vocabulary import Vocabulary, read_vocabulary

__all__ = ["COUNTED", "Validation", "most_openings", "validate"]

COUNTED = ("mood", "technique", "family", "situation", "effort")
"""Fields whose values are counted."""

_OPENING_WORDS = 4
_OPENINGS, _OPENING_SHARE = 3, 0.004
_FIRST_WORD_SHARE = 0.15
_NAMED = 5
_ENDING = "give one of them another idea, or delete it"


@dataclass(frozen=True)
class Validation:
    """What was found in a folder.

    Attributes:
        suggestions: how many lines are suggestions.
        counts: field of `COUNTED` → value → suggestions that have it, the most frequent first.
        complaints: what must be mended, in the order of the lines, the set as a whole last.
        notes: pairs worth a look that are no complaint.
        left_out: checks that could not be made, in words.
    """

    suggestions: int
    counts: dict[str, dict[str, int]]
    complaints: tuple[Complaint, ...]
    notes: tuple[Complaint, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Placed:
    place: str
    suggestion: Suggestion


def most_openings(count: int) -> int:
    """How many of `count` sentences may begin with the same four words: three, or four in a thousand."""
    return max(_OPENINGS, int(_OPENING_SHARE * count))


def validate(
    directory: Path,
    *,
    beside: Path | None = None,
    complete: bool = False,
    word_tables: Mapping[str, WordTable] | None = None,
    demands: Demands = DEMANDS,
) -> Validation:
    """Checks every line of a folder, every pair of lines, and a complete set as a whole.

    Args:
        directory: folder with `*.jsonl` and the tables of `read_vocabulary`.
        beside: a folder whose suggestions are offered together with these: nothing may be said twice.
            Where `directory` has no tables of its own, those of this folder hold.
        complete: whether the balance of the whole set is checked.
        word_tables: language → word vectors; the likeness of meaning is left out for the others.
        demands: what a complete set must fulfil.

    Raises:
        SuggestionDataError: where the folder, a table or a file cannot be read.
    """
    vocabulary = _vocabulary(directory, beside)
    own, complaints = _read(directory, vocabulary)
    others = [] if beside is None else _read(beside, read_vocabulary(beside))[0]
    for placed in own:
        complaints += [Complaint(rule, placed.place, what) for rule, what in faults(placed.suggestion)]
    complaints += _doubled_ids([*others, *own], len(others))
    notes: list[Complaint] = []
    left_out: list[str] = []
    known = [*others, *own]
    tables = word_tables or {}
    background = [*known, *(_shipped(directory, beside) if tables else [])]
    for language in LANGUAGES:
        means: SifMeans | None = None
        if language in tables:
            texts = [placed.suggestion.text(language) for placed in background]
            means = SifMeans(tables[language], _split(language), texts)
        else:
            left_out.append(f"likeness of meaning in {language}: there are no word vectors for it")
        for wrong, complaint in _alike(known, language, means, len(others)):
            (complaints if wrong else notes).append(complaint)
        complaints += _openings(own, language)
    complaints.sort(key=_line)
    notes.sort(key=_line)
    if complete:
        suggestions = [placed.suggestion for placed in own]
        whole = [*imbalances(suggestions, vocabulary, demands), *_first_words(suggestions)]
        complaints += [Complaint("balance", str(directory), what) for what in whole]
    return Validation(len(own), _count(own), tuple(complaints), tuple(notes), tuple(left_out))


def _split(language: str) -> Callable[[str], list[str]]:
    return lambda text: features.words_of(fold(text, language), language)


def _line(complaint: Complaint) -> tuple[str, int]:
    path, _, number = complaint.where.rpartition(":")
    return path, int(number)


def _vocabulary(directory: Path, beside: Path | None) -> Vocabulary:
    own = directory.exists() and any(directory.glob("*.csv"))
    return read_vocabulary(directory if beside is None or own else beside)


def _read(directory: Path, vocabulary: Vocabulary) -> tuple[list[_Placed], list[Complaint]]:
    placed: list[_Placed] = []
    complaints: list[Complaint] = []
    for place, line in suggestion_lines(directory):
        try:
            placed.append(_Placed(place, parse_suggestion(line, vocabulary, place=place)))
        except SuggestionDataError as error:
            complaints.append(Complaint("schema", place, str(error).removeprefix(f"{place}: ")))
    return placed, complaints


def _shipped(directory: Path, beside: Path | None) -> list[_Placed]:
    """Suggestions of this project, where they are not among those compared anyway."""
    compared = {path.resolve() for path in (directory, beside) if path is not None}
    if DEFAULT_DIRECTORY.resolve() in compared:
        return []
    return _read(DEFAULT_DIRECTORY, read_vocabulary(DEFAULT_DIRECTORY))[0]


def _doubled_ids(placed: Sequence[_Placed], own: int) -> Iterator[Complaint]:
    first: dict[str, str] = {}
    for number, one in enumerate(placed):
        place = first.setdefault(one.suggestion.id, one.place)
        if place != one.place and number >= own:
            yield Complaint(
                "schema", one.place, f"id: {one.suggestion.id} is taken by {place}; choose another"
            )


def _alike(
    placed: Sequence[_Placed], language: str, means: MeanDirections | None, own: int
) -> Iterator[tuple[bool, Complaint]]:
    """Whether a pair is wrong, and what is said of it; each pair once, by the plainest check."""
    texts = [one.suggestion.text(language) for one in placed]
    checks: list[tuple[Iterator[Pair], float, str, str, str]] = [
        (alike_in_words(texts, own=own), LEAST_JACCARD, "near_duplicate", "nearly the words of", "Jaccard"),
        (
            alike_in_skeleton(texts, language, own=own),
            1.0,
            "skeleton",
            "the template of",
            "equal after masking",
        ),
    ]
    if means is not None:
        checks.append(
            (
                alike_in_meaning(texts, means, least=NOTED_SIMILARITY[language], own=own),
                LEAST_SIMILARITY[language],
                "meaning",
                "the idea of",
                "cosine",
            )
        )
    said: set[tuple[int, int]] = set()
    noted: dict[tuple[int, int], Complaint] = {}
    for pairs, least, rule, likeness, measure in checks:
        for pair in sorted(pairs, key=lambda pair: (pair.second, pair.first)):
            both = (pair.first, pair.second)
            if both in said:
                continue
            first = placed[pair.first]
            measured = measure if rule == "skeleton" else f"{measure} {pair.alike:.2f}"
            what = f"{language}: has {likeness} {first.suggestion.id} ({first.place}; {measured})"
            if pair.alike >= least:
                said.add(both)
                yield True, Complaint(rule, placed[pair.second].place, f"{what}; {_ENDING}")
            else:
                noted.setdefault(both, Complaint(rule, placed[pair.second].place, what))
    for both, complaint in noted.items():
        if both not in said:
            yield False, complaint


def _openings(placed: Sequence[_Placed], language: str) -> Iterator[Complaint]:
    most = most_openings(len(placed))
    begun: dict[str, list[_Placed]] = defaultdict(list)
    for one in placed:
        words = words_of(one.suggestion.text(language))[:_OPENING_WORDS]
        if len(words) == _OPENING_WORDS:
            begun[" ".join(words)].append(one)
    for opening, ones in begun.items():
        if len(ones) > most:
            ids = ", ".join(one.suggestion.id for one in ones[:_NAMED])
            yield Complaint(
                "opening",
                ones[most].place,
                f"{language}: {len(ones)} begin with {opening!r} ({ids} …), at most {most}; begin otherwise",
            )


def _first_words(suggestions: Sequence[Suggestion]) -> Iterator[str]:
    for language in LANGUAGES:
        begun = Counter(word for s in suggestions for word in words_of(s.text(language))[:1])
        for word, count in begun.items():
            if count > _FIRST_WORD_SHARE * len(suggestions):
                yield (
                    f"{count} of {len(suggestions)} sentences in {language} begin with {word!r}; "
                    f"at most {_FIRST_WORD_SHARE:.0%}"
                )


def _count(placed: Sequence[_Placed]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for field in COUNTED:
        values: Counter[str] = Counter()
        for one in placed:
            value = getattr(one.suggestion, field)
            values.update(value if isinstance(value, tuple) else [str(value)])
        counts[field] = dict(values.most_common())
    return counts
