import numpy as np
import pytest

from emotion import MOODS
from language import fold
from recommender.errors import ModelFileError
from recommender.features import DIMENSIONS, LONGEST_SEQUENCE, MOOD_WORDS, WordVectors, english_words
from recommender.model_card import DEFAULT_DIRECTORY

SHIPPED = WordVectors.from_bytes((DEFAULT_DIRECTORY / "weights" / "vectors.npz").read_bytes())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I can't sleep, I won't try.", ["i", "can", "not", "sleep", "i", "will", "not", "try"]),
        ("She’s angry; they didn't call!", ["she", "angry", "they", "did", "not", "call"]),
        ("", []),
        ("😀 123 …", []),
        ("خیلی می‌ترسم", []),
    ],
)
def test_words_come_without_short_forms(text, words):
    assert english_words(fold(text, "en")) == words


def small():
    return WordVectors(["fear", "exam"], np.stack([np.full(100, 1.0), np.full(100, 2.0)]).astype(np.float16))


def test_the_mood_word_leads_and_unknown_words_are_left_out():
    sequence = small().sequence("fear", ["my", "exam"])
    assert sequence.shape == (2, DIMENSIONS)
    assert sequence.dtype == np.float32
    assert sequence[:, 0].tolist() == [1.0, 2.0]


def test_a_long_text_is_cut():
    assert len(small().sequence("fear", ["exam"] * 500)) == LONGEST_SEQUENCE


def test_mean_direction_has_unit_length_or_is_zero():
    assert np.linalg.norm(small().mean_direction(["exam", "fear"])) == pytest.approx(1.0)
    assert not small().mean_direction(["unknown"]).any()


def test_the_table_survives_writing_and_reading():
    again = WordVectors.from_bytes(small().to_bytes())
    assert np.array_equal(again.vectors(["exam"]), small().vectors(["exam"]))
    assert again.to_bytes() == small().to_bytes()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", small().to_bytes()[:200]])
def test_a_damaged_table_is_an_error_of_ours(content):
    with pytest.raises(ModelFileError):
        WordVectors.from_bytes(content)


def test_a_table_of_another_size_is_refused():
    with pytest.raises(ModelFileError, match="shape"):
        WordVectors(["one", "two"], np.zeros((1, 100), dtype=np.float16))


def test_the_shipped_vectors_know_every_mood_and_are_small():
    assert set(MOOD_WORDS) == set(MOODS)
    assert all(word in SHIPPED for word in MOOD_WORDS.values())
    size = sum(path.stat().st_size for path in (DEFAULT_DIRECTORY / "weights").iterdir())
    assert size <= 16_000_000
    assert (DEFAULT_DIRECTORY / "weights" / "vectors.npz").stat().st_size <= 12_000_000


def test_the_shipped_vectors_put_like_words_together():
    def similarity(one, other):
        return float(SHIPPED.mean_direction([one]) @ SHIPPED.mean_direction([other]))

    assert similarity("anger", "rage") > similarity("anger", "table") + 0.2
    assert similarity("exam", "school") > similarity("exam", "river") + 0.2
