"""The recordings to train on.

A manifest has the columns path, speaker, emotion, language and split (train, valid or test), and as far as
known corpus, gender and text. Several are read as one: no speaker may be in two splits of them all, and each
split has to be in one of them. They are never part of the repository: name manifests, or folders that have
one, with `--corpus` or in HAMDEL_CORPORA. `python -m ser_model corpus` writes those of published corpora, and
`python -m review corrections` that of what therapists corrected.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_model.errors import CorpusError
from ser_model.manifest import LABELS, UNDETERMINED

__all__ = [
    "SPLITS",
    "CorpusClip",
    "corpus_manifests",
    "manifest_in",
    "read_corpus",
]

SPLITS = ("train", "valid", "test")

_COLUMNS = ("path", "speaker", "emotion", "language", "split")
_MANIFESTS = ("manifest.csv", "speech/manifest.csv", "speech.csv")
"""Where a folder may have its manifest; the last is how corrections are exported."""


@dataclass(frozen=True, slots=True)
class CorpusClip:
    """One labelled recording of a corpus."""

    path: Path
    corpus: str
    speaker: str
    emotion: str
    language: str
    split: str
    gender: str = ""
    """`female`, `male`, or empty where it isn't known."""
    text: str = ""


def manifest_in(place: Path) -> Path | None:
    """The manifest that a path names: the file itself, or that of a folder."""
    if place.is_file():
        return place
    return next((place / name for name in _MANIFESTS if (place / name).is_file()), None)


def corpus_manifests(chosen: Path | Sequence[Path] | None) -> list[Path]:
    """The manifests that were named: as files or by their folders; None takes HAMDEL_CORPORA.

    Raises:
        CorpusError: where none was named, or a folder has none.
    """
    if chosen is None:
        places = [Path(name) for name in os.environ.get("HAMDEL_CORPORA", "").split(os.pathsep) if name]
    else:
        places = [chosen] if isinstance(chosen, Path) else list(chosen)
    if not places:
        raise CorpusError(
            "no corpus: name manifests, or folders that have one, with --corpus or HAMDEL_CORPORA; "
            f"columns are {','.join(_COLUMNS)}. `python -m ser_model corpus` writes that of a downloaded "
            "corpus (CREMA-D and EMO-DB are free)"
        )
    manifests = []
    for place in places:
        manifest = manifest_in(place)
        if manifest is None:
            names = " nor ".join(_MANIFESTS)
            raise CorpusError(f"{place}: has neither {names}" if place.is_dir() else f"{place}: is not there")
        manifests.append(manifest)
    return manifests


def read_corpus(chosen: Path | Sequence[Path] | None) -> list[CorpusClip]:
    """Reads manifests as one; leaves out splits and emotions that are not for training (EMO-DB's boredom).

    Args:
        chosen: manifests, or folders that have one; None takes HAMDEL_CORPORA (several are parted like those
            of PATH). A manifest without the column corpus belongs to a corpus of its folder's name.

    Raises:
        CorpusError: where none was named, for missing manifests, columns or recordings, a split that none of
            them has, a speaker in two splits, or a recording in two manifests.
    """
    manifests = corpus_manifests(chosen)
    clips: list[CorpusClip] = []
    for manifest in manifests:
        clips += _clips(manifest)
    _check(", ".join(map(str, manifests)), clips, several=len(manifests) > 1)
    return clips


def _clips(manifest: Path) -> list[CorpusClip]:
    folder = manifest.parent
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            rows = list(reader)
    except OSError as error:
        raise CorpusError(f"{manifest}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{manifest}: is not a CSV file in UTF-8 ({error})") from None
    if missing:
        raise CorpusError(f"{manifest}: columns {missing} are missing; needed are {','.join(_COLUMNS)}")
    own_name = folder.absolute().name
    return [
        CorpusClip(
            path=folder / row["path"],
            corpus=corpus,
            speaker=f"{corpus}/{row['speaker']}",
            emotion=row["emotion"],
            language=row["language"] or UNDETERMINED,
            split=row["split"],
            gender=row.get("gender") or "",
            text=row.get("text") or "",
        )
        for row in rows
        if row["split"] in SPLITS and row["emotion"] in LABELS
        for corpus in [row.get("corpus") or own_name]
    ]


def _check(named: str, clips: Sequence[CorpusClip], *, several: bool) -> None:
    splits_of: dict[str, set[str]] = {}
    for clip in clips:
        splits_of.setdefault(clip.speaker, set()).add(clip.split)
    shared = sorted(speaker for speaker, splits in splits_of.items() if len(splits) > 1)
    if shared:
        raise CorpusError(f"{named}: speakers {shared[:3]} are in two splits; figures would be too good")
    empty = [split for split in SPLITS if not any(clip.split == split for clip in clips)]
    if empty:
        raise CorpusError(f"{named}: no recordings of the splits {empty}; add a corpus that has them")
    missing = [clip.path for clip in clips if not clip.path.is_file()]
    if missing:
        raise CorpusError(f"{named}: {len(missing)} recordings are missing, the first is {missing[0]}")
    if several:
        times = Counter(clip.path.resolve() for clip in clips)
        twice = [path for path, number in times.items() if number > 1]
        if twice:
            raise CorpusError(f"{named}: {len(twice)} recordings are named twice, the first is {twice[0]}")
