"""What is rendered beforehand is what a talk says: compared with the commands of real conversations."""

import itertools
import json

import pytest
from scripted_talk import ScriptedTalk, typed

import crisis
from bot.commands import Speak
from bot.fixed_sentences import PHRASES, fixed_sentences, load_fixed_sentences
from bot.phrases import Phrases
from bot.settings import ROOT
from crisis import Assessment
from crisis.replies import ADDITIONS, ReplyTable
from language import LANGUAGES, split_sentences

REPLIES = ReplyTable.load()
PHRASE_FILE = ROOT / "data" / "phrases.json"
GREETINGS = {"en": "hello there", "fa": "سلام، خوبید؟"}


@pytest.fixture(scope="module")
def known():
    return {(sentence.text, sentence.language): sentence for sentence in load_fixed_sentences("US")}


class Finding:
    """A guard that always finds the same, and answers as the real one does."""

    def __init__(self, level, kind, minor):
        self.found = Assessment(level, kind, (), minor)
        self.reply, self.sentence, self.lines = crisis.reply, crisis.sentence, crisis.lines
        self.named_country = crisis.named_country

    def assess(self, text, **_):
        return self.found


def said_in(talk):
    return [(command.text, command.language) for command in talk.commands if isinstance(command, Speak)]


def test_every_reply_of_every_country_is_there_with_and_without_the_word_to_minors(known):
    countries = (None, *REPLIES.line_table.countries())
    replies = 0
    for level, kind, language, country, reply in REPLIES.every(countries):
        young = REPLIES.reply(level, language, country, kind, minor=True)
        for text in (reply.text, young.text):
            for sentence in split_sentences(text, language):
                assert known[sentence, language].in_danger
        replies += 1
    assert replies >= 40 * len(countries)


def test_every_addition_of_every_country_is_there(known):
    for kind, language in itertools.product(ADDITIONS, LANGUAGES):
        for country in (None, *REPLIES.line_table.countries()):
            for sentence in split_sentences(REPLIES.sentence(kind, language, country), language):
                assert known[sentence, language].in_danger


@pytest.mark.parametrize("on_duty", [False, True])
@pytest.mark.parametrize("country", [None, "US", "IR", "AF", "FR", "ZZ"])
def test_whatever_a_talk_says_in_danger_is_there_word_for_word(known, country, on_duty):
    said = set()
    kinds = {(level, kind) for level, kind, _ in REPLIES.texts if kind not in ADDITIONS}
    for (level, kind), language, minor in itertools.product(sorted(kinds), LANGUAGES, (False, True)):
        talk = ScriptedTalk(country=country, guard=Finding(level, kind, minor), on_duty=on_duty)
        typed(talk, GREETINGS[language])
        said |= set(said_in(talk))
    assert len(said) > 100
    assert said <= set(known)
    told = split_sentences(REPLIES.sentence("calling" if on_duty else "nobody", "en", country), "en")
    assert {(sentence, "en") for sentence in told} <= said


def test_a_reply_that_is_said_again_is_cut_in_the_same_places(known):
    for level, kind, language, _, reply in REPLIES.every((None, "GB")):
        once = split_sentences(reply.text, language)
        assert split_sentences(" ".join(once), language) == once, (level, kind)


def test_the_phrases_are_there_as_they_are_said_and_none_is_forgotten(known):
    names = json.loads(PHRASE_FILE.read_text(encoding="utf-8"))
    assert {*PHRASES, "disclosure", "disclosure_emotion"} == set(names)
    for language in LANGUAGES:
        talk = ScriptedTalk(own_events=False)
        talk.conversation._state.pinned_language = language
        talk.client(type="response.create")
        greeted = said_in(talk)
        assert len(greeted) >= 4
        assert all(not known[sentence].in_danger for sentence in greeted)


def test_the_deployer_s_country_and_the_unknown_one_come_first_then_the_phrases():
    phrases = Phrases.load(PHRASE_FILE)
    texts = [sentence.text for sentence in fixed_sentences(REPLIES, phrases, country="GB")]

    def place(text, language="en"):
        return max(texts.index(sentence) for sentence in split_sentences(text, language))

    own = place(REPLIES.reply(3, "en", "GB").text)
    unknown = place(REPLIES.reply(3, "fa", None).text, "fa")
    greeting = place(phrases.say("greeting", "en"))
    other = place(REPLIES.reply(3, "en", "AU").text)
    assert max(own, unknown) < greeting < other
    assert len(texts) == len({(s.text, s.language) for s in fixed_sentences(REPLIES, phrases)})


def test_a_country_without_lines_of_its_own_adds_nothing(known):
    assert {(sentence.text, sentence.language) for sentence in load_fixed_sentences("ZZ")} == set(known)
