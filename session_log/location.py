"""Where the parts of a session log lie: the database, and what must not lie in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

__all__ = ["LogPlaces", "default_database_path", "installed_places"]


def default_database_path() -> Path:
    """Returns HAMDEL_SESSION_LOG where it is set, else the log in the platform's data folder."""
    chosen = os.environ.get("HAMDEL_SESSION_LOG")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("hamdel", appauthor=False) / "session_log.sqlite"


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """All files of one log.

    Attributes:
        database: the SQLite file.
        key_file: the master keys; in production on another disk, or in a secret store that mounts files.
        head_file: the newest link of the chain; in production where whoever writes the database can't write.
        spool: folder of what is not in the database yet.
        audio: folder of sealed sound.
    """

    database: Path
    key_file: Path
    head_file: Path
    spool: Path
    audio: Path

    @classmethod
    def of(
        cls, database: str | Path | None = None, key_file: Path | None = None, head_file: Path | None = None
    ) -> LogPlaces:
        """The places of the log at `database`.

        What is not given comes from HAMDEL_LOG_KEY_FILE and HAMDEL_LOG_HEAD_FILE, else from a folder `keys`
        beside the database.
        """
        path = Path(database) if database is not None else default_database_path()
        keys = path.parent / "keys"
        return cls(
            database=path,
            key_file=key_file or _named("HAMDEL_LOG_KEY_FILE") or keys / f"{path.stem}.key",
            head_file=head_file or _named("HAMDEL_LOG_HEAD_FILE") or keys / f"{path.stem}.head",
            spool=path.with_name(f"{path.name}.spool"),
            audio=path.with_name(f"{path.name}.audio"),
        )


def installed_places(
    database: Path | None = None, key_file: Path | None = None, head_file: Path | None = None
) -> LogPlaces:
    """The places of this installation's log, for commands: the same that its server uses.

    What is given goes first, then the section `session_log` of endpoints.yml, then what `LogPlaces.of` says.
    Where `database` is another file than the server's, it is another log: what endpoints.yml says of key and
    head does not hold for it, so that no command ever compares a copy with the head of the real one.

    Raises:
        SessionLogError: where endpoints.yml is asked and cannot be read.
    """
    if database is not None and key_file is not None and head_file is not None:
        return LogPlaces.of(database, key_file, head_file)
    # Here and not above: the settings are the gateway's, and themselves import this module.
    from bot.settings import SettingsError, load_session_log_settings
    from session_log.schema import SessionLogError

    try:
        settings = load_session_log_settings()
    except SettingsError as error:
        raise SessionLogError(str(error)) from None
    if database is not None and database.resolve() != settings.places.database.resolve():
        return LogPlaces.of(database, key_file, head_file)
    return LogPlaces.of(
        database or settings.path, key_file or settings.key_file, head_file or settings.head_file
    )


def _named(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None
