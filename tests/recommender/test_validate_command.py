import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from made_suggestion import made_row, write_lines

from recommender.__main__ import main
from recommender.suggestions import DEFAULT_DIRECTORY

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path):
    """The tables of the project and one good suggestion."""
    own = tmp_path / "own"
    own.mkdir()
    for path in DEFAULT_DIRECTORY.glob("*.csv"):
        shutil.copy(path, own)
    write_lines(own / "own.jsonl", [made_row()])
    return own


def test_a_good_folder_ends_with_0_and_is_counted(folder, capsys):
    assert main(["validate", "--suggestions", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1 suggestions\n")
    assert "mood      sadness 1" in printed
    assert printed.endswith("no complaints\n")


def test_complaints_end_with_1_and_name_file_and_line(folder, capsys):
    with (folder / "own.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "fear-999"}\n')
    assert main(["validate", "--suggestions", str(folder)]) == 1
    captured = capsys.readouterr()
    assert "1 complaints:" in captured.out
    assert f"{folder / 'own.jsonl'}:2: schema: en: is missing" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize("damage", ["gone", "not UTF-8", "no tables", "a file"])
def test_what_cannot_be_read_ends_with_2_and_one_line(folder, damage, capsys):
    if damage == "gone":
        shutil.rmtree(folder)
    elif damage == "not UTF-8":
        (folder / "own.jsonl").write_bytes(b"\xff\xfe")
    elif damage == "no tables":
        (folder / "techniques.csv").unlink()
    else:
        shutil.rmtree(folder)
        folder.write_bytes(b"")
    assert main(["validate", "--suggestions", str(folder)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("recommender: ")
    assert captured.err.count("\n") == 1


def test_the_same_is_written_as_json(folder, capsys):
    write_lines(
        folder / "own.jsonl", [made_row(en="Take two pills and wait.", fa="دو قرص بخورید و صبر کنید.")]
    )
    out = folder.parent / "reports" / "out.json"
    assert main(["validate", "--suggestions", str(folder), "--json", str(out)]) == 1
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["complete"] is False
    assert written["suggestions"] == 1
    assert written["counts"]["technique"] == {"senses_grounding": 1}
    assert [one["rule"] for one in written["complaints"]] == ["forbidden", "forbidden"]
    assert written["complaints"][0]["where"] == f"{folder / 'own.jsonl'}:1"
    assert "forbidden" in capsys.readouterr().out


def test_json_that_cannot_be_written_ends_with_2(folder, capsys):
    assert main(["validate", "--suggestions", str(folder), "--json", str(folder)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_balance_is_asked_for_by_name(folder, capsys):
    assert main(["validate", "--suggestions", str(folder), "--complete"]) == 1
    assert f"{folder}: balance: 1 pairs; at least" in capsys.readouterr().out


def test_a_clinics_folder_is_held_against_the_set_beside_it(folder, capsys):
    first = (DEFAULT_DIRECTORY / "fear.jsonl").read_text("utf-8").splitlines()[0]
    (folder / "own.jsonl").write_text(first.replace("fear-001", "clinic-1") + "\n", encoding="utf-8")
    arguments = ["validate", "--suggestions", str(folder)]
    assert main(arguments) == 0
    assert main([*arguments, "--beside", str(DEFAULT_DIRECTORY)]) == 1
    assert "nearly the words of fear-001" in capsys.readouterr().out


def test_ctrl_c_ends_with_130_and_one_line(folder):
    (folder / "techniques.csv").unlink()
    os.mkfifo(folder / "techniques.csv")
    command = [sys.executable, "-m", "recommender", "validate", "--suggestions", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        writer = os.open(folder / "techniques.csv", os.O_WRONLY)  # returns once the command reads
        try:
            run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=120)
        finally:
            os.close(writer)
            run.kill()
    assert run.returncode == 130
    assert out == ""
    assert err.strip() == "recommender: stopped"
