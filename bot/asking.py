"""Which turn is to be answered: typed and spoken ones, asked for by the client or by themselves. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from bot import protocol as p
from bot import server_events as events
from bot.answering import Answering
from bot.commands import Understood
from bot.consent_replies import ConsentReplies
from bot.consents import Consents
from bot.crisis_replies import CrisisReplies
from bot.delivery import Delivery
from bot.hearing import Hearing
from bot.history import History
from bot.journal import Journal
from bot.outbox import Outbox
from bot.reports import Reports
from bot.talk_state import TalkState, Turn
from emotion import fuse
from language import detect_script_language

__all__ = ["Asking"]

_SAYS_NOTHING = "/ \t\r\n"  # a slash would be a command to the dialogue engine, which takes it off


class Asking:
    """Keeps the turns that wait for a `response.create`, and the one whose answer failed.

    Args:
        state: the talk.
        outbox: takes commands and events.
        history: takes typed items.
        journal: remembers.
        reports: shows moods.
        hearing: knows whether words are being recognised.
        answering: answers.
        delivery: knows whether a reply is under way.
        crisis: answers danger before it is asked for.
        consents: has the sound of turns kept.
        wishes: answers what is said about consents.
        new_id: makes an id with the given prefix.
    """

    def __init__(
        self,
        *,
        state: TalkState,
        outbox: Outbox,
        history: History,
        journal: Journal,
        reports: Reports,
        hearing: Hearing,
        answering: Answering,
        delivery: Delivery,
        crisis: CrisisReplies,
        consents: Consents,
        wishes: ConsentReplies,
        new_id: Callable[[str], str],
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._history = history
        self._journal = journal
        self._reports = reports
        self._hearing = hearing
        self._answering = answering
        self._delivery = delivery
        self._crisis = crisis
        self._consents = consents
        self._wishes = wishes
        self._new_id = new_id
        self._pending: Turn | None = None
        self._unanswered: Turn | None = None
        self._wanted: p.ResponseCreate | None = None
        self._answered_unasked = False
        self._placed_id: str | None = None
        self._has_turn = False

    def leave_unanswered(self, turn: Turn) -> None:
        """The dialogue engine gave this turn no answer: it may be asked again."""
        self._unanswered = turn

    def create_item(self, event: p.ItemCreate) -> None:
        """Takes a typed turn: the crisis guard reads it at once, the dialogue when a reply is asked for.

        One of the assistant or the system, as clients send it to tell of an earlier talk, is only placed.

        Raises:
            ProtocolError: for what is no message, or has no words, too many, or no place.
        """
        if event.item.type == "message" and event.item.role in ("assistant", "system"):
            self._place(event)
            return
        texts = [part.text for part in event.item.content if part.type == "input_text" and part.text]
        if event.item.type != "message" or event.item.role != "user" or not texts:
            raise p.ProtocolError(
                "invalid_value",
                "Only messages with a part of text can be created.",
                param="item",
            )
        item_id = event.item.id or self._new_id("item")
        if item_id in self._history:
            if self._is_sent_again(item_id, texts):
                self._outbox.send(*self._history.announce(item_id))
                return
            raise p.ProtocolError(
                "item_create_duplicate_item_id", "This item id is already in use.", param="item.id"
            )
        text = "\n".join(texts)
        if not text.strip(_SAYS_NOTHING):
            raise p.ProtocolError("invalid_value", "A typed turn has words in it.", param="item.content")
        if len(text) > p.MAX_TEXT_CHARACTERS:
            raise p.ProtocolError(
                "invalid_value",
                f"A typed turn has at most {p.MAX_TEXT_CHARACTERS} characters.",
                param="item.content",
            )
        placed = self._history.add(
            events.user_text_item(item_id, text),
            previous_item_id=event.previous_item_id,
            event_id=event.event_id,
        )
        language = self._state.config.language or detect_script_language(text) or self._state.heard_language
        turn = Turn(item_id=item_id, source="typed", text=text, language=language, ended=True)
        turn.times_ms = {"ended": self._outbox.now_ms, "text": self._outbox.now_ms}
        self._state.heard_language = language
        self._outbox.send(*placed)
        self._has_turn = True
        wish = self._wishes.read(turn)
        self._answered_unasked = self._crisis.answer(turn)
        self._journal.turn(turn, confidence=None, duration_ms=None)
        if wish is not None and not self._answered_unasked:
            self._answered_unasked = True
            self._wishes.answer(turn, wish)
        if not self._answered_unasked:
            self._wait(turn)

    def _place(self, event: p.ItemCreate) -> None:
        """Places what somebody else has said: nobody reads it, and the turns before it count as answered."""
        words = [part.text or part.transcript for part in event.item.content]
        text = "\n".join(word for word in words if word)
        if not text or len(text) > p.MAX_TEXT_CHARACTERS:
            raise p.ProtocolError(
                "invalid_value",
                f"A message has 1 to {p.MAX_TEXT_CHARACTERS} characters of text.",
                param="item.content",
            )
        item_id = event.item.id or self._new_id("item")
        if item_id in self._history:
            raise p.ProtocolError(
                "item_create_duplicate_item_id", "This item id is already in use.", param="item.id"
            )
        if event.item.role == "assistant":
            item = events.assistant_item(item_id, text, spoken=False, status="completed")
        else:
            item = events.system_item(item_id, text)
        placed = self._history.add(item, previous_item_id=event.previous_item_id, event_id=event.event_id)
        if event.item.role == "assistant" and self._history.last_id == item_id:
            self._pending = None
        self._placed_id = item_id
        self._outbox.send(*placed)

    @property
    def _nothing_was_said(self) -> bool:
        """Whether this talk has no turn and no reply yet, whatever the client has told of earlier ones."""
        last_id = self._history.last_id
        return last_id is None or (last_id == self._placed_id and not self._has_turn)

    def create_response(self, event: p.ResponseCreate) -> None:
        """Has the turn answered that waits, or was left without its answer; before any turn, greets.

        Raises:
            ProtocolError: where there is none, or a reply is under way.
        """
        options = event.response
        if options is not None and options.conversation == "none":
            raise p.ProtocolError(
                "invalid_value",
                "Replies outside the conversation are not served.",
                param="response.conversation",
            )
        if self._answered_unasked:  # the crisis reply came before it was asked for
            self._answered_unasked = False
            return
        if self._delivery.under_way:
            raise p.ProtocolError(
                "conversation_already_has_active_response", "A reply is under way; cancel it first."
            )
        if self._hearing.waiting:
            self._wanted = event  # the words of the turn are not known yet
        elif self._pending is not None:
            turn, self._pending = self._pending, None
            self._ask(turn, *_reply_options(event))
        elif self._unanswered is not None:
            self._ask(self._unanswered, *_reply_options(event))
        elif self._nothing_was_said:
            self._answering.greet(*_reply_options(event))
        else:
            raise p.ProtocolError("no_turn_to_answer", "There is no turn to answer.")

    def conclude(self, turn: Turn) -> None:
        """Takes a spoken turn whose recognition is through: guard, log, mood, and who is to answer it."""
        self._has_turn = True
        wanted, self._wanted = self._wanted, None
        result = turn.result
        if not isinstance(result, Understood) or not result.text:
            if not self._answering.repair(turn) and wanted is not None:
                refusal = events.error("no_turn_to_answer", "No words were heard.", event_id=wanted.event_id)
                self._outbox.send(refusal)
            return
        self._state.heard_language = result.language
        wish = self._wishes.read(turn)  # what is revoked in it holds for this very turn
        # Consent may have been withdrawn while the detector was at work.
        mood = result.mood if self._state.consented_to_emotion else None
        self._state.mood = fuse([] if mood is None else [mood])
        in_danger = self._crisis.answer(turn)  # before anything else is done with the words
        self._journal.turn(turn, confidence=result.confidence, duration_ms=result.duration_ms)
        self._consents.keep_sound(turn)
        if mood is not None:
            self._reports.mood(turn, mood)
        self._hearing.configure()
        if in_danger:
            return
        if wish is not None:
            self._wishes.answer(turn, wish)
            return
        detection = self._state.config.audio.input.turn_detection
        if wanted is not None:
            self._ask(turn, *_reply_options(wanted))
            return
        if detection is None or not detection.create_response:
            self._answered_unasked = False
            self._wait(turn)
            return
        self._ask(turn)
        if self._hearing.speaking and detection.interrupt_response:
            # The user went on before the words of this turn were known: the dialogue hears the turn,
            # but its answer would only talk over the next one.
            self._delivery.cancel("turn_detected")

    def _is_sent_again(self, item_id: str, texts: list[str]) -> bool:
        """Whether a client that came back sends an item that had arrived before the break."""
        same = events.user_text_item(item_id, "\n".join(texts))
        return self._state.resumed and self._history.get(item_id, event_id=None) == same

    def _wait(self, turn: Turn) -> None:
        if self._pending is not None:  # several make one turn
            turn.text = f"{self._pending.text}\n{turn.text}"[-p.MAX_TEXT_CHARACTERS :]
        self._pending = turn

    def _ask(self, turn: Turn, metadata: dict[str, str] | None = None, spoken: bool | None = None) -> None:
        self._unanswered = None
        self._answering.ask(turn, metadata, spoken)


def _reply_options(event: p.ResponseCreate) -> tuple[dict[str, str] | None, bool | None]:
    options = event.response
    if options is None:
        return None, None
    return options.metadata, "audio" in options.output_modalities if options.output_modalities else None
