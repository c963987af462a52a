import numpy as np

from recommender.subwords import Subwords

WORDS = ["intercept", "interception", "orange", "نگرانی", "نگران", "کتاب"]


def test_words_that_share_letters_are_found_the_likest_first():
    rows, shares = Subwords(WORDS).nearest("interceptions")
    assert [WORDS[row] for row in rows] == ["interception", "intercept"]
    assert shares[0] > shares[1]
    assert float(shares.sum()) == np.float32(1.0)


def test_persian_words_are_found_too():
    rows, _ = Subwords(WORDS).nearest("نگرانید")
    assert WORDS[rows[0]] == "نگران" or WORDS[rows[0]] == "نگرانی"


def test_nothing_is_found_for_a_word_unlike_all():
    for word in ("zzzz", "q", "", "قورباغه", "x" * 10_000):
        rows, shares = Subwords(WORDS).nearest(word)
        assert len(rows) == len(shares) == 0


def test_an_empty_index_finds_nothing():
    assert not len(Subwords([]).nearest("word")[0])


def test_two_indexes_of_the_same_words_answer_alike():
    one, other = Subwords(WORDS).nearest("intercepting"), Subwords(WORDS).nearest("intercepting")
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
    assert len(one[0])


def test_a_very_long_word_is_read_by_its_beginning():
    words = ["a" * 5 + "bcdefghijklmnopqrstuvwxyz" * 2]
    rows, _ = Subwords(words).nearest(words[0])
    assert rows.tolist() == [0]
