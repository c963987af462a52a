from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from log_files import bytes_of_all_files

from session_log.audio import AudioError, audio_path, delete_audio, keep_audio, open_audio
from session_log.data_keys import DataKey, SealError

KEY = DataKey(bytes(32))
SOUND = b"OggS" + b"sound of a turn" * 100


def test_sound_opens_again_and_lies_sealed_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    digest = keep_audio(folder, KEY, "talk", "turn", SOUND)
    path = audio_path(folder, "talk", "turn")
    assert open_audio(folder, KEY, "talk", "turn") == SOUND
    assert b"sound of a turn" not in bytes_of_all_files(folder)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "/etc/passwd", "a/b", "..", "شناسه", "x" * 512])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, hostile: str) -> None:
    folder = tmp_path / "audio"
    keep_audio(folder, KEY, hostile, hostile, SOUND)
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.parent.parent == folder
    assert open_audio(folder, KEY, hostile, hostile) == SOUND


def test_sound_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="not kept"):
        open_audio(tmp_path, KEY, "talk", "turn")


def test_sound_that_was_changed_moved_or_cut_does_not_open(tmp_path: Path) -> None:
    keep_audio(tmp_path, KEY, "talk", "turn", SOUND)
    sealed = audio_path(tmp_path, "talk", "turn").read_bytes()
    audio_path(tmp_path, "talk", "other").write_bytes(sealed)
    with pytest.raises(SealError):
        open_audio(tmp_path, KEY, "talk", "other")
    for changed in (b"", sealed[:-1], sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]):
        audio_path(tmp_path, "talk", "turn").write_bytes(changed)
        with pytest.raises(SealError):
            open_audio(tmp_path, KEY, "talk", "turn")


def test_sound_kept_again_replaces_what_was_there(tmp_path: Path) -> None:
    keep_audio(tmp_path, KEY, "talk", "turn", SOUND)
    keep_audio(tmp_path, KEY, "talk", "turn", b"later")
    assert open_audio(tmp_path, KEY, "talk", "turn") == b"later"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_turn_and_a_whole_talk_can_be_deleted_again_and_again(tmp_path: Path) -> None:
    for talk, turn in (("a", "1"), ("a", "2"), ("b", "1")):
        keep_audio(tmp_path, KEY, talk, turn, SOUND)
    for _ in range(2):
        delete_audio(tmp_path, "a", "1")
    assert open_audio(tmp_path, KEY, "a", "2") == SOUND
    for _ in range(2):
        delete_audio(tmp_path, "a")
    assert not audio_path(tmp_path, "a", "2").parent.exists()
    assert open_audio(tmp_path, KEY, "b", "1") == SOUND


def test_a_disk_that_cannot_be_written_is_told_and_nothing_half_is_left(tmp_path: Path) -> None:
    audio_path(tmp_path, "talk", "turn").parent.write_bytes(b"in the way")
    with pytest.raises(OSError, match="exists"):
        keep_audio(tmp_path, KEY, "talk", "turn", SOUND)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix] == []
