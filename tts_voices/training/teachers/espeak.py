"""espeak-ng as a teacher of Persian: it speaks the symbols that it is given, not what its rules would say.

espeak-ng is licensed under the GPL 3 and is run as a program; what it speaks is not covered by its licence.
Its input form for phonemes, `[[…]]`, lets our own front end decide each sound and each stress.
"""

from __future__ import annotations

import io
import shutil
import subprocess  # noqa: S404 - a fixed program without a shell; the text goes to its standard input
from collections.abc import Iterator, Sequence

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from tts_voices.pronunciation.phones import CLOSING_MARKS, OPENING, PAUSE, is_vowel
from tts_voices.voice import VoiceError

__all__ = ["WORD_END", "espeak_phonemes", "spoken_by_espeak"]

WORD_END = " "
"""Stands between words, which espeak-ng needs for its rhythm and which the symbols of a voice lack."""

_RATE = 155
_PITCH = 46
_KEPT_AROUND_S = 0.05
_SILENCE = 0.002
_MISREAD = frozenset(("tS", "dZ"))
_MNEMONICS = {
    "j": "dZ",
    "C": "tS",
    "q": "q1",
    "r": "R",
    "y": "j",
    "ʔ": "?",
    "i1": "i:",
    "u1": "u:",
    "A1": "A:",
}


def espeak_phonemes(symbols: Sequence[str]) -> str:
    """The symbols of an utterance, with its marks and `WORD_END` between words, as text for espeak-ng.

    Raises `VoiceError` for symbols that don't open and close as an utterance does.
    """
    if len(symbols) < 3 or symbols[0] != OPENING or symbols[-1] not in CLOSING_MARKS:
        raise VoiceError("an utterance opens with ^ and closes with . ? or !")
    clauses: list[list[str]] = [[]]
    for symbol in symbols[1:-1]:
        if symbol == PAUSE:
            clauses.append([])
        else:
            clauses[-1].append(symbol)
    return ", ".join(f"[[{_joined(clause)}]]" for clause in clauses if clause) + symbols[-1]


def _joined(clause: list[str]) -> str:
    spoken = ""
    for before, symbol in zip([" ", *clause], clause, strict=False):
        # Without a bar "t" and "S" would be read as the one sound "tS", and two vowels as a diphthong.
        apart = (before + symbol) in _MISREAD or (is_vowel(before, "fa") and is_vowel(symbol, "fa"))
        spoken += ("|" if apart else "") + _mnemonic(symbol)
    return spoken.strip()


def _mnemonic(symbol: str) -> str:
    if not is_vowel(symbol, "fa"):
        return _MNEMONICS.get(symbol, symbol)
    vowel = _MNEMONICS.get(symbol, symbol[0])
    return ("'" if symbol.endswith("1") else "%") + vowel


def spoken_by_espeak(
    utterances: Sequence[Sequence[str]], sample_rate_hz: int
) -> Iterator[NDArray[np.float32] | None]:
    """The sound of each utterance, float32 of shape [samples], silence at the ends cut to 50 ms.

    None for one of which espeak-ng made nothing. Raises `VoiceError` where it is not installed.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise VoiceError("espeak-ng is not there: apt-get install espeak-ng")
    for symbols in utterances:
        command = [program, "-v", "fa", "-s", str(_RATE), "-p", str(_PITCH), "-b", "1", "--stdin", "--stdout"]
        text = espeak_phonemes(symbols).encode("ascii")
        done = subprocess.run(command, input=text, capture_output=True, check=False)  # noqa: S603
        yield _cut(done.stdout, sample_rate_hz) if len(done.stdout) > 100 else None


def _cut(sound: bytes, sample_rate_hz: int) -> NDArray[np.float32] | None:
    # The header of a stream has no true length.
    samples = (
        np.frombuffer(sound[44 : 44 + (len(sound) - 44) // 2 * 2], dtype="<i2").astype(np.float32) / 32768
    )
    rate = soundfile.info(io.BytesIO(sound)).samplerate
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    if not len(loud):
        return None
    around = int(_KEPT_AROUND_S * rate)
    cut = samples[max(0, int(loud[0]) - around) : int(loud[-1]) + around]
    return np.asarray(soxr.resample(cut, rate, sample_rate_hz), dtype=np.float32)
