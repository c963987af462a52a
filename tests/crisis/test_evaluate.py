import json
import subprocess
import sys
from pathlib import Path

import pytest

from crisis import Guard
from crisis.__main__ import main
from crisis.evaluate import Example, ManifestError, evaluate, read_manifest
from crisis.lines import LineTable

ROOT = Path(__file__).resolve().parents[2]


def _example(text: str, level: int) -> Example:
    return Example(text, level, "en", (), "own")


def test_recall_and_precision_are_counted_by_level() -> None:
    examples = [
        _example("I want to die", 2),
        _example("I wish I were dead", 1),
        _example("purple elephants", 2),
        _example("I want to kill myself", 0),
        _example("nice weather", 0),
    ]
    result = evaluate(Guard.load(), examples)
    second = result["level_2"]
    assert isinstance(second, dict)
    assert (second["recall"], second["precision"], second["n"]) == (0.5, 0.5, 2)
    assert second["misses_by_kind"] == {"own": 1}
    first = result["level_1"]
    assert isinstance(first, dict)
    assert first["recall"] == pytest.approx(2 / 3)
    assert result["confusion"] == [[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


def test_the_intervals_contain_the_shares() -> None:
    block = evaluate(Guard.load(), [_example("I want to die", 2)])["level_2"]
    assert isinstance(block, dict)
    low, high = block["recall_95"]
    assert 0 < low < 1
    assert high == 1


def test_the_command_writes_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out" / "result.json"
    manifest = str(ROOT / "tests" / "crisis" / "sentences.csv")
    assert main(["evaluate", "--manifest", manifest, "--json", str(output)]) == 0
    result = json.loads(output.read_text(encoding="utf-8"))
    assert {"recall", "precision", "f1", "n"} <= set(result["level_1"]) & set(result["level_2"])
    assert set(result["by_language"]) == {"en", "fa"}
    assert '"level_2"' in capsys.readouterr().out


def test_context_is_read_as_one_turn_or_a_list(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(
        'text,level,language,context\nyes,2,en,Hello?\nyes,2,en,"[""a"", ""b""]"\n', encoding="utf-8"
    )
    assert [example.context for example in read_manifest(path)] == [("Hello?",), ("a", "b")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,level\nhi,0\n", "name the columns"),
        ("text,level,language\nhi,7,en\n", "line 2: level must be"),
        ("text,level,language\nhi,0,de\n", "language must be"),
        ("text,level,language\n,0,en\n", "text is empty"),
        ("text,level,language\n", "no examples"),
        ("text,level,language,context\nhi,0,en,[oops\n", "no JSON list"),
        ("text,level,language\nhi\n", "line 2"),
        ("", "name the columns"),
    ],
)
def test_a_bad_manifest_is_refused_with_a_reason(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ManifestError, match=message):
        read_manifest(path)


def test_the_program_ends_with_2_and_one_line_on_a_bad_manifest(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"\xff\xfe\x00")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "crisis",
            "evaluate",
            "--manifest",
            str(tmp_path / "m.csv"),
            "--json",
            "/dev/null",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_explain_names_the_rules_and_the_reply(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "I want to die", "--country", "US"]) == 0
    shown = capsys.readouterr().out
    assert "level 2" in shown
    assert "988" in shown


def test_lines_lists_a_country_and_what_is_old(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lines", "--country", "IR", "--language", "fa"]) == 0
    assert "1480" in capsys.readouterr().out
    assert main(["lines", "--older-than", "100000"]) == 0
    unverified = {row["country"] for row in LineTable.load().rows if not row["verified_on"]}
    assert {line.split("\t")[0] for line in capsys.readouterr().out.splitlines()} == unverified
