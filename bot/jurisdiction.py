"""What the law of a place forbids of what the gateway could do. No I/O.

Sources and dates stand in docs/compliance.md; a deployer chooses, and answers for the choice.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PRESETS", "Jurisdiction", "jurisdiction", "known_preset"]


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """What is allowed.

    Attributes:
        emotion_inference: whether feelings may be inferred from a voice or a face, with consent.
    """

    emotion_inference: bool = True


PRESETS = {
    "us-il": Jurisdiction(emotion_inference=False),
    "eu-work": Jurisdiction(emotion_inference=False),
}
"""By name: therapy in Illinois (Public Act 104-0054); people at work or in education in the European Union
(Regulation (EU) 2024/1689 Art. 5(1)(f))."""


def jurisdiction(preset: str | None, *, emotion_inference: bool) -> Jurisdiction:
    """What a preset and the deployer's own switches allow together: the stricter of both."""
    named = PRESETS[preset] if preset is not None else Jurisdiction()
    return Jurisdiction(emotion_inference=named.emotion_inference and emotion_inference)


def known_preset(name: str) -> str:
    """Returns the name of a preset.

    Raises:
        ValueError: for any other.
    """
    if name not in PRESETS:
        raise ValueError(f"must be one of {', '.join(PRESETS)}")
    return name
