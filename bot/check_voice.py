"""Which voice speaks, and whether its files are there and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.check import PREPARE, Finding

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = ["voice"]

_SHIPPED = "hamdel"


def voice(settings: Settings | None) -> list[Finding]:
    """The voice of the settings; each of its files is hashed, none is opened as a network."""
    if settings is None:
        return []
    try:
        from tts_voices.catalogue import voice_state
        from tts_voices.voice import VoiceError
    except ImportError as error:
        return [Finding("voice", "missing", f"not looked at: the package {error.name} is missing", PREPARE)]
    name = settings.voice.name
    try:
        state = voice_state(name)
    except VoiceError as error:
        return [Finding("voice.name", "invalid", str(error), "in hamdel.voice choose one: docs/voices.md")]
    if state.problem is not None:
        remedy = (
            "git checkout -- tts_voices/weights" if name == _SHIPPED else "install it again: docs/voices.md"
        )
        return [Finding("voice", "damaged", f"{state.problem}; espeak-ng speaks instead", remedy)]
    size = f", {state.size_bytes / 1e6:.0f} MB, SHA-256 as in voice.json" if state.size_bytes else ""
    return [Finding("voice", "ok", f"{name}: {', '.join(state.languages)}{size}; licence {state.licence}")]
