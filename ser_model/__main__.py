"""Command line: train, evaluate, predict."""

from __future__ import annotations

import argparse
import importlib.util
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from ser_model.errors import ConfigurationError, ManifestError, SpeechEmotionError
from ser_model.manifest import LABELS, UNDETERMINED
from ser_model.model_card import DEFAULT_DIRECTORY

__all__ = ["main"]

_DEFAULT_CONFIGURATION = DEFAULT_DIRECTORY / "configs" / "paper_cnn.json"
_BAD_INPUT = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0, 2 on bad input, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except SpeechEmotionError as error:
        print(f"ser_model: {error}", file=sys.stderr)
        return _BAD_INPUT
    except KeyboardInterrupt:
        print("\nser_model: stopped", file=sys.stderr)
        return _INTERRUPTED
    return status


def _train(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("tensorflow") is None:
        raise ConfigurationError("training needs the training environment: run `make train-ser`")
    from ser_model import train as training
    from ser_model.configuration import read_configuration

    configuration = read_configuration(options.config)
    if options.epochs is not None:
        schedule = configuration.schedule.model_copy(update={"epochs": options.epochs})
        configuration = configuration.model_copy(update={"schedule": schedule})
    command = f"python -m ser_model train --config {shlex.quote(_shown(options.config))} --corpus DIR"
    if options.epochs is not None:
        command += f" --epochs {options.epochs}"
    try:
        training.train(
            configuration, corpus=options.corpus, out=options.out, fresh=options.fresh, command=command
        )
    except KeyboardInterrupt:
        print(
            "\nser_model: stopped; every whole epoch is kept, and the same command goes on from there",
            file=sys.stderr,
        )
        return _INTERRUPTED
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from ser_model.detector import SpeechEmotionDetector
    from ser_model.evaluate import answer_all, report
    from ser_model.manifest import read_manifest

    rows = read_manifest(options.manifest, split=options.split, skip_unknown=options.skip_unknown)
    detector = SpeechEmotionDetector.load(options.model)
    figures = report(answer_all(detector, rows, progress=sys.stderr.isatty()))
    try:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{options.json}: cannot be written ({error.strerror})") from None
    print(
        f"{figures['n']} clips: UAR {figures['uar']:.3f}, accuracy {figures['accuracy']:.3f}, "
        f"names a mood in {figures['coverage']:.0%} of them; {options.json}"
    )
    return 0


def _predict(options: argparse.Namespace) -> int:
    from ser_model.detector import SpeechEmotionDetector
    from ser_model.manifest import read_recording

    detector = SpeechEmotionDetector.load(options.model)
    for path in options.files:
        try:
            estimate = detector.estimate(read_recording(path), language=options.language)
        except ValueError as error:
            raise ManifestError(f"{path}: {error}") from None
        shares = dict(sorted(estimate.probabilities.items(), key=lambda item: -item[1]))
        if options.json:
            answer = {
                "file": str(path),
                "label": estimate.label,
                "probabilities": {label: round(share, 4) for label, share in shares.items()},
                "threshold": estimate.threshold,
                "model": estimate.model,
                "language": options.language,
                "validated": estimate.validated,
            }
            print(json.dumps(answer, ensure_ascii=False))
        else:
            listed = "  ".join(f"{label} {share:.2f}" for label, share in shares.items())
            print(f"{path}: {estimate.label}  ({listed})")
    return 0


def _shown(path: Path) -> str:
    root = DEFAULT_DIRECTORY.parent
    whole = path.resolve()
    return str(whole.relative_to(root)) if whole.is_relative_to(root) else path.name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ser_model", description="Emotion of an utterance from its sound."
    )
    commands = parser.add_subparsers(required=True, metavar="train | evaluate | predict")

    train = commands.add_parser(
        "train",
        help="train on a corpus and write weights and card (needs the training environment)",
        description="Trains on a folder of recordings with speaker-disjoint splits; an interrupted run goes "
        "on. Needs the training environment: `make train-ser` calls it with it.",
    )
    train.add_argument("--config", type=Path, default=_DEFAULT_CONFIGURATION, help="JSON file (%(default)s)")
    train.add_argument(
        "--corpus",
        type=Path,
        help="folder with manifest.csv (path,corpus,speaker,emotion,language,split); "
        "default: $HAMDEL_CORPORA",
    )
    train.add_argument("--epochs", type=_positive, help="instead of the configuration's number")
    train.add_argument(
        "--out", type=Path, default=DEFAULT_DIRECTORY, help="where card and weights go (%(default)s)"
    )
    train.add_argument("--fresh", action="store_true", help="begin anew instead of going on")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser(
        "evaluate",
        help="measure the detector on labelled recordings",
        description=f"Measures the detector on labelled recordings. Known labels: {', '.join(LABELS)}.",
    )
    evaluate.add_argument(
        "--manifest", type=Path, required=True, help="CSV file: path,emotion,speaker,language,split"
    )
    evaluate.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the figures go")
    evaluate.add_argument("--split", help="take only the rows of this split")
    evaluate.add_argument("--skip-unknown", action="store_true", help="leave out rows with unknown labels")
    evaluate.add_argument("--model", type=Path, help="folder with another card.json")
    evaluate.set_defaults(run=_evaluate)

    predict = commands.add_parser(
        "predict", help="name the emotion of recordings", description="Names the emotion of recordings."
    )
    predict.add_argument("files", type=Path, nargs="+", metavar="FILE", help="WAV, FLAC, Ogg or MP3")
    predict.add_argument(
        "--language",
        default=UNDETERMINED,
        help="such as en, de, fa: says whether the model is validated for it",
    )
    predict.add_argument("--json", action="store_true", help="print one JSON object a line")
    predict.add_argument("--model", type=Path, help="folder with another card.json")
    predict.set_defaults(run=_predict)
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
