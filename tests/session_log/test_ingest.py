from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich_log import record, write_rich_log

from session_log.__main__ import main
from session_log.audit_events import AUDIT_EVENTS
from session_log.care_events import PersonConsentSet
from session_log.events import AudioKept, ConsentSet, Event, HandedOff, TurnHeard
from session_log.ingest import BadLineError, event_of, ingest, numbered_values
from session_log.kinds import AnyEvent
from session_log.location import LogPlaces
from session_log.reader import reading
from session_log.timeline import event_values
from session_log.verify import verify
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def other(tmp_path: Path) -> LogPlaces:
    """An empty log beside the one that events come from."""
    places = LogPlaces.of(tmp_path / "other" / "session_log.sqlite")
    SessionLog.open(places).close()
    return places


def lines(happened: list[Any]) -> list[bytes]:
    return [json.dumps(event_values(event), ensure_ascii=False).encode() + b"\n" for event in happened]


def run(places: LogPlaces, file: Path, content: bytes | list[bytes]) -> int:
    file.write_bytes(content if isinstance(content, bytes) else b"".join(content))
    return main(["ingest", "--database", str(places.database), str(file)])


def stored(places: LogPlaces, talk_id: str = "talk-1") -> list[AnyEvent]:
    with reading(places) as reader:
        return reader.events(talk_id)


def test_events_are_written_as_they_were(
    other: LogPlaces, tmp_path: Path, talk: Talk, capsys: Output
) -> None:
    assert run(other, tmp_path / "in.jsonl", lines(talk())) == 0
    assert stored(other) == talk_like(talk(), stored(other))
    assert capsys.readouterr().out.startswith(f"{len(talk())} written, 0 stored already, 0 without consent")
    assert verify(other) == []


def talk_like(happened: list[Event], kept: list[AnyEvent]) -> list[Event]:
    """The events with the random ids of those that are stored."""
    return [replace(event, event_id=each.event_id) for event, each in zip(happened, kept, strict=True)]


def test_ingested_twice_each_event_is_stored_once(
    other: LogPlaces, tmp_path: Path, talk: Talk, capsys: Output
) -> None:
    content = lines(talk())
    assert run(other, tmp_path / "in.jsonl", content[:9]) == 0
    assert run(other, tmp_path / "in.jsonl", content + content) == 0
    assert len(stored(other)) == len(content)
    assert f"{len(content) - 9} written, {len(content) + 9} stored already" in capsys.readouterr().out
    assert verify(other) == []


def test_what_an_export_gave_can_be_read_into_another_log(
    path: Path, other: LogPlaces, tmp_path: Path, talk: Talk, capsys: Output
) -> None:
    source = write_rich_log(path, talk)
    exported = tmp_path / "all.json"
    assert main(["export", "--all", "--database", str(path), "-o", str(exported)]) == 0
    assert main(["ingest", "--database", str(other.database), str(exported)]) == 0
    for talk_id in ("talk-1", "talk-2", "talk-4", "talk-5"):
        moved = [e for e in stored(source, talk_id) if not isinstance(e, (AudioKept, *AUDIT_EVENTS))]
        assert stored(other, talk_id) == moved
    with reading(source) as here, reading(other) as there:
        of_person = [sorted(r.events_of_person("p-1"), key=lambda e: e.event_id) for r in (here, there)]
        assert of_person[0] == of_person[1]
        assert here.digests(["talk-1"]) == there.digests(["talk-1"])
    assert ", 0 bad" in capsys.readouterr().out
    assert verify(other) == []


def test_a_document_laid_out_otherwise_is_read_too(
    path: Path, other: LogPlaces, tmp_path: Path, talk: Talk
) -> None:
    write_rich_log(path, talk)
    exported = tmp_path / "all.json"
    assert main(["export", "talk-1", "--database", str(path), "-o", str(exported)]) == 0
    document = json.loads(exported.read_bytes())
    for number, layout in enumerate((None, 4)):
        again = json.dumps(document, indent=layout).encode()
        assert run(other, tmp_path / f"{number}.json", again) == 0
    assert any(isinstance(event, TurnHeard) for event in stored(other))


@pytest.mark.parametrize("scopes", [("talk",), ("talk", "emotion"), ()])
def test_what_is_not_consented_to_is_withheld(
    other: LogPlaces, tmp_path: Path, talk: Talk, scopes: tuple[str, ...]
) -> None:
    assert run(other, tmp_path / "in.jsonl", lines(talk(scopes=scopes))) == 0
    names = {type(event).__name__ for event in stored(other)}
    assert not names & {"TurnHeard", "ReplyGiven", "MoodEstimated", "SuggestionsShown", "DistressRated"}
    assert {"TalkStarted", "CrisisFlagged", "TalkEnded"} <= names
    words = next(event.text for event in talk() if isinstance(event, TurnHeard))
    held = b"".join(file.read_bytes() for file in other.database.parent.rglob("*") if file.is_file())
    assert words.encode() not in held


def test_nothing_of_a_talk_that_was_erased_here_comes_back(
    other: LogPlaces, tmp_path: Path, talk: Talk
) -> None:
    content = lines(talk())
    assert run(other, tmp_path / "in.jsonl", content[:8]) == 0
    with SessionLog.open(other) as log:
        assert log.erase_talk("talk-1", 60)
    assert run(other, tmp_path / "in.jsonl", content) == 0
    assert not any(isinstance(event, TurnHeard) for event in stored(other))
    assert verify(other) == []


def test_a_token_does_not_overrule_what_a_person_refused_here(
    other: LogPlaces, tmp_path: Path, talk: Talk
) -> None:
    started, *others = talk()
    refused = PersonConsentSet(
        subject="subject-1",
        at=started.at - timedelta(days=1),
        scope="store_text",
        granted=False,
        version="1",
        given_by="page",
    )
    by_token = [replace(e, given_by="token") if isinstance(e, ConsentSet) else e for e in others]
    assert run(other, tmp_path / "in.jsonl", lines([refused, started, *by_token])) == 0
    assert not any(isinstance(event, TurnHeard) for event in stored(other))
    assert run(other, tmp_path / "2.jsonl", lines([replace(refused, granted=True, event_id="again")])) == 0
    again = [replace(e, talk_id="talk-2", event_id=f"{n}") for n, e in enumerate([started, *by_token])]
    assert run(other, tmp_path / "3.jsonl", lines(again)) == 0
    assert any(isinstance(event, TurnHeard) for event in stored(other, "talk-2"))


def test_bad_lines_are_named_by_number_and_skipped_and_never_quoted(
    other: LogPlaces, tmp_path: Path, talk: Talk, capsys: Output
) -> None:
    good = lines(talk())
    started = event_values(talk()[0])
    secret = "SECRET-WORDS"
    bad = {
        2: b'{"event": "turn_heard", "text": "' + secret.encode(),
        4: json.dumps([secret]).encode(),
        5: json.dumps({"event": secret}).encode(),
        6: json.dumps({**started, secret: 1}).encode(),
        7: json.dumps({**started, "at": secret}).encode(),
        8: json.dumps({**started, "purpose": secret}).encode(),
        9: json.dumps({key: value for key, value in started.items() if key != "event_id"}).encode(),
        10: json.dumps({**started, "event_id": "x2"}).encode(),
        11: b"\xff\xfe" + secret.encode(),
        12: b"[" * 100_000,
        13: json.dumps({**started, "language": {"a": secret}}).encode(),
    }
    content = [
        good[0],
        bad[2] + b"\n",
        good[1],
        *(line + b"\n" for number, line in bad.items() if number > 2),
    ]
    assert run(other, tmp_path / "in.jsonl", content + good[2:]) == 2
    printed, told = capsys.readouterr()
    assert f"{len(good)} written" in printed
    assert f"{len(bad)} bad" in printed
    assert [int(line.split(":")[2]) for line in told.splitlines()] == sorted(bad)
    assert secret not in told
    assert len(stored(other)) == len(good)


def test_events_of_a_talk_that_never_began_are_bad_lines(
    other: LogPlaces, tmp_path: Path, talk: Talk, capsys: Output
) -> None:
    ended = talk()[-1]
    assert run(other, tmp_path / "in.jsonl", lines([ended])) == 2
    assert "in.jsonl:1: its talk did not begin before it" in capsys.readouterr().err


def test_a_refused_event_does_not_spoil_the_key_of_its_talk(
    other: LogPlaces, tmp_path: Path, talk: Talk
) -> None:
    handed_off = next(event for event in talk() if isinstance(event, HandedOff))
    assert run(other, tmp_path / "in.jsonl", lines([handed_off, *talk()])) == 2
    assert len(stored(other)) == len(talk())
    assert verify(other) == []


def test_audit_and_sound_are_left_out(
    path: Path, other: LogPlaces, tmp_path: Path, talk: Talk, capsys: Output
) -> None:
    source = write_rich_log(path, talk)
    kept = [event for event in stored(source) if isinstance(event, (AudioKept, *AUDIT_EVENTS))]
    assert run(other, tmp_path / "in.jsonl", lines(kept)) == 0
    assert f"{len(kept)} of audit or sound left out" in capsys.readouterr().out


def test_it_reads_the_standard_input(other: LogPlaces, talk: Talk) -> None:
    command = [sys.executable, "-m", "session_log", "ingest", "--database", str(other.database), "-"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, input=b"".join(lines(talk())), capture_output=True, cwd=root, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(stored(other)) == len(talk())


def test_killed_under_way_it_can_be_called_again_and_each_event_is_stored_once(
    other: LogPlaces, talk: Talk, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "session_log", "ingest", "--database", str(other.database), "-"]
    root = Path(__file__).parents[2]
    content = lines([event for number in range(20) for event in talk(f"talk-{number}")])
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=root) as feeding:
        assert feeding.stdin is not None
        feeding.stdin.write(b"".join(content[: len(content) // 2]))
        feeding.stdin.flush()
        wait_for_talk(other, "talk-3")
        feeding.kill()
    assert feeding.returncode == -signal.SIGKILL
    assert run(other, tmp_path / "in.jsonl", content) == 0
    assert sum(len(stored(other, f"talk-{number}")) for number in range(20)) == len(content)
    assert verify(other) == []


def wait_for_talk(places: LogPlaces, talk_id: str) -> None:
    """Events of a feed that goes on are stored without waiting for its end."""
    for _ in range(100_000):
        with reading(places) as reader:
            if reader.database.execute("SELECT 1 FROM talks WHERE talk_id = ?", (talk_id,)).fetchone():
                return
    raise AssertionError("the talk was not stored")


def test_a_file_that_is_not_there_exits_2(other: LogPlaces, tmp_path: Path, capsys: Output) -> None:
    assert main(["ingest", "--database", str(other.database), str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_an_empty_file_writes_nothing(other: LogPlaces, tmp_path: Path, capsys: Output) -> None:
    assert run(other, tmp_path / "in.jsonl", b"\n \n") == 0
    assert capsys.readouterr().out.startswith("0 written")


def test_values_of_every_event_become_the_event_again(path: Path, talk: Talk) -> None:
    places = write_rich_log(path, talk)
    with reading(places) as reader:
        happened = [event for talk_id in ("talk-1", "talk-2") for event in reader.events(talk_id)]
        happened += reader.events_of_person("p-1")
    assert len({type(event) for event in happened}) > 20
    for event in happened:
        assert event_of(json.loads(json.dumps(event_values(event)))) == event


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_any_values_are_an_event_or_a_bad_line(data: st.DataObject) -> None:
    heard = {
        "event": "turn_heard",
        "talk_id": "t",
        "turn_id": "u",
        "at": "2026-11-20T08:00:00+00:00",
        "language": "fa",
        "text": "x",
        "source": "voice",
        "event_id": "e",
    }
    changed = data.draw(st.dictionaries(st.sampled_from([*heard, "confidence", "suggestions"]), JSON_VALUES))
    try:
        event_of({**heard, **changed})
    except BadLineError as error:
        assert str(error)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_numbered_values_or_bad_lines(content: bytes) -> None:
    for number, value in numbered_values(content.splitlines(keepends=True)):
        assert number >= 1
        assert isinstance(value, dict | BadLineError)


def test_a_log_that_was_closed_is_told_of(other: LogPlaces, talk: Talk) -> None:
    log = SessionLog.open(other)
    log.close()
    with pytest.raises(Exception, match="closed"):
        ingest(log, numbered_values(lines(talk())))
    with SessionLog.open(other) as again:
        record(again, talk())
