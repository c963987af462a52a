import json
import sys
from pathlib import Path

import pytest

from tts_voices.pronunciation.building import english_evaluate as evaluate


@pytest.mark.parametrize(
    ("one", "other", "edits"), [("", "", 0), ("ab", "", 2), ("abc", "axc", 1), ("bc", "abcd", 2)]
)
def test_edits(one: str, other: str, edits: int) -> None:
    assert evaluate.edits(list(one), list(other)) == edits


def test_marks_are_not_compared_and_stress_only_if_asked() -> None:
    lessons = [{"text": "go", "symbols": "^ g , ow1 ."}]
    assert evaluate.compared(lessons, lambda _: ["^", "g", "ow0", "?"], stress=True) == [(1, 2)]
    assert evaluate.compared(lessons, lambda _: ["^", "g", "ow0", "?"], stress=False) == [(0, 2)]


def test_the_rate_counts_symbols_not_sentences() -> None:
    figures = evaluate.symbol_error([(0, 90), (1, 10)])
    assert figures["symbol error"] == 0.01
    assert figures["sentences"] == 2
    assert evaluate.symbol_error([(0, 5)] * 3)["95 %"] == [0.0, 0.0]


def test_the_command_leaves_out_rows_of_dictionary_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lessons = [
        {"split": "test", "text": "Go now.", "symbols": "^ g ow1 n aw1 ."},
        {"split": "test", "text": "Zebra goats.", "symbols": "^ b ."},
        {"split": "unseen_words", "text": "Go now.", "symbols": "^ b ."},
        {"split": "train", "text": "Now go.", "symbols": "^ n aw1 g ow0 ."},
    ]
    (tmp_path / "lessons.jsonl").write_text("\n".join(map(json.dumps, lessons)), encoding="utf-8")
    (tmp_path / "texts.json").write_text(json.dumps({"en": ["Go now, or now go!"]}), encoding="utf-8")
    monkeypatch.setattr(
        sys, "argv", ["evaluate", str(tmp_path / "lessons.jsonl"), str(tmp_path / "texts.json")]
    )
    evaluate.main()
    figures = json.loads(capsys.readouterr().out)
    assert figures["test, stress counted"]["symbol error"] == 0
    assert figures["test, stress counted"]["sentences"] == 1
    assert figures["train, stress counted"]["symbol error"] == 0.25
    assert figures["train, sounds alone"]["symbol error"] == 0
