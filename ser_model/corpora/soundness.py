"""Listens to the recordings that a reader found: are they sound, long enough, and each there once?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ser_model.corpora.reading import Complaint, Flaw, Recording
from ser_model.errors import ManifestError
from ser_model.features import SAMPLE_RATE_HZ
from ser_model.recordings import recording_blocks

__all__ = ["SHORTEST_S", "Kept", "sound_ones"]

SHORTEST_S = 0.3
"""Less is not a word, and no feeling can be heard in it."""

_BLOCK_FRAMES = 65_536


@dataclass(frozen=True, slots=True)
class Kept:
    """The recordings that are fit to train on, and what was wrong with the others."""

    recordings: tuple[Recording, ...]
    durations_s: tuple[float, ...]
    """One for each recording."""
    complaints: tuple[Complaint, ...]


def sound_ones(recordings: Sequence[Recording]) -> Kept:
    """Decodes each recording once, with a progress bar on a terminal.

    Of recordings with the same bytes (SHA-256) the first is kept where label and speaker agree, else none.
    """
    complaints: list[Complaint] = []
    heard: list[tuple[Recording, float]] = []
    same: dict[str, list[Recording]] = {}
    for recording in tqdm(recordings, desc="listening", unit="clip", disable=None):
        try:
            digest, duration_s, loudest = _listen(recording.path)
        except (ManifestError, OSError) as error:
            complaints.append(Complaint(Flaw.UNDECODABLE, str(error)))
            continue
        if loudest == 0.0:
            complaints.append(Complaint(Flaw.EMPTY, str(recording.path)))
        elif duration_s < SHORTEST_S:
            complaints.append(Complaint(Flaw.SHORT, f"{recording.path}: {duration_s:.3f} s"))
        else:
            heard.append((recording, duration_s))
            same.setdefault(digest, []).append(recording)
    dropped = _repeated(same, complaints)
    kept = [(recording, duration_s) for recording, duration_s in heard if recording.path not in dropped]
    return Kept(
        recordings=tuple(recording for recording, _ in kept),
        durations_s=tuple(duration_s for _, duration_s in kept),
        complaints=tuple(complaints),
    )


def _listen(path: Path) -> tuple[str, float, float]:
    """SHA-256 of the file, duration in s, and greatest absolute sample; an empty file is 0 s long."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if file.tell() == 0:
            return digest, 0.0, 0.0
    count, loudest = 0, 0.0
    for block in recording_blocks(path):
        count += len(block)
        loudest = max(loudest, float(np.abs(block).max()))
    return digest, count / SAMPLE_RATE_HZ, loudest


def _repeated(same: dict[str, list[Recording]], complaints: list[Complaint]) -> set[Path]:
    dropped: set[Path] = set()
    for group in same.values():
        first, *others = group
        if not others:
            continue
        meanings = {(recording.corpus, recording.speaker, recording.emotion) for recording in group}
        flaw = Flaw.COPY if len(meanings) == 1 else Flaw.CONTRADICTION
        for other in others:
            complaints.append(Complaint(flaw, f"{other.path} = {first.path}"))
        dropped.update(recording.path for recording in (others if flaw is Flaw.COPY else group))
    return dropped
