"""Command line: corpus, encode, train, crossvalidate, shift, evaluate, predict."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ser_model.corpus_command import add_corpus_command
from ser_model.detector import RecordingDetector
from ser_model.encode_command import add_encode_command
from ser_model.errors import ConfigurationError, ManifestError, SpeechEmotionError
from ser_model.loading import load_detector
from ser_model.manifest import LABELS, UNDETERMINED
from ser_model.shift_command import add_shift_command
from ser_model.training_commands import CONFIGURATIONS, add_training_commands

__all__ = ["main"]

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


def _evaluate(options: argparse.Namespace) -> int:
    from ser_model.evaluate import answer_all, report
    from ser_model.manifest import read_manifest

    rows = read_manifest(options.manifest, split=options.split, skip_unknown=options.skip_unknown)
    detector = load_detector(options.model)
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
    from ser_model.recordings import read_recording

    detector = load_detector(options.model)
    if options.windows:
        return _predict_windows(detector, options)
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


def _predict_windows(detector: RecordingDetector, options: argparse.Namespace) -> int:
    from ser_model.timeline_command import predict_windows

    if options.picture is not None and len(options.files) > 1:
        raise ConfigurationError("a picture shows one recording: name one FILE")
    for path in options.files:
        for line in predict_windows(detector, path, options.language, options.picture, options.json):
            print(line)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ser_model", description="Emotion of an utterance from its sound."
    )
    commands = parser.add_subparsers(
        required=True, metavar="corpus | encode | train | crossvalidate | shift | evaluate | predict"
    )

    add_corpus_command(commands)
    add_encode_command(commands, CONFIGURATIONS / "whisper_cnn.json")
    add_training_commands(commands)

    add_shift_command(commands)

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
    predict.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="WAV, FLAC, Ogg, MP3, M4A or WebM"
    )
    predict.add_argument(
        "--windows", action="store_true", help="moods over time: of the 3 s around each second, smoothed"
    )
    predict.add_argument(
        "--picture", type=Path, metavar="PNG", help="draws the moods over time; with --windows"
    )
    predict.add_argument(
        "--language",
        default=UNDETERMINED,
        help="such as en, de, fa: says whether the model is validated for it",
    )
    predict.add_argument("--json", action="store_true", help="print one JSON object a line")
    predict.add_argument("--model", type=Path, help="folder with another card.json")
    predict.set_defaults(run=_predict)
    return parser


if __name__ == "__main__":
    sys.exit(main())
