"""What `check` finds out about the session log without changing anything of it."""

import base64
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.check_log import session_log
from bot.settings import Settings
from session_log import SessionLog
from session_log.audit_events import AccessNoted
from session_log.chain import Head, write_head
from session_log.learnt import Learnt, keep_learnt, set_aside
from session_log.location import LogPlaces
from session_log.master_keys import KEY_VARIABLE, MasterKeys
from session_log.reader import reading


@pytest.fixture
def places(tmp_path):
    """A log with one row that nobody writes."""
    with SessionLog.open(LogPlaces.of(tmp_path / "log" / "log.sqlite")) as log:
        noted = AccessNoted(at=datetime.now(UTC), actor="anna", role="operator", action="looked")
        assert log.record(noted)
    return log.places


def look(places, environment=None, *, server_runs=False):
    settings = Settings.model_validate({"session_log": {"path": str(places.database)}})
    return {
        found.subject: found for found in session_log(settings, environment or {}, server_runs=server_runs)
    }


def states(found):
    return {subject: finding.state for subject, finding in found.items()}


def test_a_log_with_its_key_and_head_is_well_and_the_keys_id_is_shown(places):
    found = look(places)
    assert states(found) == {"session log": "ok", "log key": "ok", "log head": "ok", "log writer": "ok"}
    assert found["session log"].detail.endswith("log.sqlite: 1 rows, 0 talks")
    assert f"key {MasterKeys.load(places.key_file, {}).current_id}, opens the log" in found["log key"].detail


def test_a_log_that_is_not_there_yet_is_no_problem_and_is_not_made(tmp_path):
    found = look(LogPlaces.of(tmp_path / "none" / "log.sqlite"))
    assert states(found) == {"session log": "note", "log key": "note", "log writer": "ok"}
    assert list(tmp_path.iterdir()) == []


def test_without_settings_no_log_of_another_installation_is_looked_at():
    (found,) = session_log(None, {}, server_runs=False)
    assert (found.state, "cannot be read" in found.detail) == ("note", True)


def test_a_key_that_is_there_before_the_log_is_shown(tmp_path):
    places = LogPlaces.of(tmp_path / "log.sqlite")
    masters = MasterKeys.load(places.key_file, {}, create=True)
    assert masters.current_id in look(places)["log key"].detail


def test_a_missing_key_is_told_with_what_to_restore(places):
    places.key_file.unlink()
    found = look(places)["log key"]
    assert found.state == "missing"
    assert f"restore {places.key_file}" in (found.remedy or "")


def test_another_key_is_wrong_and_both_ids_are_shown(places):
    wanted = MasterKeys.load(places.key_file, {}).current_id
    places.key_file.unlink()
    other = MasterKeys.load(places.key_file, {}, create=True).current_id
    found = look(places)["log key"]
    assert found.state == "wrong"
    assert other in found.detail
    assert f"wants {wanted}" in found.detail


def test_a_key_of_the_environment_is_looked_at_in_place_of_the_file(places):
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    found = look(places, {KEY_VARIABLE: key})["log key"]
    assert (found.state, KEY_VARIABLE in found.detail, key in str(found)) == ("wrong", True, False)


def test_something_else_than_a_key_is_damaged(places):
    places.key_file.write_text("no key at all")
    assert look(places)["log key"].state == "damaged"


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_damaged_and_stays(places, content):
    places.database.write_bytes(content)
    found = look(places)["session log"]
    assert found.state == "damaged"
    assert "backup" in (found.remedy or "")
    assert places.database.read_bytes() == content


def test_the_database_of_another_program_is_no_log(places):
    places.database.unlink()
    with closing(sqlite3.connect(places.database)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    assert "another program" in look(places)["session log"].detail


def test_an_empty_file_becomes_a_log_at_the_start(places):
    places.database.write_bytes(b"")
    assert look(places)["session log"].state == "note"


def test_a_missing_head_is_told_before_a_start_records_a_break(places):
    places.head_file.unlink()
    found = look(places)["log head"]
    assert found.state == "missing"
    assert "record" in found.detail
    assert not places.head_file.exists()


@pytest.mark.parametrize(
    ("sequence", "said"), [(7, "of row 7, the database ends with row 1"), (1, "another row 1")]
)
def test_a_head_that_does_not_fit_is_wrong(places, sequence, said):
    with reading(places) as reader:
        key = reader.keys.log_key(reader.database).secret
    write_head(places.head_file, key, Head(sequence, b"x" * 32))
    found = look(places)["log head"]
    assert found.state == "wrong"
    assert said in found.detail


def test_a_damaged_head_is_wrong(places):
    places.head_file.write_text("{}")
    assert look(places)["log head"].state == "wrong"


def test_a_log_that_another_program_writes_is_wrong_and_stays_its(places):
    with SessionLog.open(places) as log:
        assert look(places)["log writer"].state == "wrong"
        assert look(places, server_runs=True)["log writer"].state == "ok"
        noted = AccessNoted(at=datetime.now(UTC), actor="anna", role="operator", action="looked")
        assert log.record(noted)
        assert log.flush()
    assert look(places)["log writer"].state == "ok"
    assert look(places, server_runs=True)["log writer"].state == "note"


def learn(places, statement=None):
    with SessionLog.open(places) as log:
        learnt = Learnt(datetime(2026, 11, 20, 3, 4, tzinfo=UTC), "{}", True, "Learning is on: it pays.")
        log.perform(partial(keep_learnt, learnt=learnt)).result(30)
        if statement == "aside":
            log.perform(partial(set_aside, at=learnt.at)).result(30)
    if statement and statement != "aside":
        with closing(sqlite3.connect(places.database)) as database:
            database.execute(statement)
            database.commit()
    return look(places).get("feedback")


def test_what_feedback_has_taught_is_told_with_its_time(places):
    found = learn(places)
    assert (found.state, found.detail) == ("ok", "Learning is on: it pays. (2026-11-20 03:04 UTC)")


def test_a_damaged_state_of_what_was_learnt_is_told_with_what_happens(places):
    found = learn(places, "UPDATE learnt SET content = x'00'")
    assert found.state == "damaged"
    assert "learns anew from the log" in found.remedy


def test_one_that_was_set_aside_is_told_until_it_goes(places):
    found = learn(places, "aside")
    assert (found.state, "20261120T030400000000Z" in found.detail) == ("note", True)
