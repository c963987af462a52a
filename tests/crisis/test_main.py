from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crisis.__main__ import main

Output = pytest.CaptureFixture[str]
HEADER = "text,level,language\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with manifests of which none can be used, and a good one."""
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "garbage").write_bytes(bytes(range(256)) * 16)
    (tmp_path / "folder").mkdir()
    (tmp_path / "header").write_text(HEADER)
    (tmp_path / "columns").write_text("text\nhello\n")
    (tmp_path / "level").write_text(HEADER + "hello,9,en\n")
    (tmp_path / "short").write_text(HEADER + "hello\n")
    (tmp_path / "language").write_text(HEADER + "hello,0,de\n")
    (tmp_path / "context").write_text("text,level,language,context\nhello,0,en,[1\n")
    (tmp_path / "good").write_text(HEADER + "hello,0,en\nI want to die,2,en\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "No such file"),
        ("folder", "Is a directory"),
        ("empty", "name the columns"),
        ("garbage", "UTF-8 CSV"),
        ("header", "has no examples"),
        ("columns", "name the columns"),
        ("level", "line 2: level must be"),
        ("short", "line 2: level must be"),
        ("language", "line 2: language must be"),
        ("context", "line 2: context is no JSON list"),
    ],
)
def test_a_manifest_that_cannot_be_used_ends_with_2_and_one_line(
    files: Path, capsys: Output, name: str, message: str
) -> None:
    out = files / "out.json"
    assert main(["evaluate", "--manifest", str(files / name), "--json", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("crisis: ")
    assert name in said
    assert message in said
    assert said.count("\n") == 1
    assert not out.exists()


def test_figures_that_cannot_be_written_end_with_2_and_one_line(files: Path, capsys: Output) -> None:
    for place in (files / "folder", files / "empty" / "out.json"):
        assert main(["evaluate", "--manifest", str(files / "good"), "--json", str(place)]) == 2
        said = capsys.readouterr().err
        assert place.parent.name in said
        assert said.count("\n") == 1


def test_a_good_manifest_is_measured(files: Path, capsys: Output) -> None:
    out = files / "new" / "out.json"
    assert main(["evaluate", "--manifest", str(files / "good"), "--json", str(out)]) == 0
    assert '"n": 2' in capsys.readouterr().out
    assert out.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["evaluate"],
        ["explain"],
        ["explain", "hello", "--language", "de"],
        ["lines", "--older-than", "many"],
        ["nonsense"],
    ],
)
def test_wrong_arguments_end_with_2(arguments: list[str], capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m crisis" in capsys.readouterr().err


def test_whoever_has_read_enough_of_the_lines_causes_no_complaint() -> None:
    listing = subprocess.Popen(
        [sys.executable, "-m", "crisis", "lines"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert listing.stdout is not None
    listing.stdout.close()
    _, complaints = listing.communicate(timeout=60)
    assert (listing.returncode, complaints) == (0, b"")
