import io

import numpy as np
import pytest

from recommender.errors import ModelFileError
from recommender.features import WordVectors, words_of


def table(words, seed=0):
    return WordVectors(words, np.random.default_rng(seed).normal(size=(len(words), 100)).astype(np.float16))


@pytest.fixture
def both():
    return table(["the", "fear", "worry", "و", "نگران", "می‌خواهم", "دل", "تنگی"])


def same(one, other):
    return np.allclose(one, other, atol=1e-3)


def test_languages_are_told_by_script(both):
    assert (both.count("en"), both.count("fa")) == (3, 5)
    assert both.words("fa")[0] == "و"
    assert both.words("en") == ["the", "fear", "worry"]
    assert words_of("دلم گرفت", "fa") == ["دلم", "گرفت"]
    assert words_of("i can't", "en") == ["i", "can", "not"]


def test_an_unknown_form_is_read_as_a_known_one(both):
    assert same(both.vectors(["می‌خوام"]), both.vectors(["می‌خواهم"]))
    assert same(both.vectors(["worries"]), both.vectors(["worry"]))


def test_a_compound_is_read_as_the_mean_of_its_parts(both):
    assert same(both.vectors(["دل‌تنگی"])[0], both.vectors(["دل", "تنگی"]).mean(axis=0))


def test_a_word_unlike_all_is_left_out(both):
    assert both.vectors(["xyzzy", "قورباغه", ""]).shape == (0, 100)
    assert not both.smooth_direction(["xyzzy"]).any()
    assert "می‌خوام" not in both


def test_an_english_table_leaves_out_what_it_does_not_know():
    assert table(["worry", "fear"]).vectors(["worries"]).shape == (0, 100)


def test_frequent_words_count_less_in_the_smooth_direction(both):
    smooth, plain = both.smooth_direction(["the", "worry"]), both.mean_direction(["the", "worry"])
    own = both.mean_direction(["worry"])
    assert np.linalg.norm(smooth) == pytest.approx(1.0, abs=1e-5)
    assert smooth @ own > plain @ own


def test_persian_words_survive_writing_and_reading(both):
    again = WordVectors.from_bytes(both.to_bytes())
    assert again.to_bytes() == both.to_bytes()
    assert again.count("fa") == 5
    assert same(again.vectors(["می‌خوام"]), both.vectors(["می‌خوام"]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fear", "fear"], "twice"),
        (["fear", ""], "empty"),
        (["fear", "x" * 100], "endless"),
        (["ترس", "fear"], "mix"),
    ],
)
def test_words_that_do_not_belong_together_are_refused(words, message):
    with pytest.raises(ModelFileError, match=message):
        table(words)


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ModelFileError, match="finite"):
        WordVectors(["fear"], np.full((1, 100), np.nan, dtype=np.float16))


def test_words_that_are_no_utf_8_are_refused():
    buffer = io.BytesIO()
    np.savez(buffer, words=np.array([0xFF, 0xFE], np.uint8), vectors=np.zeros((1, 100), np.float16))
    with pytest.raises(ModelFileError, match="cannot be read"):
        WordVectors.from_bytes(buffer.getvalue())
