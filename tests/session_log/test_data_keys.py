from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from session_log import data_keys
from session_log.data_keys import LOG_OWNER, DataKey, DataKeys, SealError, WrappedKey
from session_log.master_keys import MasterKeys, WrongKeyError
from session_log.schema import open_for_writing


@pytest.fixture
def masters(tmp_path: Path) -> MasterKeys:
    return MasterKeys.load(tmp_path / "key", {}, create=True)


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(open_for_writing(path)) as opened:
        yield opened


def keep(database: Database, key: WrappedKey) -> None:
    database.execute("INSERT INTO keys VALUES (?, ?, ?)", (key.owner, key.master_id, key.wrapped))


def test_content_opens_for_what_it_is_about_alone() -> None:
    key = DataKey(bytes(32))
    sealed = key.seal("غم".encode(), "turn_heard 1")
    assert key.open(sealed, "turn_heard 1").decode() == "غم"
    with pytest.raises(SealError):
        key.open(sealed, "turn_heard 2")
    with pytest.raises(SealError):
        DataKey(b"x" * 32).open(sealed, "turn_heard 1")


@pytest.mark.parametrize("length", [0, 1, 12, 20])
def test_content_that_was_cut_does_not_open(length: int) -> None:
    key = DataKey(bytes(32))
    with pytest.raises(SealError):
        key.open(key.seal(b"words", "x")[:length], "x")


def test_the_same_words_are_sealed_differently_each_time() -> None:
    key = DataKey(bytes(32))
    assert len({key.seal(b"words", "x") for _ in range(100)}) == 100


def test_a_key_is_found_in_the_database_by_whoever_has_the_master(
    database: Database, masters: MasterKeys
) -> None:
    made, wrapped = DataKeys(masters).make("talk:1")
    keep(database, wrapped)
    assert made.secret not in wrapped.wrapped
    found = DataKeys(masters).find(database, "talk:1")
    assert found is not None
    assert found.secret == made.secret


def test_there_is_no_key_where_none_was_kept(database: Database, masters: MasterKeys) -> None:
    assert DataKeys(masters).find(database, "talk:1") is None


def test_a_key_that_was_forgotten_is_gone_with_its_row(database: Database, masters: MasterKeys) -> None:
    keys = DataKeys(masters)
    _, wrapped = keys.make("talk:1")
    keep(database, wrapped)
    database.execute("DELETE FROM keys")
    assert keys.known("talk:1") is not None
    keys.forget("talk:1")
    keys.forget("talk:1")
    assert keys.known("talk:1") is None
    assert keys.find(database, "talk:1") is None


def test_a_wrapped_key_moved_to_another_owner_does_not_open(database: Database, masters: MasterKeys) -> None:
    _, wrapped = DataKeys(masters).make("talk:1")
    keep(database, WrappedKey("talk:2", wrapped.master_id, wrapped.wrapped))
    with pytest.raises(WrongKeyError):
        DataKeys(masters).find(database, "talk:2")
    with pytest.raises(WrongKeyError):
        DataKeys(masters).learn(WrappedKey("talk:2", wrapped.master_id, wrapped.wrapped))


def test_a_log_without_its_own_key_is_an_error(database: Database, masters: MasterKeys) -> None:
    with pytest.raises(WrongKeyError, match="lost its own key; restore a backup"):
        DataKeys(masters).log_key(database)


def test_memory_is_bounded_and_never_loses_the_logs_own_key(
    masters: MasterKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_keys, "_REMEMBERED", 3)
    keys = DataKeys(masters)
    keys.make(LOG_OWNER)
    for number in range(10):
        keys.make(f"talk:{number}")
    known = [name for name in (LOG_OWNER, *(f"talk:{n}" for n in range(10))) if keys.known(name)]
    assert known == [LOG_OWNER, "talk:8", "talk:9"]


def test_another_database_leaves_the_logs_own_key_alone_in_memory(masters: MasterKeys) -> None:
    keys = DataKeys(masters)
    log_key, _ = keys.make(LOG_OWNER)
    keys.make("talk:1")
    keys.forget_all_but_the_log()
    assert keys.known(LOG_OWNER) is log_key
    assert keys.known("talk:1") is None
