"""Every turn is read for danger before anything else, and what is said in danger is fixed. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.commands import CallPeople, Understood
from bot.outbox import Outbox
from bot.reports import Reports
from bot.talk_state import CRISIS_LEVEL, TalkState, Turn
from crisis import Assessment, Line, Reply, before_question

__all__ = ["CrisisAnswer", "Guard", "Rota", "Safety"]

_LONGEST_CONTEXT = 1_000  # a short answer is read against the end of what was said before
_BELIEVED_CONFIDENCE = 0.5  # Whisper base writes Persian with less, and everyday words as if they were grave
_DISTRESSED_MOODS = frozenset({"fear", "sadness"})


class Guard(Protocol):
    """What the package `crisis` does."""

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
        """Finds the danger in a text; `context` are the turns before, of both sides."""

    def reply(
        self, level: int, language: str, country: str | None, kind: str = "suicide", *, minor: bool = False
    ) -> Reply:
        """Gives the fixed, reviewed text for a level and kind, and the country's lines."""

    def sentence(self, kind: str, language: str, country: str | None) -> str:
        """Gives a fixed sentence that is said beside a reply."""

    def lines(self, country: str | None, language: str = "en") -> Sequence[Line]:
        """Gives the country's emergency numbers and crisis lines."""

    def named_country(self, text: str) -> str | None:
        """Gives the country that a text names, where it is one with lines."""


class Rota(Protocol):
    """Who of a clinic is on call."""

    def anyone(self, clinic: str | None, at: datetime) -> bool:
        """Whether somebody is on duty."""


@dataclass(frozen=True, slots=True)
class CrisisAnswer:
    """What is said to a turn in danger; `level` is that of the turn, 0 where it only names the country."""

    level: int
    kind: str
    text: str


class Safety:
    """Finds danger in turns and has the fixed answer to it, with the numbers and the people to call.

    Args:
        state: the talk.
        outbox: takes commands.
        reports: shows the numbers, and records that they were shown.
        guard: the crisis guard.
        rota: who is on call.
    """

    def __init__(
        self, *, state: TalkState, outbox: Outbox, reports: Reports, guard: Guard, rota: Rota
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._reports = reports
        self._guard = guard
        self._rota = rota
        self._called: dict[str, int] = {}  # the gravest level by kind
        self._said_nobody = False

    def read(self, turn: Turn) -> CrisisAnswer | None:
        """Reads a turn, remembers what it means, shows the numbers; None where there is no danger in it."""
        state = self._state
        found = self._assess(turn, state.recent)
        state.recent.append(turn.text[-_LONGEST_CONTEXT:])
        state.minor = state.minor or found.minor
        before, state.crisis_level = state.crisis_level, max(state.crisis_level, found.level)
        named = self._learn_country(turn)
        reply = self._guard.reply(
            found.level, turn.language, state.country, found.kind, minor=state.minor and found.level > 0
        )
        if not reply.text:
            return self._with_country(turn) if named else None
        text = reply.text
        if found.level >= CRISIS_LEVEL:
            text = self._with_people(text, turn.language, found.level, found.kind)
            if state.country is None and before < CRISIS_LEVEL:
                asked = self._guard.sentence("ask_country", turn.language, None)
                text = before_question(text, asked, turn.language)
        if found.level > 0:
            self._reports.crisis(turn, level=found.level, kind=found.kind, lines=reply.lines, text=text)
        else:
            self._reports.lines(0, reply.lines, text)
        state.recent.append(text)
        return CrisisAnswer(found.level, found.kind, text)

    def finds_danger(self, turn: Turn, context: Sequence[str]) -> bool:
        """Whether there is danger in a turn behind these texts; nothing is remembered or shown of it."""
        return self._assess(turn, context).level > 0

    def seen_by_dialogue(self, turn: Turn, level: int, kind: str) -> str | None:
        """The dialogue found danger that we had not: its reply stands, the numbers and people are ours.

        Returns:
            The sentence to say when the reply is over: whether people are called; None for no news.
        """
        state = self._state
        state.crisis_level = level
        reply = self._guard.reply(level, turn.language, state.country, kind, minor=state.minor)
        self._reports.crisis(turn, level=level, kind=kind, lines=reply.lines, text=reply.text)
        return self._people(level, kind, turn.language)

    def continued(self, language: str) -> str:
        """What a talk begins with that goes on in danger after a broken connection; shows the numbers."""
        text = self.sentence("continued", language)  # of which kind the danger was, the client doesn't tell
        self._state.recent.append(text)  # its question may be answered
        return text

    def learn_of_people(self, status: str) -> None:
        """Where nobody took the call for people, the next danger calls them anew."""
        if status in ("nobody_on_call", "unreached"):
            self._called.clear()

    def numbers(self, language: str) -> str:
        """Whom to call, in a sentence or two, shown again as well."""
        return self.sentence("numbers", language)

    def sentence(self, kind: str, language: str) -> str:
        """A fixed sentence beside the replies, with the numbers in it, which are shown again."""
        text = self._guard.sentence(kind, language, self._state.country)
        self.show_lines(self._state.crisis_level, language, text)
        return text

    def show_lines(self, level: int, language: str, text: str) -> None:
        """Shows whom to call; level 0: nothing was found, but we can't be relied on just now."""
        self._reports.lines(level, self._guard.lines(self._state.country, language), text)

    def _assess(self, turn: Turn, context: Sequence[str]) -> Assessment:
        heard = turn.result if isinstance(turn.result, Understood) else None
        mood = self._state.mood if heard is not None else None
        return self._guard.assess(
            turn.text,
            language=turn.language,
            context=tuple(context),
            alternatives=heard.alternatives if heard is not None else (),
            distressed=mood is not None and mood.label in _DISTRESSED_MOODS,
            uncertain=heard is not None and heard.confidence < _BELIEVED_CONFIDENCE,
        )

    def _learn_country(self, turn: Turn) -> bool:
        state = self._state
        known_otherwise = state.country != state.named_country
        if state.crisis_level < CRISIS_LEVEL or known_otherwise:
            return False
        named = self._guard.named_country(turn.text)
        if named in (None, state.named_country):
            return False
        state.named_country = named
        return True

    def _with_country(self, turn: Turn) -> CrisisAnswer:
        text = self.numbers(turn.language)
        self._state.recent.append(text)
        return CrisisAnswer(0, "none", text)

    def _with_people(self, text: str, language: str, level: int, kind: str) -> str:
        told = self._people(level, kind, language)
        if told is None:
            return text
        return before_question(text, self._guard.sentence(told, language, self._state.country), language)

    def _people(self, level: int, kind: str, language: str) -> str | None:
        """Calls people; returns what there is to say about it, None where it has been said."""
        on_duty = self._rota.anyone(self._state.identity.clinic, self._outbox.now)
        if not self._call_people(level, kind, language) or (self._said_nobody and not on_duty):
            return None
        self._said_nobody = self._said_nobody or not on_duty
        return "calling" if on_duty else "nobody"

    def _call_people(self, level: int, kind: str, language: str) -> bool:
        if level <= self._called.get(kind, 0):
            return False
        self._called[kind] = level
        who = self._state.identity
        self._outbox.emit(CallPeople(who.clinic, who.subject, level, kind, language, self._state.country))
        return True
