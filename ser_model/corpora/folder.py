"""Any folder of recordings that has a manifest of its own.

The manifest is a CSV file in UTF-8 with the columns path, speaker and emotion (one of our labels) and, as
far as known, corpus, gender, language, split and text. Recordings without a split are for training.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ser_model.corpora.reading import Corpus, Flaw, Reading, Recording, Source
from ser_model.corpus import SPLITS, manifest_in
from ser_model.errors import CorpusError
from ser_model.manifest import LABELS, UNDETERMINED

__all__ = ["CORPUS", "read"]

_NEEDED = ("path", "speaker", "emotion")


def read(source: Source) -> Reading:
    """Reads the folder's manifest, or the one that `source.metadata` names; paths are relative to it.

    Raises:
        CorpusError: where it isn't there or cannot be read.
    """
    manifest = source.metadata or manifest_in(source.folder)
    if manifest is None:
        raise CorpusError(
            f"{source.folder}: has no manifest.csv; write one with the columns {','.join(_NEEDED)} and, as "
            "far as known, corpus,gender,language,split,text, or name it with --metadata FILE"
        )
    reading = Reading()
    name = manifest.absolute().parent.name
    for row in _rows(manifest):
        recording = _recording(manifest, row, name)
        if not recording.path.is_file():
            reading.complain(Flaw.NO_FILE, recording.path)
        elif not recording.speaker:
            reading.complain(Flaw.NO_SPEAKER, recording.path)
        elif recording.emotion not in LABELS:
            reading.complain(Flaw.LABEL, f"{recording.emotion!r} in {recording.path}")
        elif recording.split not in SPLITS:
            reading.complain(Flaw.SPLIT, f"{recording.split!r} in {recording.path}")
        else:
            reading.recordings.append(recording)
    _part_speakers(reading)
    return reading


def _rows(manifest: Path) -> list[dict[str, str]]:
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(
                    f"{manifest}: columns {missing} are missing; needed are {','.join(_NEEDED)}"
                )
            return list(reader)
    except OSError as error:
        raise CorpusError(f"{manifest}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{manifest}: is not a CSV file in UTF-8 ({error})") from None


def _recording(manifest: Path, row: Mapping[str, str], name: str) -> Recording:
    def of(column: str) -> str:
        return row.get(column, "").strip()

    return Recording(
        path=manifest.parent / of("path"),
        corpus=of("corpus") or name,
        speaker=of("speaker"),
        gender=of("gender"),
        emotion=of("emotion").lower(),
        language=of("language") or UNDETERMINED,
        split=of("split") or "train",
        text=of("text"),
    )


def _part_speakers(reading: Reading) -> None:
    splits: dict[tuple[str, str], set[str]] = {}
    for recording in reading.recordings:
        splits.setdefault((recording.corpus, recording.speaker), set()).add(recording.split)
    shared = {speaker for speaker, found in splits.items() if len(found) > 1}
    for corpus, speaker in sorted(shared):
        reading.complain(Flaw.TWO_SPLITS, f"{corpus}/{speaker}")
    reading.recordings = [
        replace(recording, split="train") if (recording.corpus, recording.speaker) in shared else recording
        for recording in reading.recordings
    ]


CORPUS = Corpus(
    name="folder",
    read=read,
    example="manifest.csv",
    metadata="a manifest elsewhere; its paths are relative to it",
)
