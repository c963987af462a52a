"""`python -m tts_voices.evaluate`: how well a voice says what it should, judged by recognisers.

The steps need different environments and so work on folders of spoken sentences (see `spoken_set`), each
going on where it broke off; V is the environment of the voices' training, G that of the gateway:

    train-recogniser  V  the phone recogniser of a language, from a teacher's lessons
    teacher           G  a set of the teacher's own held-out recordings
    render            G  the same sentences spoken by a voice
    listen-phones     V  both sets through the phone recogniser
    listen-words      G  both sets through Whisper, as the gateway runs it
    report            G  one JSON with the figures of the voice beside its teacher's

The teacher's error is the floor: what the recogniser itself mishears.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from language import LANGUAGES, detect_script_language
from tts_voices.catalogue import CATALOGUE, load_voice
from tts_voices.judging.durations import own_voice, phoneme_durations
from tts_voices.judging.figures import DURATIONS_FILE, report
from tts_voices.judging.spoken_set import (
    Sentence,
    SpokenSet,
    listen,
    open_set,
    read_sound,
    refer,
    render,
    resampled,
)
from tts_voices.voice import Voice, VoiceError

__all__ = ["chosen_sentences", "listen_to_phones", "listen_to_words", "main", "speak_with"]

SPLITS = ("test", "unseen_words")
"""Unseen sentences, and sentences of words that are in no lesson."""

_AT_MOST = 550
_WORDS_AT_MOST = 100
_PHONE_RATE_HZ = 22_050
_WORD_RATE_HZ = 16_000


def main(arguments: list[str] | None = None) -> int:
    """Runs one step; 0 done, 2 after one line that says what to correct, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except VoiceError as error:
        print(f"tts_voices.evaluate: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"tts_voices.evaluate: {error}; run this step in its environment, see --help", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ntts_voices.evaluate: stopped; the same command goes on", file=sys.stderr)
        return 130
    return 0


def chosen_sentences(corpus: Path, language: str, at_most: int = _AT_MOST) -> list[Sentence]:
    """The held-out lessons of a corpus, the first `at_most`, unseen sentences before unseen words."""
    from tts_voices.training.corpus import read_lessons

    lessons = [one for one in read_lessons(corpus, language) if one.split in SPLITS]
    if not lessons:
        raise VoiceError(f"{corpus} has no lesson of the splits {', '.join(SPLITS)}")
    lessons.sort(key=lambda one: (SPLITS.index(one.split), one.name))
    return [
        Sentence(one.name, one.split, one.text, one.symbols, str(one.path.resolve()))
        for one in lessons[:at_most]
    ]


def speak_with(voice: Voice, sentence: Sentence, language: str) -> NDArray[np.int16]:
    """All samples, shape [n], of a sentence's text in the voice's own reading.

    A lesson without a text is spoken from its symbols, by a voice of our own.
    """
    own = None if sentence.text else own_voice(voice, language)
    if own is not None:
        chunks = list(own.speak_symbols(list(sentence.symbols)))
    else:
        chunks = list(voice.speak(sentence.text, language=language))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16)


def listen_to_phones(spoken: SpokenSet, recogniser_folder: Path) -> None:
    """Lets the phone recogniser hear a set. Needs the environment of the voices' training."""
    from tts_voices.judging.phone_recogniser import PhoneRecogniser

    recogniser = PhoneRecogniser.load(recogniser_folder, spoken.language)

    def hear(path: Path) -> str:
        return " ".join(recogniser.recognise(resampled(*read_sound(path), _PHONE_RATE_HZ)))

    listen(spoken, "phones", recogniser.identity, hear)


def listen_to_words(spoken: SpokenSet, model: str = "whisper-base", at_most: int = _WORDS_AT_MOST) -> None:
    """Lets Whisper hear the unseen sentences of a set that have a text. Needs the gateway's environment."""
    from bot.model_store import ModelManifestError, ModelMissingError, UnknownModelError, default_store
    from bot.transcriber import ModelFileError, Transcriber

    try:
        folder = default_store().path(model)
        transcriber = Transcriber.load(folder)
    except (ModelFileError, ModelManifestError, ModelMissingError, UnknownModelError) as error:
        raise VoiceError(str(error)) from error

    def hear(path: Path) -> str:
        samples = resampled(*read_sound(path), _WORD_RATE_HZ)
        return transcriber.transcribe(samples, language=spoken.language).text

    listen(spoken, "words", f"{model}@{folder.name}", hear, SPLITS[:1], at_most)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tts_voices.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = parser.add_subparsers(dest="step", required=True)
    corpus = argparse.ArgumentParser(add_help=False)
    corpus.add_argument("--corpus", type=Path, required=True, help="folder with the teacher's lessons")
    corpus.add_argument("--language", choices=LANGUAGES, required=True)
    some = argparse.ArgumentParser(add_help=False)
    some.add_argument(
        "--at-most", type=_positive, default=_AT_MOST, metavar="N", help="sentences (%(default)s)"
    )

    step = steps.add_parser("train-recogniser", parents=[corpus], help="train the phone recogniser")
    step.add_argument("--steps", type=_positive, default=3_000, help="of 16 lessons (%(default)s)")
    step.add_argument("folder", type=Path, help="where it is kept")
    step.set_defaults(run=_train)
    step = steps.add_parser("teacher", parents=[corpus, some], help="make a set of the teacher's recordings")
    step.add_argument("folder", type=Path)
    step.set_defaults(run=_teacher)
    step = steps.add_parser("render", parents=[corpus, some], help="speak the held-out sentences")
    step.add_argument("--voice", required=True, help=f"one of: {', '.join(sorted(CATALOGUE))}")
    step.add_argument("folder", type=Path)
    step.set_defaults(run=_render)
    step = steps.add_parser("listen-phones", help="hear the phones of sets")
    step.add_argument("--recogniser", type=Path, required=True, help="folder of the trained recogniser")
    step.add_argument("folders", type=Path, nargs="+")
    step.set_defaults(run=_listen_phones)
    step = steps.add_parser("listen-words", help="hear the words of sets")
    step.add_argument("--model", default="whisper-base", help="a model of models.toml (%(default)s)")
    step.add_argument("--at-most", type=_positive, default=_WORDS_AT_MOST, metavar="N", help="(%(default)s)")
    step.add_argument("folders", type=Path, nargs="+")
    step.set_defaults(run=_listen_words)
    step = steps.add_parser("report", help="write the figures")
    step.add_argument("--voice", type=Path, required=True, help="the voice's set")
    step.add_argument("--teacher", type=Path, required=True, help="the teacher's set")
    step.add_argument("--json", type=Path, required=True, metavar="OUT")
    step.set_defaults(run=_report)
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return number


def _train(options: argparse.Namespace) -> None:
    from tts_voices.judging.phone_recogniser import train_recogniser
    from tts_voices.training.corpus import read_lessons

    lessons = read_lessons(options.corpus, options.language)
    print(train_recogniser(lessons, options.language, options.folder, options.steps))


def _teacher(options: argparse.Namespace) -> None:
    sentences = chosen_sentences(options.corpus, options.language, options.at_most)
    refer(sentences, options.language, "teacher", options.folder)


def _render(options: argparse.Namespace) -> None:
    voice = load_voice(options.voice)
    chosen = chosen_sentences(options.corpus, options.language, options.at_most)
    own = own_voice(voice, options.language)
    sentences = [
        one
        for one in chosen
        if detect_script_language(one.text) == options.language or (own is not None and not one.text)
    ]
    if not sentences:
        raise VoiceError(f"no lesson of {options.corpus} has a text to speak in {options.language!r}")

    def speak(sentence: Sentence) -> NDArray[np.int16]:
        return speak_with(voice, sentence, options.language)

    render(sentences, options.language, options.voice, speak, voice.sample_rate_hz, options.folder)
    if own is not None:
        durations = phoneme_durations(own, [list(one.symbols) for one in sentences])
        _write(options.folder / DURATIONS_FILE, json.dumps(asdict(durations), indent=2) + "\n")
    if len(sentences) < len(chosen):
        print(f"{len(chosen) - len(sentences)} lessons have no text and were left out", file=sys.stderr)


def _listen_phones(options: argparse.Namespace) -> None:
    for folder in options.folders:
        listen_to_phones(open_set(folder), options.recogniser)


def _listen_words(options: argparse.Namespace) -> None:
    for folder in options.folders:
        listen_to_words(open_set(folder), options.model, options.at_most)


def _report(options: argparse.Namespace) -> None:
    figures = report(open_set(options.voice), open_set(options.teacher))
    text = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    _write(options.json, text)
    print(text, end="")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise VoiceError(f"{path} can't be written ({error.strerror})") from None


if __name__ == "__main__":
    sys.exit(main())
