from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rasa.core.tracker_store import AwaitableTrackerStore, InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from dialogue.trackers import RecentTrackers, bound_trackers, forget_tracker


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


def test_saving_again_makes_a_talk_the_most_recent() -> None:
    kept = RecentTrackers(2)
    for sender in "abac":
        kept[sender] = sender
    assert list(kept) == ["a", "c"]
