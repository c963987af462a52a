from __future__ import annotations

from pathlib import Path

import pytest

from session_log.location import default_database_path


def test_the_environment_decides_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMDEL_SESSION_LOG", "~/talks.sqlite")
    assert default_database_path() == Path.home() / "talks.sqlite"


def test_otherwise_it_lies_in_the_platforms_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAMDEL_SESSION_LOG", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    path = default_database_path()
    assert path.parts[-2:] == ("hamdel", "session_log.sqlite")
