"""The command `corpus`: a corpus to learn from, made of recordings in a published layout."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from language import LANGUAGES

__all__ = ["LAYOUTS", "add_arguments", "run"]

LAYOUTS = {
    "ljspeech": "tts_voices.training.corpora.ljspeech",
    "manatts": "tts_voices.training.corpora.manatts",
}
"""The module of each layout."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("layout", choices=sorted(LAYOUTS))
    parser.add_argument("folder", type=Path, help="where the recordings lie")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the corpus to make or go on with")
    parser.add_argument("--language", choices=LANGUAGES, help='"fa" for manatts, else "en", if left out')


def run(options: argparse.Namespace) -> int:
    """Makes the corpus and says what it holds."""
    language = options.language or ("fa" if options.layout == "manatts" else "en")
    layout = importlib.import_module(LAYOUTS[options.layout])
    progress = sys.stderr.isatty()
    made = layout.read(options.folder, language, _front_end(language), options.out, progress=progress)
    print(f"{options.out}: {made.told()}")
    return 0


def _front_end(language: str) -> Callable[[str], Sequence[str]]:
    from tts_voices.pronunciation.readers import own_reader

    return own_reader(language)
