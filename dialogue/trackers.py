"""What Rasa keeps of talks in memory: bounded in number, and dropped when it is asked to."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from rasa.core.agent import Agent
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.events import Restarted

__all__ = ["MOST_TRACKERS", "RecentTrackers", "bound_trackers", "forget_tracker"]

MOST_TRACKERS = 500
"""How many talks are kept where nobody asks to forget them, such as those of the REST channel."""


class RecentTrackers(OrderedDict[str, Any]):
    """The serialised trackers by sender, of which the least recently saved go first.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, sender: str, tracker: Any) -> None:
        super().__setitem__(sender, tracker)
        self.move_to_end(sender)
        while len(self) > self._most:
            del self[next(iter(self))]


def bound_trackers(agent: Agent, most: int = MOST_TRACKERS) -> None:
    """Bounds a store in memory; one in a database keeps its talks by the database's rules."""
    store = _memory_of(agent)
    if store is not None:
        kept = RecentTrackers(most)
        kept.update(store.store)
        store.store = kept


async def forget_tracker(agent: Agent, sender: str) -> None:
    """Drops what is kept of a sender; a store that can't delete gets an empty talk."""
    memory = _memory_of(agent)
    if memory is not None:
        memory.store.pop(sender, None)
        return
    async with agent.lock_store.lock(sender):
        tracker = await agent.tracker_store.retrieve(sender)
        if tracker is not None:
            tracker.update(Restarted())
            await agent.tracker_store.save(tracker)


def _memory_of(agent: Agent) -> InMemoryTrackerStore | None:
    # The store may be wrapped in one that awaits and falls back.
    store = getattr(agent.tracker_store, "_tracker_store", agent.tracker_store)
    return store if isinstance(store, InMemoryTrackerStore) else None
