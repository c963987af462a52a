import numpy as np
import pytest

from recommender.alignment import (
    DEFAULT_DICTIONARY,
    align,
    centred,
    neighbours,
    orthogonal_map,
    placed_by_translations,
    read_dictionary,
)
from recommender.errors import CorpusError

RANDOM = np.random.default_rng(0)


def rotated(noise=0.0, words=400, dimensions=20):
    random = np.random.default_rng(3)
    english = centred(random.normal(size=(words, dimensions)).astype(np.float32))
    rotation = np.linalg.qr(random.normal(size=(dimensions, dimensions)))[0].astype(np.float32)
    persian = english @ rotation.T + noise * random.normal(size=english.shape).astype(np.float32)
    return english, centred(persian), rotation


def test_a_known_rotation_is_recovered():
    english, persian, rotation = rotated()
    found = orthogonal_map(persian[:50], english[:50])
    assert np.allclose(found, rotation, atol=1e-2)
    assert np.allclose(found @ found.T, np.eye(20), atol=1e-4)


def test_alignment_from_a_part_of_the_words_serves_the_others():
    english, persian, _ = rotated(noise=0.05)
    mapped, rounds = align(persian, english, [(row, row) for row in range(60)])
    asked = np.arange(100, 400)
    assert (neighbours(mapped, english, asked, 1)[:, 0] == asked).mean() > 0.95
    assert 0 <= rounds <= 3


def test_neighbours_come_nearest_first_and_hubs_are_pushed_back():
    english, persian, rotation = rotated()
    mapped = persian @ rotation
    found = neighbours(mapped, english, np.arange(5), 5)
    assert found.shape == (5, 5)
    assert found[:, 0].tolist() == list(range(5))


def test_words_get_their_translations_and_their_neighbours_are_moved_alike():
    english, persian, rotation = rotated()
    mapped = persian @ rotation
    wrong = mapped.copy()
    wrong[:, 0] += 0.4  # what a rotation alone cannot set right
    placed = placed_by_translations(persian, wrong, english, [(row, row) for row in range(300)])
    assert np.allclose(placed[2], english[2] / np.linalg.norm(english[2]), atol=1e-5)
    others = np.arange(300, 400)
    before = np.linalg.norm(wrong[others] - english[others], axis=1).mean()
    after = np.linalg.norm(placed[others] - english[others], axis=1).mean()
    assert after < 0.7 * before


def test_centred_vectors_have_unit_length():
    vectors = centred((RANDOM.normal(size=(50, 9)) + 3.0).astype(np.float32))
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert np.linalg.norm(vectors.mean(axis=0)) < 0.2


def test_the_shipped_dictionary_is_whole_and_its_held_out_words_are_apart():
    dictionary = read_dictionary(DEFAULT_DICTIONARY)
    rows = DEFAULT_DICTIONARY.read_text(encoding="utf-8").splitlines()[1:]
    assert len(rows) >= 2_500
    assert len(dictionary.held_out) == len(rows) // 10
    learnt = {word for pair in dictionary.learnt for word in pair}
    assert learnt.isdisjoint(word for pair in dictionary.held_out for word in pair)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ":1: must be en,fa"),
        ("fa,en\nترس,fear\n", ":1: must be en,fa"),
        ("en,fa\nfear\n", ":2: must be an English and a Persian word"),
        ("en,fa\nfear,ترس\nFear,ترس\n", ":3: must be"),
        ("en,fa\nfear,دو کلمه\n", ":2: must be"),
        ("en,fa\nfear,أسف\n", ":2: "),
        ("en,fa\nfear,ترس\nfear,ترس\n", ":3: stands there twice"),
        ("en,fa\nfear,ترس\n", "too few"),
    ],
)
def test_a_bad_dictionary_is_an_error_that_names_the_line(tmp_path, content, message):
    path = tmp_path / "dictionary.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        read_dictionary(path)


def test_a_dictionary_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_dictionary(tmp_path / "none.csv")
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(CorpusError, match="UTF-8"):
        read_dictionary(tmp_path / "bad.csv")
