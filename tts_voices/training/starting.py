"""Begins a voice with the weights of another, which may speak the other language."""

from __future__ import annotations

from pathlib import Path

import torch
from TTS.tts.models.glow_tts import GlowTTS

from tts_voices.pronunciation.phones import BLANK, MARKS, network_symbols
from tts_voices.voice import VoiceError

__all__ = ["start_from"]

_EMBEDDING = "encoder.emb.weight"
_PERSIAN_LIKE_ENGLISH = {
    **{mark: mark for mark in (*MARKS, BLANK)},
    **{"a0": "ae0", "a1": "ae1", "e0": "eh0", "e1": "eh1", "o0": "ow0", "o1": "ow1"},
    **{"A0": "aa0", "A1": "aa1", "i0": "iy0", "i1": "iy1", "u0": "uw0", "u1": "uw1"},
    **{each: each for each in "bptdzfgklmnvrsw"},
    **{"j": "jh", "C": "ch", "h": "hh", "x": "k", "Z": "zh", "S": "sh", "q": "g", "y": "y", "ʔ": "t"},
}
"""The English symbol that sounds most like each Persian one."""


def start_from(network: GlowTTS, language: str, checkpoint: Path, device: str) -> None:
    """Puts the averaged weights of `checkpoint` into `network`, each symbol's from the one most like it.

    Raises `VoiceError` where the sizes differ or the file is no checkpoint.
    """
    try:
        stored = torch.load(checkpoint, map_location=device, weights_only=True)
        weights, other = dict(stored["averaged"]), stored["language"]
        places = {symbol: place for place, symbol in enumerate(network_symbols(other))}
        rows = [places[_like(symbol, language, other)] for symbol in network_symbols(language)]
        weights[_EMBEDDING] = weights[_EMBEDDING][rows]
        network.load_state_dict(weights)
    except OSError as error:
        raise VoiceError(f"{checkpoint} can't be read ({error.strerror})") from error
    except Exception as error:  # torch raises a dozen classes for a damaged file
        raise VoiceError(f"{checkpoint} is no checkpoint of a voice of these sizes") from error


def _like(symbol: str, language: str, other: str) -> str:
    if language == other:
        return symbol
    if language == "fa":
        return _PERSIAN_LIKE_ENGLISH[symbol]
    nearest = {english: persian for persian, english in reversed(_PERSIAN_LIKE_ENGLISH.items())}
    return nearest.get(symbol, nearest.get(symbol[:2] + "0", "a0"))
