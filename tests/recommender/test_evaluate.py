import json

import pytest

from recommender.evaluate import evaluate
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS


def row(identifier, language, mood, text, best, acceptable):
    rater = {"best": best, "acceptable": acceptable, "unsuitable": []}
    return {
        "id": identifier,
        "language": language,
        "mood": mood,
        "text": text,
        "situation": "general",
        "distress": 6,
        "contraindications": [],
        "raters": [rater, rater],
    }


ROWS = [
    row("a", "en", "fear", "I can't sleep for worry, it goes round and round", ["pause"], ["thinking"]),
    row("b", "en", "anger", "I'll answer this nasty message right now", ["pause"], ["breathing"]),
    row("c", "fa", "sadness", "دلم برای کسی تنگ شده که باهاش حرف بزنم", ["connection"], ["kindness"]),
]


@pytest.fixture
def figures(tmp_path):
    path = tmp_path / "situations.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return evaluate(path, directory=DEFAULT_DIRECTORY, suggestions=SUGGESTIONS)


def test_the_recommender_does_better_than_chance_on_words_that_say_what_helps(figures):
    for language in ("en", "fa"):
        ours, chance = (figures[language][name] for name in ("recommender", "random_in_mood"))
        assert ours["precision_at_3"]["mean"] > chance["precision_at_3"]["mean"]


def test_figures_say_what_they_rest_on(figures):
    assert figures["n"] == 3
    assert (figures["en"]["n"], figures["fa"]["n"]) == (2, 1)
    assert set(figures["en"]) == {"n", "random_in_mood", "tf_idf", "paper_lstm", "recommender"}
    assert figures["model"].startswith("three_readers-")
    assert figures["latency_ms_per_item"]["p50"] > 0.0
    assert json.loads(json.dumps(figures)) == figures
    gap = figures["english_less_persian"]["precision_at_3"]
    assert gap["low"] <= gap["mean"] <= gap["high"]
