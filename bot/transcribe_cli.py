"""`python -m bot transcribe FILE… [--language en|fa] [--json]`: recognises recordings without a server."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from bot.model_store import ModelManifestError, ModelMissingError, UnknownModelError, default_store
from bot.transcriber import LANGUAGES, ModelFileError, Transcriber
from bot.voice_activity import VoiceActivityError

__all__ = ["RecordingError", "add_transcribe_arguments", "run_transcribe"]

_SAMPLE_RATE_HZ = 16_000
_MOST_THREADS = 256


class RecordingError(Exception):
    """A file is no recording that can be read."""


_ERRORS = (
    ModelFileError,
    ModelManifestError,
    ModelMissingError,
    RecordingError,
    UnknownModelError,
    VoiceActivityError,
)


def add_transcribe_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `transcribe`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings, any common format")
    parser.add_argument(
        "--language", choices=("auto", *LANGUAGES), default="auto", help="default: heard from the voice"
    )
    parser.add_argument("--model", default="whisper-base", help="a model of models.toml (%(default)s)")
    parser.add_argument("--threads", type=_positive, default=1, help="processor threads (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file")


def run_transcribe(args: argparse.Namespace) -> int:
    """Prints what is heard in each file; 0 done, 2 on bad input or without a usable model."""
    try:
        recordings = [(path, _read(path)) for path in args.files]
        transcriber = Transcriber.load(default_store().path(args.model), threads=args.threads)
    except _ERRORS as error:
        print(error, file=sys.stderr)
        return 2
    for path, samples in recordings:
        try:
            heard = transcriber.transcribe(
                samples, language=None if args.language == "auto" else args.language
            )
        except ValueError as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
        if args.json:
            print(json.dumps({"file": str(path), **asdict(heard)}, ensure_ascii=False))
        else:
            print(f"{path}  [{heard.language}, confidence {heard.confidence:.2f}]  {heard.text or '—'}")
    return 0


def _read(path: Path) -> NDArray[np.float32]:
    try:
        with path.open("rb") as file:  # says why it cannot be opened; libsndfile does not
            samples, rate_hz = soundfile.read(file, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, RuntimeError, TypeError) as error:  # TypeError: *.raw
        reason = getattr(error, "strerror", None) or getattr(error, "error_string", None) or error
        raise RecordingError(f"{path}: cannot be read ({str(reason).rstrip('.')})") from None
    mono: NDArray[np.float32] = soxr.resample(samples.mean(axis=1), rate_hz, _SAMPLE_RATE_HZ)
    return mono


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number <= _MOST_THREADS:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {_MOST_THREADS}")
    return number
