"""Whether the fixed sentences have their sound, and whether it is that of the voice as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.check import PREPARE, Finding

if TYPE_CHECKING:
    from bot.settings import Settings
    from tts_voices import Voice

__all__ = ["rendered_speech"]

_SUBJECT = "fixed sentences"


def rendered_speech(settings: Settings | None) -> list[Finding]:
    """What `python -m bot render` would do: a note, since a gateway does it too, beside its work."""
    if settings is None:
        return []
    try:
        from bot.fixed_sentences import load_fixed_sentences
        from bot.phrases import PhrasesError
        from bot.rendered_speech import RenderedSpeech, RenderingError, default_folder
        from crisis import LinesError, RepliesError
    except ImportError as error:
        return [Finding(_SUBJECT, "missing", f"not looked at: the package {error.name} is missing", PREPARE)]
    try:
        sentences = load_fixed_sentences(settings.conversation.country)
        store = RenderedSpeech(default_folder(), sentences)
        lacking = store.lacking(_voices(settings.voice.name))
    except (LinesError, PhrasesError, RenderingError, RepliesError) as error:
        return [Finding(_SUBJECT, "damaged", str(error))]
    if not lacking.sentences:
        return [Finding(_SUBJECT, "ok", f"{len(sentences)} as sound in {store.folder}")]
    detail = (
        f"of {len(sentences)} {len(lacking.missing)} have no sound, {len(lacking.old)} that of an earlier "
        "voice, which plays until then: a gateway renders them after its start, or at once "
        ".venv/bin/python -m bot render"
    )
    return [Finding(_SUBJECT, "note", detail)]


def _voices(name: str) -> tuple[Voice, ...]:
    """Those of the gateway: where the chosen one can't speak, the plain one does."""
    from tts_voices import EspeakVoice, VoiceError, load_voice

    try:
        return load_voice(name), EspeakVoice()
    except VoiceError:
        return (EspeakVoice(),)
