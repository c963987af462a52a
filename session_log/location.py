"""Where the session log of this machine lies unless somebody says otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["default_database_path"]


def default_database_path() -> Path:
    """Returns HAMDEL_SESSION_LOG where it is set, else the log in the platform's data folder."""
    chosen = os.environ.get("HAMDEL_SESSION_LOG")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("hamdel", appauthor=False) / "session_log.sqlite"
