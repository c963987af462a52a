"""`python -m tts_voices voices`: what voices there are, and whether they can speak."""

from __future__ import annotations

import argparse
from dataclasses import replace

from tts_voices.catalogue import CATALOGUE, DEFAULT_VOICE, VoiceState, load_voice, voice_state
from tts_voices.voice import VoiceError

__all__ = ["add_arguments", "run"]

_HEADINGS = ("name", "languages", "rate", "size", "licence", "state")
_UNKNOWN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `voices`."""
    parser.description = "The voices by name, and of those in FOLDER; every file is checked and loaded."
    parser.add_argument("folder", nargs="*", help="folders of voices of your own")


def run(options: argparse.Namespace) -> int:
    """Prints a table; 0 if the default voice and those asked for can speak, else 1."""
    asked = [_loaded(voice_state(folder)) for folder in options.folder]
    states = [*(_loaded(voice_state(name)) for name in sorted(CATALOGUE)), *asked]
    rows = [_HEADINGS, *map(_row, states)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join([*cells, row[-1]]))
    needed = [*asked, *(state for state in states if state.name == DEFAULT_VOICE)]
    return int(any(state.problem for state in needed))


def _loaded(state: VoiceState) -> VoiceState:
    """The state, with what only shows when the networks are opened."""
    if state.problem is None:
        try:
            load_voice(state.name)
        except VoiceError as error:
            return replace(state, problem=str(error))
    return state


def _row(state: VoiceState) -> tuple[str, ...]:
    return (
        state.name,
        ", ".join(state.languages) or _UNKNOWN,
        f"{state.sample_rate_hz} Hz" if state.sample_rate_hz else _UNKNOWN,
        f"{state.size_bytes / 1e6:.1f} MB" if state.size_bytes else _UNKNOWN,
        state.licence or _UNKNOWN,
        state.state,
    )
