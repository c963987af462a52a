from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from log_files import bytes_of_all_files

from session_log import spool as module
from session_log.data_keys import DataKey, WrappedKey
from session_log.events import Event
from session_log.sealed import SealedEvent, seal
from session_log.spool import Spool

Talk = Callable[..., list[Event]]
KEY = b"k" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def sealed(talk: Talk) -> list[SealedEvent]:
    wrapped = WrappedKey("talk:talk-1", "0" * 16, b"wrapped key of the talk")
    return [seal(event, DataKey(bytes(32)), wrapped) for event in talk()]


def left(folder: Path, key: bytes = KEY) -> list[SealedEvent]:
    return [event for event, _ in Spool(folder, key).left_behind()]


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def spooled(folder: Path, events: list[SealedEvent]) -> None:
    spool = Spool(folder, KEY)
    for event in events:
        spool.put(event)
    spool.close()


def test_what_was_put_outlives_the_process_without_being_closed(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spool = Spool(folder, KEY)
    for event in sealed:
        spool.put(event)
    assert left(folder) == sealed
    assert spool.waiting == len(sealed)


def test_folder_and_files_are_for_their_owner_alone(folder: Path, sealed: list[SealedEvent]) -> None:
    Spool(folder, KEY).put(sealed[0])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in files(folder)] == [0o600]


def test_no_words_stand_in_the_files(folder: Path, sealed: list[SealedEvent]) -> None:
    spooled(folder, sealed)
    for word in ("همکارم", "too much", "breathing"):
        assert word.encode() not in bytes_of_all_files(folder)


def test_a_file_whose_lines_are_all_settled_is_emptied_while_open_and_deleted_after(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spool = Spool(folder, KEY)
    tickets = [spool.put(event) for event in sealed]
    for ticket in tickets[:-1]:
        spool.settle(ticket)
    assert spool.waiting == 1
    assert bytes_of_all_files(folder)
    spool.settle(tickets[-1])
    assert spool.waiting == 0
    assert bytes_of_all_files(folder) == b""
    spool.put(sealed[0])
    assert left(folder) == sealed[:1], "an emptied file is written on from its beginning"
    spool.settle(tickets[-1])
    spool.close()
    assert files(folder) == []


def test_what_is_not_settled_stays_when_it_is_closed(folder: Path, sealed: list[SealedEvent]) -> None:
    spooled(folder, sealed[:2])
    assert left(folder) == sealed[:2]


def test_several_processes_after_each_other_keep_the_order(folder: Path, sealed: list[SealedEvent]) -> None:
    for event in sealed:
        spooled(folder, [event])
    assert len(files(folder)) == len(sealed)
    assert left(folder) == sealed


def test_what_an_earlier_process_left_is_settled_by_its_tickets(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spooled(folder, sealed)
    spool = Spool(folder, KEY)
    tickets = [ticket for _, ticket in spool.left_behind()]
    assert spool.waiting == len(sealed)
    for ticket in tickets:
        spool.settle(ticket)
    assert files(folder) == []
    assert list(spool.left_behind()) == []


def test_files_grow_to_a_bound_and_the_next_one_follows(
    folder: Path, sealed: list[SealedEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROTATE_BYTES", 1500)
    spooled(folder, sealed * 3)
    assert len(files(folder)) > 5
    assert max(file.stat().st_size for file in files(folder)) < 3000
    assert left(folder) == sealed * 3


def test_turning_over_gives_again_what_is_not_settled_and_no_more(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spool = Spool(folder, KEY)
    spool.settle(spool.put(sealed[0]))
    for event in sealed[1:3]:
        spool.put(event)
    spool.turn_over()
    later = spool.put(sealed[3])
    again = list(spool.left_behind())
    assert [event for event, _ in again] == sealed[1:3]
    for _, ticket in again:
        spool.settle(ticket)
    spool.settle(later)
    spool.close()
    assert files(folder) == []


# Lines that are none ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 2, 40, 100])
def test_a_cut_line_is_left_out_and_counted_and_the_others_are_kept(
    folder: Path, sealed: list[SealedEvent], cut: int
) -> None:
    spooled(folder, sealed[:3])
    (file,) = files(folder)
    file.write_bytes(file.read_bytes()[:-cut])
    spool = Spool(folder, KEY)
    found = [event for event, _ in spool.left_behind()]
    # Without its line feed alone the last line is still whole.
    assert (found, spool.rejected) == ((sealed[:3], 0) if cut == 1 else (sealed[:2], 1))


def test_every_changed_byte_is_found(folder: Path, sealed: list[SealedEvent]) -> None:
    spooled(folder, sealed[:1])
    (file,) = files(folder)
    line = file.read_bytes()
    for at in range(0, len(line) - 1, 7):
        file.write_bytes(line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :])
        spool = Spool(folder, KEY)
        # The blank between the line and its authentication says nothing.
        assert at == 64 or (list(spool.left_behind()), spool.rejected) == ([], 1)
        file.write_bytes(line)


@pytest.mark.parametrize(
    "foreign",
    [b"\n\n\n", b"garbage\n", b"\xff\xfe\x00\n", b"{}\n", b"x" * 5_000_000 + b"\n", b"0" * 64 + b" {}\n"],
)
def test_lines_of_strangers_are_left_out(folder: Path, sealed: list[SealedEvent], foreign: bytes) -> None:
    spooled(folder, sealed[:2])
    (file,) = files(folder)
    file.write_bytes(foreign + file.read_bytes() + foreign)
    spool = Spool(folder, KEY)
    assert [event for event, _ in spool.left_behind()] == sealed[:2]
    assert spool.rejected == (0 if foreign == b"\n\n\n" else 2)


def test_lines_of_another_log_are_left_out_and_their_file_goes(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spooled(folder, sealed)
    spool = Spool(folder, b"l" * 32)
    assert list(spool.left_behind()) == []
    assert spool.rejected == len(sealed)
    assert files(folder) == []


def test_a_line_of_ours_that_holds_no_event_is_left_out(folder: Path) -> None:
    spool = Spool(folder, KEY)
    text = b'{"of": "a later version"}'
    (folder / "000000000001.jsonl").write_bytes(spool._mac(text).encode() + b" " + text + b"\n")
    spool = Spool(folder, KEY)
    assert list(spool.left_behind()) == []
    assert spool.rejected == 1


def test_files_of_strangers_are_left_alone(folder: Path, sealed: list[SealedEvent]) -> None:
    folder.mkdir()
    for name in ("notes.txt", "notes.jsonl", "²³.jsonl", "-1.jsonl"):
        (folder / name).write_bytes(b"x\n")
    (folder / "000000000007.jsonl").mkdir()
    spooled(folder, sealed[:1])
    assert left(folder) == sealed[:1]
    assert (folder / "notes.txt").read_bytes() == b"x\n"


# Erasing ----------------------------------------------------------------------------------------------


def test_erasing_takes_the_lines_of_talks_and_persons_out_of_all_files(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    talk_1 = sealed[5]
    talk_2 = replace(talk_1, talk_id="talk-2", event_id="2", content=b"c" * 40, key=None)
    note = replace(talk_2, talk_id=None, person="subject-2", event_id="3", content=b"d" * 40)
    spooled(folder, [talk_1, talk_2, note])
    spool = Spool(folder, KEY)
    for event in (talk_1, talk_2, note):
        spool.put(event)
    spool.erase(frozenset(("talk-1",)), frozenset(("subject-2",)))
    assert left(folder) == [talk_2, talk_2]
    text = bytes_of_all_files(folder)
    assert b"talk-1" not in text
    assert b"subject-2" not in text
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files(folder))


def test_tickets_stay_good_when_their_lines_were_erased(folder: Path, sealed: list[SealedEvent]) -> None:
    spool = Spool(folder, KEY)
    tickets = [spool.put(event) for event in sealed]
    spool.erase(frozenset(("talk-1",)), frozenset())
    after = spool.put(replace(sealed[0], talk_id="talk-2"))
    for ticket in (*tickets, after):
        spool.settle(ticket)
    assert bytes_of_all_files(folder) == b""
    spool.close()
    assert files(folder) == []


def test_settled_events_are_taken_out_at_once_though_others_in_their_file_wait(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spool = Spool(folder, KEY)
    first, second = (spool.put(event) for event in sealed[:2])
    assert first == second
    spool.settle(first)
    spool.take_out(first, {sealed[0].event_id})
    assert left(folder) == [sealed[1]]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files(folder))
    third = spool.put(sealed[2])
    spool.settle(second)
    spool.take_out(second, {sealed[1].event_id})  # the file is gone
    assert left(folder) == [sealed[2]]
    spool.settle(third)
    spool.take_out(third, {sealed[2].event_id})
    assert bytes_of_all_files(folder) == b""
    assert spool.waiting == 0


def test_what_an_erasure_that_was_cut_short_left_is_deleted_at_the_next_start(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spooled(folder, sealed)
    (file,) = files(folder)
    file.with_suffix(".new").write_bytes(file.read_bytes())
    Spool(folder, KEY)
    assert files(folder) == [file]


# Disks ------------------------------------------------------------------------------------------------


def test_a_line_for_which_there_is_no_room_leaves_nothing_behind(
    folder: Path, sealed: list[SealedEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(folder, KEY)
    spool.put(sealed[0])
    write = os.write

    def half(descriptor: int, line: bytes) -> int:
        if len(line) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, line[:-50])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space left"):
        spool.put(sealed[1])
    monkeypatch.undo()
    assert spool.waiting == 1
    spool.put(sealed[2])
    assert left(folder) == [sealed[0], sealed[2]]


def test_a_line_written_in_parts_is_whole(
    folder: Path, sealed: list[SealedEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:7]))
    spooled(folder, sealed)
    monkeypatch.undo()
    assert left(folder) == sealed


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        Spool(tmp_path / "file" / "spool", KEY)


def test_a_folder_that_vanishes_is_told_by_the_next_file_and_settling_goes_on(
    folder: Path, sealed: list[SealedEvent]
) -> None:
    spool = Spool(folder, KEY)
    ticket = spool.put(sealed[0])
    spool.turn_over()
    folder.rename(folder.with_name("away"))
    folder.touch()
    spool.settle(ticket)
    with pytest.raises(OSError, match="spool"):
        spool.put(sealed[1])
    assert spool.waiting == 0


def test_threads_may_put_and_settle_together(folder: Path, sealed: list[SealedEvent]) -> None:
    spool = Spool(folder, KEY)

    def work(number: int) -> None:
        for count in range(100):
            ticket = spool.put(replace(sealed[0], event_id=f"{number}-{count}"))
            if count % 2:
                spool.settle(ticket)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert spool.waiting == 200
    found = {event.event_id for event in left(folder)}
    assert {f"{number}-{count}" for number in range(4) for count in range(0, 100, 2)} <= found
