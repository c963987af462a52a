"""Needs the model whisper-base in the cache (`python -m bot models fetch`) and espeak-ng."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.curve_picture import Curve, draw_curves
from benchmarks.endpointing import main
from benchmarks.paused_utterances import DEFAULT_LIST, KINDS, UtteranceListError, read_utterances, speak
from bot.model_store import ModelMissingError, default_store


@pytest.fixture
def espeak() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")


def written(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_list_has_enough_of_every_kind_in_both_languages() -> None:
    utterances = read_utterances(DEFAULT_LIST)
    assert len(utterances) >= 60
    for language in ("en", "fa"):
        pauses = [pause for one in utterances if one.language == language for pause in one.pauses]
        assert {pause.kind for pause in pauses} == set(KINDS)
        assert min(pause.length_ms for pause in pauses) <= 300
        assert max(pause.length_ms for pause in pauses) >= 1_400
        assert any(not one.pauses for one in utterances if one.language == language)


@pytest.mark.usefixtures("espeak")
def test_pauses_are_as_long_as_the_list_says(tmp_path: Path) -> None:
    path = written(
        tmp_path, 'language,text\nen,"One two {0.7 filler} three four. {1.2 sentence} Five six."\n'
    )
    (utterance,) = read_utterances(path)
    spoken = speak(utterance)
    gaps = [start - end for end, start in zip(spoken.ends_ms, spoken.starts_ms[1:], strict=False)]
    assert [abs(gap - wanted) <= 1 for gap, wanted in zip(gaps, (700, 1_200), strict=True)] == [True, True]
    assert len(spoken.samples) / 16 >= spoken.ends_ms[-1] + 2_900
    assert spoken.words(0, spoken.ends_ms[0]) == "One two"
    assert spoken.words(spoken.starts_ms[1], spoken.ends_ms[-1]) == "three four. Five six."


@pytest.mark.usefixtures("espeak")
def test_a_few_utterances_are_measured_and_drawn(tmp_path: Path) -> None:
    try:
        default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    path = written(
        tmp_path, "language,text\nen,I wanted to go there but {0.8 conjunction} I was too tired.\n"
    )
    out, picture = tmp_path / "out.json", tmp_path / "out.svg"
    arguments = [
        "--list",
        str(path),
        "--recognition-ms",
        "200",
        "--json",
        str(out),
        "--picture",
        str(picture),
    ]
    assert main(arguments) == 0
    rows = {(row["rule"], row["base_ms"]): row["all"] for row in json.loads(out.read_text())["rows"]}
    assert rows["plain timer", 500]["cut_ins"] == 1
    assert rows["plain timer", 1_200]["cut_ins"] == 0
    assert rows["ours, true words", 600]["cut_ins"] == 0
    assert rows["ours, true words", 600]["waited_ms"]["mean"] < rows["plain timer", 600]["waited_ms"]["mean"]
    ElementTree.parse(picture)  # noqa: S314  our own file


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "cannot read"),
        ("text\nhello\n", "needs rows"),
        ("language,text\n", "needs rows"),
        ("language,text\nde,hallo\n", "line 2: the language"),
        ("language,text\nen,hello {0.5 filler}\n", "words before and behind"),
        ("language,text\nen,hello {soon filler} you\n", "must be a length"),
        ("language,text\nen,hello {9 filler} you\n", "must be a length"),
        ("language,text\nen,hello {nan filler} you\n", "must be a length"),
        ("language,text\nen,hello {0.5 breath} you\n", "must be a length"),
        ("language,text\nen,\n", "words before and behind"),
    ],
)
def test_a_bad_list_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, complaint: str
) -> None:
    path = tmp_path / "list.csv"
    if text is not None:
        written(tmp_path, text)
    assert main(["--list", str(path)]) == 2
    assert complaint in capsys.readouterr().err


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"language,text\nen,\xff\xfe\n")
    with pytest.raises(UtteranceListError, match="cannot read"):
        read_utterances(path)


@pytest.mark.parametrize("arguments", [["--every", "0"], ["--recognition-ms", "-1"]])
def test_bad_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "must be" in capsys.readouterr().err


def test_a_picture_shows_every_point_and_names_what_is_named() -> None:
    picture = draw_curves(
        [Curve("a < b", "#000000", ((300.0, 97.0), (500.0, 0.0)), ("300", ""))],
        title="t",
        x_label="x",
        y_label="y",
    )
    root = ElementTree.fromstring(picture)  # noqa: S314  our own text
    assert len([node for node in root.iter() if node.tag.endswith("circle")]) == 2
    assert {"a < b", "300"} <= {node.text for node in root.iter() if node.text}


@pytest.mark.parametrize("curves", [[], [Curve("a", "#000000", ((1.0, 1.0),), ())]])
def test_a_picture_needs_points_and_labels(curves: list[Curve]) -> None:
    with pytest.raises(ValueError, match="needs"):
        draw_curves(curves, title="", x_label="", y_label="")


def test_a_picture_of_nothing_but_zeros_is_drawn() -> None:
    ElementTree.fromstring(  # noqa: S314  our own text
        draw_curves([Curve("a", "#000000", ((0.0, 0.0),), ("",))], title="", x_label="", y_label="")
    )
