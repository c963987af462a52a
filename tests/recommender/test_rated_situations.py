import json

import pytest

from recommender.errors import SuggestionDataError
from recommender.rated_situations import DEFAULT_PATH, read_rated_situations
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary

VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)
GOOD = {
    "id": "a",
    "language": "en",
    "mood": "fear",
    "text": "I am scared",
    "situation": "general",
    "distress": 5,
    "contraindications": [],
    "raters": [
        {"best": ["breathing"], "acceptable": ["grounding"], "unsuitable": ["action"]},
        {"best": ["grounding"], "acceptable": [], "unsuitable": []},
    ],
}


def read(tmp_path, *rows):
    path = tmp_path / "rated.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return read_rated_situations(path, VOCABULARY)


def test_the_project_s_situations_are_150_a_language_and_of_two_raters():
    rated = read_rated_situations(DEFAULT_PATH, VOCABULARY)
    for language in ("en", "fa"):
        own = [situation for situation in rated if situation.language == language]
        assert len({situation.text for situation in own}) == len(own) >= 150
    assert all(set(situation.fits.values()) <= {0.5, 1.0} for situation in rated)


def test_an_offer_is_judged_by_the_mean_rater(tmp_path):
    situation = read(tmp_path, GOOD)[0]
    assert situation.fits == {"breathing": 0.5, "grounding": 1.0}
    assert situation.gains == {"breathing": 0.5, "grounding": 0.75}
    assert situation.precision(["grounding", "breathing", "action"]) == pytest.approx(0.5)
    assert situation.precision(["grounding"]) == pytest.approx(1 / 3)
    assert situation.has_unsuitable(["grounding", "action"]) == 1.0
    assert situation.has_unsuitable(["grounding", "breathing"]) == 0.0


def test_the_best_offer_gains_everything_and_the_order_counts(tmp_path):
    situation = read(tmp_path, GOOD)[0]
    assert situation.discounted_gain(["grounding", "grounding", "breathing"]) == pytest.approx(1.0)
    first = situation.discounted_gain(["grounding", "action", "action"])
    assert first > situation.discounted_gain(["action", "action", "grounding"]) > 0.0
    assert situation.discounted_gain(["grounding"] * 3) == 1.0
    assert situation.discounted_gain([]) == 0.0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"language": "de"}, "language"),
        ({"mood": "unclear"}, "mood"),
        ({"text": " "}, "text"),
        ({"distress": 11}, "distress"),
        ({"distress": True}, "distress"),
        ({"contraindications": ["reiki"]}, "contraindications"),
        ({"raters": []}, "raters"),
        ({"raters": [{"best": [], "acceptable": [], "unsuitable": []}]}, "raters"),
        ({"raters": [{"best": ["reiki"], "acceptable": [], "unsuitable": []}]}, "raters"),
        ({"raters": ["breathing"]}, "raters"),
        ({"note": 1}, "must be a JSON object"),
    ],
)
def test_a_bad_line_is_named_with_file_line_and_field(tmp_path, change, field):
    with pytest.raises(SuggestionDataError, match=rf"rated\.jsonl:2: {field}"):
        read(tmp_path, GOOD, {**GOOD, "id": "b", **change})


@pytest.mark.parametrize("content", ["", "[", "[" * 100_000, "1" * 10_000])
def test_what_is_no_json_is_named(tmp_path, content):
    path = tmp_path / "rated.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SuggestionDataError, match=r"rated\.jsonl"):
        read_rated_situations(path, VOCABULARY)


def test_an_id_comes_once_and_a_file_must_be_there(tmp_path):
    with pytest.raises(SuggestionDataError, match="stands there twice"):
        read(tmp_path, GOOD, GOOD)
    with pytest.raises(SuggestionDataError, match="cannot be read"):
        read_rated_situations(tmp_path / "none.jsonl", VOCABULARY)
