"""`python -m tts_voices say`: a text as a WAV file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from language import LANGUAGES, detect_script_language, split_sentences
from tts_voices.cached.wav_files import write_wav
from tts_voices.catalogue import CATALOGUE, DEFAULT_VOICE, load_voice
from tts_voices.commands.standard_input import given_text
from tts_voices.voice import FASTEST, SLOWEST, Style, VoiceError

__all__ = ["add_arguments", "run"]

_PAUSE_MS = 250


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `say`."""
    names = ", ".join(sorted(CATALOGUE))
    parser.add_argument("text", help='what is to be said; "-" reads it from standard input')
    parser.add_argument("-o", "--output", type=Path, required=True, help="the WAV file to write")
    parser.add_argument("--language", choices=LANGUAGES, help="by the script of the text if left out")
    parser.add_argument(
        "--voice",
        default=DEFAULT_VOICE,
        help=f"one of: {names}; or the folder of a voice (default: %(default)s)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help=f"0.7 to 1.3 sound natural; {SLOWEST} to {FASTEST} are possible (default: 1)",
    )
    parser.add_argument(
        "--style",
        choices=get_args(Style),
        default="plain",
        help="soft: quieter and slower, for somebody in distress (default: plain)",
    )


def run(options: argparse.Namespace) -> int:
    """Speaks; 0, and the length and the wait for the first sound on standard output."""
    text = given_text(options.text)
    voice = load_voice(options.voice)
    language = options.language or detect_script_language(text) or "en"
    pause = np.zeros(voice.sample_rate_hz * _PAUSE_MS // 1000, dtype=np.int16)
    sound: list[NDArray[np.int16]] = []
    started = time.perf_counter()
    first_ms = None
    for sentence in split_sentences(text, language):
        chunks = voice.speak(sentence, language=language, speed=options.speed, style=options.style)
        for number, chunk in enumerate(chunks):
            if first_ms is None:
                first_ms = 1000 * (time.perf_counter() - started)
            if number == 0 and sound:
                sound.append(pause)
            sound.append(chunk)
    if first_ms is None:
        raise VoiceError("the text has no word to speak; nothing was written")
    samples = np.concatenate(sound)
    write_wav(options.output, samples, voice.sample_rate_hz)
    seconds = len(samples) / voice.sample_rate_hz
    print(f"{options.output}: {seconds:.2f} s, first sound after {first_ms:.0f} ms")
    return 0
