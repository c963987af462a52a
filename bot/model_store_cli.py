"""`python -m bot models list | fetch [NAME…] | verify [NAME…]`."""

from __future__ import annotations

import argparse
import sys

from bot.model_store import (
    ModelFetchError,
    ModelManifestError,
    ModelStore,
    UnknownModelError,
    default_store,
)
from bot.settings import SettingsError, load_settings

__all__ = ["add_models_arguments", "run_models"]


def add_models_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs and their arguments to the parser of `models`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|fetch|verify")
    verbs.add_parser("list", help="show the models of models.toml and where they lie")
    fetch = verbs.add_parser("fetch", help="bring models into the cache folder")
    fetch.add_argument(
        "names", nargs="*", metavar="NAME", help="models; by default those that the settings choose"
    )
    verify = verbs.add_parser("verify", help="hash the files of models in the cache folder")
    verify.add_argument("names", nargs="*", metavar="NAME", help="models; by default all that are present")


def run_models(args: argparse.Namespace) -> int:
    """Runs a verb; returns the exit status: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    try:
        store = default_store()
        if args.verb == "list":
            return _list(store)
        if args.verb == "fetch":
            return _fetch(store, args.names)
        return _verify(store, args.names)
    except (ModelManifestError, SettingsError, UnknownModelError) as error:
        print(error, file=sys.stderr)
        return 2
    except ModelFetchError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run it again to continue", file=sys.stderr)
        return 130


def _list(store: ModelStore) -> int:
    for status in store.list():
        entry = status.entry
        needed = "needed" if entry.default else "optional"
        print(f"{status.name}  {status.state}, {needed}, {entry.size_bytes / 1e6:.1f} MB, {entry.purpose}")
        print(f"    folder     {status.path}")
        print(f"    licence    {entry.licence}")
        print(f"    languages  {', '.join(entry.languages)}")
        print(f"    hardware   {entry.hardware}")
        print(f"    notes      {entry.notes}")
    return 0


def _fetch(store: ModelStore, names: list[str]) -> int:
    for name in names or load_settings().recogniser.models:
        print(f"{name}  {store.fetch(name)}")
    return 0


def _verify(store: ModelStore, names: list[str]) -> int:
    chosen = names or [status.name for status in store.list() if status.state != "missing"]
    if not chosen:
        print("no model is in the cache folder; run: python -m bot models fetch", file=sys.stderr)
        return 1
    failed = False
    for name in chosen:
        problems = store.verify(name)
        failed |= bool(problems)
        print(f"{name}  {'; '.join(problems) or 'all files are those of the manifest'}")
    if failed:
        print("run: python -m bot models fetch NAME", file=sys.stderr)
    return int(failed)
