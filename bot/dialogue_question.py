"""What the dialogue engine is given with a turn. No I/O."""

from __future__ import annotations

from bot.commands import AskDialogue, Understood
from bot.talk_state import CRISIS_LEVEL, TalkState, Turn

__all__ = ["dialogue_question"]


def dialogue_question(state: TalkState, turn: Turn, *, crisis_level: int) -> AskDialogue:
    """Gives a turn to the dialogue engine, with its mood, its language and what the talk knows.

    Args:
        state: the talk.
        turn: with its text.
        crisis_level: what the guard found in this turn and has answered, 0–3.
    """
    mood = state.mood if isinstance(turn.result, Understood) else None
    return AskDialogue(
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


def _recognition(turn: Turn) -> dict[str, object] | None:
    """How surely a spoken turn was recognised, and as what else; None of a typed one."""
    if not isinstance(turn.result, Understood):
        return None
    return {"confidence": turn.result.confidence, "alternatives": list(turn.result.alternatives)}
