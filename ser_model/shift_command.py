"""`python -m ser_model shift`: a detector on recordings that reach it otherwise than it learnt."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser_model.detector import RecordingDetector
from ser_model.errors import ConfigurationError
from ser_model.evaluate import Change, answer_all, report
from ser_model.loading import load_detector
from ser_model.manifest import ManifestRow, read_manifest
from ser_model.shift import CONDITIONS, Degradation, clip_seed

__all__ = ["add_shift_command", "shift_table"]

_KEPT = ("n", "uar", "uar_95_by_speaker", "accuracy", "coverage", "risk_at_coverage", "ece_debiased")


def shift_table(
    detector: RecordingDetector, rows: Sequence[ManifestRow], *, progress: bool = True
) -> list[dict[str, Any]]:
    """A row of figures for each condition of `shift.CONDITIONS`, over the same recordings.

    Raises:
        ManifestError: for a recording that cannot be decoded.
    """
    table = []
    for name, degrade in CONDITIONS:
        answers = answer_all(detector, rows, progress=progress, name=name, change=_changing(degrade))
        figures = report(answers)
        table.append({"condition": name, **{key: figures[key] for key in _KEPT if key in figures}})
    return table


def _changing(degrade: Degradation) -> Change:
    return lambda samples, row: degrade(samples, clip_seed(row.path.name))


def add_shift_command(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "shift",
        help="measure the detector on recordings made worse: bands, telephone, noise, level",
        description="Measures the detector on the same recordings under each condition: another band, 8 kHz "
        "μ-law, noise, level. What a gate holds back counts as unclear.",
    )
    parser.add_argument(
        "--manifest", type=Path, required=True, help="CSV file: path,emotion,speaker,language,split"
    )
    parser.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the figures go")
    parser.add_argument("--split", help="take only the rows of this split")
    parser.add_argument("--skip-unknown", action="store_true", help="leave out rows with unknown labels")
    parser.add_argument("--model", type=Path, help="folder with another card.json")
    parser.set_defaults(run=_shift)


def _shift(options: argparse.Namespace) -> int:
    rows = read_manifest(options.manifest, split=options.split, skip_unknown=options.skip_unknown)
    table = shift_table(load_detector(options.model), rows, progress=sys.stderr.isatty())
    try:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(table, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{options.json}: cannot be written ({error.strerror})") from None
    for row in table:
        risk = "–" if row["risk_at_coverage"] is None else f"{row['risk_at_coverage']:.2f}"
        print(f"{row['condition']:24} UAR {row['uar']:.3f}  coverage {row['coverage']:.2f}  risk {risk}")
    return 0
