"""The suggestions themselves: what each pair must be, and what the set must be as a whole."""

import itertools
import json
import re
from collections import Counter

import pytest

from emotion import MOODS, NEGATIVE_MOODS
from language import normalise
from recommender.suggestions import DEFAULT_DIRECTORY, LONGEST_TEXT, load_suggestions
from recommender.vocabulary import GENERAL, read_vocabulary

SUGGESTIONS = load_suggestions()
VOCABULARY = read_vocabulary(DEFAULT_DIRECTORY)
ZWNJ = "\u200c"
NEAR_DUPLICATE = 0.5
"""Token Jaccard from which two sentences of a language count as the same."""

FORBIDDEN_EVERYWHERE = {
    "en": r"\b(medicine|medication|pills?|tablets?|dose|antidepressants?|valium|fasting|alcohol|wine|beer|"
    r"diagnos\w+|disorder|bipolar|confront\w*|get over it|calm down|man up)\b",
    "fa": r"(?<!\w)(دارو|داروی\w*|قرص|کپسول|روزه|الکل|شراب|آبجو|اختلال|افسردگی|دوقطبی|تشخیص)(?!\w)",
}
FORBIDDEN_FOR_ANGER = {
    "en": r"\b(hit|hitting|punch\w*|scream\w*|yell\w*|shout\w*|smash\w*|kick\w*|throw\w*|tear up|pillow|"
    r"let it (all )?out|vent|venting|(run|running) it off|go for a run|jog\w*|sprint\w*|box|boxing|work ?out|gym|sweat\w*|revenge)\b",
    "fa": r"(مشت بزن|بزنید به|فریاد|داد بزن|جیغ|بکوبید|بشکنید|لگد|پرت کن|\bبالش\b|خالی کنید|بدوید|دویدن|بوکس|"
    r"باشگاه|عرق کنید|انتقام|تلافی)",
}
FORBIDDEN_FOR_FEAR = {
    "en": r"\b(avoid (it|them) for ?ever|never go (there|back)|stay away from)\b",
    "fa": r"(برای همیشه (از آن )?دور|هرگز (به آنجا )?نروید|همیشه دوری)",
}


def tokens(text):
    return frozenset(re.findall(rf"[^\W\d_]+(?:['{ZWNJ}][^\W\d_]+)*", text.lower()))


def test_there_are_enough_pairs_of_each_mood():
    counts = Counter(suggestion.mood for suggestion in SUGGESTIONS)
    assert len(SUGGESTIONS) >= 170
    assert all(counts[mood] >= 48 for mood in NEGATIVE_MOODS)
    assert sum(counts[mood] for mood in MOODS if mood not in NEGATIVE_MOODS) >= 24


def test_every_pair_lies_in_the_file_of_its_mood_and_is_numbered_in_order():
    for path in DEFAULT_DIRECTORY.glob("*.jsonl"):
        numbers = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert path.stem == (row["mood"] if row["mood"] in NEGATIVE_MOODS else "positive")
            numbers[row["mood"]] = numbers.get(row["mood"], 0) + 1
            assert row["id"] == f"{row['mood']}-{numbers[row['mood']]:03d}"


def test_characters_are_written_as_they_are():
    for path in DEFAULT_DIRECTORY.glob("*.jsonl"):
        assert "\\u" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_no_two_sentences_are_near_duplicates(language):
    words = [(suggestion.id, tokens(suggestion.text(language))) for suggestion in SUGGESTIONS]
    close = [
        (first, second)
        for (first, a), (second, b) in itertools.combinations(words, 2)
        if len(a & b) / len(a | b) >= NEAR_DUPLICATE
    ]
    assert close == []


def test_the_near_duplicate_check_finds_a_swapped_noun():
    first, second = (
        tokens("Make yourself a cup of tea and sit."),
        tokens("Make yourself a cup of soup and sit."),
    )
    assert len(first & second) / len(first | second) >= NEAR_DUPLICATE


@pytest.mark.parametrize(("language", "at_most"), [("en", 2), ("fa", 3)])
def test_openings_are_not_repeated(language, at_most):
    openings = Counter(
        " ".join(re.findall(rf"[\w'{ZWNJ}]+", suggestion.text(language).lower())[:4])
        for suggestion in SUGGESTIONS
    )
    assert [opening for opening, count in openings.items() if count > at_most] == []


@pytest.mark.parametrize("suggestion", SUGGESTIONS, ids=lambda suggestion: suggestion.id)
class TestEachPair:
    """What holds for every line."""

    def test_is_one_or_two_sentences_that_can_be_said_in_twelve_seconds(self, suggestion):
        for language in ("en", "fa"):
            text = suggestion.text(language)
            assert len(text) <= LONGEST_TEXT
            outside_quotes = re.sub(r"«[^»]*»|'[^']*'(?=[\s,.]|$)", "", text)
            assert len(re.findall(r"[.!?؟](?=\s|$)", outside_quotes)) <= 2
            assert re.search(r"[.!?؟»']$", text)

    def test_both_languages_are_of_similar_length(self, suggestion):
        assert 0.5 <= len(suggestion.fa) / len(suggestion.en) <= 1.6

    def test_is_written_in_its_own_script_without_digits(self, suggestion):
        assert not re.search(r"[\u0600-\u06ff]", suggestion.en)
        assert not re.search(r"[A-Za-z]", suggestion.fa)
        assert not re.search(r"\d", suggestion.en + suggestion.fa)

    def test_persian_letters_half_spaces_and_marks_are_right(self, suggestion):
        text = suggestion.fa
        assert normalise(text, "fa") == text
        assert not re.search("[كيىةۀ\u0640\u200e\u200f\u00a0]", text)
        assert not re.search(r"(?<!\w)(ن?می) \w", text)
        assert not re.search(r"\w (ها|های|هایی|هایتان|هایش|تر|ترین|ام|اید|اند)(?!\w)", text)
        assert not re.search(rf"{ZWNJ}(?!\w)|(?<!\w){ZWNJ}", text)
        assert not re.search("[,;?]", text)
        assert not re.search(r"\s[،؛؟.!:]|[،؛؟](?=\w)", text)
        assert text.count("«") == text.count("»")

    def test_persian_speaks_politely(self, suggestion):
        # Outside of what the person may say to others there is no singular "you".
        spoken = re.sub(r"«[^»]*»", "", suggestion.fa)
        assert not re.search(r"(?<!\w)(تو|خودت|برایت|بهت)(?!\w)", spoken)

    def test_has_no_forbidden_content(self, suggestion):
        for language, pattern in FORBIDDEN_EVERYWHERE.items():
            assert not re.search(pattern, suggestion.text(language), re.IGNORECASE)
        if suggestion.mood == "anger":
            for language, pattern in FORBIDDEN_FOR_ANGER.items():
                assert not re.search(pattern, suggestion.text(language), re.IGNORECASE)
        if suggestion.mood == "fear":
            for language, pattern in FORBIDDEN_FOR_FEAR.items():
                assert not re.search(pattern, suggestion.text(language), re.IGNORECASE)

    def test_asks_nothing_that_needs_a_clear_head_at_high_distress(self, suggestion):
        demanding = {"thought_checking", "perspective_taking", "problem_solving", "graded_approach"}
        if suggestion.mood in NEGATIVE_MOODS and (
            suggestion.technique in demanding or suggestion.effort >= 4
        ):
            assert suggestion.distress_max <= 8

    def test_what_needs_another_place_is_barred_at_the_wheel(self, suggestion):
        if not {"anywhere", "transport"} & set(suggestion.setting):
            assert "driving" in suggestion.contraindications

    def test_negotiation_and_reappraisal_of_anger_are_barred_under_violence(self, suggestion):
        if suggestion.mood == "anger" and suggestion.technique in {
            "perspective_taking",
            "thought_checking",
            "problem_solving",
        }:
            if "work" in suggestion.setting or suggestion.setting == ("transport",):
                return
            assert "violence_at_home" in suggestion.contraindications


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Punch a pillow until it is out of you."),
        ("en", "Go for a run and sweat the anger out."),
        ("fa", "آن‌قدر به بالش مشت بزنید که خالی شوید."),
        ("fa", "بروید در ماشین و فریاد بکشید."),
    ],
)
def test_the_check_for_anger_finds_venting(language, text):
    assert re.search(FORBIDDEN_FOR_ANGER[language], text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Take one of your pills."), ("fa", "یک قرص بخورید."), ("fa", "روزه بگیرید.")],
)
def test_the_check_for_all_moods_finds_medication_and_fasting(language, text):
    assert re.search(FORBIDDEN_EVERYWHERE[language], text, re.IGNORECASE)


def test_anger_is_never_met_by_what_raises_arousal():
    raising = {name for name, technique in VOCABULARY.techniques.items() if technique.raises_arousal}
    assert raising == {"gentle_movement", "graded_approach"}
    assert not [s.id for s in SUGGESTIONS if s.mood == "anger" and s.technique in raising]


def test_fear_is_met_by_grounding_and_by_approach_in_steps():
    families = Counter(suggestion.family for suggestion in SUGGESTIONS if suggestion.mood == "fear")
    techniques = Counter(suggestion.technique for suggestion in SUGGESTIONS if suggestion.mood == "fear")
    assert families["grounding"] >= 4
    assert techniques["graded_approach"] >= 3


def test_every_technique_serves_in_at_least_three_places():
    counts = Counter(suggestion.technique for suggestion in SUGGESTIONS)
    assert set(counts) == set(VOCABULARY.techniques)
    assert min(counts.values()) >= 3
    assert max(counts.values()) <= len(SUGGESTIONS) // 10


def test_techniques_lie_in_few_families_and_each_has_a_source():
    assert len(VOCABULARY.techniques) >= 20
    assert 8 <= len(VOCABULARY.families) <= len(VOCABULARY.techniques) // 3
    assert all(technique.source for technique in VOCABULARY.techniques.values())


def test_all_life_situations_are_spoken_to_and_most_pairs_presume_none():
    counts = Counter(situation for suggestion in SUGGESTIONS for situation in suggestion.situation)
    wanted = [
        "work",
        "family",
        "loneliness",
        "exams",
        "illness",
        "grief",
        "migration",
        "money",
        "children",
        "old_age",
        "night",
        "travel",
    ]
    assert all(counts[situation] >= 3 for situation in wanted)
    for mood in NEGATIVE_MOODS:
        general = [s for s in SUGGESTIONS if s.mood == mood and GENERAL in s.situation]
        assert len(general) >= 30


def test_every_contraindication_setting_and_time_is_used():
    assert {c for s in SUGGESTIONS for c in s.contraindications} == set(VOCABULARY.contraindications)
    assert {place for s in SUGGESTIONS for place in s.setting} == set(VOCABULARY.settings)
    assert {s.time for s in SUGGESTIONS} == {"any", "day", "night"}


def test_the_nine_examples_of_the_paper_are_quoted_and_cited():
    quoted = {(s.mood, s.en.rstrip(".")) for s in SUGGESTIONS if s.source}
    assert quoted == {
        ("anger", "Take a deep breath"),
        ("anger", "Talk to a supportive friend"),
        ("anger", "Listen to calming music"),
        ("sadness", "Take a walk"),
        ("sadness", "Make a list of things you're grateful for"),
        ("sadness", "Think of the people you love"),
        ("fear", "Think about the times you have overcome fear"),
        ("fear", "Channel fear into positive actions"),
        ("fear", "In case things get out of hand, make an emergency call"),
    }
    assert all("Majidi and Bahrami" in s.source for s in SUGGESTIONS if s.source)


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("distress", range(11))
@pytest.mark.parametrize("time", ["day", "night"])
def test_three_general_suggestions_of_two_families_are_left_at_every_hour(mood, distress, time):
    left = [
        s
        for s in SUGGESTIONS
        if s.mood == mood
        and s.distress_min <= distress <= s.distress_max
        and s.time in ("any", time)
        and GENERAL in s.situation
    ]
    assert len(left) >= 3
    assert len({s.family for s in left}) >= 2


@pytest.mark.parametrize("mood", NEGATIVE_MOODS)
@pytest.mark.parametrize("distress", range(1, 11))
@pytest.mark.parametrize(
    "barred",
    [{"driving"}, set(VOCABULARY.contraindications) - {"driving"}],
    ids=["at the wheel", "all others"],
)
def test_three_are_left_at_the_wheel_and_under_all_other_contraindications(mood, distress, barred):
    left = [
        s
        for s in SUGGESTIONS
        if s.mood == mood
        and s.distress_min <= distress <= s.distress_max
        and not s.contraindications & barred
    ]
    assert len(left) >= 3
    assert len({s.family for s in left}) >= 2


def test_the_readme_names_every_file_and_family():
    readme = (DEFAULT_DIRECTORY / "README.md").read_text(encoding="utf-8")
    for path in DEFAULT_DIRECTORY.glob("*.*"):
        assert path.name == "README.md" or f"`{path.name}`" in readme
    for family in VOCABULARY.families:
        assert re.search(rf"\b{family}\b", readme)
