"""Collects the commands of one step of a talk, and numbers the events among them. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.commands import Command, Send

__all__ = ["Outbox"]


class Outbox:
    """The commands that are due, in order.

    Attributes:
        now_ms: wall clock of the step, milliseconds since the epoch; set at each step's beginning.
        own_events: whether the client asked for `hamdel.` events.
    """

    def __init__(self, talk_id: str) -> None:
        self.now_ms = 0.0
        self.own_events = False
        self._talk_id = talk_id
        self._sequence = 0
        self._commands: list[Command] = []

    @property
    def now(self) -> datetime:
        """The time of the step in UTC."""
        return datetime.fromtimestamp(self.now_ms / 1000, tz=UTC)

    def emit(self, command: Command) -> None:
        """Adds a command."""
        self._commands.append(command)

    def send(self, *events: dict[str, Any]) -> None:
        """Adds server events, each with an `event_id` that ends in its sequence number."""
        for event in events:
            self._sequence += 1
            self.emit(Send({**event, "event_id": f"event_{self._talk_id}_{self._sequence}"}))

    def send_own(self, event: dict[str, Any]) -> None:
        """Adds a `hamdel.` event, which strict clients must never see."""
        if self.own_events:
            self.send(event)

    def drain(self) -> list[Command]:
        """Gives and forgets what has been collected."""
        drained, self._commands = self._commands, []
        return drained
