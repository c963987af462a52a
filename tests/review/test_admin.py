"""The command that lets the first administrator in."""

import re
from datetime import UTC, datetime

import pytest

from review.__main__ import main

TOKEN = re.compile(r"http://localhost:8300/review/invitation/(\S+)")


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    path = tmp_path / "endpoints.yml"
    path.write_text(f"hamdel: {{session_log: {{path: {tmp_path / 'log' / 'session_log.sqlite'}}}}}\n")
    monkeypatch.setenv("HAMDEL_ENDPOINTS", str(path))


def test_the_link_works_in_a_server_that_runs(site, capsys):
    assert main(["admin", "--login", "Root", "--database", str(site.places.database)]) == 0
    token = TOKEN.search(capsys.readouterr().out)[1]
    site.clock.now = datetime.now(UTC)
    page = site.browser().get(f"/invitation/{token}")
    assert page.status_code == 200
    assert ">root<" in page.text


def test_the_link_can_be_made_before_the_first_start(tmp_path, capsys):
    assert main(["admin", "--login", "root"]) == 0
    assert TOKEN.search(capsys.readouterr().out)
    assert (tmp_path / "log" / "session_log.sqlite.review-setup").stat().st_mode & 0o777 == 0o600


def test_where_there_is_an_administrator_it_says_so(site, capsys):
    site.account("boss", "administrator", None)
    database = ["--database", str(site.places.database)]
    assert main(["admin", "--login", "root", *database]) == 2
    assert "--reset" in capsys.readouterr().err
    assert main(["admin", "--login", "root", "--reset", *database]) == 0


def test_a_taken_name_is_refused(site, capsys):
    site.account("anna")
    assert main(["admin", "--login", "anna", "--database", str(site.places.database)]) == 2
    assert "take another" in capsys.readouterr().err


@pytest.mark.parametrize("login", ["a b", "<script>", "ab"])
def test_a_name_that_is_none_is_refused_in_one_line(login, capsys):
    assert main(["admin", "--login", login]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_another_program_s_database_is_refused_in_one_line(tmp_path, capsys):
    path = tmp_path / "other.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    assert main(["admin", "--login", "root", "--database", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_other_commands_are_named(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert {"admin", "demo", "corrections"} <= set(capsys.readouterr().out.split())
