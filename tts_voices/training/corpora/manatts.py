"""ManaTTS (Fetrat Qharabagh and others, 2024; CC0): 86 hours of one Persian speaker, in Parquet shards.

A row has `file name`, `transcript`, `audio` (samples as a list of numbers), `samplerate`, `duration` and
`match quality`, which says how well a recogniser agreed with the transcript: HIGH, MIDDLE or REJECT. The
shards lie in one folder, as `dataset_part_01.parquet` and on. Needs pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet

from tts_voices.training.corpora.preparation import Clip, FrontEnd, Prepared, Samples, Sounds, prepare
from tts_voices.voice import VoiceError

__all__ = ["clips", "read"]

_NAME, _TEXT, _AUDIO, _RATE, _QUALITY = "file name", "transcript", "audio", "samplerate", "match quality"
_NEEDED = (_NAME, _TEXT, _AUDIO, _RATE)
_REJECTED = "REJECT"
_ROWS = 16
"""Rows in memory at once: 16 of ten seconds at 44.1 kHz are 56 MB."""


def read(folder: Path, language: str, front_end: FrontEnd, out: Path, *, progress: bool = True) -> Prepared:
    """Makes a corpus in `out` of the shards in `folder`, see `preparation.prepare`.

    Sound that an earlier run has written is not read again.
    """
    shards = _shards(folder)
    total = sum(_opened(shard).metadata.num_rows for shard in shards)
    sounds = Sounds(out)
    found = clips(folder, sounds.known)
    return prepare(found, language, front_end, sounds, total=total, progress=progress)


def clips(folder: Path, known: Callable[[str], bool] = lambda name: False) -> Iterator[Clip]:
    """The clips of all shards in order; of a row group that is `known` whole without sound.

    Raises `VoiceError` where there is no shard, or one is damaged or lacks a column.
    """
    for shard in _shards(folder):
        yield from _clips(shard, known)


def _shards(folder: Path) -> list[Path]:
    shards = sorted(folder.rglob("*.parquet")) if folder.is_dir() else []
    if not shards:
        raise VoiceError(f"{folder} holds no *.parquet: give the folder with the shards of ManaTTS")
    return shards


def _opened(shard: Path) -> parquet.ParquetFile:
    try:
        file = parquet.ParquetFile(shard, memory_map=True)
    except (OSError, pyarrow.ArrowException) as error:
        raise VoiceError(f"{shard} is no whole Parquet file: fetch it again") from error
    if missing := [name for name in _NEEDED if name not in file.schema_arrow.names]:
        raise VoiceError(f"{shard} lacks the columns {', '.join(missing)}: it is no shard of ManaTTS")
    return file


def _clips(shard: Path, known: Callable[[str], bool]) -> Iterator[Clip]:
    file = _opened(shard)
    told = [name for name in (_NAME, _TEXT, _RATE, _QUALITY) if name in file.schema_arrow.names]
    try:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, columns=told).to_pylist()
            if all(_rejected(row) or known(_name(row)) for row in rows):
                yield from (_clip(row, None) for row in rows)
                continue
            place = 0
            for batch in file.iter_batches(batch_size=_ROWS, row_groups=[group], columns=[_AUDIO]):
                for sound in batch.column(0):
                    yield _clip(rows[place], sound)
                    place += 1
    except (OSError, pyarrow.ArrowException) as error:
        raise VoiceError(f"{shard} is damaged: fetch it again") from error


def _name(row: dict[str, Any]) -> str:
    return str(row[_NAME] or "").removesuffix(".wav")


def _rejected(row: dict[str, Any]) -> bool:
    return row.get(_QUALITY) == _REJECTED


def _clip(row: dict[str, Any], sound: Any) -> Clip:
    def load() -> tuple[Samples, int]:
        if sound is None or not sound.is_valid:
            raise FileNotFoundError(_name(row))
        values = sound.values.to_numpy(zero_copy_only=False)
        return np.asarray(values, dtype=np.float32), int(row[_RATE] or 0)

    refused = "that the corpus itself rejects" if _rejected(row) else None
    return Clip(_name(row), str(row[_TEXT] or "").strip(), load, refused)
