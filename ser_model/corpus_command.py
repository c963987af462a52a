"""`python -m ser_model corpus NAME DIR -o FILE`: a published corpus becomes a manifest to train on."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ser_model.corpora import CORPORA, Complaint, Corpus, Flaw, Reading, Recording, Source
from ser_model.corpora.soundness import Kept, sound_ones
from ser_model.corpus import SPLITS
from ser_model.errors import CorpusError
from ser_model.manifest import LABELS

__all__ = ["COLUMNS", "add_corpus_command"]

COLUMNS = ("path", "corpus", "speaker", "gender", "emotion", "language", "split", "text")

_EXAMPLES_SHOWN = 5


def add_corpus_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command; its `run` returns 0, or raises CorpusError, which ends with 2."""
    parser = commands.add_parser(
        "corpus",
        help="write the manifest of a downloaded corpus, and say what is wrong with it",
        description="Finds the recordings of a corpus in its official layout and writes their manifest: "
        f"{','.join(COLUMNS)}. What is wrong is told and left out; only an empty result is an error.",
    )
    parser.add_argument("name", choices=list(CORPORA), metavar="NAME", help=" | ".join(CORPORA))
    parser.add_argument("folder", type=Path, metavar="DIR", help="the corpus as it was unpacked")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="the manifest to write")
    parser.add_argument("--force", action="store_true", help="overwrite a manifest that is there")
    used = "; ".join(f"{corpus.name}: {corpus.metadata}" for corpus in CORPORA.values() if corpus.metadata)
    parser.add_argument("--metadata", type=Path, metavar="FILE", help=f"where it isn't beside: {used}")
    sets = {name for corpus in CORPORA.values() for name in corpus.label_sets}
    parser.add_argument("--labels", choices=sorted(sets), help="ShEMO's labels (default: those of the names)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    corpus = CORPORA[options.name]
    _check(options, corpus)
    labels = options.labels or next(iter(corpus.label_sets), None)
    reading = corpus.read(Source(options.folder, options.metadata, labels))
    kept = sound_ones(reading.recordings)
    complaints = [*reading.complaints, *kept.complaints]
    for line in _told(complaints):
        print(line, file=sys.stderr)
    if not kept.recordings:
        raise CorpusError(f"{options.folder}: no usable recordings of {corpus.name}; nothing was written")
    _write(options.out, kept.recordings)
    for line in _summary(corpus, labels, reading, kept):
        print(line)
    print(f"{len(complaints)} complaints; wrote {options.out}")
    return 0


def _check(options: argparse.Namespace, corpus: Corpus) -> None:
    if options.labels and options.labels not in corpus.label_sets:
        raise CorpusError(f"{corpus.name} has no {options.labels} labels; leave --labels out")
    if options.metadata and not corpus.metadata:
        raise CorpusError(f"{corpus.name} needs no further file; leave --metadata out")
    if options.metadata and not options.metadata.is_file():
        raise CorpusError(f"{options.metadata}: no such file")
    if options.out.exists() and not options.force:
        raise CorpusError(f"{options.out}: is there already; overwrite it with --force")


def _write(out: Path, recordings: Sequence[Recording]) -> None:
    folder = Path(os.path.abspath(out.parent))
    unfinished = folder / f".{out.name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for recording in recordings:
                path = Path(os.path.abspath(recording.path))
                named = path.relative_to(folder) if path.is_relative_to(folder) else path
                writer.writerow([named.as_posix(), *(getattr(recording, name) for name in COLUMNS[1:])])
        unfinished.replace(out)
    except OSError as error:
        raise CorpusError(f"{out}: cannot be written ({error.strerror})") from None
    finally:
        if unfinished.exists():
            unfinished.unlink()


def _told(complaints: Sequence[Complaint]) -> list[str]:
    lines = []
    for flaw in Flaw:
        places = [complaint.where for complaint in complaints if complaint.flaw is flaw]
        if places:
            lines.append(f"{len(places)} {flaw.value}:")
            lines += [f"  {place}" for place in places[:_EXAMPLES_SHOWN]]
            if len(places) > _EXAMPLES_SHOWN:
                lines.append(f"  and {len(places) - _EXAMPLES_SHOWN} more")
    return lines


def _summary(corpus: Corpus, labels: str | None, reading: Reading, kept: Kept) -> list[str]:
    lines = [f"{corpus.name}, {labels} labels" if labels else corpus.name, *_table(kept)]
    lines += [f"left out: {number} ({reason})" for reason, number in sorted(reading.left_out.items())]
    empty = [split for split in SPLITS if all(recording.split != split for recording in kept.recordings)]
    if empty:
        lines.append(f"nothing in {' and '.join(empty)}: train with another corpus beside it")
    if corpus.note:
        lines.append(f"note: {corpus.note}")
    return lines


def _table(kept: Kept) -> list[str]:
    """Recordings by split and emotion, with speakers and hours."""
    emotions = [label for label in LABELS if any(one.emotion == label for one in kept.recordings)]
    rows = [["split", *emotions, "all", "speakers", "hours"]]
    for split in (*SPLITS, "all"):
        chosen = [
            (recording, duration_s)
            for recording, duration_s in zip(kept.recordings, kept.durations_s, strict=True)
            if split in (recording.split, "all")
        ]
        counts = Counter(recording.emotion for recording, _ in chosen)
        speakers = {(recording.corpus, recording.speaker) for recording, _ in chosen}
        hours = sum(duration_s for _, duration_s in chosen) / 3600
        numbers = [*(counts[label] for label in emotions), len(chosen), len(speakers)]
        rows.append([split, *map(str, numbers), f"{hours:.2f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *padded]))
    return lines
