"""Persian text to learn word vectors from: files of several forms, cut by licence, a sentence at a time.

Plain text (a sentence a line, also .xz and .gz), JSON Lines (the field `fa`, else `text`, but no line whose
`language` is another) and Rasa's NLU examples (.yml) are read as streams: memory does not grow with a file.
A table of sources says which lines of a corpus have which licence.
"""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from language import fold
from recommender.errors import CorpusError
from recommender.persian_words import persian_words

__all__ = ["LONGEST_LINE", "Source", "is_open", "read_sentences", "read_sources"]

LONGEST_LINE = 200_000
"""Bytes of one line; a longer one is no sentence, and folding it would take minutes."""

_LICENCES = ("all", "clean")
_OPEN = re.compile(r"\s*(?:CC0|CC BY|Apache|MIT)", re.IGNORECASE)
_NOT_OPEN = re.compile(r"\bN[CD]\b|GPL|not stated|research|site text", re.IGNORECASE)
_EXAMPLE = re.compile(r"\s*-\s+(?!intent:|synonym:|lookup:|regex:)(.+)")
_ENTITY = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
_CHECKED = 400
_LEAST_PERSIAN = 0.5
_SUFFIXES = (".txt", ".jsonl", ".yml")


@dataclass(frozen=True)
class Source:
    """Lines of a corpus that come from one place.

    Attributes:
        name: of the source.
        first, last: line numbers, from 1, both included.
        licence: as its publisher states it.
    """

    name: str
    first: int
    last: int
    licence: str


def is_open(licence: str) -> bool:
    """Whether a stated licence lets anybody use the text, commercially too: CC0, CC BY (SA), Apache, MIT."""
    return bool(_OPEN.match(licence)) and not _NOT_OPEN.search(licence)


def read_sources(path: Path) -> tuple[Source, ...]:
    """Reads the tab-separated table `name, first_line, last_line, …, licence`.

    Raises:
        CorpusError: where it cannot be read, lacks a column, or its line ranges overlap.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        sources = tuple(
            Source(row["name"], int(row["first_line"]), int(row["last_line"]), row["licence"]) for row in rows
        )
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror}); name a table of sources") from None
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise CorpusError(
            f"{path}: is no table with name, first_line, last_line and licence ({error})"
        ) from None
    if not sources:
        raise CorpusError(f"{path}: has no sources")
    end = 0
    for source in sources:
        if source.first <= end or source.last < source.first or not source.licence:
            raise CorpusError(f"{path}: {source.name}: its lines overlap or its licence is missing")
        end = source.last
    return sources


def read_sentences(
    path: Path, *, sources: tuple[Source, ...] = (), licence: str = "all"
) -> Iterator[list[str]]:
    """Words of each sentence of a file, in order; sentences without Persian words are left out.

    Args:
        path: .txt, .txt.xz, .txt.gz, .jsonl or .yml.
        sources: which lines come from where; empty: the whole file is ours.
        licence: "all", or "clean" for the lines of sources with an open licence alone.

    Raises:
        CorpusError: where the file cannot be read, is empty, has a line too long, is not UTF-8, or is not
            Persian; names file and line.
    """
    if licence not in _LICENCES:
        raise CorpusError(f"the licence must be one of {', '.join(_LICENCES)}")
    wanted = [source for source in sources if licence == "all" or is_open(source.licence)]
    if sources and not wanted:
        raise CorpusError(f"{path}: no source has an open licence")
    seen = persian = found = 0
    for number, text in _lines(path):
        if sources and not any(source.first <= number <= source.last for source in wanted):
            continue
        words = persian_words(fold(text, "fa"))
        if seen < _CHECKED and text.strip():
            seen += 1
            persian += bool(words)
            if seen == _CHECKED:
                _check_language(path, persian, seen)
        if words:
            found += 1
            yield words
    if not found:
        raise CorpusError(f"{path}: has no Persian sentence")
    _check_language(path, persian, seen)


def _check_language(path: Path, persian: int, seen: int) -> None:
    if persian < _LEAST_PERSIAN * seen:
        raise CorpusError(f"{path}: {persian} of the first {seen} lines are Persian; name a Persian text")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    kind = path.with_suffix("").suffix if path.suffix in (".xz", ".gz") else path.suffix
    if kind not in _SUFFIXES:
        raise CorpusError(f"{path}: must be one of {', '.join(_SUFFIXES)}, .txt.xz or .txt.gz")
    number = 0
    try:
        with _opened(path) as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise CorpusError(
                        f"{path}:{number}: is longer than {LONGEST_LINE} bytes; put one sentence on a line"
                    )
                yield number, _text(line.decode("utf-8"), kind)
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (EOFError, lzma.LZMAError) as error:
        raise CorpusError(f"{path}: is damaged after line {number} ({error})") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{path}:{number}: is not UTF-8") from None
    except (json.JSONDecodeError, RecursionError):
        raise CorpusError(f"{path}:{number}: is no JSON object") from None
    except TypeError as error:
        raise CorpusError(f"{path}:{number}: {error}") from None


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile | lzma.LZMAFile:
    if path.suffix == ".xz":
        return lzma.open(path, "rb")
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")


def _text(line: str, kind: str) -> str:
    if kind == ".txt":
        return line
    if kind == ".yml":
        example = _EXAMPLE.match(line)
        return _ENTITY.sub(r"\1", example.group(1)) if example else ""
    if not line.strip():
        return ""
    row = json.loads(line)
    if isinstance(row, dict) and row.get("language", "fa") != "fa":
        return ""
    text = row.get("fa", row.get("text")) if isinstance(row, dict) else None
    if not isinstance(text, str):
        raise TypeError("has no text in the field fa or text")
    return text
