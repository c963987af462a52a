from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore, check_if_tracker_store_async
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from dialogue.tracker_file import TrackerFile, TrackerPlaces
from dialogue.tracker_store import SealedTrackerStore, TrackersNotDeletedError, TrackersUnusableError
from dialogue.training import ROOT

WORD = "zanzibarmarmalade"
TYPE = "dialogue.tracker_store.SealedTrackerStore"
DOMAIN = Domain.from_dict({"slots": {"crisis": {"type": "bool", "mappings": [{"type": "custom"}]}}})


@pytest.fixture
def where(tmp_path: Path) -> TrackerPlaces:
    return TrackerPlaces(tmp_path / "trackers.sqlite", tmp_path / "keys" / "trackers.key", 3600)


@pytest.fixture
def store(where: TrackerPlaces) -> Iterator[SealedTrackerStore]:
    made = SealedTrackerStore(DOMAIN, places=where)
    yield made
    made.close()


def talk(sender: str, *words: str) -> DialogueStateTracker:
    events = [UserUttered(word, {"name": "inform"}) for word in words]
    slots = [SlotSet("crisis", True), BotUttered(f"about {words[-1]}", metadata={"utter_action": "utter_x"})]
    return DialogueStateTracker.from_events(sender, [*events, *slots], DOMAIN.slots)


async def words_of(store: TrackerStore, sender: str) -> list[str | None]:
    tracker = await store.retrieve(sender)
    return [event.text for event in tracker.events if isinstance(event, UserUttered)] if tracker else []


def messages_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "dialogue.tracker_store"]


def test_rasa_makes_the_store_that_its_endpoints_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import ruamel.yaml

    monkeypatch.setenv("HAMDEL_TRACKERS", str(tmp_path / "t.sqlite"))
    section = ruamel.yaml.YAML().load((ROOT / "endpoints.yml").read_text("utf-8"))["tracker_store"]
    made = TrackerStore.create(EndpointConfig.from_dict(dict(section)), DOMAIN)
    assert isinstance(made, SealedTrackerStore)
    assert check_if_tracker_store_async(made)
    assert (tmp_path / "t.sqlite").exists()
    made.close()


async def test_a_talk_is_known_to_the_next_process_with_slots_and_history(
    store: SealedTrackerStore, where: TrackerPlaces
) -> None:
    await store.save(talk("a", "one", "two"))
    # The first is not closed: a killed process closes nothing.
    after = SealedTrackerStore(DOMAIN, places=where)
    tracker = await after.retrieve("a")
    assert tracker is not None
    assert tracker.get_slot("crisis") is True
    assert tracker.as_dialogue().as_dict() == (await store.retrieve("a")).as_dialogue().as_dict()  # type: ignore[union-attr]
    assert await after.mentions("a", "two")
    assert not await after.mentions("a", "three")
    assert list(await after.keys()) == ["a"]
    assert await after.exists("a")
    assert not await after.exists("b")
    after.close()


async def test_a_forgotten_talk_is_unknown_to_both(store: SealedTrackerStore, where: TrackerPlaces) -> None:
    await store.save(talk("a", WORD))
    await store.forget("a")
    await store.forget("nobody")
    assert await store.retrieve("a") is None
    after = SealedTrackerStore(DOMAIN, places=where)
    assert await after.retrieve("a") is None
    after.close()


async def test_many_talks_at_once_are_all_kept(store: SealedTrackerStore, where: TrackerPlaces) -> None:
    await asyncio.gather(*(store.save(talk(f"s{number}", str(number))) for number in range(50)))
    after = SealedTrackerStore(DOMAIN, places=where)
    assert [await words_of(after, f"s{number}") for number in range(50)] == [[str(n)] for n in range(50)]
    after.close()


async def test_the_loop_goes_on_while_the_disk_is_slow(
    store: SealedTrackerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    write = TrackerFile.write

    def slow(self: TrackerFile, sender: str, text: str) -> None:
        assert gate.wait(30)
        write(self, sender, text)

    monkeypatch.setattr(TrackerFile, "write", slow)
    saving = asyncio.ensure_future(store.save(talk("a", "one")))
    await asyncio.sleep(0)
    assert not saving.done()
    gate.set()  # by the loop, which therefore was not held up
    await saving


async def test_a_disk_that_hangs_costs_a_bounded_wait_and_is_used_again(
    where: TrackerPlaces, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = SealedTrackerStore(DOMAIN, places=where, within_s=0.05)
    gate = threading.Event()
    write = TrackerFile.write

    def hanging(self: TrackerFile, sender: str, text: str) -> None:
        assert gate.wait(60)
        write(self, sender, text)

    monkeypatch.setattr(TrackerFile, "write", hanging)
    for word in ("one", "two", "three"):
        await store.save(talk("a", word))
    assert await words_of(store, "a") == ["three"]
    await store.save(talk("b", WORD))
    with pytest.raises(TrackersNotDeletedError):
        await store.forget("b")
    assert await store.retrieve("b") is None
    gate.set()
    store._within_s = 30
    while store._late is not None and not store._late.done():
        await asyncio.sleep(0.01)
    await store.save(talk("a", "four"))
    assert len(messages_of(caplog)) == 2
    assert "takes too long" in messages_of(caplog)[0]
    assert "again" in messages_of(caplog)[1]
    assert WORD not in caplog.text
    store.close()
    after = SealedTrackerStore(DOMAIN, places=where)
    assert await words_of(after, "a") == ["four"]
    assert await after.retrieve("b") is None
    after.close()


async def test_a_locked_file_delays_no_talk_and_a_talk_forgotten_meanwhile_is_deleted_later(
    store: SealedTrackerStore, where: TrackerPlaces, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save(talk("a", WORD))
    await store.save(talk("b", WORD))
    with closing(sqlite3.connect(where.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await store.save(talk("a", WORD, "while locked"))
        assert await words_of(store, "a") == [WORD, "while locked"]
        with pytest.raises(TrackersNotDeletedError):
            await store.forget("b")
        assert await store.retrieve("b") is None
        other.execute("ROLLBACK")
    assert [WORD in message for message in messages_of(caplog)] == [False]
    assert "locked" in messages_of(caplog)[0]
    await store.sweep()
    after = SealedTrackerStore(DOMAIN, places=where)
    assert await after.retrieve("b") is None
    after.close()


async def test_a_full_disk_ends_no_talk(
    store: SealedTrackerStore, where: TrackerPlaces, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save(talk("small", "one"))

    def full(most_pages: int) -> None:
        assert store._file._opened is not None
        store._file._opened[0].execute(f"PRAGMA max_page_count = {most_pages}")

    store._thread.submit(full, 8).result()
    for number in range(200):
        await store.save(talk(f"s{number}", f"{WORD} {number}", "x" * 50))
    assert await words_of(store, "s199") == [f"{WORD} 199", "x" * 50]
    assert len(messages_of(caplog)) == 1
    assert "full" in messages_of(caplog)[0]
    store._thread.submit(full, 100_000).result()
    await store.save(talk("s199", "again"))
    after = SealedTrackerStore(DOMAIN, places=where)
    assert await words_of(after, "s199") == ["again"]
    assert await words_of(after, "small") == ["one"]
    after.close()


async def test_a_file_that_can_no_longer_be_written_ends_no_talk(
    store: SealedTrackerStore, caplog: pytest.LogCaptureFixture
) -> None:
    def read_only(chosen: str) -> None:
        assert store._file._opened is not None
        store._file._opened[0].execute(f"PRAGMA query_only = {chosen}")

    store._thread.submit(read_only, "ON").result()
    await store.save(talk("a", WORD))
    assert await words_of(store, "a") == [WORD]
    with pytest.raises(TrackersNotDeletedError):
        await store.forget("a")
    assert ["readonly" in message for message in messages_of(caplog)] == [True]
    store._thread.submit(read_only, "OFF").result()
    await store.save(talk("b", "one"))
    assert list(await store.keys()) == ["b"]


@pytest.mark.parametrize("kind", ["no database", "a folder", "no such place"])
async def test_a_file_that_cannot_be_used_leaves_the_memory(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path("/proc/nowhere/t.sqlite") if kind == "no such place" else tmp_path / "t.sqlite"
    if kind == "no database":
        path.write_bytes(b"no database " * 1000)
    elif kind == "a folder":
        path.mkdir()
    store = FailSafeTrackerStore(
        SealedTrackerStore(DOMAIN, places=TrackerPlaces(path, tmp_path / "keys" / "t.key"))
    )
    await store.save(talk("a", "one", WORD))
    assert await words_of(store, "a") == ["one", WORD]
    (message,) = messages_of(caplog)
    assert "go on from memory" in message
    assert WORD not in caplog.text


async def test_a_changed_row_costs_one_talk_and_not_the_next(
    store: SealedTrackerStore, where: TrackerPlaces, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save(talk("a", WORD))
    await store.save(talk("b", "one"))
    with closing(sqlite3.connect(where.database)) as database, database:
        database.execute("UPDATE trackers SET sealed = zeroblob(100) WHERE rowid = 1")
    after = SealedTrackerStore(DOMAIN, places=where)
    assert await after.retrieve("a") is None
    assert await words_of(after, "b") == ["one"]
    assert "begins anew" in messages_of(caplog)[0]
    await after.save(talk("a", "new"))
    after.close()
    after = SealedTrackerStore(DOMAIN, places=where)
    assert await words_of(after, "a") == ["new"]
    after.close()


async def test_another_key_ends_the_start_with_one_clear_line(
    store: SealedTrackerStore, where: TrackerPlaces
) -> None:
    await store.save(talk("a", WORD))
    where.key_file.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    with pytest.raises(TrackersUnusableError, match="another key.*Put that key back, or delete the file"):
        SealedTrackerStore(DOMAIN, places=where)


@pytest.mark.parametrize("settings", [{"host": "somewhere"}, {"url": "x"}, {"record_exp": 3}])
def test_settings_in_the_endpoints_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(TrackersUnusableError, match="HAMDEL_TRACKERS"):
        SealedTrackerStore(DOMAIN, **settings)


def test_hours_that_are_none_end_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAMDEL_TRACKER_HOURS", "soon")
    with pytest.raises(TrackersUnusableError, match="HAMDEL_TRACKER_HOURS"):
        SealedTrackerStore(DOMAIN)


async def test_memory_is_bounded_and_what_fell_out_of_it_is_read_again(where: TrackerPlaces) -> None:
    store = SealedTrackerStore(DOMAIN, places=where, most=3)
    for sender in "abc":
        await store.save(talk(sender, sender))
    assert list(store.store) == ["a", "b", "c"]
    await store.save(talk("d", "d"))
    assert list(store.store) == ["b", "c", "d"]
    store.store.clear()
    assert await words_of(store, "d") == ["d"]
    assert await store.retrieve("a") is None
    store.close()


async def test_a_sweep_takes_quiet_talks_from_memory_and_disk(tmp_path: Path) -> None:
    where = TrackerPlaces(tmp_path / "t.sqlite", tmp_path / "keys" / "t.key", keep_s=-1)
    store = SealedTrackerStore(DOMAIN, places=where)
    await store.save(talk("a", WORD))
    await store.sweep()
    assert await store.retrieve("a") is None
    assert not store.store
    store.close()


def test_nothing_of_a_talk_is_in_the_stores_repr_or_log(
    where: TrackerPlaces, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store = SealedTrackerStore(DOMAIN, places=where)
    asyncio.run(store.save(talk("a", WORD)))
    assert WORD not in repr(store) + repr(store.__dict__["_file"]) + caplog.text
    store.close()
