"""One reply from its beginning to what was heard of it; a newer one silences it. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from bot import server_events as events
from bot.choices import Choices
from bot.heard_replies import AskedTurn, HeardReplies
from bot.history import History
from bot.interruption import IDLE_FLOOR, Floor
from bot.journal import Journal
from bot.outbox import Outbox
from bot.phrases import Phrases
from bot.replying import Replying
from bot.reports import Reports
from bot.response import Response
from bot.talk_state import TalkState, Turn
from language import split_sentences

__all__ = ["Delivery"]


class Delivery:
    """Begins replies, takes their sentences and their sound, and ends them, one at a time.

    Args:
        state: the talk.
        outbox: takes commands and events.
        history: takes the bot's items.
        journal: remembers.
        reports: shows how long a reply took.
        phrases: the gateway's own sentences.
        new_id: makes an id with the given prefix.
        on_over: called when a reply is over, with the reason where it was stopped: "turn_detected" or
            "client_cancelled".

    Attributes:
        heard: what was heard of each reply.
    """

    def __init__(
        self,
        *,
        state: TalkState,
        outbox: Outbox,
        history: History,
        journal: Journal,
        reports: Reports,
        phrases: Phrases,
        new_id: Callable[[str], str],
        on_over: Callable[[Response, str | None], None],
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._history = history
        self._journal = journal
        self._reports = reports
        self._phrases = phrases
        self._on_over = on_over
        self._replying = Replying(
            emit=outbox.emit, send=outbox.send, now_ms=lambda: outbox.now_ms, new_id=new_id
        )
        self.heard = HeardReplies(state=state, outbox=outbox, history=history, journal=journal)

    @property
    def current(self) -> Response | None:
        """The reply under way."""
        return self._replying.current

    @property
    def under_way(self) -> bool:
        """Whether there is one."""
        return self.current is not None

    @property
    def floor(self) -> Floor:
        """What the bot is doing, for whoever hears a voice."""
        response = self.current
        if response is None:
            return IDLE_FLOOR
        detection = self._state.config.audio.input.turn_detection
        return Floor(
            item_id=response.item_id,
            sounding=response.audio_ms > 0,
            asking=response.asking(self._outbox.now_ms),
            yields=detection is not None and detection.interrupt_response,
        )

    def is_current(self, response_id: str | None) -> bool:
        """Whether this reply is the one under way; None stands for whichever is."""
        response = self.current
        return response is not None and response_id in (None, response.response_id)

    def turn_of(self, response: Response | None) -> Turn | None:
        """The turn that a reply answers."""
        return self._state.turns.get(response.turn_id or "") if response is not None else None

    def turn_under_answer(self, turn_id: str | None) -> Turn | None:
        """The turn with this id, if the reply under way answers it."""
        response = self.current
        return self.turn_of(response) if response is not None and response.turn_id == turn_id else None

    # What is said --------------------------------------------------------------------------------

    def begin(
        self, turn: Turn | None = None, *, metadata: dict[str, str] | None = None, spoken: bool | None = None
    ) -> Response:
        """Begins a reply and silences the one under way.

        Args:
            turn: what it answers, None where it is said of our own accord.
            metadata: of the client's, given back with the reply.
            spoken: whether it is heard, None: as the session has it.
        """
        self._cancel("turn_detected")
        if turn is not None:
            self._state.remember(turn)
        response = self._replying.begin(
            turn_id=turn.item_id if turn is not None else None,
            spoken="audio" in self._state.config.output_modalities if spoken is None else spoken,
            metadata=metadata,
            previous_item_id=self._history.last_id,
            encoding=self._state.config.audio.output.format.encoding,
        )
        self.heard.begin(response)
        self._history.put(
            events.assistant_item(response.item_id, None, spoken=response.spoken, status="in_progress")
        )
        return response

    def stand_for(self, turn: Turn) -> None:
        """The dialogue engine is given this turn, and has the reply under way on record as its answer."""
        response = self.current
        if response is not None and response.turn_id == turn.item_id:
            self.heard.stands_for(response, AskedTurn(turn.item_id, turn.text))

    def say(self, text: str, language: str, *, of_dialogue: bool = False) -> None:
        """Adds sentences to the reply under way; `of_dialogue` as in `bot.heard`."""
        speed, style = self._state.config.audio.output.speed, self._state.style
        for sentence in split_sentences(text, language):
            self._replying.say(sentence, language=language, speed=speed, of_dialogue=of_dialogue, style=style)

    def say_context(self, text: str, language: str) -> None:
        """Adds a fixed sentence of danger: it stays on the screen, and the guard reads answers against it."""
        if self.current is not None:
            self.heard.add_context(self.current, text, on_screen=self._outbox.own_events)
        self.say(text, language, of_dialogue=True)

    def offer(self, choices: Choices | None) -> None:
        """Keeps the answers to the reply's last words, to be shown at its end; None where they ask nothing.

        Not earlier: a question that was not heard is not answered, and a press would cut it.
        """
        if self.current is not None:
            self.current.choices = choices

    def disclose(self, language: str) -> None:
        """Adds the sentence that says what this is."""
        self._state.disclosed = True
        self._journal.disclosure(language, spoken=True, shown=self._outbox.own_events)
        emotion = "emotion" not in self._state.not_offered
        self.say(self._phrases.disclosure(language, emotion=emotion), language)

    def finish(self) -> None:
        """Nothing is added any more: a written reply is over at once, a spoken one with its last sound."""
        response = self._replying.finish()
        if response is not None:
            self._end(response)

    def cancel(self, reason: str) -> bool:
        """Stops the reply under way: "turn_detected" or "client_cancelled"; False where there is none.

        Then the latest one may still sound at a client that plays late, and is stopped there.
        """
        if self._cancel(reason):
            return True
        latest = self._replying.latest
        if latest is not None:
            latest.playing.stop(self._outbox.now_ms)
            self.heard.correct(latest)
        return False

    # What the voice and the client do ------------------------------------------------------------

    def sound(self, generation: int, sentence_index: int, pcm: bytes) -> None:
        """Sends a piece of speech, unless it belongs to an older reply."""
        response = self.current
        if self._replying.sound(generation, sentence_index, pcm):
            turn = self.turn_of(response)
            if turn is not None:
                self._reports.latency(turn)

    def spoken(self, generation: int) -> None:
        """The voice is through with a generation."""
        response = self._replying.spoken(generation)
        if response is not None:
            self._end(response)

    def voice_failed(self, generation: int) -> None:
        """The voice broke; the text stands on the screen."""
        response = self._replying.fail(generation, "voice_unavailable")
        if response is not None:
            self._end(response)

    def played(self, item_id: str, played_ms: int) -> None:
        """The client has played this much of a reply so far."""
        response = self._replying.find(item_id)
        if response is not None:
            response.playing.report(played_ms, self._outbox.now_ms)
            self.heard.correct(response)

    def truncate(self, item_id: str, played_ms: int) -> None:
        """The client has played this much of a reply and plays no more of it."""
        response = self._replying.find(item_id)
        if response is not None:
            response.playing.truncate(played_ms, self._outbox.now_ms)
            self.heard.correct(response)

    def _cancel(self, reason: str) -> bool:
        response = self._replying.cancel(reason)
        if response is not None:
            self._end(response, reason)
        return response is not None

    def _end(self, response: Response, reason: str | None = None) -> None:
        self._on_over(response, reason)
        if response.choices is not None and reason is None:
            self._reports.choices(response.item_id, response.choices, self.turn_of(response))
        self.heard.keep(response, self.turn_of(response), status="cancelled" if reason else "completed")
