"""The paper's network in both readings, on a few of the project's sentences."""

import json

from recommender.__main__ import main
from recommender.configuration import read_configuration
from recommender.learning import Example
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.paper_readings import likeness_groups


def example(identifier, language, folded):
    return Example(identifier, "suggestion", language, "fear", folded, ("slow_breathing",))


def test_pairs_and_sentences_that_are_much_alike_are_one_group():
    groups = likeness_groups(
        [
            example("a", "en", "breathe out slowly for a minute"),
            example("b", "en", "breathe out slowly for two minutes"),
            example("c", "en", "call a friend"),
            example("a", "fa", "یک دقیقه آرام بازدم کنید"),
            example("d", "fa", "یک دقیقه آرام بازدم بکنید"),
            example("e", "fa", "به دوستی زنگ بزنید"),
        ]
    )
    assert groups[0] == groups[1] == groups[3] == groups[4]
    assert len(set(groups[[0, 2, 5]].tolist())) == 3


def test_the_readings_are_measured_under_both_protocols(tmp_path, some_suggestions, capsys):
    configuration = tmp_path / "tiny.json"
    content = {"folds": 2, "network": {"units": 4}, "schedule": {"epochs": 1, "batch": 64}}
    configuration.write_text(json.dumps(content), encoding="utf-8")
    out = tmp_path / "figures.json"
    command = ["readings", "--config", str(configuration), "--json", str(out)]
    assert main([*command, "--suggestions", str(some_suggestions)]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures["groups"] <= figures["n"] // 2
    for protocol in ("leaking", "grouped"):
        emotion = figures["sentence_to_emotion"][protocol]["first"]
        assert 0.0 <= emotion["low"] <= emotion["mean"] <= emotion["high"] <= 1.0
        technique = figures["emotion_and_words_to_technique"][protocol]
        assert technique["first"]["mean"] <= technique["among_three"]["mean"]
    assert "sentence_to_emotion" in capsys.readouterr().out


def test_the_shipped_settings_of_the_readings_can_be_read():
    assert read_configuration(DEFAULT_DIRECTORY / "configs" / "paper_readings.json").folds >= 2
