"""Decides whether an utterance speaks of a crisis, how grave, and of which kind.

Levels follow the Columbia protocol's screener: 0 none; 1 a wish to be dead, or a reason to ask; 2 active
thoughts without a plan, or violence suffered; 3 plan, intent, means, an attempt under way, harm to
others, or danger to life now. Kinds: none, suicide, self_harm, past, third_person, harm_to_others,
abuse, child_danger, medical, psychosis. Rules decide alone, the same input always gives the same answer,
and where they are in doubt they ask: a false alarm costs one gentle question, a miss may cost a life.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from crisis.lexicon import Lexicon, Signal, load_lexicon
from crisis.wording import Wording, wordings
from language import LANGUAGES

__all__ = ["DATA_FOLDER", "Assessment", "Guard", "assess", "default_guard"]

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data" / "crisis"

_OWN_KINDS = frozenset({"suicide", "self_harm", "harm_to_others"})
_GRAVITY = (
    "none",
    "third_person",
    "past",
    "psychosis",
    "self_harm",
    "abuse",
    "harm_to_others",
    "child_danger",
    "medical",
    "suicide",
)
_LATIN = re.compile(r"[^\W\d_\u0600-\u06ff\ufb50-\ufefc]")
_ARABIC = re.compile(r"[\u0600-\u06ff\ufb50-\ufefc]")
_REMEMBERED_TURNS = 4
_Forms = list[tuple[Lexicon, tuple[Wording, ...]]]
_SUBJECT_REACH = 80
_VERB_REACH = 25


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the guard found.

    `level` is 0 to 3, `kind` one of the kinds of this module, `matched` the ids of the rules that
    decided (never words of the person).
    """

    level: int
    kind: str
    matched: tuple[str, ...]


_PIECE_CHARACTERS = 1_500
_OVERLAP_CHARACTERS = 300  # more than a sentence, and than what is looked at around a match

_NOTHING = Assessment(0, "none", ())


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of both languages, loaded."""

    lexicons: dict[str, Lexicon]

    @classmethod
    def load(cls, folder: Path = DATA_FOLDER) -> Guard:
        """The guard with the lexicons of `folder`; raises `LexiconError` if one is unusable."""
        return cls({code: load_lexicon(folder / f"lexicon_{code}.jsonl", code) for code in LANGUAGES})

    def assess(self, text: str, *, language: str | None = None, context: Sequence[str] = ()) -> Assessment:
        """The gravest finding in `text`.

        Both lexicons are asked where both scripts occur, whatever `language` (the talk's language)
        says; it decides only for text of neither script. `context` are the turns before, oldest
        first, of both sides: they make "yes" an answer to the question about suicide, and "tonight" a
        plan. A long text is read in overlapping pieces, so that the time grows with its length and no
        faster. Never raises on any text.
        """
        forms = [form for piece in _pieces(text) for form in self._forms(piece, language)]
        found = [finding for lexicon, heard in forms for finding in _findings(lexicon, heard)]
        if context:
            found += self._answer(forms, context)
            found += self._plan_after_thought(forms, found, context)
        return max(found, key=lambda finding: (finding.level, _GRAVITY.index(finding.kind)), default=_NOTHING)

    def _forms(self, text: str, language: str | None = None) -> _Forms:
        codes = []
        if _LATIN.search(text) or (language == "en" and not _ARABIC.search(text)):
            codes.append("en")
        if _ARABIC.search(text) or (language == "fa" and not _LATIN.search(text)):
            codes.append("fa")
        return [(self.lexicons[code], wordings(text, code)) for code in codes]

    def _answer(self, forms: _Forms, context: Sequence[str]) -> list[Assessment]:
        for asked in map(self._forms, reversed(context[-2:])):
            for question, answer, level in (("question", "affirmation", 2), ("safe_question", "denial", 3)):
                if _says(question, asked) and _says(answer, forms):
                    return [Assessment(level, "suicide", (f"{answer}-to-{question}",))]
        return []

    def _plan_after_thought(
        self, forms: _Forms, found: list[Assessment], context: Sequence[str]
    ) -> list[Assessment]:
        if any(finding.level == 3 for finding in found) or not _says("plan", forms):
            return []
        earlier = [self.assess(turn) for turn in context[-_REMEMBERED_TURNS:]]
        thought = any(finding.level >= 2 and finding.kind == "suicide" for finding in earlier)
        return [Assessment(3, "suicide", ("plan-after-thought",))] if thought else []


@lru_cache(maxsize=1)
def default_guard() -> Guard:
    """The guard of the repository's own data, loaded once."""
    return Guard.load()


def assess(text: str, *, language: str | None = None, context: Sequence[str] = ()) -> Assessment:
    """`Guard.assess` of the default guard."""
    return default_guard().assess(text, language=language, context=context)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _PIECE_CHARACTERS:
        end = text.rfind(" ", start + 2 * _OVERLAP_CHARACTERS + 1, start + _PIECE_CHARACTERS)
        end = end if end > 0 else start + _PIECE_CHARACTERS
        yield text[start:end]
        start = max(text.rfind(" ", start, end - _OVERLAP_CHARACTERS), end - 2 * _OVERLAP_CHARACTERS)
    yield text[start:]


def _says(role: str, forms: _Forms) -> bool:
    return any(lexicon.first(role, form.text) is not None for lexicon, heard in forms for form in heard)


def _findings(lexicon: Lexicon, heard: tuple[Wording, ...]) -> list[Assessment]:
    found = []
    for form in heard:
        if form.letters and lexicon.first("compact", form.letters):
            found.append(Assessment(2, "suicide", ("spelled-out",)))
        matches = [
            (signal, match) for signal in lexicon.signals for match in signal.pattern.finditer(form.text)
        ]
        if matches:
            harmless = _spans(lexicon, "idiom", form.text)
            anywhere = frozenset(
                role for role in ("plan", "present", "joke") if lexicon.first(role, form.text)
            )
            others = [match.span() for signal, match in matches if signal.person == "third"]
            for signal, match in matches:
                covering = harmless + others if signal.person == "self" else harmless
                if not any(start < match.end() and match.start() < end for start, end in covering):
                    found.append(_weigh(lexicon, signal, match, form, anywhere))
    return found


def _weigh(
    lexicon: Lexicon, signal: Signal, match: re.Match[str], wording: Wording, anywhere: frozenset[str]
) -> Assessment:
    text, start, end = wording.text, match.start(), match.end()
    sentence_start = text.rfind(" . ", 0, start + 1) + 1
    sentence_end = text.find(" . ", end)
    sentence = text[sentence_start : sentence_end if sentence_end >= 0 else len(text)]
    before = text[max(sentence_start, start - 200) : start]
    ids = (f"{lexicon.language}:{signal.id}",)
    if signal.person == "third":
        return Assessment(1 if "plan" in anywhere else 0, "third_person", ids)
    if signal.negatable and _is_negated(lexicon, wording, max(sentence_start, start - 200), start, end):
        return _NOTHING
    told = signal.kind in _OWN_KINDS and lexicon.first("reported", before)
    if told or lexicon.first("fiction", before):
        return Assessment(0, "third_person", ids)
    if signal.kind in _OWN_KINDS and _is_about_another(lexicon, before, match.group()):
        return Assessment(1, "third_person", ids)
    long_ago = "present" not in anywhere and lexicon.first("past", sentence)
    around = text[max(sentence_start, start - _VERB_REACH) : end + _VERB_REACH]
    if long_ago and signal.person == "self" and lexicon.first("past_form", around):
        return Assessment(1, "past" if signal.kind in _OWN_KINDS else signal.kind, ids)
    if "joke" in anywhere:
        return Assessment(min(signal.level, 1), signal.kind, ids)
    if signal.level == 2 and signal.kind == "suicide" and "plan" in anywhere:
        return Assessment(3, "suicide", (*ids, "with-plan"))
    return Assessment(signal.level, signal.kind, ids)


def _is_negated(lexicon: Lexicon, wording: Wording, sentence_start: int, start: int, end: int) -> bool:
    pause = max((position for position in wording.pauses if position <= start), default=0)
    before = wording.text[max(sentence_start, pause) : start]
    if lexicon.first("negation_exempt", before):
        return False
    after = wording.text[end : end + 80]
    return bool(lexicon.first("negation_before", before) or lexicon.first("negation_after", after))


def _is_about_another(lexicon: Lexicon, before: str, matched: str) -> bool:
    if lexicon.first("first_subject", matched):
        return False
    nearest = before[-_SUBJECT_REACH:]
    first = max((start for start, _ in _spans(lexicon, "first_subject", nearest)), default=-1)
    third = max((start for start, _ in _spans(lexicon, "third_subject", nearest)), default=-1)
    return third > first


def _spans(lexicon: Lexicon, role: str, text: str) -> list[tuple[int, int]]:
    return [match.span() for cue in lexicon.cues[role] for match in cue.pattern.finditer(text)]
