"""`python -m dialogue train`: a model of the present sources, quick where nothing has changed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dialogue.training import TrainingError, train_if_changed

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m dialogue", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    train = verbs.add_parser("train", help="train Rasa when its files have changed")
    train.add_argument("--force", action="store_true", help="train even if nothing has changed")
    options = parser.parse_args(arguments)
    try:
        path, trained = train_if_changed(force=options.force)
    except TrainingError as error:
        print(f"dialogue: {error}", file=sys.stderr)
        return 1
    print(f"{'trained' if trained else 'up to date'}: {path.relative_to(path.parent.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
