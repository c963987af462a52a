"""The rules of a talk: what is heard, understood, asked of the dialogue, and said. No I/O.

`Conversation` takes client events, voice activity, results and the time, and returns the commands that
its shell (`realtime`) carries out. The way of a spoken turn, each step a method that the shell calls:

    hear → (Understand) → understood → crisis guard → (AskDialogue) → dialogue_message → (Speak)
    → sound → spoken, with a Record for the session log beside each step.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from bot import protocol as p
from bot import server_events as events
from bot.answering import Answering
from bot.asides import Aside, Asides
from bot.asking import Asking
from bot.commands import (
    Command,
    DialogueDone,
    DialogueFailed,
    DialogueMessage,
    ForgetAudio,
    ReceiveAudio,
    UnderstandingFailed,
    Understood,
)
from bot.consent_replies import ConsentReplies
from bot.consents import Consents
from bot.crisis_replies import CrisisReplies
from bot.delivery import Delivery
from bot.ending import Ending
from bot.endpointing import EndpointEvent, SpeechEnded
from bot.hearing import Hearing
from bot.history import History
from bot.interruption import Interruption
from bot.journal import Journal
from bot.outbox import Outbox
from bot.personal_memory import Corrections, PersonalMemory, no_corrections
from bot.phrases import DISCLOSURE_VERSION, Phrases
from bot.reports import Reports
from bot.response import Response
from bot.resume import Resumption
from bot.safety import Guard, Rota, Safety
from bot.session_config import SessionConfig, apply_update
from bot.talk_state import CRISIS_LEVEL, TalkIdentity, TalkLimits, TalkState, Turn

__all__ = ["Conversation"]

_USUAL_LIMITS = TalkLimits()
_TOKEN_BYTES = 32


class Conversation:
    """One talk.

    Args:
        identity: who talks, from the token.
        config: the session as it begins.
        patience_ms: silence that ends a turn where the client has not chosen one.
        guard: the crisis guard.
        rota: who is on call.
        phrases: the gateway's own sentences.
        new_id: makes an id with the given prefix.
        limits: when the talk ends by itself.
        not_offered: consents that can't be granted here.
        corrections: what feedback has taught.
        new_token: makes a token that can't be guessed, with which the client can come back after a break.

    Every method takes `now_ms`, the wall clock in milliseconds since the epoch, and returns the
    commands that are due, in order.
    """

    def __init__(
        self,
        *,
        identity: TalkIdentity,
        config: SessionConfig,
        patience_ms: int,
        guard: Guard,
        rota: Rota,
        phrases: Phrases,
        new_id: Callable[[str], str],
        limits: TalkLimits = _USUAL_LIMITS,
        not_offered: frozenset[str] = frozenset(),
        corrections: Corrections = no_corrections,
        new_token: Callable[[], str] = lambda: secrets.token_urlsafe(_TOKEN_BYTES),
    ) -> None:
        self._limits = limits
        self._phrases = phrases
        self._outbox = Outbox(identity.talk_id)
        self._history = History()
        self._journal = Journal(identity, self._outbox)
        self._state = TalkState(
            identity=identity,
            config=config,
            granted=set(identity.grants - identity.refused - not_offered),
            heard_language=identity.language or "en",
            not_offered=not_offered,
            corrections=corrections,
        )
        self._consents = Consents(state=self._state, outbox=self._outbox, journal=self._journal)
        reports = Reports(state=self._state, outbox=self._outbox, journal=self._journal)
        self._safety = Safety(state=self._state, outbox=self._outbox, reports=reports, guard=guard, rota=rota)
        self._interruption = Interruption(self._outbox)
        self._asides = Asides(state=self._state, outbox=self._outbox, finds_danger=self._finds_danger)
        self._hearing = Hearing(
            state=self._state,
            outbox=self._outbox,
            history=self._history,
            patience_ms=patience_ms,
            new_id=new_id,
            interruption=self._interruption,
            asides=self._asides,
        )
        self._delivery = Delivery(
            state=self._state,
            outbox=self._outbox,
            history=self._history,
            journal=self._journal,
            reports=reports,
            phrases=phrases,
            new_id=new_id,
            on_over=self._note_over,
        )
        self._crisis = CrisisReplies(
            state=self._state,
            outbox=self._outbox,
            reports=reports,
            safety=self._safety,
            delivery=self._delivery,
        )
        self._wishes = ConsentReplies(
            state=self._state,
            outbox=self._outbox,
            consents=self._consents,
            delivery=self._delivery,
            reports=reports,
            phrases=phrases,
        )
        self._answering = Answering(
            state=self._state,
            outbox=self._outbox,
            reports=reports,
            safety=self._safety,
            phrases=phrases,
            delivery=self._delivery,
            crisis=self._crisis,
            consents=self._wishes,
        )
        self._ending = Ending(
            state=self._state, outbox=self._outbox, answering=self._answering, limits=limits
        )
        self._resumption = Resumption(
            state=self._state,
            outbox=self._outbox,
            ending=self._ending,
            wait_ms=limits.resume_ms,
            new_token=new_token,
        )
        self._asking = Asking(
            state=self._state,
            outbox=self._outbox,
            history=self._history,
            journal=self._journal,
            reports=reports,
            hearing=self._hearing,
            answering=self._answering,
            delivery=self._delivery,
            crisis=self._crisis,
            consents=self._consents,
            wishes=self._wishes,
            new_id=new_id,
        )

    def start(self, now_ms: float) -> list[Command]:
        """The socket is open."""
        self._outbox.now_ms = now_ms
        self._ending.begin()
        self._journal.talk_started()
        self._consents.begin()
        self._outbox.send({"type": "session.created", "session": self._state.config.echo()})
        self._hearing.configure()
        return self._outbox.drain()

    def end(self, reason: str, now_ms: float) -> list[Command]:
        """The socket is gone, or is about to be closed."""
        self._outbox.now_ms = now_ms
        self._delivery.cancel("client_cancelled")
        self._journal.talk_ended(reason)
        return self._outbox.drain()

    @property
    def granted(self) -> frozenset[str]:
        """The consents in force."""
        return frozenset(self._state.granted)

    @property
    def resumable(self) -> bool:
        """Whether the client could come back after a break: one that asked for our own events."""
        return self._resumption.possible

    def accepts(self, token: str, now_ms: float) -> bool:
        """Whether whoever shows this token may go on with this talk."""
        return self._resumption.accepts(token, now_ms)

    def lose(self, now_ms: float) -> list[Command]:
        """The socket broke: what is under way goes on, and the talk waits for its client."""
        self._outbox.now_ms = now_ms
        self._resumption.lose()
        return self._outbox.drain()

    def regain(self, now_ms: float) -> list[Command]:
        """The client is back, on a new socket."""
        self._outbox.now_ms = now_ms
        self._resumption.regain()
        return self._outbox.drain()

    def tick(self, now_ms: float) -> list[Command]:
        """Time passes; called about once a second."""
        self._outbox.now_ms = now_ms
        self._resumption.tick()
        self._hearing.tick()
        self._answering.ask_for_patience(self._limits.slow_reply_ms)
        if not (self._hearing.speaking or self._hearing.waiting):
            self._crisis.tell_of_people()
        self._ending.tick(
            replying=self._delivery.under_way, hearing=self._hearing.speaking or self._hearing.waiting
        )
        return self._outbox.drain()

    def restart(self, now_ms: float) -> list[Command]:
        """The server is about to stop: what is under way is finished, then the talk is closed."""
        self._ending.restart()
        if self._resumption.waiting:  # nobody could come back to it
            self._ending.leave("server_restarting")
        return self.tick(now_ms)

    def hear(self, event: EndpointEvent, now_ms: float) -> list[Command]:
        """Voice activity: a turn begins, pauses, goes on or ends; or a burst that does not interrupt."""
        self._outbox.now_ms = now_ms
        begun, concluded = self._hearing.hear(event, self._delivery.floor)
        if begun:
            self._yield_floor()
        if concluded is not None:
            self._asking.conclude(concluded)
        if isinstance(event, SpeechEnded):
            self._adopt(self._hearing.take_answer())
        return self._outbox.drain()

    def understood(self, result: Understood | UnderstandingFailed, now_ms: float) -> list[Command]:
        """A recognition is through."""
        self._outbox.now_ms = now_ms
        if result.item_id in self._asides:
            self._adopt(self._asides.understood(result))
            return self._outbox.drain()
        concluded = self._hearing.understood(result)
        if concluded is not None:
            self._asking.conclude(concluded)
        return self._outbox.drain()

    def _yield_floor(self) -> None:
        detection = self._state.config.audio.input.turn_detection
        if detection is not None and detection.interrupt_response:
            self._delivery.cancel("turn_detected")
        self._interruption.release()  # afterwards: a held reply must not sound on

    def _finds_danger(self, turn: Turn) -> bool:
        """Whether there is danger in what was said into the reply under way, as far as that was heard."""
        response = self._delivery.current
        return self._safety.finds_danger(turn, self._delivery.heard.context(response))

    def _adopt(self, aside: Aside | None) -> None:
        """Makes a burst of voice that did not interrupt a turn after all."""
        if aside is None:
            return
        self._hearing.adopt(aside)
        self._yield_floor()
        concluded = self._hearing.conclude(aside)
        if concluded is not None:
            self._asking.conclude(concluded)

    def dialogue(
        self, answer: DialogueMessage | DialogueDone | DialogueFailed, now_ms: float
    ) -> list[Command]:
        """The dialogue engine says something."""
        self._outbox.now_ms = now_ms
        match answer:
            case DialogueMessage():
                self._answering.dialogue_message(answer)
            case DialogueDone():
                self._answering.dialogue_done(answer)
            case DialogueFailed():
                turn = self._answering.dialogue_failed(answer)
                if turn is not None:
                    self._asking.leave_unanswered(turn)
        return self._outbox.drain()

    def sound(self, generation: int, sentence_index: int, pcm: bytes, now_ms: float) -> list[Command]:
        """A piece of speech, PCM16 mono at the session's rate, is due now."""
        self._outbox.now_ms = now_ms
        self._delivery.sound(generation, sentence_index, pcm)
        return self._outbox.drain()

    def spoken(self, generation: int, now_ms: float) -> list[Command]:
        """All sentences of a generation are out."""
        self._outbox.now_ms = now_ms
        self._delivery.spoken(generation)
        return self._outbox.drain()

    def voice_failed(self, generation: int, now_ms: float) -> list[Command]:
        """The voice broke."""
        self._outbox.now_ms = now_ms
        self._delivery.voice_failed(generation)
        return self._outbox.drain()

    def people(self, kind: str, status: str, now_ms: float) -> list[Command]:
        """The call for people in a crisis of `kind` has come as far as `status` (`on_call.desk`)."""
        self._outbox.now_ms = now_ms
        self._crisis.people(kind, status)
        return self._outbox.drain()

    def receive(self, event: p.ClientEvent, now_ms: float) -> list[Command]:
        """A client event; audio goes to the listener instead and comes back through `hear`."""
        self._outbox.now_ms = now_ms
        if not isinstance(event, p.Ping | p.Playback):
            self._ending.note_activity()
        try:
            self._dispatch(event)
        except p.ProtocolError as error:
            self._refuse(error, event.event_id)
        return self._outbox.drain()

    def set_consent(self, scope: str, granted: bool, version: str, now_ms: float) -> list[Command]:
        """The person granted or revoked a scope on their own page."""
        self._outbox.now_ms = now_ms
        self._consents.change(scope, granted, version, "page")
        self._consents.show()
        return self._outbox.drain()

    def recalled(self, number: int, memory: PersonalMemory, now_ms: float) -> list[Command]:
        """What the person's earlier talks tell has been read, under the number of its command."""
        self._outbox.now_ms = now_ms
        self._consents.recall.recalled(number, memory)
        return self._outbox.drain()

    def refuse(self, error: p.ProtocolError, now_ms: float) -> list[Command]:
        """A message that could not be read at all; the talk goes on."""
        self._outbox.now_ms = now_ms
        self._refuse(error, error.event_id)
        return self._outbox.drain()

    def _dispatch(self, event: p.ClientEvent) -> None:
        match event:
            case p.SessionUpdate():
                self._update_session(event)
            case p.AudioCommit():
                self._hearing.commit(event.event_id)
            case p.AudioClear():
                self._hearing.forget()
                self._outbox.emit(ForgetAudio())
                self._outbox.send({"type": "input_audio_buffer.cleared"})
            case p.ItemCreate():
                self._asking.create_item(event)
            case p.ItemRetrieve():
                item = self._history.get(event.item_id, event_id=event.event_id)
                self._outbox.send({"type": "conversation.item.retrieved", "item": item})
            case p.ItemDelete():
                self._history.delete(event.item_id, event_id=event.event_id)
                self._outbox.send({"type": "conversation.item.deleted", "item_id": event.item_id})
            case p.ItemTruncate():
                self._truncate(event)
            case p.ResponseCreate():
                self._asking.create_response(event)
            case p.ResponseCancel():
                if not self._delivery.is_current(event.response_id) or not self._delivery.cancel(
                    "client_cancelled"
                ):
                    raise p.ProtocolError(
                        "response_cancel_not_active", "Cancellation failed: there is no reply under way."
                    )
            case p.OutputAudioClear():
                self._delivery.cancel("client_cancelled")
            case p.ConsentSetting():
                if event.granted:
                    self._consents.require_offered(event.scope, event.event_id)
                by = self._state.identity.consents_by
                self._consents.change(event.scope, event.granted, event.version, by)
            case p.SuggestionFeedbackGiven():
                self._journal.feedback(event.suggestion_id, event.helped)
            case p.DistressSetting():
                self._state.distress = event.value
                self._journal.distress(event.value, event.moment)
            case p.LabelWrong():
                self._journal.label_corrected(event.item_id, event.emotion)
            case p.Resume():
                raise p.ProtocolError("resume_expired", "That talk can't be resumed; a new one has begun.")
            case p.Playback():
                self._delivery.played(event.item_id, event.played_ms)
            case p.Ping() | p.AudioAppend():
                pass

    def _update_session(self, event: p.SessionUpdate) -> None:
        state = self._state
        first, country = state.config.hamdel is None, state.country
        before = _receiving(state.config)
        state.config = apply_update(state.config, event.session, event_id=event.event_id)
        if state.config.hamdel is not None:
            self._outbox.own_events = True
            state.crisis_level = max(state.crisis_level, state.config.hamdel.crisis_level)
        else:
            self._outbox.own_events = False
        self._outbox.send({"type": "session.updated", "session": state.config.echo()})
        if _receiving(state.config) != before:
            self._outbox.emit(_receiving(state.config))
        if state.country != country and state.crisis_level >= CRISIS_LEVEL:
            self._safety.show_lines(state.crisis_level, state.language, "")
        self._hearing.configure()
        if first and state.config.hamdel is not None:
            text = self._phrases.disclosure(state.language, emotion=self._consents.offers("emotion"))
            self._outbox.send_own({"type": "hamdel.disclosure", "text": text, "version": DISCLOSURE_VERSION})
            if state.config.hamdel.disclosure == "shown":
                state.disclosed = True
                self._journal.disclosure(state.language, spoken=False, shown=True)
        self._resumption.offer()

    def _truncate(self, event: p.ItemTruncate) -> None:
        self._history.require_spoken(event.item_id, event_id=event.event_id)
        self._delivery.truncate(event.item_id, event.audio_end_ms)
        self._outbox.send(
            {
                "type": "conversation.item.truncated",
                "item_id": event.item_id,
                "content_index": event.content_index,
                "audio_end_ms": event.audio_end_ms,
            }
        )

    def _note_over(self, response: Response, reason: str | None) -> None:
        self._crisis.note_over(response, reason)
        self._wishes.note_over(response, reason)

    def _refuse(self, error: p.ProtocolError, event_id: str | None) -> None:
        refusal = events.error(
            error.code, error.message, param=error.param, event_id=error.event_id or event_id
        )
        self._outbox.send(refusal)


def _receiving(config: SessionConfig) -> ReceiveAudio:
    return ReceiveAudio(config.audio.input.format.encoding, config.takes_binary_frames)
