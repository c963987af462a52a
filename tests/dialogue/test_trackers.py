from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rasa.core.tracker_store import AwaitableTrackerStore, FailSafeTrackerStore, InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from dialogue.tracker_file import TrackerPlaces
from dialogue.tracker_store import SealedTrackerStore
from dialogue.trackers import bound_trackers, forget_tracker, sealed_store


def agent_with_memory() -> Any:
    return SimpleNamespace(tracker_store=AwaitableTrackerStore(InMemoryTrackerStore(Domain.empty())))


async def save(agent: Any, sender: str) -> None:
    await agent.tracker_store.save(DialogueStateTracker.from_events(sender, [UserUttered("hello")]))


async def test_talks_that_nobody_asks_to_forget_are_bounded_and_the_oldest_goes_first() -> None:
    agent = agent_with_memory()
    await save(agent, "before")
    bound_trackers(agent, most=3)
    for sender in ("a", "b", "c", "a", "d"):
        await save(agent, sender)
    assert list(await agent.tracker_store.keys()) == ["c", "a", "d"]
    assert (await agent.tracker_store.retrieve("a")).latest_message.text == "hello"
    assert await agent.tracker_store.retrieve("b") is None


async def test_a_forgotten_talk_is_gone_and_an_unknown_one_no_error() -> None:
    agent = agent_with_memory()
    bound_trackers(agent)
    await save(agent, "a")
    await forget_tracker(agent, "a")
    await forget_tracker(agent, "nobody")
    assert await agent.tracker_store.retrieve("a") is None


async def test_the_sealed_store_is_found_in_rasas_wrapping_and_forgets(tmp_path: Path) -> None:
    store = SealedTrackerStore(None, places=TrackerPlaces(tmp_path / "t.sqlite", tmp_path / "keys" / "key"))
    agent: Any = SimpleNamespace(tracker_store=FailSafeTrackerStore(store))
    assert sealed_store(agent) is store
    assert sealed_store(None) is sealed_store(agent_with_memory()) is None
    bound_trackers(agent)
    await save(agent, "a")
    await forget_tracker(agent, "a")
    assert await store.retrieve("a") is None
    assert list(await store.keys()) == []
    store.close()
