"""What counts as the product's own: compared with what the dialogue makes of the suggestions."""

import ast
import re
from types import SimpleNamespace

import pytest

from bot.fixed_sentences import FixedSentence, load_fixed_sentences
from bot.own_sentences import OwnSentences, load_own_sentences
from bot.settings import ROOT
from language import LANGUAGES, split_sentences
from language.ordinals import ordinal
from recommender import SUGGESTIONS_SHOWN
from recommender.suggestions import SuggestionDataError, load_suggestions


@pytest.fixture(scope="module")
def own():
    return load_own_sentences("US")


def lead_ins():
    """What the actions say before suggestions; they run in an environment of their own."""
    source = (ROOT / "actions" / "recommend.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_LEAD_IN":
            return ast.literal_eval(node.value)
    raise AssertionError("actions/recommend.py has no _LEAD_IN")


def pair(**texts):
    return SimpleNamespace(text=texts.__getitem__)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_suggestion_is_found_as_the_voice_gets_it(own, language):
    # "doesn't." ends no sentence for `split_sentences`: what follows is joined to it, and spoken, not kept.
    suggestions = [one for one in load_suggestions() if not re.search(r"['’]\w\.", one.text(language))]
    starts = [lead for leads in lead_ins()[language].values() for lead in leads]
    for number in range(0, len(suggestions) - SUGGESTIONS_SHOWN, 2):
        shown = suggestions[number : number + SUGGESTIONS_SHOWN]
        told = [f"{ordinal(place, language)}: {one.text(language)}" for place, one in enumerate(shown)]
        start = starts[number % len(starts)]
        pieces = split_sentences(" ".join([start, *told]), language)
        said = pieces[len(split_sentences(start, language)) :]
        assert len(said) >= SUGGESTIONS_SHOWN
        assert all(own.has(piece, language) for piece in said)


def test_fixed_sentences_come_first(own):
    fixed = [(sentence.text, sentence.language) for sentence in load_fixed_sentences("US")]
    assert list(own)[: len(fixed)] == fixed
    assert all(own.has(*sentence) for sentence in fixed)


def test_each_is_there_once(own):
    assert len(own) == len(set(own))
    assert {language for _, language in own} == set(LANGUAGES)


def test_nothing_else_is_ours(own):
    text, language = next(iter(own))
    assert not own.has(text, "fa" if language == "en" else "en")
    assert not own.has(text.upper(), language)
    assert not own.has(f"{text} ", language)
    assert not own.has("My brother hit me.", "en")
    assert not own.has("", "en")


def test_suggestions_stand_in_the_place_in_which_they_are_said():
    own = OwnSentences(
        [FixedSentence("Hello.", "en", False)],
        [pair(en="Sit down. Then breathe.", fa="بنشینید.")],
        places=2,
    )
    assert list(own) == [
        ("Hello.", "en"),
        ("First: Sit down.", "en"),
        ("Then breathe.", "en"),
        ("اول: بنشینید.", "fa"),
        ("Second: Sit down.", "en"),
        ("دوم: بنشینید.", "fa"),
    ]


def test_a_clinic_s_own_suggestions_count_and_damaged_ones_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HAMDEL_SUGGESTIONS", str(tmp_path))
    with pytest.raises(SuggestionDataError):
        load_own_sentences(None)
