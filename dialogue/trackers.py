"""What Rasa keeps of talks: bounded in number, and dropped when it is asked to."""

from __future__ import annotations

from rasa.core.agent import Agent
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.events import Restarted

from dialogue.recent_trackers import RecentTrackers
from dialogue.tracker_file import MOST_TRACKERS
from dialogue.tracker_store import SealedTrackerStore

__all__ = ["bound_trackers", "forget_tracker", "sealed_store"]


def sealed_store(agent: Agent | None) -> SealedTrackerStore | None:
    """The store that `endpoints.yml` names; None where it names another."""
    store = _store_of(agent) if agent is not None else None
    return store if isinstance(store, SealedTrackerStore) else None


def bound_trackers(agent: Agent, most: int = MOST_TRACKERS) -> None:
    """Bounds a store in memory alone; the sealed one is bounded, others keep talks by their own rules."""
    store = _store_of(agent)
    if isinstance(store, InMemoryTrackerStore) and not isinstance(store, SealedTrackerStore):
        kept = RecentTrackers(most)
        kept.update(store.store)
        store.store = kept


async def forget_tracker(agent: Agent, sender: str) -> None:
    """Drops what is kept of a sender; a store that can't delete gets an empty talk.

    Raises:
        TrackersNotDeletedError: where the disk fails.
    """
    store = _store_of(agent)
    if isinstance(store, SealedTrackerStore):
        await store.forget(sender)
        return
    if isinstance(store, InMemoryTrackerStore):
        if sender in store.store:
            del store.store[sender]
        return
    async with agent.lock_store.lock(sender):
        tracker = await agent.tracker_store.retrieve(sender)
        if tracker is not None:
            tracker.update(Restarted())
            await agent.tracker_store.save(tracker)


def _store_of(agent: Agent) -> TrackerStore:
    # Rasa wraps a store in one that falls back.
    return getattr(agent.tracker_store, "_tracker_store", agent.tracker_store)
