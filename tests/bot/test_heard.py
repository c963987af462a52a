import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.heard import CUT_MARK, SpokenSentence, expected_ms, heard_of

ENGLISH = (
    "I hear how hard this week was for you.",
    "It makes sense that you are tired.",
    "Are you safe right now?",
)
PERSIAN = ("می‌شنوم که این هفته برایتان خیلی سخت بود.", "طبیعی است که خسته باشید.", "الان جایتان امن است؟")


def spoken(texts, *, language="en", ms=2_000, gap_at=None):
    """Sentences of the same length, one after the other; the sound stops within the one at `gap_at`."""
    sentences = []
    for at, text in enumerate(texts):
        if gap_at is not None and at > gap_at:
            sentences.append(SpokenSentence(text, language))
        else:
            complete = at != gap_at
            sentences.append(
                SpokenSentence(text, language, start_ms=at * ms, sound_ms=ms if complete else ms // 2)
            )
            sentences[-1].complete = complete
    return sentences


def letters(text):
    return "".join(filter(str.isalnum, text))


def test_nothing_is_heard_of_what_was_not_played():
    heard = heard_of(spoken(ENGLISH), 0)
    assert (heard.text, heard.dialogue_text, heard.question) == ("", "", "unheard")


def test_all_is_heard_of_what_was_played_whole_or_read():
    for played_ms in (6_000, 1e9, None):
        heard = heard_of(spoken(ENGLISH), played_ms)
        assert heard.text == heard.dialogue_text == heard.context == " ".join(ENGLISH)
        assert heard.question == "heard"


@pytest.mark.parametrize(
    ("played_ms", "text"),
    [
        (50, ""),
        (150, "I…"),
        (1_000, "I hear how hard…"),
        (1_790, "I hear how hard this week was for…"),
        (1_800, "I hear how hard this week was for you."),
        (2_000, "I hear how hard this week was for you."),
        (3_000, "I hear how hard this week was for you. It makes sense…"),
    ],
)
def test_of_the_cut_sentence_those_words_are_heard_whose_sound_was_played(played_ms, text):
    assert heard_of(spoken(ENGLISH), played_ms).text == text


def test_a_persian_sentence_is_cut_between_words_and_marked():
    assert heard_of(spoken(PERSIAN, language="fa"), 1_000).text == "می‌شنوم که این هفته…"


def test_of_a_long_sentence_the_last_words_are_missed_although_little_is_missing():
    long = [SpokenSentence("one two three four five six seven eight nine ten", start_ms=0, sound_ms=10_000)]
    long[0].complete = True
    assert heard_of(long, 9_300).text.endswith("nine…")
    assert heard_of(long, 9_600).text.endswith("ten")


def test_a_comma_before_the_cut_goes():
    sentence = SpokenSentence("Well, that is hard.", start_ms=0, sound_ms=1_000, complete=True)
    assert heard_of([sentence], 400).text == "Well…"


def test_a_piece_of_a_sentence_is_marked_where_the_rest_was_not_heard():
    pieces = spoken(("You have carried this for a long time,", "and nobody has seen it."))
    assert heard_of(pieces, 2_000).text == "You have carried this for a long time…"
    assert heard_of(pieces, 4_000).text == "You have carried this for a long time, and nobody has seen it."


def test_a_sentence_whose_sound_did_not_come_to_its_end_is_never_heard_whole():
    cut = [SpokenSentence("Are you safe right now?", start_ms=0, sound_ms=10_000)]
    heard = heard_of(cut, 10_000)
    assert (heard.text, heard.question) == ("Are you safe right…", "begun")


def test_how_long_a_sentence_becomes_is_learnt_from_those_before():
    known = SpokenSentence("x" * 100, start_ms=0, sound_ms=5_000, complete=True)
    unknown = SpokenSentence("y" * 100, start_ms=5_000, sound_ms=100)
    assert expected_ms(unknown) == 8_000
    assert expected_ms(unknown, [known, unknown]) == pytest.approx(5_750)
    assert expected_ms(SpokenSentence("y" * 100, speed=0.5)) == 16_000


def test_the_question_is_heard_begun_or_unheard():
    sentences = spoken(ENGLISH)
    assert [heard_of(sentences, ms).question for ms in (3_000, 3_800, 4_500, 5_700, 5_900)] == [
        "unheard",
        "begun",  # what is sent ahead may have been heard
        "begun",
        "begun",
        "heard",
    ]


def test_a_reply_that_asks_nothing_is_judged_by_its_last_sentence():
    sentences = spoken(ENGLISH[:2])
    assert [heard_of(sentences, ms).question for ms in (1_000, 2_500, 4_000)] == ["unheard", "begun", "heard"]


def test_a_question_in_two_pieces_is_heard_with_both():
    pieces = spoken(("Are you thinking of ending your life,", "or of hurting yourself?"))
    assert [heard_of(pieces, ms).question for ms in (0, 2_000, 4_000)] == ["begun", "begun", "heard"]


def test_the_context_keeps_a_question_that_may_have_been_heard_and_no_other():
    sentences = spoken(ENGLISH)
    assert heard_of(sentences, 4_100).context == " ".join(ENGLISH)
    assert heard_of(sentences, 2_000).context == ENGLISH[0]


def test_the_context_keeps_every_question_that_stays_on_the_screen():
    assert heard_of(spoken(ENGLISH), 2_000, shown=True).context == f"{ENGLISH[0]} {ENGLISH[2]}"


def test_the_gateways_own_words_are_no_part_of_what_the_dialogue_said():
    sentences = spoken(("I am a computer program.", "How are you?"))
    sentences[0].of_dialogue = False
    heard = heard_of(sentences, 4_000)
    assert heard.text == "I am a computer program. How are you?"
    assert heard.dialogue_text == heard.context == "How are you?"


WORDS = st.text("abcdefg و،آمن‌؟?.,", min_size=1, max_size=12).filter(lambda text: any(map(str.isalnum, text)))
SENTENCES = st.lists(
    st.builds(
        lambda words, ms: (" ".join(" ".join(words).split()), ms),
        st.lists(WORDS, min_size=1, max_size=8),
        st.integers(1, 9_000),
    ),
    min_size=1,
    max_size=5,
)


@given(SENTENCES, st.integers(0, 30_000), st.integers(0, 5))
def test_what_is_heard_is_a_beginning_of_what_was_said_and_never_longer_than_what_was_played(
    said, played_ms, complete
):
    sentences, start = [], 0
    for at, (text, ms) in enumerate(said):
        sentences.append(SpokenSentence(text, "fa", start_ms=start, sound_ms=ms, complete=at < complete))
        start += ms
    heard = heard_of(sentences, played_ms)
    assert letters(" ".join(text for text, _ in said)).startswith(letters(heard.text))
    left = len(letters(heard.text))
    for sentence in sentences:
        if left <= 0:
            break
        own = len(letters(sentence.text))
        played = max(0, min(played_ms - sentence.start_ms, sentence.sound_ms))
        # Of a whole one up to a tenth, and never more than 400 ms, may be missing.
        assert played > 0
        if left >= own and own:
            assert sentence.sound_ms - played <= 400 or not sentence.complete
        if left < own:
            characters = sum(map(len, sentence.text.split()))
            assert left <= characters * played / sentence.sound_ms
        left -= own


@given(SENTENCES, st.lists(st.integers(0, 30_000), min_size=2, max_size=2))
def test_more_sound_never_means_fewer_words(said, times):
    sentences, start = [], 0
    for text, ms in said:
        sentences.append(SpokenSentence(text, start_ms=start, sound_ms=ms, complete=True))
        start += ms
    less, more = (letters(heard_of(sentences, ms).text) for ms in sorted(times))
    assert more.startswith(less)
    assert CUT_MARK not in heard_of(sentences, start).text
