"""Every sentence that a talk says word for word: the replies in a crisis, and the gateway's own phrases.

They are cut as `Answering` cuts them, so that each can be rendered beforehand and found again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.phrases import CONSENT_PHRASES, Phrases
from bot.settings import ROOT
from bot.talk_state import CRISIS_LEVEL
from crisis import before_question
from crisis.replies import ADDITIONS, ReplyTable, default_reply_table
from language import LANGUAGES, split_sentences

__all__ = ["PHRASES", "FixedSentence", "fixed_sentences", "load_fixed_sentences"]

PHRASES = (
    "greeting",
    "not_heard",
    "recogniser_down",
    "recogniser_busy",
    "dialogue_down",
    "one_moment",
    "goodbye_idle",
    "goodbye_long",
    *CONSENT_PHRASES,
)
"""The phrases that are said alone; the two of the disclosure are said together."""


@dataclass(frozen=True, slots=True)
class FixedSentence:
    """One piece as a voice gets it; `in_danger` where it belongs to a reply in a crisis."""

    text: str
    language: str
    in_danger: bool


def load_fixed_sentences(country: str | None) -> tuple[FixedSentence, ...]:
    """`fixed_sentences` of the repository's own data.

    Raises:
        LinesError, RepliesError, PhrasesError: if a file of them can't be used.
    """
    return fixed_sentences(
        default_reply_table(), Phrases.load(ROOT / "data" / "phrases.json"), country=country
    )


def fixed_sentences(
    replies: ReplyTable, phrases: Phrases, *, country: str | None = None
) -> tuple[FixedSentence, ...]:
    """Each sentence once, the most needed first.

    Args:
        replies: what is said in a crisis.
        phrases: the gateway's own sentences.
        country: the deployer's; its replies and those for an unknown country come first, then the phrases.
    """
    first = {
        language: dict.fromkeys(_in_danger(replies, language, (None, country))) for language in LANGUAGES
    }
    others = replies.line_table.countries()
    last = {language: _in_danger(replies, language, (None, country, *others)) for language in LANGUAGES}
    ordered: dict[tuple[str, str], bool] = {}
    for language in LANGUAGES:
        ordered |= {(sentence, language): True for sentence in first[language]}
    for language in LANGUAGES:
        for text in (phrases.disclosure(language), *(phrases.say(name, language) for name in PHRASES)):
            for sentence in split_sentences(text, language):
                ordered.setdefault((sentence, language), False)
    for language in LANGUAGES:
        ordered |= {(sentence, language): True for sentence in last[language]}
    return tuple(FixedSentence(text, language, danger) for (text, language), danger in ordered.items())


def _in_danger(replies: ReplyTable, language: str, countries: tuple[str | None, ...]) -> Iterator[str]:
    seen_lines = set()
    seen_texts = set()
    for country in countries:
        shown = replies.line_table.lines(country, language)
        if shown in seen_lines:
            continue
        seen_lines.add(shown)
        for text in _texts(replies, language, country):
            if text not in seen_texts:
                seen_texts.add(text)
                yield from split_sentences(text, language)


def _texts(replies: ReplyTable, language: str, country: str | None) -> Iterator[str]:
    """All that may be said in danger in this country (None: unknown), put together as `Safety` does."""
    asked = replies.sentence("ask_country", language, None)
    told = [replies.sentence(kind, language, country) for kind in ("nobody", "calling")]
    for kind in ADDITIONS:
        yield replies.sentence(kind, language, country)
    for level, kind, of_language in replies.texts:
        if of_language != language or kind in ADDITIONS:
            continue
        for minor in (False, True):
            reply = replies.reply(level, language, country, kind, minor=minor).text
            yield reply
            if level < CRISIS_LEVEL:
                continue
            with_people = [reply, *(before_question(reply, people, language) for people in told)]
            yield from with_people
            if country is None:
                yield from (before_question(text, asked, language) for text in with_people)
