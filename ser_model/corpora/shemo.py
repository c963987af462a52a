"""ShEMO (Mohamad Nezami et al. 2019, Language Resources and Evaluation 53:1-16): 87 speakers of Persian.

Names are `F25A06.wav`: gender and number of the speaker, emotion, running number. The original label is the
one in the name. Yazdani & Shekofteh (2022, arXiv:2211.09956) found texts that belong to other recordings and
published modified labels with the right texts as JSON. The corpus's common folds share speakers; this split
does not.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

from ser_model.corpora.reading import Corpus, Flaw, Reading, Recording, Source, sound_files
from ser_model.errors import CorpusError

__all__ = ["CORPUS", "TEST_SPEAKERS", "VALID_SPEAKERS", "read"]

VALID_SPEAKERS = frozenset(
    {"F01", "F13", "F15", "F20", "M05", "M11", "M20", "M22", "M46", "M47", "M52", "M53"}
)
TEST_SPEAKERS = frozenset(
    {"F02", "F25", "F26", "F30", "M02", "M04", "M14", "M25", "M33", "M43", "M54", "M55"}
)

_SPEAKERS = frozenset(
    [f"F{number:02d}" for number in range(1, 32)] + [f"M{number:02d}" for number in range(1, 57)]
)
_NAME = re.compile(r"([FM]\d\d)([A-Z])(\d\d)")
_EMOTIONS = {
    "A": "anger",
    "F": "fear",
    "H": "happiness",
    "N": "neutral",
    "S": "sadness",
    "W": "surprise",
}
_MODIFIED = "modified"
_PUBLISHED = ("modified_shemo.json", "modified_shemo.json.gz")
_FIRST_PUBLISHED = ("original_shemo.json", "original_shemo.json.gz", "shemo.json", "shemo.json.gz")


def read(source: Source) -> Reading:
    """Reads file names, and labels and transcripts from the published JSON where it is there.

    Raises:
        CorpusError: for a folder without recordings, unreadable JSON, or modified labels without their file.
    """
    reading = Reading()
    modified = source.labels == _MODIFIED
    found = source.near(*_PUBLISHED, *(() if modified else _FIRST_PUBLISHED))
    metadata = source.metadata or found
    published = _published(metadata, modified) if metadata is not None else None
    if modified and published is None:
        raise CorpusError(
            f"{source.folder}: modified labels need {_PUBLISHED[0]} in it or beside it, or --metadata FILE"
        )
    for path in sound_files(source.folder, ("female", "male", "shemo"), example=CORPUS.example):
        match = _NAME.fullmatch(path.stem)
        if match is None or match[1] not in _SPEAKERS:
            reading.complain(Flaw.NAME, path)
            continue
        entry = (published or {}).get(path.stem, {})
        label = entry.get("emotion", "no modified label") if modified else match[2]
        emotion = label if modified and label in _EMOTIONS.values() else _EMOTIONS.get(label)
        if emotion is None:
            reading.complain(Flaw.LABEL, f"{label} in {path}")
            continue
        recording = Recording(
            path=path,
            corpus=CORPUS.name,
            speaker=match[1],
            gender="female" if path.stem.startswith("F") else "male",
            emotion=emotion,
            language="fa",
            split=_split(match[1]),
            text=_clean(entry["transcript"]) if entry.get("transcript") else _text_beside(path, reading),
        )
        reading.recordings.append(recording)
    reading.miss(_SPEAKERS)
    return reading


def _split(speaker: str) -> str:
    if speaker in VALID_SPEAKERS:
        return "valid"
    return "test" if speaker in TEST_SPEAKERS else "train"


def _published(path: Path, modified: bool) -> dict[str, dict[str, str]]:
    """Stem of the recording → what the JSON says of it; of the two files one has names with `.wav`."""
    try:
        content = path.read_bytes()
        table: Any = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
        entries = {
            Path(name).stem: {key: str(value) for key, value in entry.items()}
            for name, entry in table.items()
        }
    except (OSError, EOFError, ValueError, AttributeError) as error:
        raise CorpusError(f"{path}: is not ShEMO's published JSON ({error})") from None
    if modified and not any("text_name" in entry for entry in entries.values()):
        raise CorpusError(f"{path}: is not the file of the modified labels, {_PUBLISHED[0]}")
    return entries


def _text_beside(path: Path, reading: Reading) -> str:
    """The transcript of the recording's name: beside it, or in `transcript/` beside its folder."""
    for folder in (path.parent, path.parent.parent / "transcript", path.parent / "transcript"):
        text = folder / f"{path.stem}.ort"
        if text.is_file():
            try:
                return _clean(text.read_text(encoding="utf-8-sig"))
            except (OSError, UnicodeDecodeError):
                reading.complain(Flaw.TEXT, text)
                return ""
    return ""


def _clean(text: str) -> str:
    return " ".join(text.replace("\ufeff", "").split())


CORPUS = Corpus(
    name="shemo",
    read=read,
    example="female/F25A06.wav",
    licence="free for academic use, cite Mohamad Nezami et al. (2019)",
    research_only=True,
    label_sets=("original", _MODIFIED),
    metadata="modified_shemo.json or original_shemo.json, plain or gzip",
    note="fear has 38 recordings of 3,000: its recall is hardly known, give its interval with it",
)
