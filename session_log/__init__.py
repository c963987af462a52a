"""The session log: what of a talk is remembered, only as far as the person allowed it.

In: events of a talk (`session_log.events`), of those who care for the person (`care_events`) and of the
log itself (`audit_events`), handed to the one writer (`writer`), which asks the consents (`admission`,
`consent`) and seals content (`sealed`) before anything reaches the disk. There it waits (`backlog`,
`spool`) until a thread has written it (`writer_thread`). Out: one SQLite file whose rows are a chain
(`schema`, `chain`), the same events read back (`reader`), and the commands of `python -m session_log`.
Names are imported on first use only, so that events and consents can be spoken of without the rest.
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
