"""The session log: what of a talk is remembered, only as far as the person allowed it.

In: events of a talk (`session_log.events`), handed to the one writer (`session_log.writer`), which
asks the consents (`session_log.consent`) before anything reaches the disk. Out: one SQLite file
(`session_log.schema`), the same events read back (`session_log.reader`), and the commands
`python -m session_log list | show`. Events and consents need the standard library alone and run on
Python 3.10, so that the dialogue can speak of them too; the rest belongs to the gateway, whose
names are therefore imported here on first use only.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from session_log.location import default_database_path
    from session_log.schema import SessionLogError
    from session_log.writer import Health, SessionLog

__all__ = ["Health", "SessionLog", "SessionLogError", "default_database_path"]

_MODULES = {
    "Health": "session_log.writer",
    "SessionLog": "session_log.writer",
    "SessionLogError": "session_log.schema",
    "default_database_path": "session_log.location",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
