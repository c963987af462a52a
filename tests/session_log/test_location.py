from __future__ import annotations

from pathlib import Path

import pytest

from session_log.location import LogPlaces, default_database_path, installed_places
from session_log.schema import SessionLogError


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


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogPlaces:
    """An installation that has put its log, key and head where `LogPlaces.of` would not look."""
    path = tmp_path / "endpoints.yml"
    section = "{path: /srv/a.sqlite, key_file: /run/a.key, head_file: '${HEADS}/a.head'}"
    # Of another part, a variable is not set here: the commands need not have all that the server has.
    path.write_text(f"hamdel: {{session_log: {section}, voice: {{name: '${{NOT_SET_HERE}}'}}}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(path))
    monkeypatch.setenv("HEADS", "/mnt")
    return LogPlaces.of("/srv/a.sqlite", Path("/run/a.key"), Path("/mnt/a.head"))


def test_commands_look_where_the_settings_of_the_server_say(settings: LogPlaces) -> None:
    assert installed_places() == settings


def test_the_settings_go_before_the_environment_as_in_the_server(
    settings: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HAMDEL_SESSION_LOG", "HAMDEL_LOG_KEY_FILE", "HAMDEL_LOG_HEAD_FILE"):
        monkeypatch.setenv(name, "/other")
    assert installed_places() == settings


def test_what_is_given_goes_first(settings: LogPlaces) -> None:
    places = installed_places(key_file=Path("/mine.key"))
    assert (places.key_file, places.head_file) == (Path("/mine.key"), settings.head_file)
    assert installed_places(database=settings.database) == settings


def test_another_database_has_neither_the_key_nor_the_head_of_the_servers(settings: LogPlaces) -> None:
    assert installed_places(database=Path("/tmp/copy.sqlite")) == LogPlaces.of("/tmp/copy.sqlite")


def test_settings_that_cannot_be_read_are_told_and_not_needed_where_all_is_given(
    settings: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADS")
    with pytest.raises(SessionLogError, match="hamdel.session_log.head_file needs .* HEADS"):
        installed_places()
    assert installed_places(settings.database, settings.key_file, settings.head_file) == settings
