"""`python -m bot render`: renders the fixed sentences, so that they can be played when no voice can speak."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from bot.fixed_sentences import load_fixed_sentences
from bot.phrases import PhrasesError
from bot.rendered_speech import RenderedSpeech, RenderingError, default_folder
from bot.rendering import render_lacking
from bot.settings import SettingsError, load_settings
from crisis import LinesError, RepliesError
from tts_voices import EspeakVoice, Voice, VoiceError, load_voice

__all__ = ["add_render_arguments", "run_render"]

_LOWEST_PRIORITY = 19
_INPUT_ERRORS = (LinesError, PhrasesError, RepliesError, SettingsError, VoiceError)


def add_render_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `render`."""
    parser.description = (
        "Renders the replies in a crisis and the gateway's own phrases with the voice of the settings: those "
        "that have no sound, or that of an earlier voice. Every installation needs these files, which play "
        "when no voice can speak; a gateway makes them by itself after its start. `python -m tts_voices "
        "render` (`make voices`) is another command, and optional: it fills the cache of what the voice has "
        "said, with suggestions too, so that they are heard sooner."
    )
    parser.add_argument("--voice", metavar="NAME", help="another voice than that of the settings")
    parser.add_argument(
        "--country", type=_country, metavar="CODE", help="whose numbers come first (default: the settings')"
    )
    parser.add_argument("--folder", type=Path, help="where the files go (default: beside the models)")
    parser.add_argument(
        "--background",
        action="store_true",
        help="at the lowest priority, as long as the process that started it lives; says the end in JSON",
    )


def run_render(args: argparse.Namespace) -> int:
    """Renders; 0 done, 1 where some could not be rendered or written, 2 on bad input."""
    parent = os.getppid()
    if args.background:
        os.nice(_LOWEST_PRIORITY)
    try:
        settings = load_settings() if args.voice is None or args.country is None else None
        name = args.voice if settings is None or args.voice is not None else settings.voice.name
        country = (
            args.country if settings is None or args.country is not None else settings.conversation.country
        )
        voices = (load_voice(name), EspeakVoice())
        store = RenderedSpeech(args.folder or default_folder(), load_fixed_sentences(country or None))
    except _INPUT_ERRORS as error:
        print(error, file=sys.stderr)
        return 2
    with tqdm(unit="sentence", disable=args.background or None) as bar:

        def show(done: int, of: int) -> None:
            if args.background and os.getppid() != parent:
                raise RenderingError("the process that started this one is gone")
            bar.total = of
            bar.update(done - bar.n)

        try:
            if not args.background:
                _tell_old(store, voices)
            run = render_lacking(
                store,
                voices,
                on_sentence=show,
                on_wait=lambda: print("waiting for another process that renders", file=sys.stderr),
            )
        except RenderingError as error:
            bar.close()
            print(error, file=sys.stderr)
            return 1
    if args.background:
        print(json.dumps(asdict(run)))
    else:
        size_mb = store.size_bytes() / 1e6
        print(f"{run.rendered} sentences rendered in {run.seconds:.0f} s; {size_mb:.1f} MB in {store.folder}")
    if run.failed:
        print(f"{run.failed} sentences could not be spoken", file=sys.stderr)
    return int(run.failed > 0)


def _tell_old(store: RenderedSpeech, voices: Sequence[Voice]) -> None:
    if old := len(store.lacking(voices).old):
        print(f"{old} sentences have the sound of an earlier voice; they are rendered anew", file=sys.stderr)


def _country(text: str) -> str:
    if text and not re.fullmatch("[A-Z]{2}", text):
        raise argparse.ArgumentTypeError("must be two capital letters (ISO 3166)")
    return text
