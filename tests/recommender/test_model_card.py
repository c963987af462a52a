import io
import json

import numpy as np
import pytest

from recommender import ModelFileError, Recommender
from recommender.model_card import DEFAULT_DIRECTORY, read_card, sha256_of
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS
from recommender.vocabulary import read_vocabulary


@pytest.mark.parametrize("name", ["paper_lstm.onnx", "regressions.npz", "vectors.npz"])
def test_truncated_weights_are_refused(model, name):
    path = model / "weights" / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelFileError, match=rf"{name}: its SHA-256 is not the one in card.json"):
        Recommender.load(model)


@pytest.mark.parametrize("name", ["paper_lstm.onnx", "regressions.npz", "vectors.npz"])
def test_missing_weights_are_named_with_a_remedy(model, name):
    (model / "weights" / name).unlink()
    with pytest.raises(ModelFileError, match=rf"{name}: cannot be read .*restore the file"):
        Recommender.load(model)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not JSON"),
        ("[]", "is no JSON object"),
        ("{}", "techniques is missing"),
        ('{"techniques": ["a", "a"]}', "techniques must name at least two"),
        ('{"techniques": ["a", "b"], "name": "x", "ranking": {}, "version": "1"}', "is missing"),
    ],
)
def test_a_bad_card_is_named_with_the_reason(model, content, message):
    (model / "card.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelFileError, match=rf"card\.json: .*{message}"):
        Recommender.load(model)


def test_a_missing_card_and_one_that_is_not_utf_8_are_named(model):
    (model / "card.json").write_bytes(b"\xff")
    with pytest.raises(ModelFileError, match="is not UTF-8"):
        read_card(model)
    (model / "card.json").unlink()
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_card(model)


def rewrite(model, change):
    card = json.loads((model / "card.json").read_text(encoding="utf-8"))
    change(card)
    (model / "card.json").write_text(json.dumps(card), encoding="utf-8")


def test_a_technique_without_a_row_in_the_vocabulary_is_refused(model):
    rewrite(model, lambda card: card["techniques"].__setitem__(0, "reiki"))
    with pytest.raises(ModelFileError, match="reiki"):
        Recommender.load(model)


def test_a_network_with_another_number_of_outputs_is_refused(model):
    rewrite(model, lambda card: card["techniques"].pop())
    with pytest.raises(ModelFileError, match="outputs"):
        Recommender.load(model)


def test_a_file_that_is_no_network_is_refused(model):
    (model / "weights" / "paper_lstm.onnx").write_bytes(b"nonsense")
    rewrite(model, lambda card: card["network"].update(sha256=sha256_of(b"nonsense")))
    with pytest.raises(ModelFileError, match="network is unreadable"):
        Recommender.load(model)


def test_the_shipped_card_states_an_honest_protocol():
    card = json.loads((DEFAULT_DIRECTORY / "card.json").read_text(encoding="utf-8"))
    assert set(card["techniques"]) <= set(read_vocabulary(SUGGESTIONS).techniques)
    assert card["network"]["largest_difference_to_keras"] <= 1e-4
    for language in ("en", "fa"):
        figures = card["cross_validation"][language]
        for system in ("majority_in_mood", "words_regression", "letters_regression", "paper_lstm"):
            measured = figures[system]["precision_at_3"]
            assert measured["low"] < measured["mean"] < measured["high"]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_three_readers_together_beat_the_majority_by_the_figures_of_the_card(language):
    card = json.loads((DEFAULT_DIRECTORY / "card.json").read_text(encoding="utf-8"))
    figures = card["cross_validation"][language]
    for measure in ("hit_at_1", "precision_at_3", "family_precision_at_3"):
        assert figures["three_readers"][measure]["low"] > figures["majority_in_mood"][measure]["mean"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", 0, "temperature must be above 0"),
        ("temperature", "warm", "temperature must be a number"),
        ("relevance", None, "relevance must be a number"),
        ("effort", float("nan"), "effort must be a number"),
        ("probability_floor", 0, "probability_floor must be above 0"),
        ("assumed_distress", 11, "assumed_distress must be from 0 to 10"),
    ],
)
def test_an_impossible_ranking_is_found_at_the_start_and_not_in_a_talk(model, name, value, message):
    rewrite(model, lambda card: card["ranking"].update({name: value}))
    with pytest.raises(ModelFileError, match=rf"card\.json: ranking\.{message}.*make train-recommender"):
        Recommender.load(model)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"letters": -1, "words": 1, "lstm": 1}, "shares must be 0 or more"),
        ({"letters": 0, "words": 0, "lstm": 0}, "not all 0"),
        ({"letters": "much", "words": 1, "lstm": 1}, r"shares\.letters must be a number"),
        ({"letters": 1}, "is missing"),
    ],
)
def test_impossible_shares_are_found_at_the_start(model, shares, message):
    rewrite(model, lambda card: card.update(shares=shares))
    with pytest.raises(ModelFileError, match=rf"card\.json: .*{message}"):
        Recommender.load(model)


@pytest.mark.parametrize("section", ["network", "vectors", "regressions", "shares", "ranking"])
def test_a_section_of_another_shape_is_refused(model, section):
    rewrite(model, lambda card: card.update({section: ["of", "another", "shape"]}))
    with pytest.raises(ModelFileError, match=r"card\.json: a section is no JSON object"):
        Recommender.load(model)


def test_another_network_with_its_own_hash_is_refused(model):
    other = DEFAULT_DIRECTORY.parent / "ser_model" / "standalone" / "weights" / "logmel_cnn.onnx"
    (model / "weights" / "paper_lstm.onnx").write_bytes(other.read_bytes())
    rewrite(model, lambda card: card["network"].update(sha256=sha256_of(other.read_bytes())))
    with pytest.raises(ModelFileError, match=r"paper_lstm\.onnx: the network is another one.*make train"):
        Recommender.load(model)


def _archive(words, vectors):
    buffer = io.BytesIO()
    np.savez(buffer, words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8), vectors=vectors)
    return buffer.getvalue()


def _array():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        _array(),
        _archive(["sad"], np.zeros((1, 100), np.float16)),
        _archive(["neutral"], np.zeros((1, 50), np.float16)),
        _archive(["neutral"], np.zeros((1, 100), np.float64)),
    ],
    ids=["empty", "nonsense", "one array", "no moods", "other width", "other type"],
)
def test_other_word_vectors_with_their_own_hash_are_refused(model, content):
    (model / "weights" / "vectors.npz").write_bytes(content)
    rewrite(model, lambda card: card["vectors"].update(sha256=sha256_of(content)))
    with pytest.raises(ModelFileError, match=r"vectors\.npz: .*make train-recommender"):
        Recommender.load(model)


@pytest.mark.parametrize("content", [b"", b"nonsense", _array(), _archive(["sad"], np.zeros(3))])
def test_other_regressions_with_their_own_hash_are_refused(model, content):
    (model / "weights" / "regressions.npz").write_bytes(content)
    rewrite(model, lambda card: card["regressions"].update(sha256=sha256_of(content)))
    with pytest.raises(ModelFileError, match=r"regressions\.npz: .*make train-recommender"):
        Recommender.load(model)
