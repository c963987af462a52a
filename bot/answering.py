"""The answering half of a talk: crisis guard first, then the dialogue engine, then the voice. No I/O."""

from __future__ import annotations

from bot.commands import DialogueDone, DialogueFailed, DialogueMessage, UnderstandingFailed
from bot.consent_replies import ConsentReplies
from bot.crisis_replies import CrisisReplies
from bot.delivery import Delivery
from bot.dialogue_question import dialogue_question
from bot.heard_replies import AskedTurn
from bot.outbox import Outbox
from bot.phrases import Phrases
from bot.reports import Reports
from bot.safety import Safety
from bot.talk_state import CRISIS_LEVEL, TalkState, Turn
from language import LANGUAGES, detect_script_language

__all__ = ["Answering"]

_REPAIR_VOICE_MS = 1_000  # shorter unintelligible bursts are passed over in silence


class Answering:
    """Answers turns: says what the dialogue engine says to them, or why nothing comes.

    Args:
        state: the talk.
        outbox: takes commands.
        reports: shows what is found beside the words.
        safety: shows whom to call.
        phrases: the gateway's own sentences.
        delivery: says the replies.
        crisis: answers danger, before anything else.
        consents: asks whether feelings may be inferred.
    """

    def __init__(
        self,
        *,
        state: TalkState,
        outbox: Outbox,
        reports: Reports,
        safety: Safety,
        phrases: Phrases,
        delivery: Delivery,
        crisis: CrisisReplies,
        consents: ConsentReplies,
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._reports = reports
        self._safety = safety
        self._phrases = phrases
        self._delivery = delivery
        self._crisis = crisis
        self._consents = consents
        self._told: list[str] = []

    # Beginning a reply ---------------------------------------------------------------------------

    def greet(self, metadata: dict[str, str] | None, spoken: bool | None) -> None:
        """Says what this is, and asks how the user feels; in danger says whom to call instead."""
        language = self._state.language
        self._delivery.begin(metadata=metadata, spoken=spoken)
        self._delivery.disclose(language)
        if self._state.crisis_level >= CRISIS_LEVEL:
            self._crisis.go_on(language)
        elif not self._consents.ask_instead_of_greeting(language):
            self._delivery.say(self._phrases.say("greeting", language), language)
        self._delivery.finish()

    def say(self, phrase: str) -> None:
        """Says one of our own sentences of our own accord."""
        language = self._state.language
        self._delivery.begin()
        self._delivery.say(self._phrases.say(phrase, language), language)
        self._delivery.finish()

    def repair(self, turn: Turn) -> bool:
        """Asks for a turn again whose words were not heard, unless it was a short burst.

        If the noise has cut a crisis reply, that is said again instead. What the recogniser may have heard,
        but was not sure of, is read for danger too.

        Returns:
            Whether anything is said.
        """
        if self._crisis.speaking:
            return False
        if self._crisis.say_again(turn):
            return True
        failed = isinstance(turn.result, UnderstandingFailed)
        language = turn.language = self._state.language
        if not failed and self._crisis.answer(turn):
            return True
        if turn.voiced_ms < _REPAIR_VOICE_MS and not failed:
            return False
        self._delivery.begin(turn)
        turn.answered = True
        phrase = "not_heard"
        if isinstance(turn.result, UnderstandingFailed):
            phrase = "recogniser_busy" if turn.result.busy else "recogniser_down"
        text = self._phrases.say(phrase, language)
        if phrase != "not_heard":  # whoever can't be heard may be in danger
            self._safety.show_lines(0, language, text)
        self._delivery.say(text, language)
        self._delivery.finish()
        return True

    def ask(self, turn: Turn, metadata: dict[str, str] | None = None, spoken: bool | None = None) -> None:
        """Gives a turn to the dialogue engine.

        A crisis reply under way is not cut by the answer to a turn that did not itself interrupt it:
        the dialogue hears such a turn, and its answer is dropped.
        """
        dropped = self._crisis.speaking
        if not dropped:
            self._delivery.begin(turn, metadata=metadata, spoken=spoken)
            self._told.clear()
        turn.answered, turn.intent = False, None  # it may have failed the first time
        turn.times_ms["asked"] = self._outbox.now_ms
        self._delivery.stand_for(turn)
        self._outbox.emit(dialogue_question(self._state, turn, crisis_level=0))
        if dropped:
            self._delivery.heard.drop(AskedTurn(turn.item_id, turn.text))

    def ask_for_patience(self, slow_reply_ms: int) -> None:
        """Says that the answer is being prepared, once a turn, if it is so slow that silence would worry."""
        response = self._delivery.current
        turn = self._delivery.turn_of(response)
        if response is None or turn is None or turn.answered or not response.empty:
            return
        if self._outbox.now_ms - turn.times_ms.get("asked", self._outbox.now_ms) >= slow_reply_ms:
            language = self._state.pinned_language or turn.language
            if not self._state.disclosed:
                self._delivery.disclose(language)
            self._delivery.say(self._phrases.say("one_moment", language), language)

    # What the dialogue engine says ---------------------------------------------------------------

    def dialogue_message(self, message: DialogueMessage) -> None:
        """Speaks a message; one for an interrupted turn is not spoken."""
        turn = self._delivery.turn_under_answer(message.turn_id)
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
                self._delivery.disclose(language)
            self._delivery.say(message.text, language, of_dialogue=True)
            self._delivery.offer(message.choices)

    def dialogue_done(self, done: DialogueDone) -> None:
        """Ends the reply when its last sound is out."""
        if (done.intent or "").startswith("change_language") and done.language in LANGUAGES:
            self._state.pinned_language = done.language
        asked = self._state.turns.get(done.turn_id)
        if done.crisis and asked is not None:
            level = max(done.crisis_level, CRISIS_LEVEL)
            self._crisis.seen_by_dialogue(asked, level, done.crisis_kind or "suicide")
        turn = self._delivery.turn_under_answer(done.turn_id)
        if turn is not None and not turn.answered:
            response = self._delivery.current
            if self._told and response is not None:
                told = " ".join(self._told)
                self._state.recent.append(told)
                self._delivery.heard.add_context(response, told)
            turn.answered, turn.intent = True, done.intent
            self._reports.intent(turn, done.intent, done.language or turn.language)
            self._crisis.offer_numbers_again(turn.language)
            self._consents.ask_after(self._told, self._state.pinned_language or turn.language)
            self._delivery.finish()

    def dialogue_failed(self, failed: DialogueFailed) -> Turn | None:
        """Says kindly that something is down; a crisis reply goes on unharmed.

        Returns:
            The turn that is left without its answer, and may be asked again under the same id.
        """
        turn = self._delivery.turn_under_answer(failed.turn_id)
        if turn is None or turn.answered:
            return None
        turn.answered = True
        language = self._state.pinned_language or turn.language
        self._delivery.say(self._phrases.say("dialogue_down", language), language)
        self._delivery.offer(None)
        self._crisis.offer_numbers_again(language)
        self._delivery.finish()
        return turn
