"""Decides whether an utterance speaks of a crisis, how grave, and of which kind.

Levels follow the Columbia protocol's screener: 0 none; 1 a wish to be dead, or a reason to ask; 2 active
thoughts without a plan, or harm going on; 3 plan, intent, means, an attempt under way, harm to others, or
danger to life now. Kinds: none, suicide, self_harm, past, third_person, harm_to_others, abuse, child_danger,
medical, psychosis. Rules are the floor; a classifier may raise what they found and never lower it. The same
input always gives the same answer, and doubt leads to a question: it costs a moment, a miss may cost a life.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from crisis.classifier import MINOR, Classifier, load_classifier
from crisis.findings import JOKE, LONG_AGO, NOTHING, Assessment, findings
from crisis.lexicon import SAME_KIND, Lexicon, load_lexicon
from crisis.wording import Wording, wordings
from language import LANGUAGES

__all__ = ["DATA_FOLDER", "Assessment", "Guard", "assess", "default_guard"]

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data" / "crisis"

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
_FEW_WORDS = 6
_TELLING_WORDS = 3
"""Of fewer the classifier makes too much; what is said in two words, the rules know."""
_MOST_ALTERNATIVES = 4
_PIECE_CHARACTERS = 1_500
_OVERLAP_CHARACTERS = 300  # more than a sentence, and than what is looked at around a match
_Forms = list[tuple[str, tuple[Wording, ...]]]


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules and the classifiers of both languages, loaded."""

    lexicons: dict[str, Lexicon]
    classifiers: dict[str, Classifier]

    @classmethod
    def load(cls, folder: Path = DATA_FOLDER) -> Guard:
        """The guard with the lexicons of `folder`.

        Raises `LexiconError` if one is unusable, `ClassifierError` for a classifier that is.
        """
        lexicons = {code: load_lexicon(folder / f"lexicon_{code}.jsonl", code) for code in LANGUAGES}
        return cls(lexicons, {code: load_classifier(code) for code in LANGUAGES})

    def assess(
        self,
        text: str,
        *,
        language: str | None = None,
        context: Sequence[str] = (),
        alternatives: Sequence[str] = (),
        distressed: bool = False,
        uncertain: bool = False,
    ) -> Assessment:
        """The gravest finding in `text`.

        Both languages are asked where both scripts occur, whatever `language` (the talk's language)
        says; it decides only for text of neither script. A long text is read in overlapping pieces, so that
        the time grows with its length and no faster. Never raises on any text.

        Args:
            text: what was said or typed.
            language: "en" or "fa" of the talk.
            context: the turns before, oldest first, of both sides: they make "yes" an answer to our question,
                and "tonight" a plan.
            alternatives: what else the recogniser may have heard; where only these speak of danger, we ask.
            distressed: whether the voice sounds afraid or sad, which lowers the threshold for asking.
            uncertain: whether the recogniser hardly believes its words; then the classifier, which has
                learnt from words, has to be surer.
        """
        found = self._assess(text, language, context, distressed, uncertain)
        if found.level == 0:
            found = self._heard_otherwise(alternatives[:_MOST_ALTERNATIVES], language, context) or found
        minor = found.level > 0 and (found.minor or self._is_minor(text, context))
        return replace(found, minor=minor)

    def _heard_otherwise(
        self, alternatives: Sequence[str], language: str | None, context: Sequence[str]
    ) -> Assessment | None:
        """What only an alternative says: a yes to our question counts as one, danger makes us ask."""
        for other in alternatives:
            answer = max(self._answer(self._forms(other, language), context), key=_gravity, default=NOTHING)
            if answer.level:
                return answer
        found = [self._assess(other, language, (), False, uncertain=True) for other in alternatives]
        worst = max(found, key=_gravity, default=NOTHING)
        return Assessment(1, worst.kind, (*worst.matched, "alternative")) if worst.level >= 2 else None

    def _assess(
        self,
        text: str,
        language: str | None,
        context: Sequence[str],
        distressed: bool,
        uncertain: bool = False,
    ) -> Assessment:
        forms = [form for piece in _pieces(text) for form in self._forms(piece, language)]
        found = [finding for code, heard in forms for finding in findings(self.lexicons[code], heard)]
        if context:
            found += self._answer(forms, context)
            found += self._plan_after_thought(forms, found, context)
        gravest = max(found, key=_gravity, default=NOTHING)
        if JOKE in gravest.matched:
            return gravest
        return self._raised(gravest, forms, distressed, uncertain)

    def _raised(self, found: Assessment, forms: _Forms, distressed: bool, uncertain: bool) -> Assessment:
        for code, heard in forms:
            for form in heard:
                words = _words_of(form.text, code)
                settled = LONG_AGO in found.matched or (found.level == 0 and bool(found.matched))
                opinion = self.classifiers[code].opinion(
                    words,
                    distressed=distressed,
                    doubtful=settled or uncertain or words.count(" ") < _TELLING_WORDS - 1,
                )
                # Worry about somebody else is asked about or acute; between the two there is no reply.
                between = found.kind == "third_person" and opinion.level == 2 and found.level
                if opinion.level > found.level and not between:
                    ids = (*found.matched, f"{code}:classifier")
                    minor = opinion.kind == MINOR
                    kind = "suicide" if minor else opinion.kind
                    kind = found.kind if found.level else kind
                    if kind == "past" and opinion.level > 1:  # what is over is no present danger
                        kind = "suicide"
                    found = Assessment(opinion.level, kind, ids, minor)
        return found

    def _forms(self, text: str, language: str | None = None) -> _Forms:
        codes = []
        if _LATIN.search(text) or (language == "en" and not _ARABIC.search(text)):
            codes.append("en")
        if _ARABIC.search(text) or (language == "fa" and not _LATIN.search(text)):
            codes.append("fa")
        return [(code, wordings(text, code)) for code in codes]

    def _answer(self, forms: _Forms, context: Sequence[str]) -> list[Assessment]:
        denies, affirms = self._says("denial", forms), self._affirms(forms)
        doubts = self._says("doubt", forms)
        for turn in reversed(context[-2:]):
            for code, heard in self._forms(turn):
                for question in self.lexicons[code].questions:
                    if not any(question.pattern.search(form.text) for form in heard):
                        continue
                    if denies and question.no is None:
                        return [Assessment(0, "none", (f"{code}:denial-of-{question.id}",))]
                    # Who can't say that they are safe is taken for not safe.
                    unsafe = denies or (doubts and question.no is not None)
                    meaning = question.no if unsafe else question.yes if affirms else None
                    if meaning is not None:
                        level, kind = meaning
                        kind = self._kind_before(context) if kind == SAME_KIND else kind
                        return [Assessment(level, kind, (f"{code}:answer-to-{question.id}",))]
        return []

    def _affirms(self, forms: _Forms) -> bool:
        """Whether a yes stands at the beginning, or anywhere in a few words ("some nights, yes")."""
        for code, heard in forms:
            for form in heard:
                words = form.text.split()
                starts = range(len(words) if len(words) <= _FEW_WORDS else 1)
                if any(self.lexicons[code].first("affirmation", " ".join(words[at:])) for at in starts):
                    return True
        return False

    def _kind_before(self, context: Sequence[str]) -> str:
        """The kind of the danger that was spoken of before; several of our replies ask the same question."""
        before = [self._assess(turn, None, (), False) for turn in context[-_REMEMBERED_TURNS:]]
        return max(before, key=lambda found: found.level).kind if any(f.level for f in before) else "suicide"

    def _plan_after_thought(
        self, forms: _Forms, found: list[Assessment], context: Sequence[str]
    ) -> list[Assessment]:
        if any(finding.level == 3 for finding in found) or not self._says("plan", forms):
            return []
        earlier = [self._assess(turn, None, (), False) for turn in context[-_REMEMBERED_TURNS:]]
        thoughts = [finding.kind for finding in earlier if finding.level]
        return [
            Assessment(3, kind, ("plan-after-thought",))
            for kind in ("suicide", "third_person")
            if kind in thoughts
        ]

    def _is_minor(self, text: str, context: Sequence[str]) -> bool:
        return any(self._says("minor", self._forms(turn)) for turn in (text, *context))

    def _says(self, role: str, forms: _Forms) -> bool:
        return any(self.lexicons[code].first(role, form.text) for code, heard in forms for form in heard)


def _gravity(finding: Assessment) -> tuple[int, int, bool]:
    return finding.level, _GRAVITY.index(finding.kind), bool(finding.matched)


@lru_cache(maxsize=1)
def default_guard() -> Guard:
    """The guard of the repository's own data, loaded once."""
    return Guard.load()


def assess(
    text: str,
    *,
    language: str | None = None,
    context: Sequence[str] = (),
    alternatives: Sequence[str] = (),
    distressed: bool = False,
    uncertain: bool = False,
) -> Assessment:
    """`Guard.assess` of the default guard."""
    return default_guard().assess(
        text,
        language=language,
        context=context,
        alternatives=alternatives,
        distressed=distressed,
        uncertain=uncertain,
    )


def _words_of(text: str, code: str) -> str:
    foreign = _ARABIC if code == "en" else _LATIN
    return " ".join(word for word in text.split() if not foreign.search(word))


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _PIECE_CHARACTERS:
        end = text.rfind(" ", start + 2 * _OVERLAP_CHARACTERS + 1, start + _PIECE_CHARACTERS)
        end = end if end > 0 else start + _PIECE_CHARACTERS
        yield text[start:end]
        start = max(text.rfind(" ", start, end - _OVERLAP_CHARACTERS), end - 2 * _OVERLAP_CHARACTERS)
    yield text[start:]
