import json
import subprocess
import sys
from pathlib import Path

import pytest

from recommender import SUGGESTIONS_SHOWN
from recommender.__main__ import main
from recommender.rated_situations import DEFAULT_PATH
from recommender.suggestions import DEFAULT_DIRECTORY

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "arguments", [["--help"], *([verb, "--help"] for verb in ("suggest", "validate", "train", "evaluate"))]
)
def test_every_command_has_help(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage" in capsys.readouterr().out


def test_suggest_prints_json_with_ids_techniques_scores_and_propensities(capsys):
    assert (
        main(["suggest", "--mood", "anger", "--language", "fa", "--text", "رئیسم", "--seed", "1", "--json"])
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["mood"] == "anger"
    assert len(answer["suggestions"]) == SUGGESTIONS_SHOWN
    for suggestion in answer["suggestions"]:
        assert {"id", "text", "technique", "family", "score", "propensity", "model"} <= set(suggestion)


def test_suggest_prints_lines_for_people(capsys):
    assert (
        main(
            [
                "suggest",
                "--mood",
                "fear",
                "--language",
                "en",
                "--distress",
                "8",
                "--hour",
                "23",
                "--seed",
                "1",
            ]
        )
        == 0
    )
    printed = capsys.readouterr().out
    assert printed.startswith("1. ")
    assert "propensity" in printed


def test_suggest_says_so_when_nothing_is_left(capsys):
    everything = [
        json.loads(line)["id"]
        for line in (DEFAULT_DIRECTORY / "positive.jsonl").read_text("utf-8").splitlines()
    ]
    excluded = [word for identifier in everything for word in ("--exclude", identifier)]
    assert main(["suggest", "--mood", "neutral", "--language", "en", *excluded]) == 0
    assert "No suggestion is left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("suggest --mood unclear --language en", "ask how the person feels"),
        ("suggest --mood grief --language en", "mood must be one of"),
        ("suggest --mood fear --language en --hour 99", "hour must be from 0 to 23"),
        ("suggest --mood fear --language en --contraindication x", "unknown contraindications"),
        ("suggest --mood fear --language en --model nowhere", "cannot be read"),
        ("validate --suggestions nowhere", "cannot be read"),
        ("validate --suggestions {empty}", "Not a directory"),
        ("suggest --mood fear --language en --suggestions {folder}", "techniques.csv: cannot be read"),
        ("suggest --mood fear --language en --model {folder}", "card.json: cannot be read"),
        ("evaluate --json out.json --situations {folder}", "Is a directory"),
        ("evaluate --json out.json --situations {empty}", "is empty"),
        ("evaluate --json out.json --situations {garbage}", "no UTF-8"),
        ("evaluate --json {folder} --situations {one}", "cannot be written (Is a directory)"),
        ("evaluate --json {empty}/out.json --situations {one}", "cannot be written (File exists)"),
        ("evaluate --json out.json --situations nowhere", "cannot be read"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(arguments, message, capsys, tmp_path):
    files = {name: tmp_path / name for name in ("folder", "empty", "garbage", "one")}
    files["folder"].mkdir()
    files["empty"].write_bytes(b"")
    files["garbage"].write_bytes(bytes(range(256)) * 4)
    files["one"].write_text(DEFAULT_PATH.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert main(arguments.format(**files).split()) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_training_in_a_wrong_environment_names_the_make_target(capsys):
    if _can_train():
        pytest.skip("this environment can train")
    assert main(["train"]) == 2
    assert "make train-recommender" in capsys.readouterr().err


def _can_train():
    import importlib.util

    return importlib.util.find_spec("keras") is not None and importlib.util.find_spec("onnx") is not None


def test_the_dialogue_environment_gives_the_same_suggestions():
    other = ROOT / ".venv-dialogue" / "bin" / "python"
    if not other.exists():
        pytest.skip("the dialogue environment is not installed")
    command = ["-m", "recommender", "suggest", "--mood", "sadness", "--language", "en"]
    command += ["--text", "I feel so alone in this city", "--seed", "7", "--json"]
    answers = [
        json.loads(
            subprocess.run([python, *command], cwd=ROOT, capture_output=True, check=True, text=True).stdout
        )
        for python in (sys.executable, str(other))
    ]
    ours, theirs = (answer["suggestions"] for answer in answers)
    assert [s["id"] for s in ours] == [s["id"] for s in theirs]
    assert [s["score"] for s in ours] == pytest.approx([s["score"] for s in theirs], abs=1e-4)
