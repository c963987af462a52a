import numpy as np
import pytest

from recommender.ngrams import COLUMNS, ngram_counts, weighted


def test_ngrams_stay_within_words_and_know_where_a_word_begins():
    assert set(ngram_counts("ab cd")) == set(ngram_counts("ab")) | set(ngram_counts("cd"))
    assert set(ngram_counts("abc")) != set(ngram_counts("bca"))


def test_ways_to_write_a_word_share_most_of_their_ngrams():
    def common(one, other):
        first, second = set(ngram_counts(one)), set(ngram_counts(other))
        return len(first & second) / len(first | second)

    assert common("می‌خواهم", "نمی‌خواهم") > common("می‌خواهم", "گفتن") + 0.3


def test_more_occurrences_count_more_but_less_than_in_proportion():
    once, thrice = ngram_counts("ab"), ngram_counts("ab ab ab")
    assert all(once[column] == 1.0 for column in once)
    assert all(1.0 < thrice[column] < 3.0 for column in once)


def test_values_have_unit_length_and_rare_ngrams_count_more():
    rarity = np.ones(COLUMNS, dtype=np.float32)
    column = min(ngram_counts("abc"))
    rarity[column] = 4.0
    columns, values = weighted(ngram_counts("abc"), rarity)
    assert np.linalg.norm(values) == pytest.approx(1.0)
    assert columns[values.argmax()] == column


@pytest.mark.parametrize("text", ["", "   ", "\ud800", "🙂", "a" * 10_000])
def test_any_text_has_finite_values(text):
    _, values = weighted(ngram_counts(text), np.ones(COLUMNS, dtype=np.float32))
    assert np.isfinite(values).all()
    assert not len(values) or np.linalg.norm(values) == pytest.approx(1.0)
