"""What the client is shown beside the words: moods, suggestions, lines, timings, hand-overs. No I/O.

These are events of our own (`hamdel.`), which go only to clients that asked for them; what belongs into
the session log is recorded whether they did or not.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.choices import Choices
from bot.commands import Timing
from bot.custom import Custom
from bot.journal import Journal
from bot.outbox import Outbox
from bot.talk_state import CRISIS_LEVEL, TalkState, Turn
from crisis import Line
from emotion import EmotionEstimate
from language import detect_script_language

__all__ = ["Reports"]


class Reports:
    """Shows and records what is found out about a turn.

    Args:
        state: the talk.
        outbox: takes events and commands.
        journal: remembers.
    """

    def __init__(self, *, state: TalkState, outbox: Outbox, journal: Journal) -> None:
        self._state = state
        self._outbox = outbox
        self._journal = journal

    def mood(self, turn: Turn, mood: EmotionEstimate) -> None:
        """What a detector heard."""
        self._journal.mood(turn, mood)
        self._outbox.send_own(
            {
                "type": "hamdel.emotion",
                "item_id": turn.item_id,
                "modality": mood.modality,
                "probabilities": dict(mood.probabilities),
                "label": mood.label,
                "model": mood.model,
                "validated": mood.validated,
            }
        )

    def intent(self, turn: Turn, intent: str | None, language: str) -> None:
        """What a turn was taken for."""
        self._outbox.send_own(
            {"type": "hamdel.intent", "item_id": turn.item_id, "intent": intent, "language": language}
        )

    def lines(self, level: int, lines: Sequence[Line], text: str) -> None:
        """Whom to call; level 0 where nothing was found, but we can't be relied on just now."""
        if not lines:
            return
        self._outbox.send_own(
            {
                "type": "hamdel.crisis",
                "level": level,
                "country": self._state.country,
                "lines": [{"name": ln.name, "number": ln.number, "kind": ln.kind} for ln in lines],
                "text": text,
            }
        )

    def crisis(self, turn: Turn, *, level: int, kind: str, lines: Sequence[Line], text: str) -> None:
        """Danger was found, and what was shown for it."""
        self.lines(level, lines, text)
        shown = tuple(f"{line.name} {line.number}" for line in lines)
        self._journal.crisis(turn, level=level, kind=kind, country=self._state.country, lines=shown)

    def people(self, kind: str, status: str) -> None:
        """How far the call for people has come; `reached` is true once one of them has acknowledged it."""
        reached = status == "acknowledged"
        self._journal.handed_off("on_call", kind, reached=reached)
        self._outbox.send_own(
            {
                "type": "hamdel.handoff",
                "queue": "on_call",
                "reason": kind,
                "reached": reached,
                "status": status,
            }
        )

    def custom(self, turn: Turn, custom: Custom) -> None:
        """What the dialogue's actions hand over beside their words."""
        suggestions = custom.get("suggestions")
        if suggestions:
            items = [
                {"id": item["id"], "en": item["en"], "fa": item["fa"], "technique": item["technique"]}
                for item in suggestions
            ]
            self._journal.suggestions(turn, suggestions, custom.get("context"))
            self._state.shown.extend(item["id"] for item in items)
            self._outbox.send_own({"type": "hamdel.suggestions", "items": items})
        feedback = custom.get("feedback")
        if feedback:
            named = feedback["suggestion"]
            # "Yes, one helped" without saying which is credited to none of them.
            rated = [named] if named else [] if feedback["helpful"] else feedback["suggestions"]
            for suggestion_id in rated:
                self._journal.feedback(suggestion_id, feedback["helpful"])
        handoff = custom.get("handoff")
        if handoff:
            # Nobody is told yet, so the truth is that nobody was reached.
            self._journal.handed_off(handoff["queue"], handoff["reason"], reached=False)
            self._outbox.send_own(
                {
                    "type": "hamdel.handoff",
                    "queue": handoff["queue"],
                    "reason": handoff["reason"],
                    "reached": False,
                }
            )

    def choices(self, item_id: str, choices: Choices, turn: Turn | None) -> None:
        """The answers to the question with which the reply `item_id` to a turn has ended.

        In danger only those to questions about it: this is no time to go back to anything else.
        """
        if self._state.crisis_level >= CRISIS_LEVEL and not choices.about_safety:
            return
        usual = turn.language if turn is not None else self._state.language
        items = [
            {
                "title": choice.title,
                "text": choice.text,
                "language": detect_script_language(choice.title) or usual,
            }
            for choice in choices.items
        ]
        self._outbox.send_own({"type": "hamdel.choices", "item_id": item_id, "items": items})

    def latency(self, turn: Turn) -> None:
        """How long the first sound of a reply took."""
        ended_ms, text_ms = turn.times_ms["ended"], turn.times_ms["text"]
        reply_ms = turn.times_ms.get("reply", text_ms)
        now_ms = self._outbox.now_ms
        stages = {
            "speech_end_to_text": round(text_ms - ended_ms),
            "text_to_reply": round(reply_ms - text_ms),
            "reply_to_audio": round(now_ms - reply_ms),
            "total": round(now_ms - ended_ms),
        }
        self._outbox.emit(Timing(stages))
        self._outbox.send_own({"type": "hamdel.latency", "item_id": turn.item_id, **stages})
