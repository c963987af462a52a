import pytest

from language import fold
from recommender.cues import CueError, clauses, cue_pattern, cue_words, joined, words
from recommender.suggestions import DEFAULT_DIRECTORY
from recommender.vocabulary import read_vocabulary

VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)


def found(cue, text):
    return cue_pattern(cue).search(joined(words(text))) is not None


@pytest.mark.parametrize(
    ("cue", "text", "expected"),
    [
        ("job", "my job is gone", True),
        ("job", "my jobs are gone", False),
        ("employ*", "they employ nobody", True),
        ("employ*", "unemployed", False),
        ("short_of_breath", "i get short of breath", True),
        ("short_of_breath", "short on breath", False),
        ("trouble|difficulty_breathing", "difficulty breathing", True),
        ("knee|knees_*_hurt*", "my knees really do hurt", True),
        ("knee_*_hurt*", "knee hurts", True),
        ("knee_*_hurt*", "knee and then all the others hurt", False),
        ("i_stopped_$", "ok i stopped", True),
        ("i_stopped_$", "i stopped crying", False),
        ("^_parked_$", "parked", True),
        ("^_parked_$", "they parked", False),
        ("can_not_walk", "I can't walk".lower(), True),
        ("can_not_walk", "i cant walk", True),
        ("i_am_driving", "i'm driving", True),
        ("not_have_friends", "i don't have friends", True),
        ("noone_to_call", "no one to call", True),
        ("boss", "my boss's voice", True),
        ("نمیتونم_راه_برم", "نمی‌تونم راه برم", True),
        ("نمی‌تونم_راه_برم", "نمیتونم راه برم", True),
        ("آسم", "آسمون", False),
    ],
)
def test_a_cue_is_found_where_it_is_meant(cue, text, expected):
    assert found(cue, text) is expected


def test_what_stands_in_the_place_of_a_lone_star_is_told():
    match = cue_pattern("he_*_hits_me").search(joined(words("he doesn't often hits me")))
    assert match.group(1).split() == ["does", "not", "often"]


@pytest.mark.parametrize(
    "cue", ["", "*", "_", "a__b", "*_a", "a_*", "^", "$", "^_$", "a_$_b", "Job", "it's", "a|", "7", "(a"]
)
def test_a_cue_that_no_text_has_is_refused(cue):
    with pytest.raises(CueError):
        cue_words(cue)


def test_clauses_end_at_punctuation():
    assert clauses("no, i have asthma. really? نه، آسم دارم") == [
        ["no"],
        ["i", "have", "asthma"],
        ["really"],
        ["نه"],
        ["آسم", "دارم"],
    ]


def test_each_cue_of_the_tables_is_in_the_form_in_which_texts_are_compared():
    cues = [(cue, "en") for row in VOCABULARY.situations.values() for cue in row.cues_en]
    cues += [(cue, "fa") for row in VOCABULARY.situations.values() for cue in row.cues_fa]
    for row in VOCABULARY.contraindications.values():
        cues += [(cue, "en") for cue in row.cues_en + row.over_en]
        cues += [(cue, "fa") for cue in row.cues_fa + row.over_fa]
    for cue, language in cues:
        for word in cue_words(cue):
            for form in word.split("|"):
                bare = form.rstrip("*")
                assert not bare or words(fold(bare, language)) == [bare.replace("\u200c", "")], (cue, form)


def test_no_cue_stands_twice_in_a_cell():
    for row in VOCABULARY.contraindications.values():
        for cell in (row.cues_en, row.cues_fa, row.over_en, row.over_fa):
            assert len(set(cell)) == len(cell), row.name
