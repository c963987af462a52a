"""How one suggestion must be written: script, letters, half-spaces, marks, politeness, length, care."""

from __future__ import annotations

import os.path
import re
import unicodedata
from collections.abc import Iterator

from emotion import NEGATIVE_MOODS
from language import LANGUAGES, normalise
from recommender.forbidden_content import forbidden_in, unnamed_contraindications
from recommender.suggestions import Suggestion

__all__ = ["CLEAR_HEAD_UP_TO", "LEAST_WORDS", "MOST_SENTENCES", "RATIO", "faults"]

MOST_SENTENCES = 2
LEAST_WORDS = 3
RATIO = (0.5, 1.6)
"""Characters of the Persian over those of the English sentence, lowest and highest."""

CLEAR_HEAD_UP_TO = 8
"""Highest `distress_max` of what needs a clear head or an effort of 4 and more."""

_NEEDS_CLEAR_HEAD = frozenset(
    {"thought_checking", "perspective_taking", "problem_solving", "graded_approach"}
)
_HARD = 4
_OTHER_SIDE = frozenset({"perspective_taking", "thought_checking", "problem_solving"})

_ZWNJ = "\u200c"
_SCRIPTS = {"en": "LATIN", "fa": "ARABIC"}
_NAMES = {"en": "English", "fa": "Persian"}
_QUOTED = {"en": re.compile(r"(?<!\w)'(?:[^']|(?<=\w)'(?=\w))*'(?!\w)"), "fa": re.compile("«[^»]*»")}
_ENDS = ".!?؟…"
_SENTENCE_END = re.compile(r"[.!?؟…](?=\s|$)")
_LAST_MARK = {"en": re.compile(r"[.!?…]'?$"), "fa": re.compile("[.!؟…]»?$")}
_WORD = re.compile(r"[^\W\d_]+")

_MARKS: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "en": (
        (re.compile("[،؛؟«»]"), "Persian marks; write , ; ? and ' '"),
        (re.compile('["“”‘’]'), "curly or double quotes; write straight single ones"),
        (re.compile(r"\s[,;:.!?]"), "a space before a mark"),
        (re.compile(r"[,;:!?](?=\w)|\.(?=[A-Za-z])"), "no space after a mark"),
        (re.compile(r"([,;:.!?])\1"), "a doubled mark"),
    ),
    "fa": (
        (re.compile("[,;?]"), "Latin marks; write ، ؛ ؟"),
        (re.compile("[\"'“”‘’]"), "Latin quotes; write « »"),
        (re.compile(r"\s[،؛؟.!:»]|«\s"), "a space before a mark or inside quotes"),
        (re.compile(r"[،؛؟!:](?=\w)|\.(?=\w)"), "no space after a mark"),
        (re.compile(r"([،؛؟.!:])\1"), "a doubled mark"),
    ),
}
_FOREIGN_LETTERS = re.compile("[كيىةۀ\u0640\u200e\u200f\u00a0]")
_HALF_SPACES = (
    (re.compile(r"(?<!\w)(?:ن?می) \w"), "a space after می; write a half-space"),
    (
        re.compile(r"\w (?:ها|های|هایی|هایتان|هایش|تر|ترین|ام|اید|اند)(?!\w)"),
        "a space before an ending; write a half-space",
    ),
    (re.compile(rf"{_ZWNJ}(?!\w)|(?<!\w){_ZWNJ}"), "a half-space that joins nothing; delete it"),
)
_SINGULAR = re.compile(
    rf"(?<![\w{_ZWNJ}])(?:تو|خودت|برایت|بهت|دستت|دلت|بنویس|ببین|بگو|بزن|بکش|بنشین|بگذار|بگیر|بده|هستی|"
    r"می‌توانی|می‌خواهی|باشی|کنی|شوی|نباش)(?!\w)"
)
_COLLOQUIAL = re.compile(
    rf"(?<![\w{_ZWNJ}])(?:می‌?تون(?:ید|ین|ی|م)|می‌?خوا(?:ید|ین|ی|م)|ن?می‌?(?:شه|کنه|ره|گه|دونید|دونین|کنین|شین|گین)|"
    r"بذار\w*|خونه\w*|اونا|اون|یه|دیگه|اگه|واسه|باهاش|بهش|ازش|چیه|هستین|کنین|بدین|باشین|آروم)(?!\w)"
)


def faults(suggestion: Suggestion) -> Iterator[tuple[str, str]]:
    """Every rule that a suggestion breaks, each with what is wrong and what to do."""
    for language in LANGUAGES:
        text = suggestion.text(language)
        for rule, what in (*_shape(text, language), *_spelling(text, language)):
            yield rule, f"{language}: {what}"
    for rule, what in _persian(suggestion.fa):
        yield rule, f"fa: {what}"
    lowest, highest = RATIO
    ratio = len(suggestion.fa) / len(suggestion.en)
    if not lowest <= ratio <= highest:
        yield "ratio", f"the Persian has {ratio:.2f} times the length of the English; say the same in both"
    for language, forbidden, words in forbidden_in(suggestion):
        yield "forbidden", f"{language}: {forbidden.name} ({words!r}): {forbidden.instead}"
    yield from _care(suggestion)


def _shape(text: str, language: str) -> Iterator[tuple[str, str]]:
    sentences = len(_SENTENCE_END.findall(_QUOTED[language].sub(_closing_mark, text)))
    if sentences > MOST_SENTENCES:
        yield "sentences", f"{sentences} sentences; at most {MOST_SENTENCES} can be taken in at one hearing"
    if not _LAST_MARK[language].search(text):
        yield "sentences", "doesn't end with a full stop or a question mark"
    words = len(_WORD.findall(text))
    if words < LEAST_WORDS:
        yield "length", f"{words} words; at least {LEAST_WORDS}"


def _closing_mark(quoted: re.Match[str]) -> str:
    """The mark inside of a quote that ends the sentence around it; a quote that stands alone has none."""
    before, after = quoted.string[: quoted.start()].rstrip(), quoted.string[quoted.end() :].lstrip()
    ends = not after or after[0].isupper()
    stands_alone = not before or before[-1] in _ENDS
    return quoted[0][-2] if ends and not stands_alone and quoted[0][-2] in _ENDS else ""


def _spelling(text: str, language: str) -> Iterator[tuple[str, str]]:
    letters = [character for character in text if unicodedata.category(character)[0] == "L"]
    foreign = sorted({letter for letter in letters if _SCRIPTS[language] not in unicodedata.name(letter, "")})
    if foreign:
        yield "script", f"{' '.join(foreign)} is no letter of {_NAMES[language]}"
    if any(unicodedata.category(character)[0] == "N" for character in text):
        yield "digits", "write numbers as words, both voices read them alike"
    normal = normalise(text, language)
    if normal != text:
        alike = len(os.path.commonprefix([text, normal]))
        yield "letters", f"not in normal form at character {alike + 1}; the normal form is {normal!r}"
    for pattern, what in _MARKS[language]:
        if pattern.search(text):
            yield "punctuation", what


def _persian(text: str) -> Iterator[tuple[str, str]]:
    if found := _FOREIGN_LETTERS.search(text):
        name = unicodedata.name(found[0], "character").lower()
        yield "letters", f"{name} (U+{ord(found[0]):04X}); write ک ی ه هٔ, no tatweel, no direction marks"
    for pattern, what in _HALF_SPACES:
        if pattern.search(text):
            yield "half_spaces", what
    if text.count("«") != text.count("»"):
        yield "punctuation", "quotes « » that aren't closed"
    # What the person may say to others may be familiar: it stands in quotes.
    outside = _QUOTED["fa"].sub("", text)
    if found := _SINGULAR.search(outside):
        yield "politeness", f"{found[0]}: speak with «شما»"
    if found := _COLLOQUIAL.search(outside):
        yield "spelling", f"{found[0]}: write the standard form (می‌توانید, خانه), voices and captions need it"


def _care(suggestion: Suggestion) -> Iterator[tuple[str, str]]:
    hard = suggestion.effort >= _HARD or suggestion.technique in _NEEDS_CLEAR_HEAD
    if suggestion.mood in NEGATIVE_MOODS and hard and suggestion.distress_max > CLEAR_HEAD_UP_TO:
        yield (
            "distress",
            f"distress_max is {suggestion.distress_max}; what needs a clear head or an effort of {_HARD} "
            f"and more ends at {CLEAR_HEAD_UP_TO}",
        )
    if (
        not {"anywhere", "transport"} & {*suggestion.setting}
        and "driving" not in suggestion.contraindications
    ):
        yield "contraindication", "needs another place; add driving"
    if (
        suggestion.mood == "anger"
        and suggestion.technique in _OTHER_SIDE
        and "work" not in suggestion.setting
        and suggestion.setting != ("transport",)
        and "violence_at_home" not in suggestion.contraindications
    ):
        yield "contraindication", f"{suggestion.technique} for anger outside of work; add violence_at_home"
    for contraindication, words in unnamed_contraindications(suggestion):
        yield "contraindication", f"{words!r}; add {contraindication}"
