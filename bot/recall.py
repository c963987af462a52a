"""When earlier talks are remembered in this one: under the consent to memory, and while it holds. No I/O."""

from __future__ import annotations

from bot.commands import RecallMemory
from bot.outbox import Outbox
from bot.personal_memory import PersonalMemory
from bot.talk_state import TalkState

__all__ = ["MEMORY", "Recall"]

MEMORY = "memory"
"""The scope of consent."""


class Recall:
    """Has the memory read, and forgets it.

    Args:
        state: the talk.
        outbox: takes commands.
    """

    def __init__(self, *, state: TalkState, outbox: Outbox) -> None:
        self._state = state
        self._outbox = outbox
        self._number = 0
        self._awaited: int | None = None

    def follow_consent(self) -> None:
        """The talk begins, or the consent to memory was given or withdrawn.

        What was read before is forgotten, and what is being read is worthless.
        """
        self._state.memory, self._awaited = None, None
        subject = self._state.identity.subject
        if subject is not None and MEMORY in self._state.granted:
            self._number += 1
            self._awaited = self._number
            self._outbox.emit(RecallMemory(subject, self._number))

    def recalled(self, number: int, memory: PersonalMemory) -> None:
        """What `RecallMemory` of this number asked for is there."""
        if number == self._awaited:
            self._state.memory = memory
