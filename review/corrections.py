"""Corrected moods as training data: `python -m review corrections --out DIR`.

Only what people agreed to: research consented to when the turn was said, and not revoked since, there, in a
later talk or for all. Speakers get random ids that nobody can lead back; words and voices stay as they are,
and can still tell who somebody is: the folder is to be kept like the log itself.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from emotion.labels import UNCLEAR
from session_log import SessionLogError
from session_log.audio import AudioError, open_audio
from session_log.audit_events import AudioDeleted
from session_log.care_events import LabelReviewed
from session_log.data_keys import SealError
from session_log.events import AudioKept, ConsentSet, LabelCorrected, TurnHeard
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces, installed_places
from session_log.operator_access import note_access, operating
from session_log.reader import LogReader, reading

__all__ = ["Corrections", "add_corrections_arguments", "run_corrections", "write_corrections"]

_SPLITS = ("train", "valid", "test")
_SHARES = (8, 1, 1)
_TALKS = """SELECT DISTINCT events.talk_id, talks.person FROM events JOIN talks USING (talk_id)
    WHERE event_kind IN ('label_reviewed', 'label_corrected') AND events.facts IS NOT NULL
        AND talks.person IS NOT NULL AND talks.erased_at IS NULL ORDER BY talk_id"""
_LATEST_CONSENT = """SELECT json_extract(events.facts, '$.granted') FROM talks JOIN events USING (talk_id)
    WHERE talks.person = ? AND event_kind = 'consent_set'
        AND json_extract(events.facts, '$.scope') = 'research'
    ORDER BY events.at DESC, sequence DESC LIMIT 1"""
_KINDS = (
    ConsentSet,
    TurnHeard,
    LabelCorrected,
    LabelReviewed,
    AudioKept,
    AudioDeleted,
)


@dataclass(slots=True)
class Corrections:
    """How much was written, and what was left out: reason → number of turns."""

    texts: int = 0
    sounds: int = 0
    speakers: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Turn:
    heard: TurnHeard
    emotion: str
    has_sound: bool


def add_corrections_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a folder that is not there yet"
    )
    parser.add_argument(
        "--database", type=Path, metavar="FILE", help="the session log (default: the server's)"
    )
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="its master keys")
    parser.add_argument("--head-file", type=Path, metavar="FILE", help="the newest link of its chain")


def run_corrections(arguments: argparse.Namespace) -> int:
    """Does what the command says, and returns its exit status."""
    try:
        places = installed_places(arguments.database, arguments.key_file, arguments.head_file)
        if not places.database.is_file():
            raise SessionLogError(
                f"There is no session log at {places.database}; give its place with --database."
            )
        if arguments.out.exists():
            raise SessionLogError(f"{arguments.out} is there already; give the name of a new folder.")
        _note(places)
        with reading(places) as reader:
            written = write_corrections(reader, arguments.out)
    except SessionLogError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{arguments.out} cannot be written ({error.strerror}).", file=sys.stderr)
        return 2
    print(
        f"{written.texts} turns of {written.speakers} people in text.csv, {written.sounds} of them with sound"
    )
    for reason, count in sorted(written.left_out.items()):
        print(f"left out: {count} ({reason})")
    print(f"Voices and words can tell who somebody is: keep {arguments.out} like the session log.")
    return 0


def write_corrections(reader: LogReader, folder: Path, chance: random.Random | None = None) -> Corrections:
    """Writes `speech.csv` with the sound it names, `text.csv`, and `left_out.json`.

    A table without rows is not written.

    Args:
        reader: of the log.
        folder: to be made, readable by its owner alone.
        chance: draws speakers' ids and splits; the system's randomness by default.

    Raises:
        OSError: where it cannot be written.
    """
    draw = chance or random.SystemRandom()
    written = Corrections()
    folder.mkdir(mode=0o700, parents=True)
    (folder / "sound").mkdir(mode=0o700)
    speech: list[tuple[str, ...]] = []
    texts: list[tuple[str, ...]] = []
    speakers: dict[str, tuple[str, str]] = {}
    for talk_id, person in reader.database.execute(_TALKS).fetchall():
        for turn in _turns(reader, talk_id, person, written.left_out):
            if person not in speakers:
                # All turns of a person are in one split, so that no voice is both learnt and judged.
                speakers[person] = (f"{draw.getrandbits(64):016x}", draw.choices(_SPLITS, _SHARES)[0])
            speaker, split = speakers[person]
            texts.append((turn.heard.text, turn.emotion, turn.heard.language, split))
            sound = _sound(reader, talk_id, turn, written.left_out)
            if sound is not None:
                name = f"sound/{draw.getrandbits(64):016x}.ogg"
                _write(folder / name, sound)
                speech.append((name, turn.emotion, speaker, turn.heard.language, split))
    # In the order of the log rows would tell which talks are whose.
    draw.shuffle(texts)
    draw.shuffle(speech)
    written.texts, written.sounds, written.speakers = len(texts), len(speech), len(speakers)
    if speech:
        _write_table(folder / "speech.csv", ("path", "emotion", "speaker", "language", "split"), speech)
    if texts:
        _write_table(folder / "text.csv", ("text", "emotion", "language", "split"), texts)
    values = {name: getattr(written, name) for name in ("texts", "sounds", "speakers", "left_out")}
    summary = json.dumps(values, indent=1, sort_keys=True)
    _write(folder / "left_out.json", f"{summary}\n".encode())
    return written


def _turns(reader: LogReader, talk_id: str, person: str, left_out: Counter[str]) -> list[_Turn]:
    try:
        events = reader.events(talk_id, _KINDS)
    except SealError:  # erased since the list was read
        return []
    right = _right_labels(events)
    heard = {event.turn_id: event for event in events if isinstance(event, TurnHeard)}
    sounding = {event.turn_id for event in events if isinstance(event, AudioKept)}
    sounding -= {event.turn_id for event in events if isinstance(event, AudioDeleted)}
    since = _consented_since(reader, person, events)
    turns = []
    for turn_id, emotion in right.items():
        turn = heard.get(turn_id)
        if turn is None:
            left_out["words not stored"] += 1
        elif since is None or turn.at < since:
            left_out["research not consented to, or revoked"] += 1
        elif emotion == UNCLEAR:
            left_out["no mood but unclear"] += 1
        elif not turn.text.strip():
            left_out["nothing said"] += 1
        else:
            turns.append(_Turn(turn, emotion, turn_id in sounding))
    return turns


def _right_labels(events: Sequence[AnyEvent]) -> dict[str, str]:
    """Turn → mood; a person's own word beats what others hold of it, the latest word counts."""
    reviewed = {event.turn_id: event.emotion for event in events if isinstance(event, LabelReviewed)}
    own = {event.turn_id: event.emotion for event in events if isinstance(event, LabelCorrected)}
    return {**reviewed, **own}


def _consented_since(reader: LogReader, person: str, events: Sequence[AnyEvent]) -> datetime | None:
    """Since when research is consented to in a talk; None where it isn't, or was revoked since."""
    refused = "SELECT 1 FROM refusals WHERE person = ? AND scope = 'research'"
    if reader.database.execute(refused, (person,)).fetchone() is not None:
        return None
    latest = reader.database.execute(_LATEST_CONSENT, (person,)).fetchone()
    if latest is None or not latest[0]:
        return None
    since: datetime | None = None
    for event in events:
        if isinstance(event, ConsentSet) and event.scope == "research":
            since = (since or event.at) if event.granted else None
    return since


def _sound(reader: LogReader, talk_id: str, turn: _Turn, left_out: Counter[str]) -> bytes | None:
    key = reader.talk_key(talk_id) if turn.has_sound else None
    if key is None:
        left_out["sound not kept (words only)"] += 1
        return None
    try:
        return open_audio(reader.places.audio, key, talk_id, turn.heard.turn_id)
    except (AudioError, SealError):
        left_out["sound not readable (words only)"] += 1
        return None


def _note(places: LogPlaces) -> None:
    """Notes the use in the log before anything is written.

    Raises:
        SessionLogError: where it cannot be noted, as while a server has the log.
    """
    with operating(places) as log:
        note_access(log, "corrections_exported")


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _write_table(path: Path, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        writer.writerows(rows)
