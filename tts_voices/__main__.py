"""Command line of the voices: `say` and `list`."""

from __future__ import annotations

import argparse
import sys
import time
import wave
from pathlib import Path

import numpy as np

from language import LANGUAGES, detect_script_language, split_sentences
from tts_voices.catalogue import CATALOGUE, DEFAULT_VOICE, load_voice
from tts_voices.voice import VoiceError

__all__ = ["main"]

_PAUSE_MS = 250


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns 0, or 2 after one line that says what to correct."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "list":
            for name in sorted(CATALOGUE):
                voice = load_voice(name)
                print(f"{name}\t{voice.sample_rate_hz} Hz\t{', '.join(sorted(voice.languages))}")
            return 0
        return _say(options)
    except VoiceError as error:
        print(f"tts_voices: {error}", file=sys.stderr)
    except OSError as error:
        print(f"tts_voices: {options.output} can't be written ({error.strerror})", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tts_voices", description="The voices.")
    commands = parser.add_subparsers(dest="command", required=True)
    say = commands.add_parser("say", help="speak a text into a WAV file")
    say.add_argument("text")
    say.add_argument("-o", "--output", type=Path, required=True, help="the WAV file to write")
    say.add_argument("--language", choices=LANGUAGES, help="by the script of the text if left out")
    say.add_argument("--voice", default=DEFAULT_VOICE, help=f"one of: {', '.join(sorted(CATALOGUE))}")
    say.add_argument("--speed", type=float, default=1.0, help="0.5 to 2.0")
    commands.add_parser("list", help="the voices, their sample rates and languages")
    return parser


def _say(options: argparse.Namespace) -> int:
    voice = load_voice(options.voice)
    language = options.language or detect_script_language(options.text) or "en"
    pause = np.zeros(voice.sample_rate_hz * _PAUSE_MS // 1000, dtype=np.int16)
    sound: list[np.ndarray[tuple[int, ...], np.dtype[np.int16]]] = []
    started = time.perf_counter()
    first_ms = None
    for sentence in split_sentences(options.text, language):
        for number, chunk in enumerate(voice.speak(sentence, language=language, speed=options.speed)):
            if first_ms is None:
                first_ms = 1000 * (time.perf_counter() - started)
            if number == 0 and sound:
                sound.append(pause)
            sound.append(chunk)
    if first_ms is None:
        print("tts_voices: the text has no word to speak; nothing was written", file=sys.stderr)
        return 2
    samples = np.concatenate(sound)
    # Opened here: `wave` leaves a half-made object behind where a file cannot be opened.
    with options.output.open("wb") as output, wave.open(output, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(voice.sample_rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    seconds = len(samples) / voice.sample_rate_hz
    print(f"{options.output}: {seconds:.2f} s, first sound after {first_ms:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
