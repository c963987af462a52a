"""The demonstration of the review: real talks of invented people, and accounts that can sign in."""

import os
import subprocess
import sys

from ruamel.yaml import YAML

from bot.settings import load_settings
from review.demo import _write_endpoints
from session_log.reader import reading
from tests.support.stack import ROOT


def test_the_demonstration_holds_real_talks_and_lets_people_in(tmp_path):
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "review", "demo", "--keep", str(folder), "--talks", "3", "--then-end"]
    real = {"HAMDEL_LOG_KEY_FILE": tmp_path / "real.key", "HAMDEL_LOG_HEAD_FILE": tmp_path / "real.head"}
    environment = {**os.environ, **{name: str(path) for name, path in real.items()}}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "holding 3 talks, about 1 minute …" in run.stderr
    assert "/review/" in run.stdout
    assert "demo-therapist" in run.stdout
    assert "demo-administrator" in run.stdout
    assert not any(path.exists() for path in real.values())  # those of another log are left alone
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


def test_a_demonstration_wakes_nobody_and_is_open_to_this_machine_alone(tmp_path, monkeypatch):
    yaml = YAML()
    document = yaml.load((ROOT / "endpoints.yml").read_text(encoding="utf-8"))
    document["hamdel"]["on_call"] = {"contacts": [{"name": "somebody"}]}
    document["hamdel"]["server"] |= {"host": "0.0.0.0", "allowed_origins": ["https://clinic.example"]}
    with (tmp_path / "endpoints.yml").open("w", encoding="utf-8") as file:
        yaml.dump(document, file)
    monkeypatch.setattr("review.demo.ROOT", tmp_path)
    (tmp_path / "demo").mkdir()
    settings = load_settings(_write_endpoints(tmp_path / "demo", 1, 2, 3))
    assert settings.on_call.contacts == ()
    assert (settings.server.host, settings.server.allowed_origins) == ("127.0.0.1", ())


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    command = [sys.executable, "-m", "review", "demo", "--keep", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 2
    assert "not empty" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
