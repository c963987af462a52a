"""The recording half needs the model whisper-base in the cache and espeak-ng."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.closed_answers import main
from bot.model_store import ModelMissingError, default_store


def line(text: str, answer: str, **fields: object) -> str:
    row = {
        "half": "test",
        "language": "fa",
        "asked": "given",
        "question": "yes_no",
        "answer": answer,
        "said": "…",
        "text": text,
        "alternatives": [],
        **fields,
    }
    return json.dumps(row, ensure_ascii=False)


def test_answers_are_counted_with_yes_for_no_apart(tmp_path: Path) -> None:
    heard = tmp_path / "heard.jsonl"
    rows = [line("بله", "yes"), line("باله", "yes"), line("باله", "no"), line("سلام", ""), line("نه", "")]
    heard.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert main(["score", str(heard), "--json", str(tmp_path / "out.json")]) == 0
    ways = json.loads((tmp_path / "out.json").read_text())["test, fa, language given"]
    assert (ways["words alone"]["answers"], ways["words alone"]["right"]) == (3, 1)
    sound = ways["by sound"]
    assert (sound["right"], sound["wrong"], sound["yes_for_no"]) == (2, 1, 1)
    assert (sound["turns"], sound["turns_taken"]) == (2, 1)


def test_an_answer_is_said_and_heard(tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    answers = tmp_path / "answers.csv"
    answers.write_text("question,answer,language,text\nyes_no,yes,en,yes of course\n", encoding="utf-8")
    out = tmp_path / "heard.jsonl"
    assert main(["record", "--answers", str(answers), "--out", str(out)]) == 0
    rows = [json.loads(text) for text in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 6  # three voices, the language given and not
    assert {row["half"] for row in rows} == {"test"}
    assert main(["score", str(out)]) == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot read"),
        ("text\nyes\n", "needs rows"),
        ("question,answer,language,text\nweather,yes,en,yes\n", "no such question"),
        ("question,answer,language,text\nyes_no,yes,de,ja\n", "no such question"),
    ],
)
def test_a_bad_list_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, complaint: str
) -> None:
    answers = tmp_path / "answers.csv"
    if content is not None:
        answers.write_text(content, encoding="utf-8")
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    assert main(["record", "--answers", str(answers), "--out", str(tmp_path / "out")]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("content", ["no json\n", "{}\n", line("بله", "yes", question="weather") + "\n"])
def test_a_bad_file_of_what_was_heard_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    heard = tmp_path / "heard.jsonl"
    heard.write_text(content, encoding="utf-8")
    assert main(["score", str(heard)]) == 2
    assert f"{heard}:1" in capsys.readouterr().err
