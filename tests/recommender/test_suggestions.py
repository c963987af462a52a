import json
import shutil
from pathlib import Path

import pytest

from recommender import Recommender
from recommender.errors import SuggestionDataError
from recommender.suggestions import DEFAULT_DIRECTORY, load_suggestions, suggestions_folder

GOOD = {
    "id": "fear-901",
    "en": "Look at the sky for a while.",
    "fa": "کمی به آسمان نگاه کنید.",
    "mood": "fear",
    "technique": "senses_grounding",
    "family": "grounding",
    "effort": 1,
    "minutes": 2,
    "setting": ["outdoors"],
    "situation": ["general"],
    "distress_min": 0,
    "distress_max": 9,
    "contraindications": [],
    "time": "any",
}


@pytest.fixture
def folder(tmp_path):
    """The vocabularies of the project and no suggestion."""
    for path in DEFAULT_DIRECTORY.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


def write(folder, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "own.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_good_line_becomes_a_suggestion(folder):
    write(folder, GOOD)
    (suggestion,) = load_suggestions(folder)
    assert suggestion.text("en") == "Look at the sky for a while."
    assert suggestion.text("fa") == "کمی به آسمان نگاه کنید."
    assert suggestion.contraindications == frozenset()
    assert suggestion.source is None


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("id", "", "must be a text"),
        ("en", 7, "must be a text"),
        ("en", " Look.", "must be a text"),
        ("en", "a" * 191, "has 191 characters"),
        ("fa", None, "must be a text"),
        ("mood", "unclear", "must be one of neutral"),
        ("mood", ["fear"], "must be one of neutral"),
        ("technique", "reiki", "must be one of slow_breathing"),
        ("family", "breathing", "of the family grounding"),
        ("effort", 0, "must be a whole number from 1 to 5"),
        ("effort", True, "must be a whole number from 1 to 5"),
        ("effort", 2.0, "must be a whole number from 1 to 5"),
        ("minutes", "ten", "must be a whole number"),
        ("setting", [], "must name at least 1"),
        ("setting", ["moon"], "must be a list out of"),
        ("setting", ["anywhere", "home"], "anywhere stands alone"),
        ("setting", "outdoors", "must be a list"),
        ("situation", ["general", "general"], "each once"),
        ("distress_min", 10, "is above distress_max"),
        ("distress_max", 11, "must be a whole number from 0 to 10"),
        ("contraindications", ["rain"], "must be a list out of"),
        ("time", "noon", "must be one of any, day, night"),
        ("colour", "blue", "is no field"),
        ("source", " ", "must be a text"),
    ],
)
def test_a_bad_field_is_named_with_file_line_and_reason(folder, field, value, complaint):
    write(folder, GOOD, {**GOOD, "id": "fear-902", "en": "Look up.", "fa": "بالا را ببینید.", field: value})
    with pytest.raises(SuggestionDataError, match=rf"own\.jsonl:2: {field}: .*{complaint}"):
        load_suggestions(folder)


@pytest.mark.parametrize("line", ['{"id": "fear-9', "[]", "", "null"])
def test_a_line_that_is_no_object_is_named(folder, line):
    write(folder, GOOD, line, GOOD)
    with pytest.raises(SuggestionDataError, match=r"own\.jsonl:2: is no JSON object"):
        load_suggestions(folder)


def test_a_missing_field_is_named(folder):
    write(folder, {name: value for name, value in GOOD.items() if name != "minutes"})
    with pytest.raises(SuggestionDataError, match=r"own\.jsonl:1: minutes: is missing"):
        load_suggestions(folder)


@pytest.mark.parametrize("technique", ["gentle_movement", "graded_approach"])
def test_what_raises_arousal_is_refused_for_anger(folder, technique):
    write(folder, {**GOOD, "mood": "anger", "technique": technique, "family": "action"})
    with pytest.raises(
        SuggestionDataError, match=r"own\.jsonl:1: technique: .*must not be suggested for anger"
    ):
        load_suggestions(folder)


@pytest.mark.parametrize("field", ["id", "en", "fa"])
def test_what_stands_twice_is_named_with_both_places(folder, field):
    other = {**GOOD, "id": "fear-902", "en": "Look up.", "fa": "بالا را ببینید."}
    write(folder, GOOD, {**other, field: GOOD[field]})
    with pytest.raises(SuggestionDataError, match=rf"own\.jsonl:2: {field}: is the same as in .*:1"):
        load_suggestions(folder)


def test_a_folder_without_suggestions_is_refused(folder):
    with pytest.raises(SuggestionDataError, match=r"has no \*\.jsonl file"):
        load_suggestions(folder)


def test_a_file_that_is_not_utf_8_is_named(folder):
    (folder / "own.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(SuggestionDataError, match=r"own\.jsonl: cannot be read \(no UTF-8\); restore"):
        load_suggestions(folder)


@pytest.mark.parametrize("name", ["anger.jsonl", "fear.jsonl", "positive.jsonl", "sadness.jsonl"])
@pytest.mark.parametrize("lines", [0, 1])
def test_a_mood_that_a_cut_off_file_leaves_without_a_choice_is_named_at_the_start(tmp_path, name, lines):
    for path in DEFAULT_DIRECTORY.iterdir():
        shutil.copy(path, tmp_path)
    kept = (tmp_path / name).read_bytes().splitlines(keepends=True)[:lines]
    (tmp_path / name).write_bytes(b"".join(kept))
    with pytest.raises(SuggestionDataError, match=r"are needed at least.*git checkout"):
        Recommender.load(suggestions=tmp_path)


def test_a_line_with_a_number_of_thousands_of_digits_is_named(folder):
    write(folder, GOOD, '{"effort": ' + "9" * 5_000 + "}")
    with pytest.raises(SuggestionDataError, match=r"own\.jsonl:2: "):
        load_suggestions(folder)


def test_the_environment_names_the_folder_that_is_served():
    assert suggestions_folder({}) == suggestions_folder({"HAMDEL_SUGGESTIONS": ""}) == DEFAULT_DIRECTORY
    assert suggestions_folder({"HAMDEL_SUGGESTIONS": "/srv/clinic"}) == Path("/srv/clinic")
