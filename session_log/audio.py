"""The sound of consented turns: one sealed file a turn, in a folder for each talk beside the log."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from session_log.data_keys import DataKey

__all__ = ["AudioError", "audio_path", "delete_audio", "keep_audio", "open_audio", "talks_with_audio"]

_SUFFIX = ".ogg.sealed"


class AudioError(Exception):
    """The sound of a turn is not there, or does not open."""


def audio_path(folder: Path, talk_id: str, turn_id: str) -> Path:
    """Where a turn's sound lies; the names are digests, since ids may hold any character."""
    return folder / _name(talk_id) / f"{_name(turn_id)}{_SUFFIX}"


def keep_audio(folder: Path, key: DataKey, talk_id: str, turn_id: str, sound: bytes) -> str:
    """Seals and writes a turn's sound, all of it or nothing.

    Returns:
        The SHA-256 of the file, in hexadecimal.

    Raises:
        OSError: where it cannot be written.
    """
    path = audio_path(folder, talk_id, turn_id)
    for made in (folder, path.parent):  # `parents` would make the folder itself for everybody
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    sealed = key.seal(sound, _about(talk_id, turn_id))
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return hashlib.sha256(sealed).hexdigest()


def open_audio(folder: Path, key: DataKey, talk_id: str, turn_id: str) -> bytes:
    """Returns a turn's sound.

    Raises:
        AudioError: where it is not there.
        SealError: where it was changed.
    """
    try:
        sealed = audio_path(folder, talk_id, turn_id).read_bytes()
    except OSError:
        raise AudioError("The sound of this turn is not kept (any more).") from None
    return key.open(sealed, _about(talk_id, turn_id))


def delete_audio(folder: Path, talk_id: str, turn_id: str | None = None) -> None:
    """Deletes the sound of a turn, or of a whole talk; what is not there needs no deleting.

    Raises:
        OSError: where it cannot be deleted.
    """
    if turn_id is not None:
        audio_path(folder, talk_id, turn_id).unlink(missing_ok=True)
        return
    of_talk = folder / _name(talk_id)
    if of_talk.exists():
        shutil.rmtree(of_talk)


def talks_with_audio(folder: Path, talk_ids: Iterable[str]) -> list[str]:
    """Which of these talks have a folder, so that files of theirs may be there.

    Raises:
        OSError: where the folder cannot be read.
    """
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        return []
    return [talk_id for talk_id in talk_ids if _name(talk_id) in names] if names else []


def _name(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()[:32]


def _about(talk_id: str, turn_id: str) -> str:
    return f"audio {talk_id} {turn_id}"
