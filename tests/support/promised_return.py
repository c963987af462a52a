"""A client that loses its websocket and comes back: nobody else can, nothing is doubled, and it is waited for."""

from promises import Violation

from bot.protocol import ItemCreate

__all__ = ["PromisedReturn"]

_WAITED_MS = 30_000
_LISTENED_MS = 1_100
_AGAIN = ["conversation.item.added", "conversation.item.done"]


class PromisedReturn:
    """Follows tokens, breaks and what a client sends again.

    Attributes:
        lost: whether the websocket is broken.
    """

    def __init__(self):
        self.lost = False
        self._lost_ms = 0.0
        self._token = None
        self._created = None
        self._announced = set()

    def watch(self, event):
        """A server event goes out."""
        if event["type"] == "hamdel.resume_token":
            if event["token"] == self._token:
                raise Violation("a token is given twice")
            self._token = event["token"]
        if event["type"] == "conversation.item.deleted":
            self._announced.discard(event["item_id"])
            if self._created is not None and event["item_id"] == self._created.item.id:
                self._created = None

    def new_of(self, sent):
        """The events without those that announce an item once more."""
        added = [event for event in sent if event["type"] == "conversation.item.added"]
        known = [event for event in added if event["item"]["id"] in self._announced]
        self._announced.update(event["item"]["id"] for event in added)
        return [event for event in sent if event not in known]

    def note_sent(self, event, sent):
        """A client event was taken, and this was answered."""
        if isinstance(event, ItemCreate) and event.item.role == "user" and event.item.id:
            added = [each["item"]["id"] for each in sent if each["type"] == "conversation.item.added"]
            self._created = event if event.item.id in added else self._created

    def lose(self, now_ms):
        """The websocket breaks."""
        self.lost, self._lost_ms = True, now_ms

    def may_return(self, conversation, now_ms):
        """Whether the talk takes its client back: it must while it waits and the newest token is good."""
        if not conversation.resumable or self._token is None:
            if self.lost:
                raise Violation("a talk waits to which nobody can come back")
            return False
        if conversation.accepts(self._token[:-1], now_ms) or conversation.accepts("", now_ms):
            raise Violation("a talk takes back whoever asks")
        return conversation.accepts(self._token, now_ms)

    def check_regained(self, sent):
        """The client is back, and this was sent."""
        self.lost = False
        if [event["type"] for event in sent] != ["hamdel.resume_token"]:
            raise Violation("whoever comes back is not given just a new token")

    def sent_again(self):
        """The client's newest typed turn, as it may send it again; None where there is none."""
        return self._created

    def check_sent_again(self, sent, *, doubled):
        """It did, and this was sent."""
        if [event["type"] for event in sent] != _AGAIN or doubled:
            raise Violation("a turn that is sent again after a break is not just acknowledged")

    def check_silence(self, speaking, now_ms):
        """A tick has passed; `speaking`: whether a turn is still heard."""
        if self.lost and speaking and now_ms - self._lost_ms > _LISTENED_MS:
            raise Violation("a turn that the break has cut is never ended")

    def check_close(self, command, now_ms):
        """The talk is closed."""
        if command.reason == "client_left" and not (self.lost and now_ms - self._lost_ms >= _WAITED_MS):
            raise Violation("a talk is closed as left that nobody has left for long")
