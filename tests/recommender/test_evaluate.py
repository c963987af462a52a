import json

import pytest

from recommender.evaluate import evaluate
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.situations import DEFAULT_PATH
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS

ROWS = [
    {
        "id": "a",
        "mood": "fear",
        "text": "I can't sleep for worry",
        "techniques": ["sleep_routine", "worry_time"],
    },
    {"id": "b", "mood": "anger", "text": "I'll answer this message now", "techniques": ["delayed_response"]},
]


@pytest.fixture
def figures(tmp_path):
    path = tmp_path / "situations.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return evaluate(path, directory=DEFAULT_DIRECTORY, suggestions=SUGGESTIONS)


def test_the_recommender_does_better_than_chance_on_words_that_say_what_helps(figures):
    ours, chance = figures["recommender"]["hit_at_3"]["mean"], figures["random_in_mood"]["hit_at_3"]["mean"]
    assert ours > chance


def test_figures_say_what_they_rest_on(figures):
    assert figures["n"] == 2
    assert figures["seen_in_training"] is False
    assert set(figures["by_mood"]) == {"fear", "anger"}
    assert figures["model"].startswith("paper_lstm-")
    assert figures["latency_ms_per_item"]["p50"] > 0.0
    assert json.loads(json.dumps(figures)) == figures


def test_situations_of_the_training_are_owned_up_to():
    from recommender.model_card import read_card, sha256_of

    assert read_card(DEFAULT_DIRECTORY).situations_sha256 == sha256_of(DEFAULT_PATH.read_bytes())
