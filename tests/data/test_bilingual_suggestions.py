"""The suggestions of this project: the validator has no complaint, and what holds for this set alone."""

import json
import re
from collections import Counter

import pytest

from emotion import NEGATIVE_MOODS
from recommender.balance import DEMANDS
from recommender.suggestions import DEFAULT_DIRECTORY, load_suggestions
from recommender.validate_command import shipped_word_tables
from recommender.validation import validate
from recommender.vocabulary import read_vocabulary

SUGGESTIONS = load_suggestions()
VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)


@pytest.fixture(scope="module")
def validation():
    """What the validator says of the shipped set."""
    return validate(DEFAULT_DIRECTORY, complete=True, word_tables=shipped_word_tables())


def test_the_validator_has_no_complaint(validation):
    assert [str(complaint) for complaint in validation.complaints] == []


def test_there_are_as_many_pairs_as_demanded(validation):
    counts = validation.counts["mood"]
    others = sum(count for mood, count in counts.items() if mood not in NEGATIVE_MOODS)
    assert validation.suggestions == len(SUGGESTIONS) >= DEMANDS.pairs
    assert all(counts[mood] >= DEMANDS.of_each_negative_mood for mood in NEGATIVE_MOODS)
    assert others >= DEMANDS.of_the_other_moods


def test_every_pair_lies_in_the_file_of_its_mood_and_is_numbered_in_order():
    for path in DEFAULT_DIRECTORY.glob("*.jsonl"):
        numbers = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert path.stem == (row["mood"] if row["mood"] in NEGATIVE_MOODS else "positive")
            numbers[row["mood"]] = numbers.get(row["mood"], 0) + 1
            assert row["id"] == f"{row['mood']}-{numbers[row['mood']]:03d}"


def test_characters_are_written_as_they_are():
    for path in DEFAULT_DIRECTORY.glob("*.jsonl"):
        assert "\\u" not in path.read_text(encoding="utf-8")


def test_anger_is_never_met_by_what_raises_arousal():
    raising = {name for name, technique in VOCABULARY.techniques.items() if technique.raises_arousal}
    assert raising == {"gentle_movement", "graded_approach"}
    assert not [s.id for s in SUGGESTIONS if s.mood == "anger" and s.technique in raising]


def test_fear_is_met_by_grounding_and_by_approach_in_steps():
    families = Counter(suggestion.family for suggestion in SUGGESTIONS if suggestion.mood == "fear")
    techniques = Counter(suggestion.technique for suggestion in SUGGESTIONS if suggestion.mood == "fear")
    assert families["grounding"] >= 4
    assert techniques["graded_approach"] >= 3


def test_techniques_lie_in_few_families_and_each_has_a_source():
    assert len(VOCABULARY.techniques) >= 20
    assert 8 <= len(VOCABULARY.families) <= len(VOCABULARY.techniques) // 3
    assert all(technique.source for technique in VOCABULARY.techniques.values())


def test_the_nine_examples_of_the_paper_are_quoted_and_cited():
    quoted = {(s.mood, s.en.rstrip(".")) for s in SUGGESTIONS if s.source}
    assert quoted == {
        ("anger", "Take a deep breath"),
        ("anger", "Talk to a supportive friend"),
        ("anger", "Listen to calming music"),
        ("sadness", "Take a walk"),
        ("sadness", "Make a list of things you're grateful for"),
        ("sadness", "Think of the people you love"),
        ("fear", "Think about the times you have overcome fear"),
        ("fear", "Channel fear into positive actions"),
        ("fear", "In case things get out of hand, make an emergency call"),
    }
    assert all("Majidi and Bahrami" in s.source for s in SUGGESTIONS if s.source)


def test_the_readme_names_every_file_and_family():
    readme = (DEFAULT_DIRECTORY / "README.md").read_text(encoding="utf-8")
    for path in DEFAULT_DIRECTORY.glob("*.*"):
        assert path.name == "README.md" or f"`{path.name}`" in readme
    for family in VOCABULARY.families:
        assert re.search(rf"\b{family}\b", readme)
