import numpy as np
import pytest

from recommender.cooccurrence import count_pairs, count_words
from recommender.errors import ConfigurationError, CorpusError
from recommender.glove import GloveSettings, learn


def cells_of(cooccurrences):
    found = {}
    for number in range(len(cooccurrences.paths)):
        part = cooccurrences.part(number)
        for row, column, count in zip(part.rows, part.columns, part.counts, strict=True):
            assert (row, column) not in found
            found[(int(row), int(column))] = float(count)
    return found


def brute_force(sentences, rows, window):
    found = {}
    for words in sentences:
        for i, one in enumerate(words):
            for j in range(max(0, i - window), i):
                if one in rows and words[j] in rows:
                    for pair in ((rows[one], rows[words[j]]), (rows[words[j]], rows[one])):
                        found[pair] = found.get(pair, 0.0) + 1.0 / (i - j)
    return found


@pytest.mark.parametrize("buffer", [64, 1 << 16])
def test_counts_are_those_of_a_plain_count_whatever_the_buffer(tmp_path, buffer):
    random = np.random.default_rng(1)
    letters = "abcdefghijkl"
    sentences = [
        [letters[i] for i in random.integers(0, 12, size=random.integers(1, 15))] for _ in range(200)
    ]
    sentences.append(["rare"])
    corpus = count_words(iter(sentences), tmp_path, least=2, most=10)
    assert len(corpus.words) == 10
    assert "rare" not in corpus.words
    assert corpus.sentences == 201
    assert list(corpus.counts) == sorted(corpus.counts, reverse=True)
    found = cells_of(count_pairs(corpus, window=3, parts=4, buffer=buffer))
    rows = {word: row for row, word in enumerate(corpus.words)}
    expected = brute_force(sentences, rows, 3)
    assert found.keys() == expected.keys()
    assert all(found[pair] == pytest.approx(expected[pair], rel=1e-4) for pair in expected)


def clusters(seed=0):
    random = np.random.default_rng(seed)
    groups = [[f"{name}{i}" for i in range(8)] for name in "abc"]
    sentences = [list(random.choice(groups[random.integers(3)], size=6)) for _ in range(1500)]
    return groups, sentences


def learnt(tmp_path, **settings):
    groups, sentences = clusters()
    corpus = count_words(sentences, tmp_path, least=1, most=100)
    losses = []
    vectors = learn(
        count_pairs(corpus, window=5, parts=3, buffer=1 << 14),
        GloveSettings(**{"dimensions": 12, "epochs": 25, **settings}),
        after_part=lambda epoch, loss: losses.append((epoch, loss)),
    )
    return groups, dict(zip(corpus.words, vectors, strict=True)), losses


def test_planted_clusters_are_found_and_the_loss_falls(tmp_path):
    groups, vectors, losses = learnt(tmp_path)

    def likeness(one, other):
        return vectors[one] @ vectors[other] / np.linalg.norm(vectors[one]) / np.linalg.norm(vectors[other])

    inside = np.mean([likeness(group[i], group[i + 1]) for group in groups for i in range(7)])
    across = np.mean([likeness(groups[0][i], groups[k][i]) for k in (1, 2) for i in range(8)])
    assert inside > across + 0.5
    assert losses[0][0] == 0
    assert losses[-1][0] == 24
    assert losses[-1][1] < 0.5 * losses[0][1]


def test_a_seed_gives_the_same_vectors_again(tmp_path):
    folders = [tmp_path / name for name in "xyz"]
    for folder in folders:
        folder.mkdir()
    (_, one, _), (_, same, _) = learnt(folders[0], epochs=3), learnt(folders[1], epochs=3)
    _, other, _ = learnt(folders[2], epochs=3, seed=1)
    assert all(np.array_equal(one[word], same[word]) for word in one)
    assert not np.array_equal(one["a0"], other["a0"])


@pytest.mark.parametrize("sentences", [[], [["one"]], [["one", "two"]]])
def test_too_small_a_corpus_is_an_error(tmp_path, sentences):
    with pytest.raises(CorpusError, match="longer corpus"):
        count_words(sentences, tmp_path, least=2, most=10)


def test_words_that_never_meet_are_an_error(tmp_path):
    corpus = count_words([["one"], ["two"]], tmp_path, least=1, most=10)
    with pytest.raises(CorpusError, match="longer sentences"):
        count_pairs(corpus, window=2)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"dimensions": 0}, {"rate": 0.0}, {"x_max": -1.0}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        GloveSettings(**wrong)


def test_a_run_that_diverges_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="smaller rate"):
        learnt(tmp_path, rate=1e30)
