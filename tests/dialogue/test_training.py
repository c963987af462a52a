from __future__ import annotations

import fcntl
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from dialogue.training import ROOT, TrainingError, fingerprint, is_whole, model_path, train_if_changed


def write_archive(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        content = b"{}" * 10_000
        member = tarfile.TarInfo("metadata.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("nlu", "rules", "stories"):
        shutil.copytree(ROOT / "data" / name, tmp_path / "data" / name)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["config.yml", "domain.yml", "data/nlu/fa/feelings.yml", "data/rules/crisis.yml"]
)
def test_the_fingerprint_changes_with_each_source(project: Path, name: str) -> None:
    before = fingerprint(project)
    assert fingerprint(project) == before
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert fingerprint(project) != before


def test_other_data_does_not_change_it(project: Path) -> None:
    before = fingerprint(project)
    (project / "data" / "nlu" / "notes.txt").write_text("nothing to learn")
    assert fingerprint(project) == before


def test_a_folder_without_the_projects_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"config\.yml"):
        fingerprint(tmp_path)


def test_an_existing_model_is_taken_made_the_newest_and_old_ones_go(project: Path) -> None:
    models = project / "models"
    models.mkdir()
    path = model_path(project)
    write_archive(path)
    for age, name in enumerate(("dialogue-1", "dialogue-2", "dialogue-3", "mine")):
        (models / f"{name}.tar.gz").write_bytes(b"another")
        os.utime(models / f"{name}.tar.gz", (1_000 + age, 1_000 + age))
    assert train_if_changed(project) == (path, False)
    left = sorted(models.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)
    assert left[-1] == path
    assert {file.name for file in left[:-1]} == {"dialogue-2.tar.gz", "dialogue-3.tar.gz", "mine.tar.gz"}


def test_a_failed_training_is_reported(project: Path) -> None:
    (project / "config.yml").write_text("pipeline: [{name: NoSuchComponent}]\n")
    with pytest.raises(TrainingError, match="status"):
        train_if_changed(project)


def test_the_command_says_up_to_date_without_loading_rasa(model: Path) -> None:
    program = (
        "import sys; from dialogue.__main__ import main; status = main(['train']); "
        "assert 'rasa' not in sys.modules; sys.exit(status)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, f"up to date: models/{model.name}\n")


def test_a_wrong_verb_is_refused_in_one_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "dialogue", "dance"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_a_truncated_empty_or_foreign_model_is_not_whole(tmp_path: Path) -> None:
    whole = tmp_path / "whole.tar.gz"
    write_archive(whole)
    assert is_whole(whole)
    content = whole.read_bytes()
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 0xFF
    for bad in (content[: len(content) // 2], content[:-4], b"", b"not a model", bytes(damaged)):
        (tmp_path / "bad.tar.gz").write_bytes(bad)
        assert not is_whole(tmp_path / "bad.tar.gz")
    assert not is_whole(tmp_path / "missing.tar.gz")
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as archive:
        archive.add(ROOT / "LICENSE", "LICENSE")
    assert not is_whole(tmp_path / "other.tar.gz")


def test_a_second_training_waits_for_the_first(project: Path) -> None:
    models = project / "models"
    models.mkdir()
    write_archive(model_path(project))
    with (models / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = (
            "from pathlib import Path; from dialogue.training import train_if_changed as t; t(Path({!r}))"
        )
        waiting = subprocess.Popen([sys.executable, "-c", program.format(str(project))], cwd=ROOT)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1)
    assert waiting.wait(10) == 0
