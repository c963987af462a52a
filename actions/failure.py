"""What happens when an action raises: its kind is logged and told, the person's words are not."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

__all__ = ["discreet_failure"]

logger = logging.getLogger(__name__)

_Run = Callable[[Any, CollectingDispatcher, Tracker, dict[str, Any]], list[dict[str, Any]]]


def discreet_failure(run: _Run) -> _Run:
    """Decorates an action's `run`, so that an error of it becomes a refusal to run.

    The SDK would write the error with its words into the log and answer with the whole request. A
    refusal carries the action's name alone; the dialogue goes on without the action.
    """

    @functools.wraps(run)
    def discreet(
        action: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        try:
            return run(action, dispatcher, tracker, domain)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            name, kind = action.name(), type(error).__name__
            logger.error("%s failed with %s (%s:%s).", name, kind, Path(place.filename).name, place.lineno)
        raise ActionExecutionRejection(name, f"failed with {kind}")

    return discreet
