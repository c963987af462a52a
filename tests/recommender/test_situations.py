import json

import pytest

from language import fold
from recommender.errors import SuggestionDataError
from recommender.situations import DEFAULT_PATH, SituationCues, read_labelled_situations
from recommender.suggestions import DEFAULT_DIRECTORY, load_suggestions
from recommender.vocabulary import read_vocabulary

VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)
CUES = SituationCues(VOCABULARY)


@pytest.mark.parametrize(
    ("language", "text", "situations"),
    [
        ("en", "My boss's e-mail made me furious", {"work"}),
        ("en", "I can't sleep, the rent is due", {"night", "money"}),
        ("en", "The traffic is driving me mad", {"travel"}),
        ("en", "The kids are driving me mad", {"children"}),
        ("en", "She sang a song on the market", set()),
        ("fa", "از امتحانم می‌ترسم", {"exams"}),
        ("fa", "رئيسم سرم داد زد", {"work"}),
        ("fa", "دیشب خوابم نبرد", {"night"}),
        ("fa", "درست نمی‌فهمم", set()),
        ("fa", "پیراهنم پاره شد", set()),
        ("fa", "فوتبال دیدم", set()),
        ("en", "", set()),
        ("fa", "🙂🙂", set()),
    ],
)
def test_cue_words_name_the_situation(language, text, situations):
    assert CUES.situations(fold(text, language), language) == situations


@pytest.mark.parametrize("language", ["en", "fa"])
def test_there_are_at_least_400_labelled_situations_a_language_all_different(language):
    labelled = [s for s in read_labelled_situations(DEFAULT_PATH, VOCABULARY) if s.language == language]
    assert len({situation.text for situation in labelled}) == len(labelled) >= 400


def test_every_label_has_a_suggestion_in_its_mood():
    offered = {(suggestion.mood, suggestion.technique) for suggestion in load_suggestions()}
    for situation in read_labelled_situations(DEFAULT_PATH, VOCABULARY):
        assert {(situation.mood, technique) for technique in situation.techniques} <= offered


GOOD = {"id": "a", "language": "en", "mood": "fear", "text": "I am scared", "techniques": ["slow_breathing"]}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**GOOD, "mood": "unclear"}, "mood: must be one of"),
        ({**GOOD, "language": "de"}, "language: must be one of en, fa"),
        ({**GOOD, "text": ""}, "text: must be a text"),
        ({**GOOD, "techniques": []}, "techniques: must be a list"),
        ({**GOOD, "techniques": ["reiki"]}, "techniques: 'reiki' is not in techniques.csv"),
        ({**GOOD, "id": "first"}, "id: first stands there twice"),
        ({**GOOD, "note": "x"}, "must be a JSON object with the fields"),
        ("nonsense", "must be a JSON object with the fields"),
    ],
)
def test_a_bad_line_is_named_with_file_line_and_field(tmp_path, row, message):
    path = tmp_path / "situations.jsonl"
    path.write_text(json.dumps({**GOOD, "id": "first"}) + "\n" + json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(SuggestionDataError, match=rf"situations\.jsonl:2: {message}"):
        read_labelled_situations(path, VOCABULARY)


def test_a_missing_and_an_empty_file_are_named(tmp_path):
    with pytest.raises(SuggestionDataError, match="cannot be read"):
        read_labelled_situations(tmp_path / "none.jsonl", VOCABULARY)
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(SuggestionDataError, match="is empty"):
        read_labelled_situations(tmp_path / "empty.jsonl", VOCABULARY)
