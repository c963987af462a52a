"""What a corpus's own layout says of its recordings, before anything is decoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ser_model.errors import CorpusError

__all__ = ["Complaint", "Corpus", "Flaw", "Reading", "Recording", "Source", "sound_files"]

_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3"})


class Flaw(Enum):
    """What can be wrong with a corpus; the value is how it is told, with what is done about it."""

    NAME = "names that are none of this corpus (left out)"
    LABEL = "unknown labels (left out)"
    NO_SPEAKER = "recordings without a speaker (left out: they could be in two splits)"
    NO_FILE = "recordings that are named but not there (left out)"
    TWO_SPLITS = "speakers in two splits (put into train, where they flatter no figure)"
    SPLIT = "unknown splits (left out)"
    EMPTY = "empty or silent recordings (left out)"
    UNDECODABLE = "recordings that cannot be decoded (left out)"
    SHORT = "recordings under 0.3 s (left out)"
    COPY = "copies of another recording (left out, the first is kept)"
    CONTRADICTION = "the same recording under two labels or speakers (all left out)"
    ABSENT = "speakers of the corpus without a recording (an incomplete copy?)"
    TEXT = "transcripts that cannot be read (left empty)"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with a corpus, and where."""

    flaw: Flaw
    where: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording with what its corpus says of it; names are those of the manifest's columns."""

    path: Path
    corpus: str
    speaker: str
    gender: str
    """`female`, `male`, or empty where it isn't known."""
    emotion: str
    """One of `ser_model.manifest.LABELS`."""
    language: str
    split: str
    """One of `ser_model.corpus.SPLITS`."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where to read a corpus, and how."""

    folder: Path
    metadata: Path | None = None
    """A file beside the recordings that says more of them; None looks in the usual places."""
    labels: str | None = None
    """One of the corpus's `label_sets`; None takes its first."""

    def near(self, *names: str) -> Path | None:
        """The first file of these names in the folder or in the one above it."""
        for folder in (self.folder, Path(self.folder).absolute().parent):
            for name in names:
                if (folder / name).is_file():
                    return folder / name
        return None


@dataclass(slots=True)
class Reading:
    """What a reader found."""

    recordings: list[Recording] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Reason → number of recordings that the corpus has but that are not for us; no flaws."""
    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, flaw: Flaw, where: object) -> None:
        """Notes what is wrong."""
        self.complaints.append(Complaint(flaw, str(where)))

    def miss(self, speakers: Collection[str]) -> None:
        """Complains of those official speakers of whom nothing was found."""
        for speaker in sorted(set(speakers) - {recording.speaker for recording in self.recordings}):
            self.complain(Flaw.ABSENT, speaker)


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus that can be read: its name in the manifest, and its reader."""

    name: str
    read: Callable[[Source], Reading]
    example: str
    """A path in its official layout."""
    licence: str = ""
    """Its terms, with what to cite; empty where they aren't known here."""
    research_only: bool = False
    """Whether weights that learnt from it are for research only too."""
    label_sets: tuple[str, ...] = ()
    metadata: str = ""
    """What `--metadata` may name; empty where it has no use."""
    note: str = ""
    """What whoever trains with it has to know."""


def sound_files(folder: Path, parts: Collection[str] = (), *, example: str = "") -> Iterator[Path]:
    """The recordings below a folder, in order of their paths.

    Args:
        folder: of the corpus.
        parts: names of subfolders; where one of them is there, only these are searched (CREMA-D has
            every recording a second time in another format).
        example: of an official path, for the error.

    Raises:
        CorpusError: where the folder isn't there or has no recordings.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder")
    roots = [folder / part for part in sorted(parts) if (folder / part).is_dir()] or [folder]
    paths = sorted(
        path
        for root in roots
        for path in root.rglob("*")
        # Names with a leading dot are what archives from a Mac leave beside each file.
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
    if not paths:
        raise CorpusError(f"{folder}: no recordings below it; expected are files such as {example}")
    yield from paths
