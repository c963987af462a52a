"""What was offered in talks and what came of it: the decisions that learning reads (`recommender.decisions`).

Of all persons only what they consented to for research is read, by each learning anew: a consent that was
withdrawn since, or a talk that was erased, is not in the next one. One's own earlier talks may be read for
oneself under the consent to memory, for which whoever asks answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from recommender.decisions import Context, Decision
from recommender.reward import reward
from session_log import store
from session_log.consent import ConsentLedger
from session_log.events import (
    ConsentSet,
    DistressRated,
    ShownSuggestion,
    SuggestionFeedback,
    SuggestionsShown,
    TalkStarted,
)
from session_log.kinds import KINDS, AnyEvent
from session_log.reader import LogReader

__all__ = ["LEARNT_UNDER", "Illegible", "OwnTalks", "decisions_of_all", "own_talks"]

LEARNT_UNDER = ("research", "store_text", "emotion")
"""The consents without which nothing is learnt from an offer for others."""

_RESEARCH = "research"
_READ = (TalkStarted, ConsentSet, SuggestionsShown, SuggestionFeedback, DistressRated)
_FRAME = {KINDS[TalkStarted], KINDS[ConsentSet]}
_PAGE = 200
_LATEST = "~"  # behind any time
_MOST_OWN_TALKS = 100
_MOST_HELPED = 10
_DAY_S = 86_400.0

_TALKS = """SELECT started_at, talk_id, person FROM talks
    WHERE person IS NOT NULL AND erased_at IS NULL AND (started_at, talk_id) < (?, ?)
        AND NOT EXISTS (SELECT 1 FROM refusals WHERE refusals.person = talks.person
            AND scope IN ('research', 'store_text', 'emotion'))
    ORDER BY started_at DESC, talk_id DESC LIMIT ?"""
_OWN = """SELECT talk_id FROM talks WHERE person = ? AND talk_id <> ? AND erased_at IS NULL
    ORDER BY started_at DESC, talk_id DESC LIMIT ?"""


@dataclass(slots=True)
class Illegible:
    """Counts the rows that could not be read and were left out."""

    rows: int = 0


@dataclass(frozen=True, slots=True)
class OwnTalks:
    """What one person's earlier talks tell.

    Attributes:
        decisions: the offers that can be learnt from, of the newest talks first.
        helped: ids of at most 10 suggestions that helped by the person's last word, newest first.
    """

    decisions: tuple[Decision, ...]
    helped: tuple[str, ...]


@dataclass(slots=True)
class _Offer:
    """An offer and what came of it.

    Attributes:
        before: distress nearest before anything was tried.
        after: distress at last, before anything else was offered.
        helped: what the person said of its suggestions.
    """

    shown: SuggestionsShown
    before: int | None
    after: int | None = None
    helped: dict[str, bool] = field(default_factory=dict)

    def has(self, suggestion_id: str) -> bool:
        return any(item.suggestion_id == suggestion_id for item in self.shown.suggestions)

    def chosen(self, item: ShownSuggestion) -> bool | None:
        """Whether the person took it up; None where that can't be told.

        "None of them helped" rates all of an offer and names nothing that was tried.
        """
        named = any(self.helped.values()) or len(self.helped) < len(self.shown.suggestions)
        if item.suggestion_id in self.helped:
            return True if self.helped[item.suggestion_id] or named else None
        return False if self.helped else None


def decisions_of_all(reader: LogReader, illegible: Illegible) -> Iterator[Decision]:
    """Yields the decisions of all persons who allow it, of the newest talks first; memory stays bounded.

    An offer counts where `LEARNT_UNDER` was granted when it was made, the consent to research still was when
    the talk ended, and the person refuses none of them for all talks now. Decisions of which nothing came
    are among them.

    Args:
        reader: of the log.
        illegible: counts rows that can't be read. Where it is a consent, its whole talk is left out.

    Raises:
        SessionLogError: where the log's key is missing or another.
    """
    before, talk_id = _LATEST, ""
    while page := reader.database.execute(_TALKS, (before, talk_id, _PAGE)).fetchall():
        for _, of_talk, person in page:
            happened = _happened(reader, of_talk, illegible)
            for offer in _offers(happened, LEARNT_UNDER):
                yield from _decisions(offer, person)
        before, talk_id, _ = page[-1]


def own_talks(reader: LogReader, person: str, *, but: str, illegible: Illegible) -> OwnTalks:
    """Reads the latest 100 talks of one person, for this person.

    Args:
        reader: of the log.
        person: who consents to being remembered.
        but: the talk under way.
        illegible: counts rows that can't be read.

    Raises:
        SessionLogError: where the log's key is missing or another.
    """
    decisions: list[Decision] = []
    said: dict[str, bool] = {}
    for (talk_id,) in reader.database.execute(_OWN, (person, but, _MOST_OWN_TALKS)).fetchall():
        happened = _happened(reader, talk_id, illegible)
        for offer in _offers(happened, ("store_text",)):
            decisions.extend(_decisions(offer, person))
        for event in reversed(happened):
            if isinstance(event, SuggestionFeedback):
                said.setdefault(event.suggestion_id, event.helped)
    helped = [suggestion_id for suggestion_id, did in said.items() if did]
    return OwnTalks(tuple(decisions), tuple(helped[:_MOST_HELPED]))


def _happened(reader: LogReader, talk_id: str, illegible: Illegible) -> list[AnyEvent]:
    legible, kinds = store.read_legible_events(reader.database, reader.keys, talk_id, _READ)
    illegible.rows += len(kinds)
    # A consent that can't be read may have been a revocation.
    return [] if _FRAME.intersection(kinds) else legible


def _offers(happened: Sequence[AnyEvent], scopes: Sequence[str]) -> list[_Offer]:
    """The offers of one talk that were made under these consents, and what came of them."""
    ledger, offers, allowed = ConsentLedger(), list[_Offer](), list[_Offer]()
    latest: int | None = None
    for event in happened:
        ledger.apply(event)
        if isinstance(event, SuggestionsShown):
            offers.append(_Offer(event, latest))
            if all(ledger.covers(event, scope) for scope in scopes):
                allowed.append(offers[-1])
        elif isinstance(event, SuggestionFeedback):
            rated = next((offer for offer in reversed(offers) if offer.has(event.suggestion_id)), None)
            if rated is not None:
                rated.helped[event.suggestion_id] = event.helped
        elif isinstance(event, DistressRated):
            latest = event.value
            if offers and event.moment == "after":
                offers[-1].after = event.value
            elif offers and offers[-1].after is None:
                offers[-1].before = event.value
    # Learning is done after the talk: what was withdrawn in it is not used for it.
    if allowed and _RESEARCH in scopes and not ledger.granted(allowed[0].shown.talk_id, _RESEARCH):
        return []
    return allowed


def _decisions(offer: _Offer, person: str) -> Iterator[Decision]:
    shown = offer.shown
    if shown.mood is None:
        return
    context = Context(shown.mood, shown.distress, shown.night)
    for item in shown.suggestions:
        if item.technique_propensity is None or item.alternatives is None:
            continue
        chosen = offer.chosen(item)
        came = reward(
            chosen=chosen,
            helped=offer.helped.get(item.suggestion_id),
            before=offer.before if chosen else None,
            after=offer.after if chosen else None,
        )
        yield Decision(
            person=person,
            context=context,
            place=item.position,
            technique=item.technique,
            propensity=item.technique_propensity,
            alternatives=item.alternatives,
            reward=came.value,
            evidence=came.evidence,
            day=shown.at.timestamp() / _DAY_S,
        )
