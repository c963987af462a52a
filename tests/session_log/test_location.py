from __future__ import annotations

from pathlib import Path

import pytest

from session_log.location import LogPlaces, default_database_path


def test_the_environment_decides_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMDEL_SESSION_LOG", "~/talks.sqlite")
    assert default_database_path() == Path.home() / "talks.sqlite"
    assert LogPlaces.of().database == Path.home() / "talks.sqlite"


def test_otherwise_it_lies_in_the_platforms_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAMDEL_SESSION_LOG", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    path = default_database_path()
    assert path.parts[-2:] == ("hamdel", "session_log.sqlite")


def test_keys_and_head_lie_in_a_folder_of_their_own_unless_they_are_given() -> None:
    places = LogPlaces.of("/srv/talks.sqlite")
    assert places.key_file == Path("/srv/keys/talks.key")
    assert places.head_file == Path("/srv/keys/talks.head")
    assert places.spool == Path("/srv/talks.sqlite.spool")
    assert places.audio == Path("/srv/talks.sqlite.audio")
    given = LogPlaces.of("/srv/talks.sqlite", Path("/run/key"), Path("/mnt/head"))
    assert (given.key_file, given.head_file) == (Path("/run/key"), Path("/mnt/head"))


def test_the_environment_names_key_and_head_but_what_is_given_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HAMDEL_LOG_KEY_FILE", "~/a.key")
    monkeypatch.setenv("HAMDEL_LOG_HEAD_FILE", "/mnt/a.head")
    places = LogPlaces.of("/srv/talks.sqlite")
    assert (places.key_file, places.head_file) == (Path.home() / "a.key", Path("/mnt/a.head"))
    assert LogPlaces.of("/srv/talks.sqlite", Path("/run/key")).key_file == Path("/run/key")
