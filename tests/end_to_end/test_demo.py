"""The demonstration of the review: real talks of invented people, and accounts that can sign in."""

import os
import subprocess
import sys

from session_log.reader import reading
from tests.support.stack import ROOT


def test_the_demonstration_holds_real_talks_and_lets_people_in(tmp_path):
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "review", "demo", "--keep", str(folder), "--talks", "3", "--then-end"]
    run = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "/review/" in run.stdout
    assert "demo-therapist" in run.stdout
    assert "demo-administrator" in run.stdout
    with reading(folder / "session_log.sqlite") as reader:
        talks = reader.talks(10)
        assert len(talks) == 3
        assert all(talk.turns and talk.ended_at and talk.clinic == "demonstration" for talk in talks)
        assert {talk.shared for talk in talks} == {True}
        accounts = reader.database.execute(
            "SELECT role FROM review_accounts WHERE state = 'active'"
        ).fetchall()
        assert sorted(row[0] for row in accounts) == ["administrator", "supervisor", "therapist"]
        assigned = {row[0] for row in reader.database.execute("SELECT person FROM review_assignments")}
        assert assigned == {talk.subject for talk in talks}


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    command = [sys.executable, "-m", "review", "demo", "--keep", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 2
    assert "not empty" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
