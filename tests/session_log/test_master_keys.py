from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from session_log.master_keys import KEY_VARIABLE, MasterKeys, MissingKeyError, WrongKeyError

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER = base64.urlsafe_b64encode(b"\xff\xfe" * 16).decode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "log.key"


def put(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)


def test_a_key_file_is_made_only_where_that_is_asked_for(file: Path) -> None:
    with pytest.raises(MissingKeyError, match=rf"not at {file}\. Restore it.*Nothing was changed"):
        MasterKeys.load(file, {})
    assert not file.parent.exists()
    made = MasterKeys.load(file, {}, create=True)
    assert MasterKeys.load(file, {}, create=True).ids == made.ids == MasterKeys.load(file, {}).ids


def test_a_new_key_file_is_readable_by_its_owner_alone(file: Path) -> None:
    MasterKeys.load(file, {}, create=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["log.key"]


def test_two_new_logs_have_different_keys(tmp_path: Path) -> None:
    made = [MasterKeys.load(tmp_path / name, {}, create=True).current_id for name in "ab"]
    assert made[0] != made[1]


def test_the_environment_goes_before_the_file(file: Path) -> None:
    put(file, KEY.encode())
    given = MasterKeys.load(file, {KEY_VARIABLE: OTHER})
    assert given.ids != MasterKeys.load(file, {}).ids
    assert given.path is None
    assert MasterKeys.load(file, {KEY_VARIABLE: ""}).path == file


def test_the_process_s_own_environment_is_the_default(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert MasterKeys.load(file).path is None


@pytest.mark.parametrize(
    "content",
    [
        b"garbage",
        b"AAAA",
        KEY.encode()[:-4],
        b"*" * 44,
        KEY.encode() + b"\nhalf",
        base64.b64encode(bytes(33)),
    ],
)
def test_something_else_than_keys_is_refused_without_being_shown(file: Path, content: bytes) -> None:
    put(file, content)
    with pytest.raises(WrongKeyError, match="something else than a key of 32 bytes") as caught:
        MasterKeys.load(file, {})
    assert content.decode() not in str(caught.value)
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "کلید".encode()])
def test_bytes_that_are_no_text_are_refused(file: Path, content: bytes) -> None:
    put(file, content)
    with pytest.raises(MissingKeyError, match="cannot be read as a file of keys"):
        MasterKeys.load(file, {})


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_holds_no_key(file: Path, content: bytes) -> None:
    put(file, content)
    with pytest.raises(MissingKeyError, match="holds no key"):
        MasterKeys.load(file, {}, create=True)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingKeyError, match="cannot be read"):
        MasterKeys.load(tmp_path, {})


def test_a_key_in_the_environment_that_is_none_is_refused_without_being_shown(file: Path) -> None:
    with pytest.raises(WrongKeyError, match=KEY_VARIABLE) as caught:
        MasterKeys.load(file, {KEY_VARIABLE: "secret"})
    assert "secret" not in str(caught.value)


def test_a_wrapped_key_opens_for_its_owner_alone(file: Path) -> None:
    keys = MasterKeys.load(file, {}, create=True)
    wrapped = keys.wrap("talk:1", b"k" * 32)
    assert b"k" * 32 not in wrapped
    assert keys.unwrap("talk:1", keys.current_id, wrapped) == b"k" * 32
    with pytest.raises(WrongKeyError, match="was changed"):
        keys.unwrap("talk:2", keys.current_id, wrapped)


def test_wrapping_twice_gives_different_bytes(file: Path) -> None:
    keys = MasterKeys.load(file, {}, create=True)
    assert keys.wrap("talk:1", bytes(32)) != keys.wrap("talk:1", bytes(32))


@pytest.mark.parametrize("at", [0, 11, 12, -1])
def test_a_wrapped_key_of_which_a_byte_was_changed_does_not_open(file: Path, at: int) -> None:
    keys = MasterKeys.load(file, {}, create=True)
    wrapped = bytearray(keys.wrap("talk:1", bytes(32)))
    wrapped[at] ^= 1
    for changed in (bytes(wrapped), bytes(wrapped[:5]), b""):
        with pytest.raises(WrongKeyError, match="was changed"):
            keys.unwrap("talk:1", keys.current_id, changed)


def test_a_key_of_another_master_names_the_id_that_is_needed(tmp_path: Path) -> None:
    first, second = (MasterKeys.load(tmp_path / name, {}, create=True) for name in "ab")
    with pytest.raises(WrongKeyError, match=first.current_id):
        second.unwrap("talk:1", first.current_id, first.wrap("talk:1", bytes(32)))


def test_after_a_rotation_old_wrappings_open_until_the_old_key_is_dropped(file: Path) -> None:
    old = MasterKeys.load(file, {}, create=True)
    wrapped = old.wrap("talk:1", b"k" * 32)
    both = old.with_new_key()
    both.save()
    read = MasterKeys.load(file, {})
    assert read.ids == (both.current_id, old.current_id)
    assert read.current_id != old.current_id
    assert read.unwrap("talk:1", old.current_id, wrapped) == b"k" * 32
    alone = read.current_alone()
    alone.save()
    assert MasterKeys.load(file, {}).ids == (both.current_id,)
    with pytest.raises(WrongKeyError):
        alone.unwrap("talk:1", old.current_id, wrapped)


def test_a_key_from_the_environment_cannot_be_saved(file: Path) -> None:
    keys = MasterKeys.load(file, {KEY_VARIABLE: KEY})
    with pytest.raises(MissingKeyError, match="cannot be written; keep it in a file"):
        keys.with_new_key().save()


def test_a_file_that_cannot_be_written_is_an_error_of_ours_and_the_old_one_stays(tmp_path: Path) -> None:
    keys = MasterKeys.load(tmp_path / "key", {}, create=True)
    before = (tmp_path / "key").read_bytes()
    (tmp_path / "key.new").mkdir()
    with pytest.raises(MissingKeyError, match="cannot be written to"):
        keys.with_new_key().save()
    assert (tmp_path / "key").read_bytes() == before
