import os
from datetime import UTC, datetime, timedelta

import pytest

from review.setup_file import Setup, claim_setup, find_setup, setup_path, write_setup

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SETUP = Setup("root", False)


@pytest.fixture
def database(tmp_path):
    return tmp_path / "log" / "session_log.sqlite"


def test_the_secret_finds_what_was_written(database):
    token = write_setup(database, SETUP, NOW)
    assert find_setup(database, token, NOW) == SETUP
    assert find_setup(database, token + "x", NOW) is None
    assert find_setup(database, "", NOW) is None


def test_the_file_is_its_owner_s_alone_and_holds_no_secret(database):
    token = write_setup(database, SETUP, NOW)
    path = setup_path(database)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert token not in path.read_text()


def test_it_is_good_for_a_day(database):
    token = write_setup(database, SETUP, NOW)
    assert find_setup(database, token, NOW + timedelta(hours=23, minutes=59))
    assert find_setup(database, token, NOW + timedelta(hours=24)) is None


def test_a_new_one_takes_the_place_of_the_old(database):
    old = write_setup(database, SETUP, NOW)
    new = write_setup(database, Setup("boss", True), NOW)
    assert find_setup(database, old, NOW) is None
    assert find_setup(database, new, NOW) == Setup("boss", True)


def test_it_can_be_claimed_once(database):
    write_setup(database, SETUP, NOW)
    assert [claim_setup(database), claim_setup(database)] == [True, False]


@pytest.mark.parametrize("mode", [0o640, 0o606, 0o666])
def test_a_file_that_others_can_touch_is_not_believed(database, mode):
    token = write_setup(database, SETUP, NOW)
    setup_path(database).chmod(mode)
    assert find_setup(database, token, NOW) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"digest": 3, "expires_at": "x"}', "\x00\xff"])
def test_garbage_lets_nobody_in(database, text):
    token = write_setup(database, SETUP, NOW)
    setup_path(database).write_text(text)
    assert find_setup(database, token, NOW) is None


def test_a_link_to_another_file_is_not_followed(database, tmp_path):
    token = write_setup(database, SETUP, NOW)
    path = setup_path(database)
    path.rename(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", path)
    assert find_setup(database, token, NOW) is None
