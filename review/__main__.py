"""`python -m review admin | demo | corrections`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

__all__ = ["main"]

_COMMANDS = {
    "admin": "let the first administrator in",
    "demo": "show the review with a caseload of invented people",
    "corrections": "make a training manifest of what therapists corrected",
}
"""Name → what it does; each is a module with `add_NAME_arguments` and `run_NAME`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; gives the exit status, 2 where it could not be done."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m review", description="Commands of the review.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=f"{purpose.capitalize()}.")
        if name in given[:1]:  # the others may need what this one does not, and take long to load
            module = import_module(f"review.{name}")
            getattr(module, f"add_{name}_arguments")(command)
            command.set_defaults(run=getattr(module, f"run_{name}"))
    options = parser.parse_args(given)
    status: int = options.run(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
