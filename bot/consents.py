"""The consents of one talk: what is granted, changed by whom, and what takes effect with a change. No I/O."""

from __future__ import annotations

from bot.commands import KeepSound
from bot.journal import Journal
from bot.outbox import Outbox
from bot.phrases import DISCLOSURE_VERSION
from bot.protocol import ProtocolError
from bot.recall import MEMORY, Recall
from bot.talk_state import TalkState, Turn

__all__ = ["CONSENT_VERSION", "Consents"]

CONSENT_VERSION = "2"
"""Version of what is said of each consent in the page, in talks and on a person's own page.

`widget/consent.js` has the same. Under "1" a person's own page had switches for what is allowed, under "2"
it has switches for what is never to be done.
"""


class Consents:
    """Grants and revokes.

    Args:
        state: the talk.
        outbox: takes commands and events.
        journal: remembers.

    Attributes:
        emotion_decided: whether the person, or their client for them, has said yes or no to emotion.
        recall: follows the consent to memory.
    """

    def __init__(self, *, state: TalkState, outbox: Outbox, journal: Journal) -> None:
        self._state = state
        self._outbox = outbox
        self._journal = journal
        self.emotion_decided = False
        self.recall = Recall(state=state, outbox=outbox)

    def begin(self) -> None:
        """Records what the token grants, and lets it take effect."""
        for scope in sorted(self._state.granted):
            self._journal.consent(scope, True, DISCLOSURE_VERSION, "token")
        self.recall.follow_consent()

    def offers(self, scope: str) -> bool:
        """Whether a scope can be granted here at all."""
        return scope not in self._state.not_offered

    def require_offered(self, scope: str, event_id: str | None) -> None:
        """Refuses a client's grant of a scope that is not to be had here.

        Raises:
            ProtocolError: then.
        """
        if not self.offers(scope):
            raise ProtocolError(
                "consent_not_offered",
                f"The scope {scope} is not offered here.",
                param="scope",
                event_id=event_id,
            )

    def change(self, scope: str, granted: bool, version: str, given_by: str) -> None:
        """Sets one scope; holds for all that is recorded from now on."""
        if granted and not self.offers(scope):
            return
        state = self._state
        if granted:
            state.granted.add(scope)
        else:
            state.granted.discard(scope)
        if scope == "emotion":
            self.emotion_decided = True
        if not state.consented_to_emotion:
            state.mood = None
        if scope == MEMORY:
            self.recall.follow_consent()
        self._journal.consent(scope, granted, version, given_by)

    def show(self) -> None:
        """Tells the client what is in force, after a change that was not its own."""
        self._outbox.send_own(
            {
                "type": "hamdel.consents",
                "granted": sorted(self._state.granted),
                "not_offered": sorted(self._state.not_offered),
            }
        )

    def keep_sound(self, turn: Turn) -> None:
        """Has the sound of a turn kept, if that is granted."""
        if turn.source == "voice" and self._state.keeps_sound:
            self._outbox.emit(KeepSound(turn.item_id, self._outbox.now))
