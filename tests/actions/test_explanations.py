from __future__ import annotations

import re
from pathlib import Path

import pytest

from actions.explanations import GENERAL_EXPLANATION, ExplanationsError, read_explanations
from language import normalise
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary

EXPLANATIONS = read_explanations()
TECHNIQUES = read_vocabulary(DEFAULT_DIRECTORY).techniques
PROMISES = re.compile(
    r"\b(?:will help|always helps?|cures?|heals?|treat\w*|proven|studies|research|scien\w*|guarantee\w*|disorder)\b"
    r"|درمان|شفا|ثابت شده|تحقیقات|پژوهش|تضمین|حتماً|قطعاً|اختلال"
)


def test_each_technique_is_explained_and_no_other() -> None:
    assert set(EXPLANATIONS) == set(TECHNIQUES)


@pytest.mark.parametrize("technique", [*TECHNIQUES, ""])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_an_explanation_is_short_sayable_and_promises_nothing(technique: str, language: str) -> None:
    text = EXPLANATIONS.get(technique, GENERAL_EXPLANATION).text(language)
    assert 1 <= len(re.findall(r"[.!?؟](?: |$)", text)) <= 2
    assert len(text) <= 190
    assert normalise(text, language) == text
    assert not PROMISES.search(text)
    has_persian, has_latin = bool(re.search("[\u0600-\u06ff]", text)), bool(re.search("[A-Za-z]", text))
    assert (has_persian, has_latin) == (language == "fa", language == "en")
    assert not re.search("[0-9۰-۹]", text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("technique,en\nx,y\n", "first line must be technique,en,fa"),
        ("technique,en,fa\nx,y\n", ":2: needs a value"),
        ("technique,en,fa\nx,y, \n", ":2: needs a value"),
        ("technique,en,fa\nx,y,z,w\n", ":2: needs a value"),
        ("technique,en,fa\nx,y,z\nx,y,z\n", ":3: x stands twice"),
        ('technique,en,fa\nx,"y,z\n', "no UTF-8 CSV"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "explanations.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ExplanationsError, match=re.escape(message)):
        read_explanations(path)


def test_a_missing_table_and_other_bytes_are_named(tmp_path: Path) -> None:
    with pytest.raises(ExplanationsError, match="can't be read"):
        read_explanations(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"technique,en,fa\n\xff\xfe,y,z\n")
    with pytest.raises(ExplanationsError, match="no UTF-8"):
        read_explanations(tmp_path / "bytes.csv")
