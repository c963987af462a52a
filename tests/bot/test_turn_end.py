"""Patience by words: sentences of these tests are not those of `benchmarks/endpointing.csv`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.turn_end import Cue, cued_patience_ms, longest_patience_ms, turn_end_cue


def cue(text, language, confidence=0.9):
    return turn_end_cue(text, language, confidence=confidence)


OPEN_ENGLISH = [
    "I wanted to go there and.",
    "I cried because",
    "I was so tired, um...",
    "She looked at me, and I.",
    "Yesterday I went to the.",
    "I am afraid of.",
    "It was my.",
    "He is a very.",
    "I was angry, so.",
    "I told him that.",
    "If he calls me again...",
    "When I come home.",
    "I was, you know.",
    "It feels like.",
    "Well.",
    "I feel useless. And.",
    "We live in a small.",
    "The problem is.",
    "We stayed at my sister's.",
    "My sister...",
    "I'm.",
]
COMPLETE_ENGLISH = [
    "I feel tired.",
    "Yes.",
    "Yes, I do.",
    "Not really.",
    "Do you think that is normal?",
    "What should I do?",
    "I don't want to.",
    "I need somebody to talk to.",
    "That's what she said.",
    "I think so.",
    "My husband died last year.",
    "When I come home, I go straight to bed.",
    "If he calls me again, I will scream.",
    "I lost my job. I feel useless.",
    "I am sleeping well.",
]
OPEN_PERSIAN = [
    "رفتم خونه و.",
    "من همیشه فکر می‌کنم که.",
    "خیلی خسته‌ام، یعنی",
    "نرفتم چون.",
    "زنگ زدم ولی.",
    "اگه دوباره زنگ بزنه.",
    "وقتی از سر کار برمی‌گردم.",
    "هر روز صبح که بیدار می‌شم.",
    "یه هدیه خریدم برای.",
    "این حرف رو.",
    "همه‌ی.",
    "در خانه‌ی.",
    "به خاطر.",
    "دیشب با مادرم.",
    "من.",
    "راستش.",
    "خیلی خسته‌ام. و.",
]
COMPLETE_PERSIAN = [
    "خیلی خسته‌ام.",
    "خیلی خسته ام.",
    "آره.",
    "نه، اصلاً.",
    "نمی‌دونم.",
    "نمی‌دانم چه کار کنم.",
    "دیشب با خواهرم دعوا کردم.",
    "حالم خوب نیست.",
    "چرا این‌طوری می‌شه؟",
    "وقتی می‌رم بیرون حالم بد می‌شه.",
    "کارم رو از دست دادم.",
]
SAYS_NOTHING = [
    ("My sister.", "en"),
    ("I wanted to call my mother...", "en"),
    ("Who were you talking to.", "en"),
    ("It took a while.", "en"),
    ("رفتم خونه.", "fa"),
    ("دیروز.", "fa"),
]


@pytest.mark.parametrize("text", OPEN_ENGLISH)
def test_english_that_has_to_go_on_is_waited_for(text):
    assert cue(text, "en") is Cue.OPEN


@pytest.mark.parametrize("text", COMPLETE_ENGLISH)
def test_whole_english_sentences_questions_and_short_answers_are_complete(text):
    assert cue(text, "en") is Cue.COMPLETE


@pytest.mark.parametrize("text", OPEN_PERSIAN)
def test_persian_that_has_to_go_on_is_waited_for(text):
    assert cue(text, "fa") is Cue.OPEN


@pytest.mark.parametrize("text", COMPLETE_PERSIAN)
def test_whole_persian_sentences_questions_and_short_answers_are_complete(text):
    assert cue(text, "fa") is Cue.COMPLETE


@pytest.mark.parametrize(("text", "language"), SAYS_NOTHING)
def test_what_may_be_either_is_not_called_open(text, language):
    assert cue(text, language) is not Cue.OPEN


@pytest.mark.parametrize(
    "text", ["من زنگ زدم فالی", "خیلی کستی آم یا نی", "بون تمیش میگاکه", "نقسمی خو نمچون"]
)
def test_persian_cues_are_known_by_their_sound_where_they_were_written_by_ear(text):
    assert cue(text, "fa", confidence=0.4) is Cue.OPEN


def test_a_full_stop_alone_makes_nothing_complete():
    assert cue("And the.", "en") is Cue.OPEN
    assert cue("My old friend from school.", "en") is Cue.NONE


def test_dots_alone_make_nothing_open():
    assert cue("I lost my job...", "en") is Cue.NONE


@pytest.mark.parametrize("text", ["", "   ", "...", "؟", "🙂", "\u200c", "\ud800"])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_text_without_words_changes_nothing(text, language):
    assert cue(text, language) is Cue.NONE


@pytest.mark.parametrize(
    ("text", "language"),
    [("7", "en"), ("Seven.", "en"), ("7 out of 10", "en"), ("هفت", "fa"), ("یک", "fa"), ("هفت از ده.", "fa")],
)
def test_a_rating_is_a_whole_answer(text, language):
    assert cue(text, language) is Cue.COMPLETE


@pytest.mark.parametrize(("text", "language"), [("For.", "en"), ("I have two of", "en"), ("یه.", "fa")])
def test_what_only_sounds_like_a_number_is_no_rating(text, language):
    assert cue(text, language) is Cue.OPEN


@pytest.mark.parametrize("confidence", [0.0, 0.2, -1.0, float("nan")])
def test_uncertain_words_change_nothing(confidence):
    assert cue("I wanted to go there and", "en", confidence) is Cue.NONE
    assert cue("رفتم خونه و", "fa", confidence) is Cue.NONE


@pytest.mark.parametrize("language", ["de", "", "EN"])
def test_of_another_language_no_cue_is_known(language):
    assert cue("und", language) is Cue.NONE


@given(st.text(max_size=200), st.sampled_from(["en", "fa", "xx"]), st.floats())
def test_any_text_has_a_cue(text, language, confidence):
    assert turn_end_cue(text, language, confidence=confidence) in Cue


def test_a_long_text_is_judged_by_its_end():
    assert cue("I am tired. " * 20_000 + "But", "en") is Cue.OPEN


@pytest.mark.parametrize(
    ("base_ms", "complete_ms", "open_ms"),
    [
        (200, 200, 400),
        (350, 350, 700),
        (400, 350, 800),
        (600, 360, 1_200),
        (1_000, 600, 1_500),
        (2_000, 1_200, 2_000),
    ],
)
def test_patience_stays_within_its_bounds(base_ms, complete_ms, open_ms):
    assert cued_patience_ms(base_ms, Cue.COMPLETE) == complete_ms
    assert cued_patience_ms(base_ms, Cue.NONE) == base_ms
    assert cued_patience_ms(base_ms, Cue.OPEN) == longest_patience_ms(base_ms) == open_ms


@given(st.integers(200, 5_000))
def test_a_complete_sentence_is_never_waited_for_longer_nor_an_open_one_shorter(base_ms):
    complete, open_ = (cued_patience_ms(base_ms, found) for found in (Cue.COMPLETE, Cue.OPEN))
    assert complete <= base_ms <= open_
    assert complete >= min(base_ms, 350)
    assert open_ <= max(base_ms, 1_500)
