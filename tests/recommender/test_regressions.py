import numpy as np
import pytest

from emotion import MOODS
from recommender.errors import ModelFileError
from recommender.features import DIMENSIONS
from recommender.ngrams import COLUMNS, ngram_counts
from recommender.regressions import Regressions, log_softmax


def parts(outputs=3):
    return {
        "rarity": np.ones(COLUMNS, dtype=np.float32),
        "ngrams": np.zeros((COLUMNS, outputs), dtype=np.float16),
        "ngram_moods": np.zeros((len(MOODS), outputs), dtype=np.float32),
        "words": np.zeros((DIMENSIONS, outputs), dtype=np.float32),
        "word_moods": np.zeros((len(MOODS), outputs), dtype=np.float32),
    }


def test_letters_words_and_moods_move_the_answer():
    made = parts()
    made["ngrams"][list(ngram_counts("exam")), 0] = 5.0
    made["ngram_moods"][MOODS.index("anger"), 1] = 5.0
    made["words"][0, 2] = 5.0
    regressions = Regressions(**made)
    assert regressions.by_letters("fear", "exam").argmax() == 0
    assert regressions.by_letters("anger", "").argmax() == 1
    direction = np.zeros(DIMENSIONS, dtype=np.float32)
    assert regressions.by_words("fear", direction).tolist() == pytest.approx([np.log(1 / 3)] * 3)
    direction[0] = 1.0
    assert regressions.by_words("fear", direction).argmax() == 2


def test_the_numbers_survive_writing_and_reading():
    written = Regressions(**parts()).to_bytes()
    assert Regressions.from_bytes(written).to_bytes() == written
    assert Regressions.from_bytes(written).outputs == 3


@pytest.mark.parametrize("name", list(parts()))
def test_a_part_of_another_shape_precision_or_without_an_end_is_refused(name):
    good = parts()
    for bad in (good[name][:-1], good[name].astype(np.float64), np.full_like(good[name], np.inf)):
        with pytest.raises(ModelFileError, match=name):
            Regressions(**{**good, name: bad})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", Regressions(**parts()).to_bytes()[:5000]])
def test_damaged_content_is_an_error_of_ours(content):
    with pytest.raises(ModelFileError, match="cannot be read"):
        Regressions.from_bytes(content)


def test_log_softmax_sums_to_one_even_of_large_numbers():
    shares = np.exp(log_softmax(np.array([1000.0, 999.0, -1000.0], dtype=np.float32)))
    assert shares.sum() == pytest.approx(1.0)
