"""Manifests of recordings: `path,emotion,speaker,language,split`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emotion import Emotion
from ser_model.errors import ManifestError

__all__ = ["LABELS", "UNDETERMINED", "ManifestRow", "read_manifest"]

LABELS = tuple(emotion.value for emotion in Emotion)
"""Names that the column `emotion` may hold."""

UNDETERMINED = "und"
"""Language of a row that names none (ISO 639-2)."""

_NEEDED = ("path", "emotion")


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One labelled recording."""

    path: Path
    emotion: str
    speaker: str
    language: str
    split: str


def read_manifest(path: Path, *, split: str | None = None, skip_unknown: bool = False) -> list[ManifestRow]:
    """Reads a manifest and checks all of it before anything is computed.

    Args:
        path: CSV file in UTF-8 with the columns path, emotion and, as far as known, speaker,
            language and split. Paths are relative to the manifest.
        split: take only the rows of this split.
        skip_unknown: leave rows out whose emotion is none of `LABELS`.

    Raises:
        ManifestError: for an unreadable file, missing columns, unknown emotions, missing recordings
            or nothing to evaluate.
    """
    table = _table(path)
    rows = [row for row in table if split is None or (row.get("split") or "").strip() == split]
    if not rows:
        found = sorted({(row.get("split") or "").strip() for row in table} - {""})
        raise ManifestError(
            f"{path}: no rows" + (f" of split {split!r}; it has {found or 'no splits'}" if split else "")
        )
    unknown = Counter((row["emotion"] or "").strip() for row in rows)
    for label in LABELS:
        unknown.pop(label, None)
    if unknown and not skip_unknown:
        named = ", ".join(f"{label!r} ({count} rows)" for label, count in sorted(unknown.items()))
        raise ManifestError(
            f"{path}: unknown emotions {named}; known are {', '.join(LABELS)}. "
            "Rename them, or leave those rows out with --skip-unknown"
        )
    kept = [_row(path, row) for row in rows if (row["emotion"] or "").strip() in LABELS]
    if not kept:
        raise ManifestError(f"{path}: no row has a known emotion; known are {', '.join(LABELS)}")
    missing = [row.path for row in kept if not row.path.is_file()]
    if missing:
        raise ManifestError(
            f"{path}: {len(missing)} of {len(kept)} recordings are missing, the first is {missing[0]}; "
            "paths are relative to the manifest"
        )
    return kept


def _table(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns: Sequence[str] = reader.fieldnames or ()
            missing = [name for name in _NEEDED if name not in columns]
            if missing:
                raise ManifestError(
                    f"{path}: columns {missing} are missing; a manifest has "
                    "path,emotion,speaker,language,split"
                )
            return list(reader)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path}: is not a CSV file in UTF-8 ({error})") from None


def _row(manifest: Path, row: dict[str, str]) -> ManifestRow:
    name = (row["path"] or "").strip()
    if not name:
        raise ManifestError(f"{manifest}: a row has no path")
    return ManifestRow(
        path=manifest.parent / name,
        emotion=row["emotion"].strip(),
        speaker=(row.get("speaker") or "").strip(),
        language=(row.get("language") or "").strip() or UNDETERMINED,
        split=(row.get("split") or "").strip(),
    )
