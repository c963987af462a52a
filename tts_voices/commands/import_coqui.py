"""The command `import`: a voice of somebody else's as one of ours."""

from __future__ import annotations

import argparse
from pathlib import Path

from language import LANGUAGES

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("origin", choices=["coqui"], help="whose voice it is")
    parser.add_argument(
        "name", help="tts_models/en/ljspeech/glow-tts and the like, or a folder with a checkpoint"
    )
    parser.add_argument(
        "-o", "--out", type=Path, required=True, help="the folder of the voice; not there yet"
    )
    parser.add_argument(
        "--vocoder", help="coqui's, likewise named, or the folder of a voice whose vocoder is used"
    )
    parser.add_argument("--language", choices=LANGUAGES, help="where the checkpoint does not say it")


def run(options: argparse.Namespace) -> int:
    """Imports the voice and says what it is."""
    # coqui's package is not in the environment in which the voices speak, and `--help` is.
    from tts_voices.coqui.importing import import_checkpoint

    made = import_checkpoint(options.name, options.out, options.vocoder, language=options.language)
    print(f"{options.out}: the voice {made.name} ({made.language}, {made.sample_rate_hz} Hz); {made.licence}")
    return 0
