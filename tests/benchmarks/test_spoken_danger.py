import json
import shutil
from pathlib import Path

import pytest

from benchmarks.spoken_danger import main
from bot.model_store import ModelMissingError, default_store


def test_a_plain_danger_is_found_and_a_harmless_sentence_is_not(tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    sentences = tmp_path / "sentences.csv"
    sentences.write_text(
        "text,context,level,language\nI want to kill myself tonight.,,2,en\nI like tea in the morning.,,0,en\n",
        encoding="utf-8",
    )
    assert main(["--sentences", str(sentences), "--json", str(tmp_path / "out.json")]) == 0
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    assert results["en danger"] == {"n": 2, "level_2": 2, "level_1": 2}
    assert results["en harmless"] == {"n": 2, "level_2": 0, "level_1": 0}


@pytest.mark.parametrize(
    "content", [None, "text,level\nx,1\n", "text,context,level,language\nx,,high,en\n", ""]
)
def test_a_list_that_cannot_be_used_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    sentences = tmp_path / "sentences.csv"
    if content is not None:
        sentences.write_text(content, encoding="utf-8")
    assert main(["--sentences", str(sentences)]) == 2
    assert "sentences.csv" in capsys.readouterr().err
