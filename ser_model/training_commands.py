"""`python -m ser_model train` and `crossvalidate`, which need the training environment."""

from __future__ import annotations

import argparse
import importlib.util
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from ser_model.configuration import Configuration, read_configuration
from ser_model.errors import ConfigurationError
from ser_model.model_card import DEFAULT_DIRECTORY

__all__ = ["CONFIGURATIONS", "PROTOCOLS", "add_training_commands"]

CONFIGURATIONS = DEFAULT_DIRECTORY / "configs"

PROTOCOLS = ("speakers", "corpora", "random")
"""Whole speakers, whole corpora, or clips at random (which leaks): see `protocols.py`."""

_JUDGED_CORPUS = "crema-d"
_INTERRUPTED = 130


def add_training_commands(commands: Any) -> None:
    """Adds both commands."""
    train = commands.add_parser(
        "train",
        help="train on a corpus and write weights and card (needs the training environment)",
        description="Trains on recordings with speaker-disjoint splits; an interrupted run goes on. Needs "
        "the training environment: `make train-ser` calls it with it.",
    )
    _add_common(train)
    train.add_argument(
        "--out", type=Path, default=DEFAULT_DIRECTORY, help="where card and weights go (%(default)s)"
    )
    train.add_argument(
        "--start",
        type=Path,
        metavar="DIR",
        help="folder of a card.json whose network to go on from; with another corpus this is fine-tuning",
    )
    train.add_argument(
        "--calibrate-folds",
        type=_positive,
        metavar="N",
        help="choose calibration and threshold on N folds of the speakers of --judge instead of on the "
        "validation speakers: N trainings more, those of `crossvalidate` where they are done",
    )
    train.add_argument("--judge", default=_JUDGED_CORPUS, metavar="CORPUS", help="see there (%(default)s)")
    train.add_argument("--fresh", action="store_true", help="begin anew instead of going on")
    train.set_defaults(run=_train)

    validate = commands.add_parser(
        "crossvalidate",
        help="judge a configuration or a baseline on folds of speakers (needs the training environment)",
        description="Fits every fold of a protocol on the speakers of the splits train and valid, and writes "
        "all figures as JSON. The split test stays unread. A finished fold is not repeated.",
    )
    _add_common(validate)
    validate.add_argument(
        "--baseline", help="a simple model instead of a configuration, such as svm; all: each"
    )
    validate.add_argument("--protocol", choices=PROTOCOLS, default="speakers", help="(%(default)s)")
    validate.add_argument("--folds", type=_positive, default=5, help="(%(default)s)")
    validate.add_argument(
        "--judge",
        default=_JUDGED_CORPUS,
        metavar="CORPUS",
        help="that is divided into folds; the others are only learnt from (%(default)s)",
    )
    validate.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the figures go")
    validate.set_defaults(run=_cross_validate)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        default=CONFIGURATIONS / "whisper_cnn.json",
        help="JSON file (%(default)s)",
    )
    parser.add_argument(
        "--corpus", type=Path, nargs="+", help="manifests, or folders that have one; default: $HAMDEL_CORPORA"
    )
    parser.add_argument("--epochs", type=_positive, help="instead of the configuration's number")
    parser.add_argument("--members", type=_positive, help="networks of the ensemble, instead of its number")


def _train(options: argparse.Namespace) -> int:
    configuration = _configuration(options)
    from ser_model.train import train

    command = f"python -m ser_model train --config {shlex.quote(_shown(options.config))} --corpus DIR"
    if options.epochs is not None:
        command += f" --epochs {options.epochs}"
    if options.calibrate_folds is not None:
        command += f" --calibrate-folds {options.calibrate_folds}"
    if options.members is not None:
        command += f" --members {options.members}"
    if options.start is not None:
        command += f" --start {shlex.quote(_shown(options.start))}"
    try:
        train(
            configuration,
            corpus=options.corpus,
            out=options.out,
            configurations=options.config.parent,
            start=options.start,
            fresh=options.fresh,
            folds=options.calibrate_folds,
            judged=options.judge,
            command=command,
        )
    except KeyboardInterrupt:
        return _stopped()
    return 0


def _cross_validate(options: argparse.Namespace) -> int:
    configuration = _configuration(options)
    from ser_model.comparison import compare

    try:
        figures = compare(
            configuration,
            corpus=options.corpus,
            baseline=options.baseline,
            protocol=options.protocol,
            folds=options.folds,
            judged=options.judge,
            configurations=options.config.parent,
        )
    except KeyboardInterrupt:
        return _stopped()
    try:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{options.json}: cannot be written ({error.strerror})") from None
    for row in figures:
        low, high = row["uar_95_by_speaker"]
        print(f"{row['model']}: UAR {row['uar']:.3f} ({low:.3f} to {high:.3f} by speaker), n {row['n']}")
    return 0


def _configuration(options: argparse.Namespace) -> Configuration:
    if importlib.util.find_spec("tensorflow") is None:
        raise ConfigurationError("training needs the training environment: run `make train-ser`")
    from ser_model.learning import use_one_thread

    use_one_thread()
    configuration = read_configuration(options.config)
    if options.epochs is not None:
        schedule = configuration.schedule.model_copy(update={"epochs": options.epochs})
        configuration = configuration.model_copy(update={"schedule": schedule})
    if options.members is not None:
        configuration = configuration.model_copy(update={"members": options.members})
    return configuration


def _stopped() -> int:
    print(
        "\nser_model: stopped; every whole epoch is kept, and the same command goes on from there",
        file=sys.stderr,
    )
    return _INTERRUPTED


def _shown(path: Path) -> str:
    root = DEFAULT_DIRECTORY.parent
    whole = path.resolve()
    return str(whole.relative_to(root)) if whole.is_relative_to(root) else path.name


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return number
