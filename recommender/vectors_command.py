"""The commands `vectors` (learn Persian word vectors, join them with English ones) and `vectors-report`."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.errors import ConfigurationError

if TYPE_CHECKING:
    from recommender.alignment import Dictionary
    from recommender.features import WordVectors
    from recommender.vectors_figures import Text

__all__ = ["add_commands"]

_DATA = Path(__file__).resolve().parent.parent / "data"
_TRAINING_PACKAGES = ("numba", "platformdirs", "tqdm")


def add_commands(commands: Any) -> None:
    """Adds both commands to the sub-parsers of `python -m recommender`."""
    learn = commands.add_parser("vectors", help="learn bilingual word vectors (training environment)")
    learn.add_argument("--corpus", type=Path, nargs="+", required=True, metavar="FILE", help="Persian text")
    learn.add_argument(
        "--sources", type=Path, metavar="TSV", help="line ranges and licences of the first corpus file"
    )
    learn.add_argument(
        "--licence", choices=("clean", "all"), default="clean", help="which of those lines; default clean"
    )
    learn.add_argument("--out", type=Path, required=True, help="for vectors.npz and vectors.json")
    learn.add_argument("--dimensions", type=int, default=100)
    learn.add_argument("--epochs", type=int, default=40)
    learn.add_argument("--window", type=int, default=8)
    learn.add_argument("--min-count", type=int, default=3)
    learn.add_argument("--seed", type=int, default=0)
    learn.add_argument("--english", type=int, default=20_000, help="frequent English words; default 20000")
    learn.add_argument("--persian", type=int, default=30_000, help="frequent Persian words; default 30000")
    learn.add_argument(
        "--english-vectors", type=Path, metavar="NPZ", help="instead of GloVe, which is fetched from npm"
    )
    learn.set_defaults(run=_learn)
    report = commands.add_parser("vectors-report", help="figures of a vectors.npz")
    report.add_argument("--vectors", type=Path, required=True, metavar="NPZ")
    report.add_argument("--json", type=Path, required=True, metavar="OUT")
    report.set_defaults(run=_report)
    learn.add_argument("--dictionary", type=Path, default=_DATA / "recommender" / "dictionary.csv")
    for command in (learn, report):
        command.add_argument(
            "--pairs", type=Path, nargs="*", metavar="FILE", help="JSON Lines with en and fa; default: ours"
        )
        command.add_argument(
            "--texts", type=Path, nargs="*", default=[], metavar="FILE", help="with language and text"
        )


def _learn(options: argparse.Namespace) -> int:
    missing = [name for name in _TRAINING_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"learning vectors needs the training environment, which has {missing[0]}: use .venv-train"
        )
    from tqdm import tqdm

    from recommender.alignment import read_dictionary
    from recommender.bilingual_table import join_languages
    from recommender.cooccurrence import count_pairs, count_words
    from recommender.glove import GloveSettings, learn
    from recommender.vectors_figures import table_figures, translation
    from recommender.word_vectors import PACKAGE

    if min(options.window, options.min_count, options.english, options.persian) < 1:
        raise ConfigurationError("--window, --min-count, --english and --persian must be at least 1")
    settings = GloveSettings(dimensions=options.dimensions, epochs=options.epochs, seed=options.seed)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{options.out}: cannot be written ({error.strerror})") from None
    dictionary = read_dictionary(options.dictionary)
    pairs, situations = _texts(options)
    english = _english_vectors(options, pairs, dictionary)
    with tempfile.TemporaryDirectory(prefix="glove-") as scratch:
        sentences = tqdm(_sentences(options), desc="sentences", unit="", mininterval=1.0)
        corpus = count_words(sentences, Path(scratch), least=options.min_count, most=options.persian)
        cooccurrences = count_pairs(corpus, window=options.window)
        with tqdm(total=settings.epochs * len(cooccurrences.paths), desc="learning", unit="part") as progress:

            def after_part(epoch: int, loss: float) -> None:
                progress.set_postfix_str(f"epoch {epoch + 1}, loss {loss:.4f}", refresh=False)
                progress.update()

            vectors = learn(cooccurrences, settings, after_part=after_part)
    measured = join_languages(english, corpus.words, vectors, dictionary.learnt)
    joined = join_languages(english, corpus.words, vectors, dictionary.pairs)
    figures = {
        "source": f"English: GloVe 100-d of the npm package {PACKAGE}; Persian: GloVe learnt from "
        + ", ".join(path.name for path in options.corpus),
        "licence": "PDDL 1.0 (English), as the corpus (Persian)",
        "learning": {
            "licence": options.licence,
            "sources": _sources(options),
            "sentences": corpus.sentences,
            "tokens": corpus.tokens,
            "cells": cooccurrences.cells,
            "window": options.window,
            "least_count": options.min_count,
            "epochs": settings.epochs,
            "seed": settings.seed,
            "pairs_learnt": joined.pairs_learnt,
            "refinement_rounds": joined.rounds,
        },
        "translation": {
            "pairs_learnt": measured.pairs_learnt,
            "refinement_rounds": measured.rounds,
            **translation(measured.vectors, dictionary),
        },
        **table_figures(joined.vectors, pairs, situations),
    }
    _write(options.out / "vectors.npz", joined.vectors.to_bytes())
    _write(options.out / "vectors.json", _as_json(figures))
    _print_figures(figures)
    print(f"written: {options.out / 'vectors.npz'}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from recommender.features import WordVectors
    from recommender.vectors_figures import table_figures

    try:
        vectors = WordVectors.from_bytes(options.vectors.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{options.vectors}: cannot be read ({error.strerror})") from None
    if not vectors.count("fa") or not vectors.count("en"):
        raise ConfigurationError(f"{options.vectors}: has one language alone; name a bilingual table")
    figures = table_figures(vectors, *_texts(options))
    _write(options.json, _as_json(figures))
    _print_figures(figures)
    return 0


def _sources(options: argparse.Namespace) -> list[dict[str, str]]:
    """Whose text of the first corpus file was learnt from, and under which licence."""
    from recommender.corpus import is_open, read_sources

    sources = read_sources(options.sources) if options.sources else ()
    return [
        {"name": source.name, "licence": source.licence}
        for source in sources
        if options.licence == "all" or is_open(source.licence)
    ]


def _texts(options: argparse.Namespace) -> tuple[list[Text], list[Text]]:
    from recommender.vectors_figures import read_texts

    paths = options.pairs
    if paths is None:
        paths = sorted((_DATA / "bilingual_suggestions").glob("*.jsonl"))
    pairs = [text for path in paths for text in read_texts(path)]
    return pairs, [text for path in options.texts for text in read_texts(path)]


def _sentences(options: argparse.Namespace) -> Iterator[list[str]]:
    from recommender.corpus import read_sentences, read_sources

    sources = read_sources(options.sources) if options.sources else ()
    first, *others = options.corpus
    yield from read_sentences(first, sources=sources, licence=options.licence)
    for path in others:
        yield from read_sentences(path)


def _english_vectors(options: argparse.Namespace, pairs: list[Text], dictionary: Dictionary) -> WordVectors:
    from language import fold
    from recommender.features import MOOD_WORDS, WordVectors, english_words
    from recommender.word_vectors import cache_directory, fetch_archive, read_archive

    if options.english_vectors is not None:
        try:
            return WordVectors.from_bytes(options.english_vectors.read_bytes())
        except OSError as error:
            raise ConfigurationError(
                f"{options.english_vectors}: cannot be read ({error.strerror})"
            ) from None
    needed = {word for pair in pairs if pair.en for word in english_words(fold(pair.en, "en"))}
    needed |= {word for word, _ in dictionary.pairs} | set(MOOD_WORDS.values())
    return read_archive(fetch_archive(cache_directory()), frequent=options.english, needed=needed)


def _print_figures(figures: dict[str, Any]) -> None:
    shown = {name: value for name, value in figures.items() if name != "neighbours"}
    print(json.dumps(shown, ensure_ascii=False, indent=2))


def _as_json(figures: dict[str, Any]) -> bytes:
    return (json.dumps(figures, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _write(path: Path, content: bytes) -> None:
    """Replaces a file as a whole: whoever is interrupted keeps the old one."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        part.unlink(missing_ok=True)
