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

from bot.model_store import (
    ModelFetchError,
    ModelManifestError,
    ModelMissingError,
    UnknownModelError,
    default_store,
)
from bot.transcriber import LANGUAGES, ModelFileError, Transcriber

__all__ = ["add_transcribe_arguments", "run_transcribe"]

_SAMPLE_RATE_HZ = 16_000


def add_transcribe_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `transcribe`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings, any common format")
    parser.add_argument(
        "--language", choices=("auto", *LANGUAGES), default="auto", help="default: heard from the voice"
    )
    parser.add_argument("--model", default="whisper-base", help="a model of models.toml (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="processor threads (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each file")


def run_transcribe(args: argparse.Namespace) -> int:
    """Prints what is heard in each file; 0 done, 1 without a usable model, 2 on bad input."""
    try:
        recordings = [(path, _read(path)) for path in args.files]
    except (OSError, soundfile.LibsndfileError) as error:
        print(f"cannot read a recording: {error}", file=sys.stderr)
        return 2
    try:
        transcriber = Transcriber.load(default_store().path(args.model), threads=args.threads)
    except (UnknownModelError, ModelManifestError) as error:
        print(error, file=sys.stderr)
        return 2
    except (ModelMissingError, ModelFetchError, ModelFileError) as error:
        print(error, file=sys.stderr)
        return 1
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
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono: NDArray[np.float32] = soxr.resample(samples.mean(axis=1), rate_hz, _SAMPLE_RATE_HZ)
    return mono
