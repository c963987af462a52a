"""What is said in danger: crisis replies, those that were cut again, numbers, news of people. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from bot.delivery import Delivery
from bot.dialogue_question import dialogue_question
from bot.heard_replies import AskedTurn
from bot.outbox import Outbox
from bot.reports import Reports
from bot.response import Response
from bot.safety import Safety
from bot.talk_state import TalkState, Turn
from language import detect_script_language

__all__ = ["CrisisReplies"]

_CRISIS_INTENT = "crisis"


@dataclass(frozen=True, slots=True)
class _CutReply:
    """A crisis reply that the user has silenced, and the turn in whose place the dialogue remembers it."""

    text: str
    language: str
    asked: AskedTurn | None


class CrisisReplies:
    """Answers danger before any other part is asked, and sees to it that the answer gets through.

    Args:
        state: the talk.
        outbox: takes commands.
        reports: shows what is found beside the words.
        safety: reads turns for danger.
        delivery: says the replies.
    """

    def __init__(
        self, *, state: TalkState, outbox: Outbox, reports: Reports, safety: Safety, delivery: Delivery
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._reports = reports
        self._safety = safety
        self._delivery = delivery
        self._cut: _CutReply | None = None
        self._news_of_people: str | None = None
        self._telling: str | None = None

    @property
    def speaking(self) -> bool:
        """Whether the reply under way is one to danger."""
        return self._is_to_danger(self._delivery.current)

    def answer(self, turn: Turn) -> bool:
        """Reads a turn for danger; where there is some, answers at once without asking any other part."""
        answer = self._safety.read(turn)
        if answer is None:
            return False
        self._delivery.begin(turn)
        self._cut = None
        turn.answered, turn.intent = True, _CRISIS_INTENT
        self._delivery.say_context(answer.text, turn.language)
        self._delivery.finish()
        self._reports.intent(turn, turn.intent, turn.language)
        if turn.text:
            # The dialogue hears the turn too, so that it knows what a "no" to our question answers.
            self._delivery.stand_for(turn)
            self._outbox.emit(dialogue_question(self._state, turn, crisis_level=answer.level))
        return True

    def say_again(self, turn: Turn) -> bool:
        """Says the reply again that this turn, in which no words were heard, has cut; False without one."""
        cut, self._cut = self._cut, None
        if cut is None:
            return False
        response = self._delivery.begin(turn)
        turn.answered, turn.intent = True, _CRISIS_INTENT
        self._delivery.heard.stands_for(response, cut.asked, corrected=True)
        self._state.recent.append(cut.text)
        self._delivery.say_context(cut.text, cut.language)
        self._delivery.finish()
        return True

    def go_on(self, language: str) -> None:
        """Adds, to a reply with which a talk in danger begins again, whom to call."""
        self._delivery.say_context(self._safety.continued(language), language)

    def offer_numbers_again(self, language: str) -> None:
        """Adds the numbers to the reply under way, after a crisis reply that the user has silenced."""
        if self._cut is not None:
            self._cut = None
            self._delivery.say(self._safety.numbers(language), language)

    def seen_by_dialogue(self, turn: Turn, level: int, kind: str) -> None:
        """The dialogue found danger in a turn, interrupted or not; known danger of the talk is no news."""
        if level > self._state.crisis_level:
            news = self._safety.seen_by_dialogue(turn, level, kind)
            self._news_of_people = news or self._news_of_people

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
        if news is not None and self._delivery.current is None:
            language = self._state.language
            self._delivery.begin()
            self._news_of_people, self._telling = None, news
            self._delivery.say(self._safety.sentence(news, language), language)
            self._delivery.finish()

    def note_over(self, response: Response, reason: str | None) -> None:
        """A reply is over; what a voice has cut of it is said again when there is room."""
        telling, self._telling = self._telling, None
        if reason != "turn_detected":
            return
        self._news_of_people = self._news_of_people or telling
        if self._is_to_danger(response):
            language = detect_script_language(response.text) or "en"
            self._cut = _CutReply(response.text, language, self._delivery.heard.asked_of(response))

    def _is_to_danger(self, response: Response | None) -> bool:
        turn = self._delivery.turn_of(response)
        return turn is not None and turn.intent == _CRISIS_INTENT
