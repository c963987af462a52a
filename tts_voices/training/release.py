"""From checkpoints to a voice's folder: networks exported, pace and level measured, files with digests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import torch
from tqdm import tqdm
from TTS.tts.models.glow_tts import GlowTTS

from tts_voices.features import FFT, HOP, SAMPLE_RATE_HZ
from tts_voices.glow_voice import GlowVoice
from tts_voices.model import VocoderNetwork, glow_tts
from tts_voices.pronunciation.phones import BLANK, network_symbols
from tts_voices.training.configuration import Acoustic, Vocoder
from tts_voices.training.corpus import Lesson, read_samples
from tts_voices.training.export import decoder_graph, encoder_graph, vocoder_graph
from tts_voices.voice import VoiceError
from tts_voices.voice_files import VoiceDescription, write_description

__all__ = [
    "LOUDNESS_LUFS",
    "VOCODER_FILE",
    "read_acoustic",
    "read_vocoder",
    "release_vocoder",
    "release_voice",
]

LOUDNESS_LUFS = -20.0
"""How loud a voice speaks, after ITU-R BS.1770."""

VOCODER_FILE = "vocoder.onnx"
_MEASURED = 60


def read_acoustic(checkpoint: Path) -> tuple[GlowTTS, torch.Tensor, torch.Tensor, str]:
    """The averaged network of a checkpoint, its mels' mean and deviation [80], and its language."""
    stored = _stored(checkpoint)
    network = glow_tts(Acoustic.model_validate(stored["sizes"]), len(network_symbols(stored["language"])))
    network.load_state_dict(stored["averaged"])
    return network.eval(), stored["mean"], stored["deviation"], stored["language"]


def read_vocoder(checkpoint: Path, sizes: Vocoder) -> VocoderNetwork:
    """The averaged network of a vocoder's checkpoint."""
    network = VocoderNetwork(sizes)
    network.load_state_dict(_stored(checkpoint)["averaged"])
    network.eval()
    return network


def _stored(path: Path) -> dict[str, Any]:
    try:
        stored: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises a dozen classes for a damaged file
        raise VoiceError(f"{path} is no checkpoint that can be read: train again") from error
    return stored


def release_vocoder(checkpoint: Path, sizes: Vocoder, folder: Path) -> Path:
    """Writes `vocoder.onnx` into `folder` and gives its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / VOCODER_FILE
    vocoder_graph(read_vocoder(checkpoint, sizes), path)
    return path


def release_voice(
    checkpoint: Path,
    vocoder: str,
    lessons: list[Lesson],
    folder: Path,
    *,
    name: str,
    licence: str,
    noise: float = 0.15,
) -> GlowVoice:
    """Writes a voice's folder and gives the voice.

    Args:
        checkpoint: of the acoustic network.
        vocoder: path of the vocoder's graph relative to `folder`.
        lessons: held-out ones (the split "test"), by which pace and level are set: the voice speaks them
            as fast as they are, and at -20 LUFS.
        folder: where the voice is written.
        name, licence: for `voice.json`.
        noise: standard deviation of the latent noise.
    """
    network, mean, deviation, language = read_acoustic(checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    encoder_graph(network, folder / "encoder.onnx")
    decoder_graph(network, mean, deviation, folder / "decoder.onnx")
    names = ("encoder.onnx", "decoder.onnx", vocoder)
    description = VoiceDescription(
        name=name,
        language=language,
        reader="hamdel",
        symbols=network_symbols(language),
        blank=BLANK,
        sample_rate_hz=SAMPLE_RATE_HZ,
        fft=FFT,
        hop=HOP,
        length=1.0,
        noise=noise,
        gain=1.0,
        licence=licence,
        files={each: hashlib.sha256((folder / each).read_bytes()).hexdigest() for each in names},
    )
    held_out = [lesson for lesson in lessons if lesson.split == "test"][:_MEASURED]
    for measure in (_length, _level, _gain):
        write_description(description, folder)
        description = measure(GlowVoice.load(folder), held_out)
    write_description(description, folder)
    return GlowVoice.load(folder)


def _length(voice: GlowVoice, lessons: list[Lesson]) -> VoiceDescription:
    """The multiplier with which the held-out lessons last as long as they do in the corpus."""
    spoken = true = 0
    for lesson in tqdm(lessons, desc="pace"):
        spoken += voice.mel(list(lesson.symbols)).shape[2]
        true += len(read_samples(lesson.path)) // HOP + 1
    # A network that has learnt nothing yet would be off by any factor.
    length = float(np.clip(true / max(1, spoken), 0.5, 2.0))
    return replace(voice.description, length=round(length, 3))


def _level(voice: GlowVoice, lessons: list[Lesson]) -> VoiceDescription:
    """The loudness of the median's frames, to which each utterance is brought."""
    loudness = [voice.loudness(voice.mel(list(lesson.symbols))) for lesson in lessons]
    if not loudness:
        return voice.description
    return replace(voice.description, level=round(float(np.median(loudness)), 2))


def _gain(voice: GlowVoice, lessons: list[Lesson]) -> VoiceDescription:
    """The gain with which the median of the held-out lessons has the wanted loudness."""
    meter = pyloudnorm.Meter(SAMPLE_RATE_HZ)
    levels = []
    for lesson in tqdm(lessons, desc="level"):
        samples = voice.samples(list(lesson.symbols))
        if len(samples) > SAMPLE_RATE_HZ:
            levels.append(meter.integrated_loudness(samples))
    if not levels:
        return voice.description
    gain = float(np.clip(10 ** ((LOUDNESS_LUFS - float(np.median(levels))) / 20), 0.02, 50))
    return replace(voice.description, gain=round(gain, 3))
