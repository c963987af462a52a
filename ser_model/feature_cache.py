"""Features of recordings, computed once and kept on disk in half precision, memory-mapped when read.

A copy of number 0 is the recording as it is; others are made of it (`recording_augmentation`), each always
the same. Half precision holds decibels and encoder states to a thousandth; the file of a corpus is large, and
several trainings may read it side by side.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_dir
from tqdm import tqdm

from ser_model import degradations, features, recording_augmentation
from ser_model.configuration import StatesNetwork
from ser_model.corpus import CorpusClip
from ser_model.errors import CorpusError
from ser_model.recording_augmentation import varied_recording
from ser_model.recordings import read_recording

__all__ = ["Compute", "cache_folder", "cached_features", "log_mel_recipe", "states_recipe"]

Compute = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From samples at 16 kHz, shape (n,), to features of shape (t, d), d constant."""


def cache_folder() -> Path:
    """Where computed features and unfinished runs are kept: below HAMDEL_HOME or the platform's cache."""
    chosen = os.environ.get("HAMDEL_HOME")
    home = Path(chosen).expanduser() if chosen else Path(user_cache_dir("hamdel", appauthor=False))
    return home / "ser_model"


def cached_features(
    clips: Sequence[CorpusClip], compute: Compute | None, *, name: str, recipe: str, copy: int = 0
) -> list[NDArray[np.float16]]:
    """Features of each recording.

    Args:
        clips: recordings.
        compute: how; None where they have to be there already.
        name: of the features, for the folder and the progress bar.
        recipe: whatever the result depends on beside the recordings; another recipe, another folder.
        copy: which of the recordings that are made of each one.

    Returns:
        An array of shape (t, d) for each clip, read from disk as it is used.

    Raises:
        CorpusError: where the features are not there and can't be computed here.
    """
    folder = cache_folder() / f"{name}-{copy}-{_fingerprint(clips, recipe, copy)}"
    if not folder.is_dir():
        if compute is None:
            raise CorpusError(f"{folder} is missing: run `make train-ser`, which computes it first")
        _write(folder, clips, compute, name=name if copy == 0 else f"{name}, copy {copy}", copy=copy)
    values = np.load(folder / "values.npy", mmap_mode="r")
    return np.split(values, np.load(folder / "ends.npy")[:-1])


def log_mel_recipe() -> str:
    """What log-mel spectrograms depend on."""
    return _source(features)


def states_recipe(network: StatesNetwork) -> str:
    """What the encoder states for a network depend on."""
    return f"pairs of states 1, layers {network.layers} of {network.encoder_sha256}"


def _write(folder: Path, clips: Sequence[CorpusClip], compute: Compute, *, name: str, copy: int) -> None:
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    unfinished.mkdir(parents=True)
    try:
        ends, count = [], 0
        with (unfinished / "values.raw").open("wb") as file:
            for clip in tqdm(clips, desc=name, unit="clip"):
                computed = compute(_recording(clip, copy)).astype(np.float16)
                file.write(computed.tobytes())
                count += len(computed)
                ends.append(count)
        values = np.fromfile(unfinished / "values.raw", dtype=np.float16).reshape(count, -1)
        np.save(unfinished / "values.npy", values)
        np.save(unfinished / "ends.npy", np.array(ends))
        (unfinished / "values.raw").unlink()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _recording(clip: CorpusClip, copy: int) -> NDArray[np.float32]:
    samples = read_recording(clip.path)
    if copy == 0:
        return samples
    seed = hashlib.sha256(f"{copy}\0{clip.path.name}".encode()).digest()[:8]
    return varied_recording(samples, np.random.default_rng(int.from_bytes(seed, "little")))


def _fingerprint(clips: Sequence[CorpusClip], recipe: str, copy: int) -> str:
    digest = hashlib.sha256(recipe.encode())
    if copy:
        digest.update((_source(degradations) + _source(recording_augmentation)).encode())
    for clip in clips:
        digest.update(f"{clip.path}\0{clip.path.stat().st_size}\0".encode())
    return digest.hexdigest()[:16]


def _source(module: object) -> str:
    return Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
