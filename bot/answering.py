"""The answering half of a talk: crisis guard first, then the dialogue engine, then the voice. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot import server_events as events
from bot.commands import (
    AskDialogue,
    DialogueDone,
    DialogueFailed,
    DialogueMessage,
    UnderstandingFailed,
    Understood,
)
from bot.heard_replies import AskedTurn, HeardReplies
from bot.history import History
from bot.interruption import IDLE_FLOOR, Floor
from bot.journal import Journal
from bot.outbox import Outbox
from bot.phrases import Phrases
from bot.replying import Replying
from bot.reports import Reports
from bot.response import Response
from bot.safety import Safety
from bot.talk_state import CRISIS_LEVEL, TalkState, Turn
from language import LANGUAGES, detect_script_language, split_sentences

__all__ = ["Answering"]

_CRISIS_INTENT = "crisis"
_REPAIR_VOICE_MS = 1_000  # shorter unintelligible bursts are passed over in silence


@dataclass(frozen=True, slots=True)
class _CutCrisisReply:
    """A crisis reply that the user has silenced, and the turn in whose place the dialogue remembers it."""

    text: str
    language: str
    asked: AskedTurn | None


class Answering:
    """Answers turns, one reply at a time.

    Args:
        state: the talk.
        outbox: takes commands and events.
        history: takes the bot's items.
        journal: remembers.
        reports: shows what is found beside the words.
        safety: reads every transcript and every typed turn first.
        phrases: the gateway's own sentences.
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
        safety: Safety,
        phrases: Phrases,
        new_id: Callable[[str], str],
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._history = history
        self._journal = journal
        self._reports = reports
        self._safety = safety
        self._phrases = phrases
        self._replying = Replying(
            emit=outbox.emit, send=outbox.send, now_ms=lambda: outbox.now_ms, new_id=new_id
        )
        self._heard = HeardReplies(state=state, outbox=outbox, history=history, journal=journal)
        self._told: list[str] = []
        self._news_of_people: str | None = None
        self._telling: str | None = None
        self._cut_crisis_reply: _CutCrisisReply | None = None

    @property
    def replying(self) -> bool:
        """Whether a reply is under way."""
        return self._replying.current is not None

    @property
    def floor(self) -> Floor:
        """What the bot is doing, for whoever hears a voice."""
        response = self._replying.current
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
        response = self._replying.current
        return response is not None and response_id in (None, response.response_id)

    # Beginning a reply ---------------------------------------------------------------------------

    def greet(self, metadata: dict[str, str] | None, spoken: bool | None) -> None:
        """Says what this is, and asks how the user feels; in danger says whom to call instead."""
        language = self._state.language
        response = self._begin(None, metadata=metadata, spoken=spoken)
        self._disclose(language)
        if self._state.crisis_level >= CRISIS_LEVEL:
            text = self._safety.continued(language)
            self._heard.add_context(response, text, on_screen=self._outbox.own_events)
            self._say(text, language, of_dialogue=True)
            self._finish()
            return
        self._say(self._phrases.say("greeting", language), language)
        self._finish()

    def say(self, phrase: str) -> None:
        """Says one of our own sentences of our own accord."""
        language = self._state.language
        self._begin(None, metadata=None, spoken=None)
        self._say(self._phrases.say(phrase, language), language)
        self._finish()

    def repair(self, turn: Turn) -> bool:
        """Asks for a turn again whose words were not heard, unless it was a short burst.

        If the noise has cut a crisis reply, that is said again instead. What the recogniser may have heard,
        but was not sure of, is read for danger too.

        Returns:
            Whether anything is said.
        """
        if self._saying_crisis_reply:
            return False
        if self._cut_crisis_reply is not None:
            cut, self._cut_crisis_reply = self._cut_crisis_reply, None
            response = self._begin(turn, metadata=None, spoken=None)
            turn.answered, turn.intent = True, _CRISIS_INTENT
            self._heard.stands_for(response, cut.asked, corrected=True)
            self._state.recent.append(cut.text)
            self._heard.add_context(response, cut.text, on_screen=self._outbox.own_events)
            self._say(cut.text, cut.language, of_dialogue=True)
            self._finish()
            return True
        failed = isinstance(turn.result, UnderstandingFailed)
        language = turn.language = self._state.language
        if not failed and self.answer_crisis(turn):
            return True
        if turn.voiced_ms < _REPAIR_VOICE_MS and not failed:
            return False
        self._begin(turn, metadata=None, spoken=None)
        turn.answered = True
        phrase = "not_heard"
        if isinstance(turn.result, UnderstandingFailed):
            phrase = "recogniser_busy" if turn.result.busy else "recogniser_down"
        text = self._phrases.say(phrase, language)
        if phrase != "not_heard":  # whoever can't be heard may be in danger
            self._safety.show_lines(0, language, text)
        self._say(text, language)
        self._finish()
        return True

    def answer_crisis(self, turn: Turn) -> bool:
        """Reads a turn for danger; where there is some, answers at once without asking any other part."""
        answer = self._safety.read(turn)
        if answer is None:
            return False
        response = self._begin(turn, metadata=None, spoken=None)
        self._cut_crisis_reply = None
        turn.answered, turn.intent = True, _CRISIS_INTENT
        self._heard.add_context(response, answer.text, on_screen=self._outbox.own_events)
        self._say(answer.text, turn.language, of_dialogue=True)
        self._finish()
        self._reports.intent(turn, turn.intent, turn.language)
        if turn.text:
            # The dialogue hears the turn too, so that it knows what a "no" to our question answers.
            self._ask_dialogue(turn, crisis_level=answer.level)
        return True

    def people(self, kind: str, status: str) -> None:
        """Takes how far the call for people has come, and has the user told in the next gap."""
        self._reports.people(kind, status)
        self._safety.learn_of_people(status)
        said = {"acknowledged": "reached", "unreached": "unreached"}.get(status)
        if said is not None:
            self._news_of_people = said  # the latest alone is true

    def tell_of_people(self) -> None:
        """Says what has become of the call for people, in a gap."""
        news = self._news_of_people
        if news is not None and self._replying.current is None:
            language = self._state.language
            self._begin(None, metadata=None, spoken=None)
            self._news_of_people, self._telling = None, news
            self._say(self._safety.sentence(news, language), language)
            self._finish()

    def ask(self, turn: Turn, metadata: dict[str, str] | None = None, spoken: bool | None = None) -> None:
        """Gives a turn to the dialogue engine.

        A crisis reply under way is not cut by the answer to a turn that did not itself interrupt it:
        the dialogue hears such a turn, and its answer is dropped.
        """
        dropped = self._saying_crisis_reply
        if not dropped:
            self._begin(turn, metadata=metadata, spoken=spoken)
        turn.answered, turn.intent = False, None  # it may have failed the first time
        turn.times_ms["asked"] = self._outbox.now_ms
        self._ask_dialogue(turn, crisis_level=0)
        if dropped:
            self._heard.drop(AskedTurn(turn.item_id, turn.text))

    def cancel(self, reason: str) -> bool:
        """Stops the reply under way: "turn_detected" or "client_cancelled"; False where there is none.

        Then the latest one may still sound at a client that plays late, and is stopped there.
        """
        if self._cancel(reason):
            return True
        latest = self._replying.latest
        if latest is not None:
            latest.playing.stop(self._outbox.now_ms)
            self._heard.correct(latest)
        return False

    def _cancel(self, reason: str) -> bool:
        was_crisis_reply = self._saying_crisis_reply
        response = self._replying.cancel(reason)
        if response is None:
            return False
        if self._telling is not None and reason == "turn_detected":
            self._news_of_people = self._news_of_people or self._telling  # said again in the next gap
        if was_crisis_reply and reason == "turn_detected":
            language = detect_script_language(response.text) or "en"
            asked = self._heard.asked_of(response)
            self._cut_crisis_reply = _CutCrisisReply(response.text, language, asked)
        self._keep(response, status="cancelled")
        return True

    def ask_for_patience(self, slow_reply_ms: int) -> None:
        """Says that the answer is being prepared, once a turn, if it is so slow that silence would worry."""
        response = self._replying.current
        turn = self._answered(response.turn_id) if response is not None else None
        if response is None or turn is None or turn.answered or not response.empty:
            return
        if self._outbox.now_ms - turn.times_ms.get("asked", self._outbox.now_ms) >= slow_reply_ms:
            language = self._state.pinned_language or turn.language
            if not self._state.disclosed:
                self._disclose(language)
            self._say(self._phrases.say("one_moment", language), language)

    # What the dialogue engine says ---------------------------------------------------------------

    def dialogue_message(self, message: DialogueMessage) -> None:
        """Speaks a message; one for an interrupted turn is not spoken."""
        turn = self._answered(message.turn_id)
        if turn is None or turn.answered:  # by the guard
            return
        if message.custom:
            if message.custom.get("suggestions") and self._state.crisis_level >= CRISIS_LEVEL:
                return  # whatever made the dialogue offer them, this is no time for exercises
            self._reports.custom(turn, message.custom)
        if message.text:
            turn.times_ms.setdefault("reply", self._outbox.now_ms)
            self._told.append(message.text)
            language = detect_script_language(message.text) or turn.language
            if not self._state.disclosed:
                self._disclose(language)
            self._say(message.text, language, of_dialogue=True)

    def dialogue_done(self, done: DialogueDone) -> None:
        """Ends the reply when its last sound is out."""
        if (done.intent or "").startswith("change_language") and done.language in LANGUAGES:
            self._state.pinned_language = done.language
        asked = self._state.turns.get(done.turn_id)
        level = max(done.crisis_level, CRISIS_LEVEL) if done.crisis else 0
        if asked is not None and level > self._state.crisis_level:  # interrupted or not
            news = self._safety.seen_by_dialogue(asked, level, done.crisis_kind or "suicide")
            self._news_of_people = news or self._news_of_people
        turn = self._answered(done.turn_id)
        if turn is not None and not turn.answered:
            response = self._replying.current
            if self._told and response is not None:
                told = " ".join(self._told)
                self._state.recent.append(told)
                self._heard.add_context(response, told)
            turn.answered, turn.intent = True, done.intent
            self._reports.intent(turn, done.intent, done.language or turn.language)
            self._offer_numbers_again(turn.language)
            self._finish()

    def dialogue_failed(self, failed: DialogueFailed) -> Turn | None:
        """Says kindly that something is down; a crisis reply goes on unharmed.

        Returns:
            The turn that is left without its answer, and may be asked again under the same id.
        """
        turn = self._answered(failed.turn_id)
        if turn is None or turn.answered:
            return None
        turn.answered = True
        language = self._state.pinned_language or turn.language
        self._say(self._phrases.say("dialogue_down", language), language)
        self._offer_numbers_again(language)
        self._finish()
        return turn

    # What the voice does -------------------------------------------------------------------------

    def sound(self, generation: int, sentence_index: int, pcm: bytes) -> None:
        """Sends a piece of speech, unless it belongs to an older reply."""
        response = self._replying.current
        if self._replying.sound(generation, sentence_index, pcm) and response is not None:
            turn = self._turn_of(response)
            if turn is not None:
                self._reports.latency(turn)

    def spoken(self, generation: int) -> None:
        """The voice is through with a generation."""
        response = self._replying.spoken(generation)
        if response is not None:
            self._keep(response, status="completed")

    def voice_failed(self, generation: int) -> None:
        """The voice broke; the text stands on the screen."""
        response = self._replying.fail(generation, "voice_unavailable")
        if response is not None:
            self._keep(response, status="completed")

    def played(self, item_id: str, played_ms: int) -> None:
        """The client has played this much of a reply so far."""
        response = self._replying.find(item_id)
        if response is not None:
            response.playing.report(played_ms, self._outbox.now_ms)
            self._heard.correct(response)

    def truncate(self, item_id: str, played_ms: int) -> None:
        """The client has played this much of a reply and plays no more of it."""
        response = self._replying.find(item_id)
        if response is not None:
            response.playing.truncate(played_ms, self._outbox.now_ms)
            self._heard.correct(response)

    @property
    def _saying_crisis_reply(self) -> bool:
        response = self._replying.current
        turn = self._turn_of(response) if response is not None else None
        return turn is not None and turn.intent == _CRISIS_INTENT

    # Steps ---------------------------------------------------------------------------------------

    def _answered(self, turn_id: str | None) -> Turn | None:
        response = self._replying.current
        return self._turn_of(response) if response is not None and response.turn_id == turn_id else None

    def _turn_of(self, response: Response) -> Turn | None:
        return self._state.turns.get(response.turn_id or "")

    def _begin(self, turn: Turn | None, *, metadata: dict[str, str] | None, spoken: bool | None) -> Response:
        self._cancel("turn_detected")
        if turn is not None:
            self._state.remember(turn)
        self._told.clear()
        response = self._replying.begin(
            turn_id=turn.item_id if turn is not None else None,
            spoken="audio" in self._state.config.output_modalities if spoken is None else spoken,
            metadata=metadata,
            previous_item_id=self._history.last_id,
            encoding=self._state.config.audio.output.format.encoding,
        )
        self._heard.begin(response)
        self._history.put(
            events.assistant_item(response.item_id, None, spoken=response.spoken, status="in_progress")
        )
        return response

    def _ask_dialogue(self, turn: Turn, *, crisis_level: int) -> None:
        state, response = self._state, self._replying.current
        if response is not None and response.turn_id == turn.item_id:
            self._heard.stands_for(response, AskedTurn(turn.item_id, turn.text))
        mood = state.mood if isinstance(turn.result, Understood) else None
        self._outbox.emit(
            AskDialogue(
                turn_id=turn.item_id,
                text=turn.text,
                metadata={
                    "language": state.pinned_language or turn.language,
                    "mood": None
                    if mood is None
                    else {
                        "label": mood.label,
                        "probabilities": dict(mood.probabilities),
                        "model": mood.model,
                        "threshold": mood.threshold,
                    },
                    "purpose": state.identity.purpose,
                    "country": state.country,
                    "crisis_level": crisis_level,
                    "in_crisis": state.crisis_level >= CRISIS_LEVEL,
                    "distress": state.distress,
                    "exclude": list(state.shown),
                    "recognition": _recognition(turn),
                },
            )
        )

    def _say(self, text: str, language: str, *, of_dialogue: bool = False) -> None:
        speed = self._state.config.audio.output.speed
        for sentence in split_sentences(text, language):
            self._replying.say(sentence, language=language, speed=speed, of_dialogue=of_dialogue)

    def _offer_numbers_again(self, language: str) -> None:
        """After a crisis reply that the user has silenced."""
        if self._cut_crisis_reply is not None:
            self._cut_crisis_reply = None
            self._say(self._safety.numbers(language), language)

    def _finish(self) -> None:
        response = self._replying.finish()
        if response is not None:  # a written reply is over at once, a spoken one with its last sound
            self._keep(response, status="completed")

    def _disclose(self, language: str) -> None:
        self._state.disclosed = True
        self._journal.disclosure(language, spoken=True, shown=self._outbox.own_events)
        self._say(self._phrases.disclosure(language), language)

    def _keep(self, response: Response, *, status: str) -> None:
        self._telling = None
        self._heard.keep(response, self._turn_of(response), status=status)


def _recognition(turn: Turn) -> dict[str, object] | None:
    """How surely a spoken turn was recognised, and as what else; None of a typed one."""
    if not isinstance(turn.result, Understood):
        return None
    return {"confidence": turn.result.confidence, "alternatives": list(turn.result.alternatives)}
