from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich_log import record, write_rich_log

from session_log.__main__ import main
from session_log.events import Event, TurnHeard
from session_log.location import LogPlaces
from session_log.master_keys import KEY_VARIABLE, MasterKeys, MissingKeyError, WrongKeyError
from session_log.operator_access import operating
from session_log.reader import reading
from session_log.rotation import rotate
from session_log.verify import verify
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Output = pytest.CaptureFixture[str]

KILLED_ROTATION = """
import os, signal, sys
from pathlib import Path
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys
from session_log.operator_access import operating
from session_log.rotation import rotate
from session_log.transaction import Transaction

def killing(owner, name, at_call, before):
    real, calls = getattr(owner, name), []
    def call(*values, **named):
        calls.append(1)
        if before and len(calls) == at_call:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*values, **named)
        if len(calls) == at_call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, call)

step = sys.argv[2].split("-")
with operating(LogPlaces.of(Path(sys.argv[1]))) as log:
    killing({"MasterKeys": MasterKeys, "Transaction": Transaction}[step[0]], step[1], int(step[2]), step[3] == "before")
    rotate(log)
"""
STEPS = [
    "MasterKeys-save-1-before",
    "MasterKeys-save-1-after",
    "MasterKeys-wrap-2-before",
    "Transaction-append-1-before",
    "Transaction-append-1-after",
    "MasterKeys-save-2-before",
    "MasterKeys-save-2-after",
]


@pytest.fixture
def places(path: Path, talk: Talk) -> LogPlaces:
    return write_rich_log(path, talk)


def masters_in(places: LogPlaces) -> set[str]:
    with reading(places) as reader:
        return {row[0] for row in reader.database.execute("SELECT DISTINCT master_id FROM keys")}


def test_all_keys_are_wrapped_anew_and_the_old_one_is_dropped(places: LogPlaces) -> None:
    old = MasterKeys.load(places.key_file)
    with operating(places) as log:
        rotated = rotate(log)
    assert rotated.dropped == old.ids
    assert masters_in(places) == {rotated.key_id}
    assert MasterKeys.load(places.key_file).ids == (rotated.key_id,)
    with reading(places) as reader:
        assert any(isinstance(event, TurnHeard) for event in reader.events("talk-1"))
        assert rotated.keys == reader.database.execute("SELECT count(*) FROM keys").fetchone()[0]
    assert verify(places) == []


def test_the_old_key_opens_nothing_any_more(places: LogPlaces) -> None:
    old = places.key_file.read_bytes()
    with operating(places) as log:
        rotate(log)
    places.key_file.write_bytes(old)
    with pytest.raises(WrongKeyError):
        verify(places)


def test_talks_are_written_and_read_after_a_rotation(places: LogPlaces, talk: Talk) -> None:
    with operating(places) as log:
        rotate(log)
    with SessionLog.open(places) as log:
        record(log, talk("talk-9"))
    with reading(places) as reader:
        assert len(reader.events("talk-9")) == len(talk("talk-9"))
    assert verify(places) == []


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_and_it_can_be_gone_on_with(places: LogPlaces, step: str) -> None:
    with reading(places) as reader:
        before = reader.events("talk-1")
    command = [sys.executable, "-c", KILLED_ROTATION, str(places.database), step]
    killed = subprocess.run(command, cwd=Path(__file__).parents[2], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    with reading(places) as reader:
        assert reader.events("talk-1") == before
    assert verify(places) == []
    with operating(places) as log:
        rotated = rotate(log)
    assert masters_in(places) == {rotated.key_id}
    assert MasterKeys.load(places.key_file).ids == (rotated.key_id,)
    with reading(places) as reader:
        assert reader.events("talk-1") == before
    assert verify(places) == []


def test_a_key_from_the_environment_is_refused_with_the_way_to_do_it(
    places: LogPlaces, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    key = places.key_file.read_text().strip()
    monkeypatch.setenv(KEY_VARIABLE, key)
    assert main(["rotate-key", "--database", str(places.database)]) == 2
    told = capsys.readouterr().err
    assert "Write it into a file" in told
    assert told.count("\n") == 1
    assert key not in told
    assert places.key_file.read_text().strip() == key


def test_a_wrapped_key_that_was_changed_keeps_the_old_master_key(places: LogPlaces) -> None:
    with operating(places) as log:
        change = "UPDATE keys SET wrapped = zeroblob(60) WHERE owner = 'talk:talk-1'"
        log.perform(lambda transaction: transaction.database.execute(change)).result(60)
        with pytest.raises(WrongKeyError):
            rotate(log)
    assert len(MasterKeys.load(places.key_file).ids) == 2
    with reading(places) as reader:
        assert reader.events("talk-5")


def test_a_key_file_that_cannot_be_written_changes_nothing(places: LogPlaces) -> None:
    before = masters_in(places)
    with operating(places) as log:
        text = places.key_file.read_text()
        places.key_file.with_name(f"{places.key_file.name}.new").mkdir()
        with pytest.raises(MissingKeyError, match="cannot be written"):
            rotate(log)
    assert masters_in(places) == before
    assert places.key_file.read_text() == text


def test_the_command_says_what_to_keep_and_the_audit_tells_of_it(places: LogPlaces, capsys: Output) -> None:
    assert main(["rotate-key", "--database", str(places.database)]) == 0
    assert "make a new backup of" in capsys.readouterr().out
    with reading(places) as reader:
        query = "SELECT facts FROM events WHERE event_kind = 'access_noted' ORDER BY sequence DESC LIMIT 1"
        assert '"action":"key_rotated"' in reader.database.execute(query).fetchone()[0]


def test_while_a_server_writes_the_log_the_key_stays(places: LogPlaces, capsys: Output) -> None:
    before = places.key_file.read_bytes()
    with SessionLog.open(places):
        assert main(["rotate-key", "--database", str(places.database)]) == 2
    assert "stop the server" in capsys.readouterr().err
    assert places.key_file.read_bytes() == before
