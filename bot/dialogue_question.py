"""What the dialogue engine is given with a turn. No I/O."""

from __future__ import annotations

from bot.commands import AskDialogue, Understood
from bot.talk_state import CRISIS_LEVEL, TalkState, Turn
from emotion import MOODS
from recommender.decisions import Context

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
            "contraindications": sorted(state.identity.contraindications),
            "recognition": _recognition(turn),
            **_learnt(state),
        },
    )


def _learnt(state: TalkState) -> dict[str, object]:
    """What feedback has taught, by mood, and what helped this person before; else nothing."""
    personal = state.memory.preferences if state.memory is not None else None
    # For every mood, since the dialogue may act on one that was heard earlier, or read in the words.
    corrections = {mood: state.corrections(Context(mood, state.distress), personal) for mood in MOODS}
    learnt: dict[str, object] = {}
    if any(corrections.values()):
        learnt["corrections"] = corrections
    if state.memory is not None and state.memory.helped_before:
        learnt["helped_before"] = list(state.memory.helped_before)
    return learnt


def _recognition(turn: Turn) -> dict[str, object] | None:
    """How surely a spoken turn was recognised, and as what else; None of a typed one."""
    if not isinstance(turn.result, Understood):
        return None
    return {"confidence": turn.result.confidence, "alternatives": list(turn.result.alternatives)}
