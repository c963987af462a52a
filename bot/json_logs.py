"""Log lines as JSON objects without content: what happened and where, never anybody's words.

Messages are ours and hold no content. Exceptions do (a parser quotes what it could not read), so that of a
traceback only classes and places are written.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

__all__ = ["configure_logging"]

_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _ContentFreeFormatter(JsonFormatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        if record.name == "asyncio":  # it shows callbacks and tasks with their arguments and results
            record.msg, record.args = "the event loop met an error that nobody took", None
        return super().format(record)

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - logging's own name
        """Class and places of an exception and of its causes, outermost first."""
        return _chain(ei[1], set())


def _chain(error: BaseException | None, seen: set[int]) -> str:
    """Classes and places of an exception, of what is in it where it is a group, and of its causes."""
    if error is None or id(error) in seen:
        return ""
    seen.add(id(error))
    frames = traceback.extract_tb(error.__traceback__)
    places = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    text = f"{type(error).__name__} at {places}" if places else type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        text += f" ({'; '.join(_chain(inner, seen) for inner in error.exceptions)})"
    cause = _chain(error.__cause__ or error.__context__, seen)
    return f"{text} < {cause}" if cause else text


def _log_uncaught(error: BaseException | None, where: str) -> None:
    if error is not None and not isinstance(error, SystemExit):
        logging.getLogger("hamdel").critical(
            "uncaught error in %s", where, exc_info=(type(error), error, error.__traceback__)
        )


def configure_logging(stream: TextIO | None = None) -> None:
    """Sends every logger's lines, uvicorn's too, as JSON to `stream` (standard error by default)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        _ContentFreeFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # These would write the addresses of requests, whose query strings may hold tokens.
    for name in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    # Python's own hooks print messages of exceptions, and not as JSON.
    sys.excepthook = lambda kind, error, trace: _log_uncaught(error, "the main thread")
    threading.excepthook = lambda args: _log_uncaught(args.exc_value, "a thread")
    sys.unraisablehook = lambda args: _log_uncaught(args.exc_value, "a finaliser")
