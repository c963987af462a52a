"""Measures the guard against a manifest of labelled sentences."""

from __future__ import annotations

import csv
import json
import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crisis.guard import Assessment, Guard
from language import LANGUAGES

__all__ = ["Example", "ManifestError", "evaluate", "read_manifest"]


class ManifestError(ValueError):
    """The manifest can't be used; the message names the line and what belongs there."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled turn: `level` 0 to 3, `context` the turns before it, `kind` may be empty."""

    text: str
    level: int
    language: str
    context: tuple[str, ...]
    kind: str


def read_manifest(path: Path) -> list[Example]:
    """The examples of a CSV file with columns text, level, language and optionally context, kind.

    `context` is one earlier turn, or a JSON list of them. Raises `ManifestError`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"text", "level", "language"} - set(reader.fieldnames or ())
            if missing:
                raise ManifestError(f"{path}: name the columns {sorted(missing)} in its first line")
            examples = [_example(row, f"{path}, line {reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8 CSV file"
        raise ManifestError(f"{path}: can't be read ({reason})") from error
    if not examples:
        raise ManifestError(f"{path}: has no examples")
    return examples


def _example(row: dict[str, str], where: str) -> Example:
    level = (row["level"] or "").strip()
    if level not in {"0", "1", "2", "3"}:
        raise ManifestError(f"{where}: level must be 0, 1, 2 or 3")
    if row["language"] not in LANGUAGES:
        raise ManifestError(f"{where}: language must be en or fa")
    if not (row["text"] or "").strip():
        raise ManifestError(f"{where}: text is empty")
    context = (row.get("context") or "").strip()
    turns: tuple[str, ...] = (context,) if context else ()
    if context.startswith("["):
        try:
            turns = tuple(str(turn) for turn in json.loads(context))
        except (ValueError, TypeError) as error:
            raise ManifestError(f"{where}: context is no JSON list") from error
    return Example(row["text"], int(level), row["language"], turns, (row.get("kind") or "").strip())


def evaluate(guard: Guard, examples: Iterable[Example]) -> dict[str, object]:
    """Recall, precision, F1 and n for level ≥ 1 and level ≥ 2, with 95 % intervals (Wilson).

    In all and by language; also the confusion of levels, misses and false alarms by kind, and the time an
    example takes.
    """
    examples = list(examples)
    start = time.perf_counter()
    found = [guard.assess(one.text, language=one.language, context=one.context) for one in examples]
    elapsed_ms = 1000 * (time.perf_counter() - start)
    result: dict[str, object] = {
        "n": len(examples),
        "latency_ms_per_item": elapsed_ms / max(1, len(examples)),
    }
    result |= _blocks(examples, found)
    result["by_language"] = {
        language: _blocks(*_only(examples, found, language))
        for language in LANGUAGES
        if any(example.language == language for example in examples)
    }
    result["confusion"] = [
        [
            sum(e.level == true and f.level == said for e, f in zip(examples, found, strict=True))
            for said in range(4)
        ]
        for true in range(4)
    ]
    return result


def _only(
    examples: list[Example], found: list[Assessment], language: str
) -> tuple[list[Example], list[Assessment]]:
    pairs = [(e, f) for e, f in zip(examples, found, strict=True) if e.language == language]
    return [example for example, _ in pairs], [finding for _, finding in pairs]


def _blocks(examples: list[Example], found: list[Assessment]) -> dict[str, object]:
    return {f"level_{level}": _block(examples, found, level) for level in (1, 2)}


def _block(examples: list[Example], found: list[Assessment], level: int) -> dict[str, object]:
    pairs = list(zip(examples, found, strict=True))
    hits = sum(e.level >= level and f.level >= level for e, f in pairs)
    true = sum(e.level >= level for e, _ in pairs)
    said = sum(f.level >= level for _, f in pairs)
    recall = hits / true if true else None
    precision = hits / said if said else None
    f1 = 2 * hits / (true + said) if true + said else None
    misses = Counter(e.kind or "unnamed" for e, f in pairs if e.level >= level > f.level)
    alarms = Counter(e.kind or "unnamed" for e, f in pairs if f.level >= level > e.level)
    return {
        "recall": recall,
        "recall_95": _wilson(hits, true),
        "precision": precision,
        "precision_95": _wilson(hits, said),
        "f1": f1,
        "n": true,
        "n_total": len(pairs),
        "misses_by_kind": dict(misses),
        "false_alarms_by_kind": dict(alarms),
    }


def _wilson(hits: int, n: int) -> list[float] | None:
    """The 95 % interval of a share (Wilson 1927), None where n is 0."""
    if n == 0:
        return None
    z = 1.96
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return [max(0.0, centre - half), min(1.0, centre + half)]
