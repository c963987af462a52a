"""`python -m tts_voices render`: speaks ahead what the product itself says, so that it is heard at once."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from language import LANGUAGES
from tts_voices.cached.voice import CachedVoice
from tts_voices.catalogue import CATALOGUE, load_voice
from tts_voices.espeak import EspeakVoice
from tts_voices.voice import Style, VoiceError

__all__ = ["add_arguments", "run"]

_FAILURES_IN_A_ROW = 3  # then the voice is broken, and not the sentence odd


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `render`."""
    parser.description = (
        "Speaks every fixed sentence and every suggestion into the cache, those excepted that are there. "
        "A run that is broken off goes on where it stopped. Optional: the gateway keeps by itself what it "
        "has said once. What plays when no voice can speak is made by `python -m bot render`."
    )
    parser.add_argument(
        "--voice",
        metavar="NAME",
        help=f"one of: {', '.join(sorted(CATALOGUE))}; or a folder (default: that of the settings)",
    )
    parser.add_argument("--language", choices=LANGUAGES, help="one language alone")
    parser.add_argument(
        "--style", choices=(*get_args(Style), "both"), default="plain", help="(default: %(default)s)"
    )
    parser.add_argument("--folder", type=Path, help="the cache (default: beside the models)")
    parser.add_argument(
        "--limit-mb",
        type=_limit,
        metavar="MB",
        help="what the cache may take; rendering ends there (default: voice.cache_mb of the settings)",
    )


def run(options: argparse.Namespace) -> int:
    """Renders; 0 done, or up to the limit; 1 where some sentences could not be spoken."""
    # The gateway knows what is said, and imports the voices: neither needs the other at import.
    from bot.model_store import cache_home
    from bot.own_sentences import OwnSentences, load_own_sentences
    from bot.phrases import PhrasesError
    from bot.settings import SettingsError, load_settings
    from bot.voices import SPOKEN_SENTENCES
    from crisis import LinesError, RepliesError
    from recommender import RecommenderError

    try:
        settings = load_settings()
        own: OwnSentences = load_own_sentences(settings.conversation.country)
    except (LinesError, PhrasesError, RecommenderError, RepliesError, SettingsError) as error:
        raise VoiceError(str(error)) from error
    name = options.voice or settings.voice.name
    limit_mb = options.limit_mb or settings.voice.cache_mb
    if limit_mb == 0 or (options.voice is None and name == EspeakVoice().name):
        print(
            f"the gateway keeps nothing of the voice {name} (voice.name, voice.cache_mb): nothing to render"
        )
        return 0
    folder = options.folder or cache_home() / SPOKEN_SENTENCES
    voice = load_voice(name)
    cached = CachedVoice(voice, folder, limit_mb, keep=own.has)
    styles: tuple[Style, ...] = get_args(Style) if options.style == "both" else (options.style,)
    wanted = [
        (text, language, style)
        for style in styles
        for text, language in own
        if language in voice.languages and options.language in (None, language)
    ]
    try:
        with _interrupted_between_sentences() as stopped:
            return _render(cached, wanted, folder, stopped)
    finally:
        cached.close()


@contextmanager
def _interrupted_between_sentences() -> Iterator[threading.Event]:
    """Ctrl-C sets what is given, instead of being raised anywhere.

    Raised while libsndfile calls back into Python it would be lost, and with it the sound being encoded.
    """
    stopped = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _render(
    cached: CachedVoice,
    wanted: list[tuple[str, str, Style]],
    folder: Path,
    stopped: threading.Event,
) -> int:
    began_s = time.monotonic()
    done = failed = failed_in_a_row = 0
    full = False
    for text, language, style in tqdm(wanted, unit="sentence", disable=None):
        if stopped.is_set():
            raise KeyboardInterrupt
        try:
            full = not cached.render(text, language, style=style)
        except VoiceError as error:
            failed, failed_in_a_row = failed + 1, failed_in_a_row + 1
            if failed_in_a_row == _FAILURES_IN_A_ROW:
                raise VoiceError(f"the voice {cached.name} can't speak: {error}") from error
            continue
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise VoiceError(
                f"{folder} can't be written to ({reason}): make room, give the right to write, or "
                "name another with --folder"
            ) from error
        if full:
            break
        done, failed_in_a_row = done + 1, 0
    size_mb, seconds = cached.size_bytes() / 1e6, time.monotonic() - began_s
    print(f"{done} of {len(wanted)} sentences are in {folder}: {size_mb:.1f} MB, {seconds:.0f} s")
    if full:
        print("the limit is reached; the others are spoken when needed (--limit-mb)", file=sys.stderr)
    if failed:
        print(f"{failed} sentences could not be spoken", file=sys.stderr)
    return int(failed > 0)


def _limit(text: str) -> float:
    limit = float(text)
    if not 1 <= limit <= 1_000_000:
        raise argparse.ArgumentTypeError("must be 1 to 1,000,000")
    return limit
