"""What other people's code may write into the log while talks run: where it spoke, not what it said."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

__all__ = ["discreet_record", "keep_words_out_of_the_log"]

_OWN_PACKAGES = frozenset({"dialogue", "crisis", "emotion", "language"})
_WARNINGS = "py.warnings"
_MOST_CAUSES = 5


def keep_words_out_of_the_log() -> None:
    """Makes every later record of this process a discreet one, warnings of Python included.

    Rasa, its SDK and Sanic put message texts, requests, local variables and the words of exceptions into
    their records, at every level. Called once the server has started, so that its start is still told
    in full: nobody has said anything by then.
    """
    logging.captureWarnings(True)
    logging.setLogRecordFactory(discreet_record)


def discreet_record(
    name: str,
    level: int,
    path: str,
    line: int,
    message: object,
    arguments: Any,
    error: Any,
    function: str | None = None,
    stack: str | None = None,
    **more: Any,
) -> logging.LogRecord:
    """A record factory: our own packages' records as they are, others' without their words.

    The place in the source and the kinds of the errors are enough to find the statement.
    """
    if name.partition(".")[0] in _OWN_PACKAGES:
        return logging.LogRecord(name, level, path, line, message, arguments, error, function, stack)
    if name == _WARNINGS:  # these come as "file:line: category: words", all from one place
        place = ":".join(str(arguments[0] if arguments else "").split(":")[:3])
    else:
        kinds = _kinds(error[1]) if isinstance(error, tuple) else ""
        place = f"{name}: {Path(path).name}, line {line}{kinds}"
    place += " (its words are left out)"
    return logging.LogRecord(name, level, path, line, place, (), None, function, None)


def _kinds(error: BaseException | None) -> str:
    kinds: list[str] = []
    while error is not None and len(kinds) < _MOST_CAUSES:
        kinds.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return f", {' from '.join(kinds)}" if kinds else ""
