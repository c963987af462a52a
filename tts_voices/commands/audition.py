"""`python -m tts_voices audition`: the standard texts by some voices, as WAVs and a page to hear them on.

The page is one file that needs no script and nothing from elsewhere; the WAVs lie beside it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from tqdm import tqdm

from language import LANGUAGES
from tts_voices.cached.wav_files import write_wav
from tts_voices.catalogue import CATALOGUE, DEFAULT_VOICE, load_voice
from tts_voices.commands.audition_texts import AUDITION, AuditionText
from tts_voices.voice import Voice, VoiceError

__all__ = ["PAGE", "add_arguments", "audition_page", "run", "write_audition"]

PAGE = "index.html"
"""The page's name in the folder."""

_HEADINGS = {"en": "English", "fa": "فارسی"}
_DIRECTIONS = {"en": "ltr", "fa": "rtl"}
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
li { margin-block: 1.5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .2rem 0 .5rem; }
figure { margin: .4rem 0; }
figcaption { font-size: .9rem; }
[lang="fa"] ol { list-style-type: persian; }
audio { width: 100%; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
""".strip()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `audition`."""
    names = ", ".join(sorted(CATALOGUE))
    parser.description = (
        f"Has voices speak standard sentences into a folder; {PAGE} is a page to hear them on."
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="made if need be")
    parser.add_argument(
        "--voice",
        action="append",
        help=f"one of: {names}; or the folder of a voice; again for more voices (default: {DEFAULT_VOICE})",
    )
    parser.add_argument("--language", choices=LANGUAGES, help="one language alone")


def run(options: argparse.Namespace) -> int:
    """Speaks, and says where the page is."""
    voices = [load_voice(name) for name in dict.fromkeys(options.voice or [DEFAULT_VOICE])]
    languages = [options.language] if options.language else list(LANGUAGES)
    page = write_audition(voices, languages, options.output, progress=sys.stderr.isatty())
    print(page)
    return 0


def write_audition(
    voices: Sequence[Voice], languages: Sequence[str], folder: Path, *, progress: bool = False
) -> Path:
    """Writes a WAV for each voice and sentence, then the page; returns the page's path.

    Raises:
        VoiceError: from a voice, or where the folder can't be written to.
    """
    spoken = [
        (voice, language, number, said)
        for language in languages
        for number, said in enumerate(AUDITION[language], 1)
        for voice in voices
        if language in voice.languages
    ]
    if not spoken:
        raise VoiceError(f"none of the voices speaks {', '.join(languages)}")
    page = folder / PAGE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for voice, language, number, said in tqdm(spoken, unit="sentence", disable=not progress):
            chunks = list(voice.speak(said.text, language=language, style=said.style))
            if not chunks:
                raise VoiceError(f"the voice {voice.name} gives no sound for a sentence of {language!r}")
            path = folder / _file_name(voices, voice, language, number, said)
            write_wav(path, np.concatenate(chunks), voice.sample_rate_hz)
        page.write_text(audition_page(voices, languages), encoding="utf-8")
    except OSError as error:
        raise VoiceError(f"{page} can't be written ({error.strerror})") from error
    return page


def audition_page(voices: Sequence[Voice], languages: Sequence[str]) -> str:
    """The page as HTML, with a player for each voice and sentence."""
    sections = "\n".join(_section(voices, language) for language in languages)
    policy = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>Audition of voices</title>
<style>
{_STYLE}
</style>
</head>
<body>
<main>
<h1>Audition of voices</h1>
{sections}
</main>
</body>
</html>
"""


def _section(voices: Sequence[Voice], language: str) -> str:
    items = "\n".join(
        _item(voices, language, number, said) for number, said in enumerate(AUDITION[language], 1)
    )
    return f"""<section lang="{language}" dir="{_DIRECTIONS[language]}" aria-labelledby="heading-{language}">
<h2 id="heading-{language}">{_HEADINGS[language]}</h2>
<ol>
{items}
</ol>
</section>"""


def _item(voices: Sequence[Voice], language: str, number: int, said: AuditionText) -> str:
    players = "\n".join(
        _player(voice.name, _file_name(voices, voice, language, number, said), said)
        for voice in voices
        if language in voice.languages
    )
    return f"<li>\n<h3>{escape(said.title)}</h3>\n<p>{escape(said.text)}</p>\n{players}\n</li>"


def _player(name: str, file: str, said: AuditionText) -> str:
    label = escape(f"{said.title}: {name}", quote=True)
    source = escape(file, quote=True)
    return (
        f'<figure><figcaption><bdi dir="ltr">{escape(name)}</bdi></figcaption>'
        f'<audio controls preload="none" src="{source}" aria-label="{label}"></audio></figure>'
    )


def _file_name(voices: Sequence[Voice], voice: Voice, language: str, number: int, said: AuditionText) -> str:
    """A name of plain letters, of its own for each of the voices."""
    plain = re.sub(r"[^a-z0-9]+", "_", voice.name.lower()).strip("_")[-40:]
    place = [each.name for each in voices].index(voice.name) + 1
    return f"{place}_{plain}-{language}-{number:02}_{said.kind}.wav"
