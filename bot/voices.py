"""The voices of this installation: the chosen one, with what it has said kept, and espeak-ng after it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.model_store import cache_home
from bot.own_sentences import load_own_sentences
from bot.settings import VoiceSettings
from recommender import RecommenderError
from tts_voices import EspeakVoice, Voice, VoiceError, load_voice
from tts_voices.cached.voice import CachedVoice
from tts_voices.catalogue import voice_state

__all__ = ["OpenedVoices", "SPOKEN_SENTENCES", "open_voices"]

logger = logging.getLogger(__name__)

SPOKEN_SENTENCES = "spoken_sentences"
"""The folder below the cache in which sentences of the product are kept as sound."""


@dataclass(frozen=True, slots=True)
class OpenedVoices:
    """Voices in the order in which they are tried.

    Attributes:
        voices: at least one; the last is espeak-ng.
        problem: why the chosen voice can't speak, and what to do; None where it can.
    """

    voices: tuple[Voice, ...]
    problem: str | None = None


def open_voices(settings: VoiceSettings, country: str | None) -> OpenedVoices:
    """Opens the voice of the settings; where its files are missing or damaged espeak-ng speaks alone.

    Raises:
        VoiceError: if no voice has that name, which is a mistake in the settings.
    """
    plain = EspeakVoice()
    voice_state(settings.name)
    if settings.name == plain.name:
        # Twice: a voice that breaks off is followed by the next.
        return OpenedVoices((plain, plain))
    try:
        voice = load_voice(settings.name)
    except VoiceError as error:
        logger.error("the voice %s can't speak, espeak-ng does instead: %s", settings.name, error)
        return OpenedVoices((plain, plain), str(error))
    if settings.cache_mb == 0:
        return OpenedVoices((voice, plain))
    try:
        own = load_own_sentences(country)
    except RecommenderError as error:
        logger.error("no sentence is kept as sound: %s", error)
        return OpenedVoices((voice, plain))
    kept = CachedVoice(voice, cache_home() / SPOKEN_SENTENCES, settings.cache_mb, keep=own.has)
    return OpenedVoices((kept, plain))
