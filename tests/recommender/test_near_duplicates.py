import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language import fold
from recommender.features import WordVectors, english_words
from recommender.function_words import FUNCTION_WORDS
from recommender.model_card import DEFAULT_DIRECTORY
from recommender.near_duplicates import (
    LEAST_JACCARD,
    LEAST_SIMILARITY,
    SifMeans,
    alike_in_meaning,
    alike_in_skeleton,
    alike_in_words,
    words_of,
)
from recommender.suggestions import load_suggestions

TEA = "Make yourself a cup of tea and sit."
SOUP = "Make yourself a cup of soup and sit."
SHIPPED = [suggestion.en for suggestion in load_suggestions()]
LONG = [text for text in SHIPPED if len(set(words_of(text))) >= 6]


@pytest.fixture(scope="module")
def means():
    """Directions by the shipped English vectors, the shipped sentences as background."""
    table = WordVectors.from_bytes((DEFAULT_DIRECTORY / "weights" / "vectors.npz").read_bytes())
    return SifMeans(table, lambda text: english_words(fold(text, "en")), SHIPPED)


def test_a_swapped_noun_is_found_by_words_and_by_skeleton():
    (words,) = alike_in_words([TEA, SOUP])
    assert (words.first, words.second) == (0, 1)
    assert words.alike == pytest.approx(7 / 9)
    assert words.alike >= LEAST_JACCARD
    (skeleton,) = alike_in_skeleton([TEA, SOUP], "en")
    assert (skeleton.first, skeleton.second) == (0, 1)


@pytest.mark.parametrize(
    ("language", "first", "second", "alike"),
    [
        (
            "en",
            "Read the long letter aloud, then fold the heavy page again.",
            "Read the short message aloud, then close the bright screen again.",
            False,  # fewer than half of the words stay
        ),
        (
            "en",
            "Take an orange and hold it until you feel calm.",
            "Take an apple and hold it until you feel sleepy.",
            True,
        ),
        (
            "en",
            "Take an orange and hold it until you feel calm.",
            "Take an apple and put it where you can see it.",
            False,
        ),
        ("en", "Take an orange and hold it.", "Take an apple and hold it.", False),  # too short
        (
            "en",
            "A crossword, a jigsaw, a row of knitting, a song.",
            "A series, a hobby, a kind of novel, a bath.",
            False,  # a list of things keeps two words
        ),
        (
            "fa",
            "پیش از باز کردن نامه یک نفس بلند بکشید و صبر کنید.",
            "پیش از باز کردن پیام یک نفس آرام بکشید و صبر کنید.",
            True,
        ),
        (
            "fa",
            "پیش از باز کردن نامه یک نفس بلند بکشید و صبر کنید.",
            "بعد از باز کردن نامه پنجره را ببندید و کنارش بنشینید.",
            False,
        ),
    ],
)
def test_templates_are_told_by_their_skeleton(language, first, second, alike):
    assert bool(list(alike_in_skeleton([first, second], language))) is alike


def test_one_sentence_of_two_is_compared_as_well():
    first = "The evening is long. Take an orange and hold it until you feel calm."
    second = "Take an apple and hold it until you feel sleepy. Nothing else is asked."
    assert len(list(alike_in_skeleton([first, second], "en"))) == 1


def test_the_lists_of_kept_words_hold_no_noun_or_number_of_the_examples():
    assert not {"tea", "soup", "three", "letter", "chair"} & FUNCTION_WORDS["en"]
    assert not {"چای", "سوپ", "سه", "نامه", "صندلی"} & FUNCTION_WORDS["fa"]
    for language in ("en", "fa"):
        assert all(words_of(word) == [word] for word in FUNCTION_WORDS[language])


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=7), max_size=12),
    st.sampled_from([0.3, 0.5, 0.6, 0.7, 0.9, 1.0]),
    st.integers(0, 12),
)
def test_prefix_filtering_finds_what_comparing_all_pairs_finds(sentences, least, own):
    texts = [" ".join(words) for words in sentences]
    sets = [set(words_of(text)) for text in texts]
    expected = {
        (first, second)
        for first, second in itertools.combinations(range(len(sets)), 2)
        if second >= own
        and sets[first] | sets[second]
        and len(sets[first] & sets[second]) / len(sets[first] | sets[second]) >= least
    }
    assert {(pair.first, pair.second) for pair in alike_in_words(texts, least=least, own=own)} == expected


def test_the_same_idea_in_other_words_is_found_by_meaning_alone(means):
    pair = [
        "Water the plants by the window and wipe the dust from one leaf.",
        "Wipe the dust off the leaves of a plant, and give all the flowers water at the window.",
    ]
    assert not list(alike_in_words(pair))
    (found,) = alike_in_meaning(pair, means, least=LEAST_SIMILARITY["en"])
    assert (found.first, found.second) == (0, 1)


def test_sentences_of_other_ideas_are_not_alike_in_meaning(means):
    texts = [
        "Ring a friend who knows you and talk about the weather for ten minutes.",
        "Let cold water run over your wrists until the heat goes down.",
        "Write the worry on a slip of paper and give it a time tomorrow.",
        "Take the stairs slowly and count the steps on the way down.",
    ]
    assert list(alike_in_meaning(texts, means, least=0.6)) == []


def test_directions_have_unit_length_and_unknown_words_have_none(means):
    rows = means.directions(["Look at the evening sky.", "Xyzzy plugh.", "..."])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 0.0, 0.0], abs=1e-5)
    assert list(alike_in_meaning(["Xyzzy plugh.", "Xyzzy plugh."], means, least=0.5)) == []
    assert means.directions(["Xyzzy plugh."]).shape[0] == 1


def test_meaning_finds_across_blocks_what_one_product_finds(means):
    texts = SHIPPED[:200] * 4
    rows = means.directions(texts)
    expected = {(int(a), int(b)) for a, b in np.argwhere(rows @ rows.T >= 0.95) if a < b and b >= 300}
    found = alike_in_meaning(texts, means, least=0.95, own=300)
    assert len(texts) > 700
    assert {(pair.first, pair.second) for pair in found} == expected


def test_vowel_marks_neither_part_a_word_nor_make_another_one():
    assert words_of("مُرده‌ها، دربارهٔ کارِ بعداً") == ["مرده‌ها", "درباره", "کار", "بعدا"]
    assert words_of("Don't look: it's café o'clock!") == ["don't", "look", "it's", "café", "o'clock"]


def test_pairs_before_the_own_ones_are_left_out_by_every_check(means):
    texts = [TEA, SOUP, "Take an orange and hold it until you feel calm.", TEA]
    for found in (
        alike_in_words(texts, own=3),
        alike_in_skeleton(texts, "en", own=3),
        alike_in_meaning(texts, means, least=0.95, own=3),
    ):
        assert {pair.second for pair in found} == {3}


@settings(deadline=None)
@given(st.data())
def test_every_shipped_sentence_with_one_word_swapped_is_found(data):
    text = data.draw(st.sampled_from(LONG))
    swapped = data.draw(st.sampled_from(words_of(text)))
    copy = re.sub(rf"(?i)(?<!\w){re.escape(swapped)}(?!\w)", "zebra", text)
    assert [pair.alike >= LEAST_JACCARD for pair in alike_in_words([text, copy])] == [True]


def test_no_sentence_at_all_is_no_pair(means):
    assert list(alike_in_words([])) == []
    assert list(alike_in_skeleton([], "fa")) == []
    assert list(alike_in_meaning([], means, least=0.5)) == []
