"""Wishes for one's data, said or typed: carried out in the same turn, answered by fixed sentences. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.commands import Understood
from bot.consents import CONSENT_VERSION, Consents
from bot.delivery import Delivery
from bot.outbox import Outbox
from bot.phrases import Phrases
from bot.reports import Reports
from bot.response import Response
from bot.spoken_consent import ConsentWish, consent_wish
from bot.talk_state import TalkState, Turn
from language import match_closed_answer
from language.closed_answers import ACCEPTED_CONFIDENCE

__all__ = ["ConsentReplies"]

_INTENT = "consent"
_MOST_TIMES_ASKED = 2  # a question that was cut before it was heard is asked once more
_KEPT = ("store_text", "store_audio", "share", "research", "memory")


class ConsentReplies:
    """Reads each turn for wishes; asks clients that know no consents whether feelings may be inferred.

    Args:
        state: the talk.
        outbox: tells the time, and whether the client knows our events.
        consents: grants and revokes.
        delivery: says the replies.
        reports: shows what a turn was taken for.
        phrases: the sentences.
    """

    def __init__(
        self,
        *,
        state: TalkState,
        outbox: Outbox,
        consents: Consents,
        delivery: Delivery,
        reports: Reports,
        phrases: Phrases,
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._consents = consents
        self._delivery = delivery
        self._reports = reports
        self._phrases = phrases
        self._asked_in: str | None = None
        self._times_asked = 0
        self._awaited = False
        self._greeting_waits = False

    def read(self, turn: Turn) -> ConsentWish | None:
        """What a turn wishes; what it revokes does not hold from here on, for this turn neither."""
        answer = self._answer_of(turn)
        wish = answer if answer is not None else consent_wish(turn.text, turn.language)
        if wish is not None:
            self._change(turn, wish.revoked, granted=False)
        return wish

    def answer(self, turn: Turn, wish: ConsentWish) -> None:
        """Grants what is granted, after the turn was stored or not, and says what holds now."""
        offered = tuple(scope for scope in wish.granted if self._consents.offers(scope))
        self._change(turn, offered, granted=True)
        language = self._state.pinned_language or turn.language
        self._delivery.begin(turn)
        if not self._state.disclosed:
            self._delivery.disclose(language)
        turn.answered, turn.intent = True, _INTENT
        names = [*self._said_of(wish), *self._asked_for(wish)]
        names.append("greeting" if self._greeting_waits else "consent_go_on")
        self._greeting_waits = False
        for name in names:
            self._delivery.say(self._phrases.say(name, language), language)
        self._delivery.finish()
        self._reports.intent(turn, turn.intent, language)

    # Asking about feelings, where the client can't ----------------------------------------------------

    def ask_instead_of_greeting(self, language: str) -> bool:
        """Adds the question to the reply under way, which has said what this is; False without one."""
        if not self._is_to_ask:
            return False
        self._greeting_waits = True
        self._ask(language)
        return True

    def ask_after(self, told: Sequence[str], language: str) -> None:
        """Adds the question to an answer of the dialogue that asks nothing itself."""
        if self._is_to_ask and told and not any(sign in " ".join(told) for sign in ("?", "؟")):
            self._ask(language)

    def note_over(self, response: Response, reason: str | None) -> None:
        """A reply is over; `reason`: why it was stopped. Only a question that was heard can be answered."""
        if self._asked_in == response.item_id:
            self._asked_in = None
            self._awaited = reason is None or response.asking(self._outbox.now_ms)

    @property
    def _is_to_ask(self) -> bool:
        return (
            not self._outbox.own_events
            and self._state.disclosed
            and self._state.crisis_level == 0
            and self._consents.offers("emotion")
            and "emotion" not in self._state.granted
            and not self._consents.emotion_decided
            and not self._awaited
            and self._times_asked < _MOST_TIMES_ASKED
        )

    def _ask(self, language: str) -> None:
        response = self._delivery.current
        if response is not None:
            self._times_asked += 1
            self._asked_in = response.item_id
            self._delivery.say(self._phrases.say("consent_ask_emotion", language), language)

    def _answer_of(self, turn: Turn) -> ConsentWish | None:
        awaited, self._awaited = self._awaited, False
        if not awaited:
            return None
        self._times_asked = _MOST_TIMES_ASKED
        heard = turn.result.alternatives if isinstance(turn.result, Understood) else ()
        found = match_closed_answer("consent", turn.text, language=turn.language, alternatives=heard)
        if found is None:
            self._greeting_waits = False
            return None
        # Whatever is not plainly a yes is a no.
        if found.answer == "yes" and found.confidence >= ACCEPTED_CONFIDENCE:
            return ConsentWish(granted=("emotion",))
        return ConsentWish(revoked=("emotion",))

    # What is changed and said ----------------------------------------------------------------------

    def _change(self, turn: Turn, scopes: Sequence[str], *, granted: bool) -> None:
        given_by = "voice" if turn.source == "voice" else "text"
        for scope in scopes:
            self._consents.change(scope, granted, CONSENT_VERSION, given_by)
        if scopes:
            self._consents.show()

    def _said_of(self, wish: ConsentWish) -> Iterator[str]:
        for scope in wish.revoked:
            if not (scope == "store_audio" and "store_text" in wish.revoked):  # said with the words
                yield f"consent_off_{scope}"
        anonymous = self._state.identity.subject is None
        for scope in wish.granted:
            if not self._consents.offers(scope):
                yield "consent_not_offered"
            elif anonymous and scope in _KEPT:
                yield "consent_anonymous"
            else:
                yield f"consent_on_{scope}"

    def _asked_for(self, wish: ConsentWish) -> Iterator[str]:
        if wish.question == "erase":
            yield "consent_erase_how"
        if wish.question != "tell":
            return
        granted = self._state.granted
        if self._state.identity.subject is None:
            yield "consent_anonymous"
        else:
            yield "consent_tell_text" if "store_text" in granted else "consent_tell_no_text"
            if self._state.keeps_sound:
                yield "consent_tell_sound"
            if "share" in granted:
                yield "consent_tell_shared"
        yield "consent_tell_emotion" if self._state.consented_to_emotion else "consent_tell_no_emotion"
        yield "consent_tell_crisis"
        yield "consent_erase_how"
