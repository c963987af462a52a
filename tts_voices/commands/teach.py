"""`python -m tts_voices teach`: makes a corpus out of what a program speaks, to learn a voice from."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_arguments", "run"]

_ROOT = Path(__file__).parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sources = parser.add_subparsers(dest="source", required=True)
    for name, teacher in (("english", "Festival's voice slt"), ("persian", "espeak-ng")):
        source = sources.add_parser(name, help=f"spoken by {teacher}")
        source.add_argument("--out", type=Path, required=True, help="the corpus' folder")
        source.add_argument("--sentences", type=int, default=4200, help="of our own, to learn from")
        source.add_argument("--lines", type=int, default=2600, help="of random words, to learn from")
        source.add_argument("--held-out", type=int, default=400, help="sentences kept apart")


def run(options: argparse.Namespace) -> int:
    """Makes the corpus, from where it was left."""
    # What teaching needs is not in the environment in which the voices speak, and `--help` is.
    from tts_voices.training.teaching import teach_english, teach_persian

    teach = teach_english if options.source == "english" else teach_persian
    count = teach(_ROOT, options.out, options.sentences, options.lines, options.held_out)
    print(f"{count} lessons in {options.out}")
    return 0
