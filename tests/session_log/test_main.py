from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest

from session_log.__main__ import main
from session_log.audit_events import Erased
from session_log.events import ConsentSet, Event, ReplyGiven, ReplyHeard, TalkStarted, TurnHeard
from session_log.location import LogPlaces
from session_log.master_keys import MasterKeys
from session_log.operator_access import operator_name
from session_log.reader import list_talks, read_talk
from session_log.timeline import event_values
from session_log.writer import SessionLog

Talk = Callable[..., list[Event]]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def written(path: Path, talk: Talk) -> Path:
    with SessionLog.open(path) as log:
        for event in talk():
            log.record(event)
    return path


def test_list_prints_a_line_for_each_talk(written: Path, capsys: Output) -> None:
    assert main(["list", "--database", str(written)]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["TALK", "STARTED"]
    assert line.split()[:4] == ["talk-1", "2026-11-20", "08:00:00", "00:40.0"]
    assert line.split()[4:] == ["therapy", "fa", "1", "2", "client_closed"]
    assert line.index("therapy") == heading.index("PURPOSE")


def test_list_prints_json(written: Path, capsys: Output) -> None:
    assert main(["list", "--json", "--database", str(written)]) == 0
    (values,) = json.loads(capsys.readouterr().out)
    assert values["talk_id"] == "talk-1"
    assert values["started_at"] == "2026-11-20T08:00:00.000000+00:00"


def test_show_prints_the_timeline(written: Path, capsys: Output) -> None:
    assert main(["show", "talk-1", "--database", str(written)]) == 0
    printed = capsys.readouterr().out
    for part in (
        "subject subject-1",
        "00:00.1  consent      store_text granted (version 2026-11, by widget)",
        "00:00.5  disclosure   version 1, fa, spoken",
        "00:04.0  heard        \u2068«از دست همکارم خیلی عصبانی‌ام، it is too much»\u2069  (voice, fa, 3.2 s",
        "speech: anger  (anger 0.75, neutral 0.25; threshold 0.50; paper_cnn-1, not validated)",
        "heard: \u2068«می‌شنوم»\u2069",
        "anger-7 (breathing, 0.90), anger-2 (time_out, 0.40)",
        "anger-7 did not help",
        "7 of 10 after",
        "turn turn-1 was fear",
        "CRISIS       level 2, self_harm, IR; shown: \u2068«اورژانس اجتماعی ۱۲۳»\u2069",
        "alert        delivered \u2068«First contact»\u2069 by mail  (level 2, self_harm, clinic-1, alert-1)",
        "to duty, crisis, reached",
        "00:40.0  end          client_closed",
    ):
        assert part in printed


def test_show_prints_json_with_every_event(written: Path, capsys: Output, talk: Talk) -> None:
    assert main(["show", "talk-1", "--json", "--database", str(written)]) == 0
    values = json.loads(capsys.readouterr().out)
    assert len(values["events"]) == len(talk())
    by_name = {event["event"]: event for event in values["events"]}
    assert by_name["mood_estimated"]["probabilities"] == {"anger": 0.75, "neutral": 0.25}
    assert by_name["crisis_flagged"]["kind"] == "self_harm"
    assert by_name["suggestions_shown"]["suggestions"][1]["technique"] == "time_out"


def test_words_cannot_steer_the_terminal_or_break_the_line(path: Path, capsys: Output, talk: Talk) -> None:
    text = "a\x1b[2Jb\r\nc\u202ed\u2069e\u2028f\x9bg"
    with SessionLog.open(path) as log:
        for event in talk():
            log.record(replace(event, text=text) if isinstance(event, TurnHeard) else event)
    assert main(["show", "talk-1", "--database", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "\u2068«a [2Jb  cde f g»\u2069" in printed


def test_an_anonymous_talk_says_why_it_is_empty(path: Path, capsys: Output, talk: Talk) -> None:
    first, *others = talk()
    with SessionLog.open(path) as log:
        for event in (replace(first, subject=None), *others):
            log.record(event)
    assert main(["show", "talk-1", "--database", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "anonymous: nothing that was said or felt is kept" in printed
    assert "heard" not in printed


def test_an_erased_talk_says_so(written: Path, capsys: Output) -> None:
    with SessionLog.open(written) as log:
        assert log.erase_talk("talk-1")
    assert main(["show", "talk-1", "--database", str(written)]) == 0
    assert "content erased" in capsys.readouterr().out
    assert main(["list", "--database", str(written)]) == 0
    assert "erased" in capsys.readouterr().out


def test_the_database_comes_from_the_environment(
    written: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAMDEL_SESSION_LOG", str(written))
    assert main(["list"]) == 0
    assert "talk-1" in capsys.readouterr().out


def test_an_empty_log_says_so(path: Path, capsys: Output) -> None:
    SessionLog.open(path).close()
    assert main(["list", "--database", str(path)]) == 0
    assert capsys.readouterr().out == "no talks yet\n"
    assert main(["list", "--json", "--database", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_an_unknown_talk_exits_2_with_one_line(written: Path, capsys: Output) -> None:
    assert main(["show", "nobody", "--database", str(written)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("session_log: There is no talk of this id")


def test_a_damaged_log_exits_2_with_one_line(path: Path, capsys: Output) -> None:
    path.parent.mkdir()
    path.write_bytes(b"nonsense" * 1000)
    assert main(["list", "--database", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "There is no session log at"),
        (lambda path: path.mkdir(), "There is no session log at"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(bytes(range(256)) * 32), "damaged or no SQLite database"),
        (lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000), "damaged"),
    ],
    ids=["missing", "folder", "empty", "garbage", "only a header"],
)
@pytest.mark.parametrize("command", [["list"], ["list", "--json"], ["show", "talk-1"]])
def test_a_file_that_is_no_log_exits_2_with_one_line(
    tmp_path: Path, make: Callable[[Path], object], message: str, command: list[str], capsys: Output
) -> None:
    make(tmp_path / "log")
    assert main([*command, "--database", str(tmp_path / "log")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("session_log: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_log_of_another_user_exits_2_with_one_line(capsys: Output) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "log"
        SessionLog.open(path).close()
        path.chmod(0o000)
        before = os.geteuid()
        try:
            if before == 0:
                os.seteuid(65534)
            assert main(["list", "--database", str(path)]) == 2
        finally:
            os.seteuid(before)
    err = capsys.readouterr().err
    assert "check the path, the rights" in err
    assert err.count("\n") == 1


def _reply(talk: Talk) -> ReplyGiven:
    return next(event for event in talk() if isinstance(event, ReplyGiven))


def test_a_talk_without_stored_text_shows_no_number_of_turns(path: Path, capsys: Output, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        for event in talk(scopes=("talk", "emotion")):
            log.record(replace(event, language="und") if isinstance(event, TalkStarted) else event)
    assert main(["list", "--database", str(path)]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split()[4:] == ["therapy", "fa", "—", "2", "client_closed"]
    assert main(["list", "--json", "--database", str(path)]) == 0
    (values,) = json.loads(capsys.readouterr().out)
    assert (values["turns"], values["language"]) == (None, "fa")


def test_a_talk_whose_language_was_open_shows_the_one_heard(path: Path, capsys: Output, talk: Talk) -> None:
    heard = next(event for event in talk() if isinstance(event, TurnHeard))
    english = [replace(heard, language="en", turn_id=f"turn-{n}", event_id=f"turn-{n}") for n in range(2, 5)]
    with SessionLog.open(path) as log:
        for event in [*talk()[:-1], *english, talk()[-1]]:
            log.record(replace(event, language="und") if isinstance(event, TalkStarted) else event)
    assert main(["list", "--database", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[4:7] == ["therapy", "en", "4"]


def test_a_reply_that_was_heard_whole_is_printed_once(path: Path, capsys: Output, talk: Talk) -> None:
    whole = replace(_reply(talk), status="completed", heard_text=" می‌شنوم که\nعصبانی هستید. ")
    with SessionLog.open(path) as log:
        for event in talk():
            if not isinstance(event, ReplyHeard):
                log.record(whole if isinstance(event, ReplyGiven) else event)
    assert main(["show", "talk-1", "--database", str(path)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("عصبانی هستید") == 1
    assert "heard: " not in printed


def test_a_reply_of_which_nothing_was_heard_says_so(path: Path, capsys: Output, talk: Talk) -> None:
    with SessionLog.open(path) as log:
        for event in talk():
            log.record(replace(event, heard_text="") if isinstance(event, ReplyGiven) else event)
    assert main(["show", "talk-1", "--database", str(path)]) == 0
    assert "heard: \u2068«»\u2069" in capsys.readouterr().out


def test_what_turned_out_to_be_heard_of_a_reply_has_a_line_of_its_own(
    path: Path, capsys: Output, talk: Talk
) -> None:
    with SessionLog.open(path) as log:
        for event in talk():
            log.record(event)
    assert main(["show", "talk-1", "--database", str(path)]) == 0
    assert "of it was heard: \u2068«می…»\u2069" in capsys.readouterr().out


def test_a_consent_given_in_another_program_is_not_called_the_widgets(
    path: Path, capsys: Output, talk: Talk
) -> None:
    with SessionLog.open(path) as log:
        for event in talk():
            log.record(replace(event, given_by="client") if isinstance(event, ConsentSet) else event)
    assert main(["show", "talk-1", "--database", str(path)]) == 0
    assert "store_text granted (version 2026-11, by client)" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["list", "--limit", "0"], ["list", "--limit", "many"], ["show"]])
def test_wrong_arguments_exit_2(arguments: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m session_log" in capsys.readouterr().err


def test_the_command_prints_persian_whatever_the_locale(written: Path) -> None:
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "session_log", "show", "talk-1", "--database", str(written)],
        capture_output=True,
        env=environment,
        check=True,
    )
    assert "می‌شنوم که عصبانی هستید" in done.stdout.decode()


def test_a_reader_that_stops_early_is_no_error(written: Path) -> None:
    command = f"{sys.executable} -m session_log show talk-1 --database {written} | true"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


COMMANDS = (
    "list",
    "show",
    "verify",
    "acknowledge",
    "stats",
    "export",
    "erase",
    "rotate-key",
    "retention",
    "ingest",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_takes_the_places(command: str, capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert all(option in printed for option in ("--database", "--key-file", "--head-file"))


REQUIRED = {
    "show": ["x"],
    "export": ["x"],
    "erase": ["x", "--yes"],
    "retention": ["--audio-days", "0"],
    "ingest": ["-"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_makes_a_log_that_is_not_there(command: str, tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "none" / "log.sqlite"
    assert main([command, *REQUIRED.get(command, []), "--database", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("session_log: There is no session log at")
    assert told.count("\n") == 1
    assert not path.parent.exists()


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "ingest"])
def test_with_another_key_no_command_changes_anything(command: str, written: Path, capsys: Output) -> None:
    LogPlaces.of(written).key_file.unlink()
    other = written.parent / "other.key"
    MasterKeys((b"o" * 32,), other).save()
    before = written.read_bytes()
    known = {"show": ["talk-1"], "export": ["talk-1"], "erase": ["talk-1", "--yes"]}
    arguments = [*known.get(command, REQUIRED.get(command, [])), "--database", str(written)]
    assert main([command, *arguments]) == 2
    assert "The session log's key is not at" in capsys.readouterr().err
    assert main([command, *arguments, "--key-file", str(other)]) == 2
    assert "written with another key" in capsys.readouterr().err
    assert written.read_bytes() == before


def test_verify_says_that_all_is_well(written: Path, capsys: Output) -> None:
    assert main(["verify", "--database", str(written)]) == 0
    looked_at = f"{written}: 17 rows, 1 talks"
    assert capsys.readouterr().out == f"looked at {looked_at}\nnothing was changed, removed or added\n"
    assert main(["verify", "--json", "--database", str(written)]) == 0
    assert json.loads(capsys.readouterr().out) == {"looked_at": looked_at, "findings": []}


def test_verify_prints_a_line_for_each_finding_and_exits_1(written: Path, capsys: Output) -> None:
    with closing(sqlite3.connect(written)) as database:
        database.execute("UPDATE events SET at = '2026-11-20T08:00:04' WHERE event_kind = 'turn_heard'")
        database.execute("DELETE FROM events WHERE event_kind = 'talk_ended'")
        database.commit()
    assert main(["verify", "--database", str(written)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "events row 6: the row or the link to the one before was changed" in lines
    assert any(line.startswith("head row 17: rows 17 to 17 were cut off") for line in lines)
    assert main(["verify", "--json", "--database", str(written)]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    problem = "the row or the link to the one before was changed"
    assert {"part": "events", "sequence": 6, "problem": problem, "acknowledged": None} in findings


@pytest.mark.parametrize("command", ["list", "stats"])
def test_which_log_was_looked_at_is_said_beside_the_output(
    command: str, written: Path, capsys: Output
) -> None:
    assert main([command, "--json", "--database", str(written)]) == 0
    out, err = capsys.readouterr()
    assert err == f"session_log: {written}: 17 rows, 1 talks\n"
    assert json.loads(out)


def test_the_log_is_that_of_the_settings(
    written: Path, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file = LogPlaces.of(written).key_file.rename(tmp_path / "elsewhere.key")
    path = tmp_path / "endpoints.yml"
    path.write_text(f"hamdel: {{session_log: {{path: {written}, key_file: {key_file}}}}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(path))
    assert main(["verify"]) == 0
    assert f"looked at {written}: 17 rows" in capsys.readouterr().out
    path.write_text("hamdel: {session_log: {pfad: x}}\n")
    assert main(["verify"]) == 2
    assert "hamdel.session_log.pfad: is no setting" in capsys.readouterr().err


def test_erase_takes_the_content_and_leaves_a_tombstone(written: Path, capsys: Output) -> None:
    assert main(["erase", "talk-1", "--yes", "--database", str(written)]) == 0
    assert capsys.readouterr().out == f"erased: talk talk-1 (1 talks), in {written}: 18 rows, 1 talks\n"
    _, happened = read_talk(written, "talk-1")
    (erased,) = [event for event in happened if isinstance(event, Erased)]
    assert (erased.actor, erased.role, erased.reason) == (operator_name(), "operator", "asked")
    assert not any(isinstance(event, TurnHeard) for event in happened)
    assert main(["verify", "--database", str(written)]) == 0


def test_erase_of_a_person_takes_whose_talks_they_were(written: Path) -> None:
    assert main(["erase", "--person", "subject-1", "--yes", "--database", str(written)]) == 0
    talk, _ = read_talk(written, "talk-1")
    assert talk.subject is None
    assert main(["erase", "--person", "subject-1", "--yes", "--database", str(written)]) == 2
    assert main(["verify", "--database", str(written)]) == 0


def test_erase_asks_first(written: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["erase", "talk-1", "--database", str(written)]
    assert main(arguments) == 2
    assert "add --yes" in capsys.readouterr().err
    with terminal("no\n") as asked:
        monkeypatch.setattr("sys.stdin", asked)
        assert main(arguments) == 2
    assert "Nothing was erased." in capsys.readouterr().err
    assert any(isinstance(event, TurnHeard) for event in read_talk(written, "talk-1")[1])
    with terminal("yes\n") as asked:
        monkeypatch.setattr("sys.stdin", asked)
        assert main(arguments) == 0
    assert not any(isinstance(event, TurnHeard) for event in read_talk(written, "talk-1")[1])


@pytest.mark.parametrize(
    ("command", "meanwhile"),
    [
        ("erase talk-1 --yes", "a supervisor who may see the talk can erase it on its page of the review"),
        ("erase --person p --yes", "the person can erase all of theirs on their own page (/me)"),
        ("export talk-1", "a therapist who may see the talk can export it on its page of the review"),
        ("export --person p", "the person can export all of theirs on their own page (/me)"),
        ("export --all", ""),
        ("retention --audio-days 0", "the server runs it itself once a day by its settings"),
        ("rotate-key", ""),
        ("acknowledge", ""),
        ("ingest -", ""),
    ],
)
def test_while_a_server_writes_the_log_it_is_left_to_it(
    written: Path, command: str, meanwhile: str, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    with SessionLog.open(written):
        assert main([*command.split(), "--database", str(written)]) == 2
        told = capsys.readouterr().err
        assert main(["verify", "--database", str(written)]) == 0
        assert main(["list", "--database", str(written)]) == 0
    assert f"the audit with it: {meanwhile}" in told
    assert "stop the server and call this again" in told
    assert ("the audit with it: stop" in told) == (meanwhile == "")
    assert any(isinstance(event, TurnHeard) for event in read_talk(written, "talk-1")[1])


def test_ctrl_c_leaves_nothing_broken(written: Path, talk: Talk) -> None:
    events = [replace(event, talk_id="talk-2") for event in talk()]
    command = [sys.executable, "-m", "session_log", "ingest", "--database", str(written), "-"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root
    ) as feeding:
        assert feeding.stdin is not None
        for event in events[:8]:
            feeding.stdin.write(json.dumps(event_values(event)) + "\n")
        feeding.stdin.flush()
        while "talk-2" not in [known.talk_id for known in list_talks(written)]:
            assert feeding.poll() is None
        feeding.send_signal(signal.SIGINT)
        assert feeding.wait(60) == 130
        assert feeding.stderr is not None
        assert "interrupted" in feeding.stderr.read()
    assert main(["verify", "--database", str(written)]) == 0


@contextmanager
def terminal(typed: str) -> Iterator[TextIO]:
    """A terminal at which somebody types."""
    ours, theirs = os.openpty()
    os.write(ours, typed.encode())
    with os.fdopen(theirs, "r") as file:
        yield file
    os.close(ours)
