"""`python -m recommender simulate`: what learning is worth to simulated people."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from recommender.errors import ConfigurationError
from recommender.simulated_offers import read_offers
from recommender.simulated_users import KINDS
from recommender.simulation import BLOCK, POLICIES, simulate, summary

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command beside the folders."""
    parser.add_argument("--users", type=int, default=200, help="people of each kind (default: 200)")
    parser.add_argument("--rounds", type=int, default=6000, help="how often somebody asks (default: 6000)")
    parser.add_argument("--seeds", type=int, default=5, help="how many times, for intervals (default: 5)")
    parser.add_argument("--kind", action="append", choices=KINDS, help="of people (default: all, in turn)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures here as well")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="draw the regret here (needs matplotlib)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Simulates and prints; takes about a second for 1,000 rounds of one seed.

    Raises:
        ConfigurationError: for impossible numbers, or where a file cannot be written.
        ModelFileError: for a model that cannot be loaded.
        SuggestionDataError: for data that is not as it should be.
    """
    if options.users < 1 or options.seeds < 1 or options.rounds < BLOCK:
        raise ConfigurationError(f"--users and --seeds must be 1 or more, --rounds {BLOCK} or more")
    figures = _figures(options)
    for kind, of_kind in figures["kinds"].items():
        print(*_table(kind, of_kind), sep="\n")
    if options.json is not None:
        _write(options.json, json.dumps(figures, ensure_ascii=False, indent=2).encode() + b"\n")
    if options.picture is not None:
        _draw(figures, options.picture)
    return 0


def _figures(options: argparse.Namespace) -> dict[str, Any]:
    offers = read_offers(options.model, options.suggestions, options.situations)
    kinds = {}
    for kind in options.kind or KINDS:
        runs = {}
        for policy in POLICIES:
            print(f"{kind}: {policy}", file=sys.stderr)
            runs[policy] = [
                simulate(offers, kind, policy, users=options.users, rounds=options.rounds, seed=seed)
                for seed in range(options.seeds)
            ]
        kinds[kind] = summary(runs)
    return {
        "users": options.users,
        "rounds": options.rounds,
        "seeds": options.seeds,
        "block": BLOCK,
        "kinds": kinds,
    }


def _table(kind: str, figures: dict[str, Any]) -> list[str]:
    lines = [f"{kind} (for {BLOCK} rounds: benefit, regret, more benefit than the rules)"]
    for policy in POLICIES:
        benefit, regret, gain = (
            "{mean:7.1f} ({low:.1f} to {high:.1f})".format(**figures[policy][name])
            for name in ("benefit", "regret", "over_rules")
        )
        lines.append(f"  {policy:22}{benefit:27}{regret:27}{gain}")
    share, first = figures["gate"]["on_share"], figures["gate"]["on_from"]
    begun = ", ".join("never" if one is None else str(one) for one in first)
    lines.append(f"  gate open in {share:.0%} of the rounds; from round: {begun}")
    return lines


def _draw(figures: dict[str, Any], path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        print("recommender: no picture is drawn, since matplotlib is not installed", file=sys.stderr)
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), tight_layout=True)
    axes = figure.subplots(2, (len(KINDS) + 1) // 2)
    for axis, (kind, of_kind) in zip(axes.flat, figures["kinds"].items(), strict=False):
        for policy in POLICIES:
            values = of_kind[policy]["regret_by_block"]
            axis.plot(range(1, len(values) + 1), values, label=policy, marker=".")
        axis.set_title(kind)
        axis.set_ylim(bottom=0.0)
        axis.set_xlabel(f"block of {BLOCK} rounds")
        axis.set_ylabel(f"regret for {BLOCK} rounds")
    axes.flat[-1].legend(*axes.flat[0].get_legend_handles_labels(), fontsize="small")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            figure.savefig(file, format="png")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from None
