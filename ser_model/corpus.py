"""The recordings to train on, and a cache of their spectrograms.

A corpus folder has `manifest.csv` with the columns path, corpus, speaker, emotion, language and
split (train, valid or test; no speaker in two of them). It is never part of the repository: name it
with `--corpus DIR` or in HAMDEL_CORPORA.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_dir
from tqdm import tqdm

from ser_model import features
from ser_model.errors import CorpusError
from ser_model.manifest import LABELS, read_recording

__all__ = [
    "SPLITS",
    "CorpusClip",
    "cache_folder",
    "cached_arrays",
    "corpus_folder",
    "read_corpus",
    "spectrograms",
]

SPLITS = ("train", "valid", "test")

_COLUMNS = ("path", "corpus", "speaker", "emotion", "language", "split")


@dataclass(frozen=True, slots=True)
class CorpusClip:
    """One labelled recording of a corpus."""

    path: Path
    corpus: str
    speaker: str
    emotion: str
    language: str
    split: str


def corpus_folder(chosen: Path | None) -> Path:
    """The folder with the manifest: the chosen one, or HAMDEL_CORPORA; its `speech` folder counts too.

    Raises:
        CorpusError: where none was named or it has no manifest.
    """
    named = chosen or (Path(os.environ["HAMDEL_CORPORA"]) if os.environ.get("HAMDEL_CORPORA") else None)
    if named is None:
        raise CorpusError(
            "no corpus: name the folder of the recordings with --corpus DIR or HAMDEL_CORPORA; it has "
            f"manifest.csv with the columns {','.join(_COLUMNS)} (CREMA-D and EMO-DB are free to download)"
        )
    for folder in (named, named / "speech"):
        if (folder / "manifest.csv").is_file():
            return folder
    raise CorpusError(f"{named}: has neither manifest.csv nor speech/manifest.csv")


def read_corpus(folder: Path) -> list[CorpusClip]:
    """Reads the manifest; leaves out splits and emotions that are not for training (EMO-DB's boredom).

    Raises:
        CorpusError: for missing columns or recordings, or a speaker in two splits.
    """
    path = folder / "manifest.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise CorpusError(f"{path}: columns {missing} are missing; needed are {','.join(_COLUMNS)}")
        clips = [
            CorpusClip(
                path=folder / row["path"],
                corpus=row["corpus"],
                speaker=f"{row['corpus']}/{row['speaker']}",
                emotion=row["emotion"],
                language=row["language"],
                split=row["split"],
            )
            for row in reader
            if row["split"] in SPLITS and row["emotion"] in LABELS
        ]
    _check(path, clips)
    return clips


def cache_folder() -> Path:
    """Where computed features and unfinished runs are kept: below HAMDEL_HOME or the platform's cache."""
    chosen = os.environ.get("HAMDEL_HOME")
    home = Path(chosen).expanduser() if chosen else Path(user_cache_dir("hamdel", appauthor=False))
    return home / "ser_model"


def cached_arrays(
    clips: Sequence[CorpusClip],
    compute: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    *,
    name: str,
    recipe: str,
) -> list[NDArray[np.float32]]:
    """Computes an array of each recording once and keeps all in one file in half precision.

    Args:
        clips: recordings.
        compute: from samples at 16 kHz, shape (n,), to an array of shape (t, k), k constant.
        name: of the arrays, for the file and the progress bar.
        recipe: whatever the result depends on beside the recordings; another recipe, another file.

    Returns:
        An array of shape (t, k) for each clip.
    """
    path = cache_folder() / f"{name}-{_fingerprint(clips, recipe)}.npz"
    if not path.is_file():
        arrays = [compute(read_recording(clip.path)) for clip in tqdm(clips, desc=name, unit="clip")]
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.npz")
        np.savez(
            unfinished,
            values=np.concatenate(arrays).astype(np.float16),
            lengths=np.array([len(array) for array in arrays]),
        )
        unfinished.replace(path)
    with np.load(path) as stored:
        values, ends = stored["values"], np.cumsum(stored["lengths"])
    return [part.astype(np.float32) for part in np.split(values, ends[:-1])]


def spectrograms(clips: Sequence[CorpusClip]) -> list[NDArray[np.float32]]:
    """Log-mel spectrograms in dB, shape (t, 64) each, of `features.log_mel`."""
    recipe = Path(features.__file__).read_text(encoding="utf-8")
    return cached_arrays(clips, features.log_mel, name="spectrograms", recipe=recipe)


def _check(path: Path, clips: Sequence[CorpusClip]) -> None:
    splits_of: dict[str, set[str]] = {}
    for clip in clips:
        splits_of.setdefault(clip.speaker, set()).add(clip.split)
    shared = sorted(speaker for speaker, splits in splits_of.items() if len(splits) > 1)
    if shared:
        raise CorpusError(f"{path}: speakers {shared[:3]} are in two splits; figures would be too good")
    empty = [split for split in SPLITS if not any(clip.split == split for clip in clips)]
    if empty:
        raise CorpusError(f"{path}: no recordings of the splits {empty}")
    missing = [clip.path for clip in clips if not clip.path.is_file()]
    if missing:
        raise CorpusError(f"{path}: {len(missing)} recordings are missing, the first is {missing[0]}")


def _fingerprint(clips: Sequence[CorpusClip], recipe: str) -> str:
    digest = hashlib.sha256(recipe.encode())
    for clip in clips:
        digest.update(f"{clip.path}\0{clip.path.stat().st_size}\0".encode())
    return digest.hexdigest()[:16]
