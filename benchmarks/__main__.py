"""`python -m benchmarks`: which benchmarks there are."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["benchmarks", "main"]

_FOLDER = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    """Name → the first line of what each says of itself, of all that can be run; none of them is imported."""
    found = {}
    for path in sorted(_FOLDER.glob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        if path.stem[0] != "_" and any(getattr(each, "name", None) == "main" for each in module.body):
            found[path.stem] = (ast.get_docstring(module) or "").partition("\n")[0]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Lists the benchmarks; gives the exit status."""
    listed = "\n".join(f"  {name:<16} {what}" for name, what in benchmarks().items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Lists the benchmarks; `python -m benchmarks.NAME --help` tells more:\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    print(listed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
