"""Training of the crisis classifier on a handful of made-up sentences."""

import json

import numpy as np
import pytest

from crisis import train
from crisis.classifier import load_classifier
from crisis.train import Sentence

GRAVE = [f"the red bridge number {number} is waiting" for number in range(20)]
HARMLESS = [f"the blue kettle number {number} is singing" for number in range(20)]
SENTENCES = [Sentence(text, 2, "suicide") for text in GRAVE] + [
    Sentence(text, 0, "none") for text in HARMLESS
]


@pytest.fixture(scope="module")
def model():
    return train.fit(SENTENCES, "en")


def test_what_was_learnt_is_told_apart(model):
    assert model.outputs == (("none", 0), ("suicide", 2))
    assert model.opinion("the red bridge is waiting").level == 2
    assert model.opinion("the blue kettle is singing").level == 0


def test_training_again_gives_the_same_bytes(model):
    assert train.store(train.fit(SENTENCES, "en")) == train.store(model)


def test_a_kind_with_too_few_sentences_is_left_out():
    few = [*SENTENCES, Sentence("a green door", 1, "past")]
    assert ("past", 1) not in train.fit(few, "en").outputs


@pytest.mark.parametrize("sentences", [[], SENTENCES[:20], SENTENCES[20:]])
def test_one_side_alone_teaches_nothing(sentences):
    with pytest.raises(ValueError, match="level 0 and of a crisis"):
        train.fit(sentences, "en")


@pytest.mark.parametrize("line", ["", "{}", '{"text": "a", "level": "x", "kind": "past"}', "[]"])
def test_a_broken_line_is_named(tmp_path, line):
    path = tmp_path / "sentences_en.jsonl"
    path.write_text('{"text": "a", "level": 1, "kind": "past"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"sentences_en\.jsonl, line 2"):
        train.read_sentences(path)


def test_thresholds_are_as_low_as_false_alarms_allow():
    shares = np.array([[0.9, 0.8, 0.7], [0.8, 0.6, 0.1], [0.5, 0.1, 0.0], [0.3, 0.2, 0.0]])
    unseen = train._Judged(shares, np.zeros(4, dtype=int))
    calm = train._Judged(np.array([[0.1, 0.01, 0.0]] * 9 + [[0.35, 0.05, 0.0]]), np.zeros(10, dtype=int))
    chosen = train._thresholds(unseen, np.array([3, 2, 1, 0]), calm)
    assert chosen.level_1 + chosen.level_2 == pytest.approx(
        0.42
    )  # 0.31 and 0.11: above the wish and the harmless turn
    assert chosen.asking < chosen.level_1


def test_a_rule_counts_whatever_the_thresholds():
    judged = train._Judged(np.zeros((2, 3)), np.array([2, 0]))
    assert judged.grave(0.5, 0.5).tolist() == [True, False]


def test_what_is_written_can_be_loaded(tmp_path, monkeypatch):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    out.mkdir()
    for language in ("en", "fa"):
        rows = [{"text": one.text, "level": one.level, "kind": one.kind} for one in SENTENCES]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (data / f"sentences_{language}.jsonl").write_text(lines, encoding="utf-8")
        source = train.DATA_FOLDER / f"lexicon_{language}.jsonl"
        (data / source.name).write_bytes(source.read_bytes())
    for name in ("replies.jsonl", "lines.csv", "regions.csv"):
        (data / name).write_bytes((train.DATA_FOLDER / name).read_bytes())
    development = tmp_path / "development.csv"
    rows = [
        (text, "", level, "suicide", "en") for level, texts in ((2, GRAVE), (0, HARMLESS)) for text in texts
    ]
    rows += [(text, "", level, "suicide", "fa") for text, _, level, _, _ in list(rows)]
    lines = [",".join(map(str, row)) for row in rows]
    header = "text,context,level,kind,language"
    development.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    calm = tmp_path / "ordinary.csv"
    harmless = [line for line in lines if ",0," in line]
    calm.write_text("\n".join([header, *harmless]) + "\n", encoding="utf-8")
    train.train(data, development, calm, out)
    assert load_classifier("en", out).opinion("the red bridge is waiting").level >= 2
