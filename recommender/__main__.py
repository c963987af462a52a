"""Command line: suggest, validate, train, readings, evaluate, simulate, vectors, vectors-report."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emotion import MOODS
from language import LANGUAGES
from recommender.errors import ConfigurationError, RecommenderError
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.rated_situations import DEFAULT_PATH as RATED_PATH
from recommender.recommender import Recommender
from recommender.simulate_command import add_arguments as add_simulate_arguments
from recommender.situations import DEFAULT_PATH
from recommender.suggestions import FOLDER_VARIABLE, load_suggestions, suggestions_folder
from recommender.validate_command import add_arguments as add_validate_arguments
from recommender.vectors_command import add_commands as add_vectors_commands
from recommender.vocabulary import read_vocabulary

__all__ = ["main"]

_DEFAULT_CONFIGURATION = DEFAULT_DIRECTORY / "configs" / "three_readers.json"
_TRAINING_PACKAGES = ("keras", "onnx", "sklearn", "pydantic", "tqdm")
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
    _need_training_packages()
    from recommender.configuration import read_configuration
    from recommender.train import train

    card = train(
        read_configuration(options.config),
        suggestions=options.suggestions,
        situations=options.situations,
        vectors=options.vectors,
        out=options.out,
    )
    print(json.dumps(card["cross_validation"], indent=2))
    print(f"written: {options.out / 'card.json'}")
    return 0


def _readings(options: argparse.Namespace) -> int:
    _need_training_packages()
    from tqdm import tqdm

    from recommender.configuration import read_configuration
    from recommender.learning import examples_of, use_one_thread
    from recommender.paper_readings import PROTOCOLS, paper_readings
    from recommender.train import read_vectors

    use_one_thread()
    configuration = read_configuration(options.config)
    techniques = tuple(read_vocabulary(options.suggestions).techniques)
    examples = examples_of(load_suggestions(options.suggestions), ())
    with tqdm(total=2 * len(PROTOCOLS) * configuration.folds, desc="training", unit="network") as progress:

        def after_fit() -> None:
            progress.update()

        vectors = read_vectors(options.vectors)
        figures = paper_readings(configuration, examples, techniques, vectors, after_fit=after_fit)
    _write_json(options.json, figures)
    print(json.dumps(figures, indent=2))
    return 0


def _need_training_packages() -> None:
    missing = [name for name in _TRAINING_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"training needs the training environment, which has {missing[0]}: run `make train-recommender`"
        )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from None


def _evaluate(options: argparse.Namespace) -> int:
    from recommender.evaluate import evaluate

    figures = evaluate(options.situations, directory=options.model, suggestions=options.suggestions)
    _write_json(options.json, figures)
    if options.card:
        path = options.model / "card.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        _write_json(path, {**content, "test": {"data": options.situations.name, **figures}})
    for language in LANGUAGES:
        for name, measures in figures.get(language, {}).items():
            if name != "n":
                measured = ", ".join(
                    f"{measure} {value['mean']:.3f} ({value['low']:.3f}–{value['high']:.3f})"
                    for measure, value in measures.items()
                )
                print(f"{language} {name}: {measured}")
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
    train.set_defaults(run=_train)

    readings = commands.add_parser(
        "readings", help="the paper's network in both readings, with leaking and honest protocols (training)"
    )
    readings.add_argument(
        "--config", type=Path, default=DEFAULT_DIRECTORY / "configs" / "paper_readings.json"
    )
    readings.add_argument("--json", type=Path, required=True, metavar="OUT")
    readings.set_defaults(run=_readings)

    evaluate = commands.add_parser("evaluate", help="figures on situations that raters judged")
    evaluate.add_argument("--json", type=Path, required=True, metavar="OUT")
    evaluate.set_defaults(run=_evaluate)

    simulate = commands.add_parser("simulate", help="what learning is worth to simulated people")
    add_simulate_arguments(simulate)

    for command in (train, readings):
        command.add_argument(
            "--vectors",
            type=Path,
            default=DEFAULT_DIRECTORY / "weights",
            metavar="DIR",
            help="folder of vectors.npz and vectors.json, as the command `vectors` writes them",
        )
    for command in (suggest, validate, train, readings, evaluate, simulate):
        command.add_argument(
            "--suggestions",
            type=Path,
            default=suggestions_folder(os.environ),
            help=f"folder of the suggestions (default: ${FOLDER_VARIABLE}, else the project's)",
        )
    for command in (suggest, evaluate, simulate):
        command.add_argument("--model", type=Path, default=DEFAULT_DIRECTORY, help="folder of card.json")
    for command in (train, simulate):
        command.add_argument("--situations", type=Path, default=DEFAULT_PATH, help="labelled situations")
    evaluate.add_argument("--card", action="store_true", help="write the figures into the model's card, too")
    evaluate.add_argument("--situations", type=Path, default=RATED_PATH, help="rated situations")
    add_vectors_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
