"""Teaches a voice from a corpus, and writes it as a folder that can speak, with pictures of how it went."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from tts_voices.pronunciation.phones import with_blanks
from tts_voices.training.acoustic import train_acoustic
from tts_voices.training.configuration import Configuration, read_configuration
from tts_voices.training.corpus import Lesson, read_lessons, spectrograms
from tts_voices.training.pictures import alignment, draw_alignment, draw_history, draw_spectrograms
from tts_voices.training.release import VOCODER_FILE, read_acoustic, release_vocoder, release_voice
from tts_voices.training.vocoder import train_vocoder
from tts_voices.voice import VoiceError

__all__ = ["train"]

_CONFIGS = Path(__file__).parent / "training" / "configs"


def train(options: argparse.Namespace) -> None:
    """Trains what is missing, from the last checkpoint on; the arguments are those of `commands.train`."""
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    config = options.config or _CONFIGS / ("glow_middle.json" if device == "cuda" else "glow_small.json")
    configuration = read_configuration(config)
    corpora = [read_lessons(options.corpus[0], options.language)]
    corpora += [read_lessons(folder, None) for folder in options.corpus[1:]]  # for their sound alone
    if not any(lesson.split == "test" for lesson in corpora[0]):
        raise VoiceError(f"{options.corpus[0]} has no lesson of the split 'test', by which a voice is judged")
    options.out.mkdir(parents=True, exist_ok=True)
    if options.only != "acoustic" and options.vocoder is None:
        _vocoder([one for lessons in corpora for one in lessons], configuration, options.out, device)
    if options.only != "vocoder":
        _acoustic(corpora[0], configuration, options, device)


def _vocoder(lessons: list[Lesson], configuration: Configuration, folder: Path, device: str) -> None:
    # The discriminators are worth their time on a GPU alone.
    later = configuration.vocoder_schedule.steps // 2 if device == "cuda" else None
    checkpoint = train_vocoder(lessons, configuration, folder, device, adversarial_from=later)
    history = torch.load(checkpoint, map_location="cpu", weights_only=True)["history"]
    draw_history(history, folder / "vocoder.png", ("mel",))
    release_vocoder(checkpoint, configuration.vocoder, folder / "voice")
    print(f"the vocoder is {folder / 'voice' / VOCODER_FILE}")


def _acoustic(
    lessons: list[Lesson], configuration: Configuration, options: argparse.Namespace, device: str
) -> None:
    folder = options.out
    checkpoint = train_acoustic(lessons, options.language, configuration, folder, device, options.start)
    history = torch.load(checkpoint, map_location="cpu", weights_only=True)["history"]
    draw_history(history, folder / "acoustic.png", ("likelihood", "durations"))
    voice_folder = folder / "voice"
    vocoder = _placed(options.vocoder, voice_folder)
    voice = release_voice(
        checkpoint, vocoder, lessons, voice_folder, name=options.name, licence=options.licence
    )
    lesson = next(one for one in lessons if one.split == "test")
    network, mean, deviation, language = read_acoustic(checkpoint)
    ids, mel = next(spectrograms([lesson], language))
    found = alignment(network, ids, mel, mean, deviation)
    draw_alignment(found, tuple(with_blanks(lesson.symbols)), folder / "alignment.png")
    made = voice.mel(list(lesson.symbols))[0].T
    draw_spectrograms({"recorded": mel, "spoken": made}, folder / "spectrograms.png")
    print(f"the voice is in {voice_folder}: python -m tts_voices say --voice {voice_folder} …")


def _placed(vocoder: Path | None, folder: Path) -> str:
    """The name of the vocoder's graph within the voice's folder, where it is copied if it lies elsewhere."""
    name = VOCODER_FILE
    folder.mkdir(parents=True, exist_ok=True)
    if vocoder is not None and vocoder.resolve() != (folder / name).resolve():
        (folder / name).write_bytes(vocoder.read_bytes())
    if not (folder / name).exists():
        raise VoiceError("there is no vocoder yet: train it too, or name one with --vocoder")
    return name
