"""A coqui checkpoint of Glow-TTS as a voice of ours: graphs, `voice.json`, licence, level.

The mel frames of a checkpoint and of a vocoder need not be made alike: the decoder's graph ends in natural
log amplitudes of the vocoder's definition (`coqui_audio`), so that a voice without a vocoder of its own can
use ours. Needs the environment of the voices' training.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyloudnorm

from tts_voices.coqui.audio import OURS, MelDefinition, conversion, mel_definition
from tts_voices.coqui.checkpoints import Checkpoint, checkpoint, generator, glow_network, require_glow
from tts_voices.coqui.graphs import CoquiVocoder, decoder_file, encoder_file, vocoder_file
from tts_voices.coqui.symbols import coqui_symbols
from tts_voices.glow_voice import GlowVoice
from tts_voices.pronunciation import load_reader
from tts_voices.sessions import open_session
from tts_voices.vocoder import Vocoder
from tts_voices.voice import VoiceError
from tts_voices.voice_files import DESCRIPTION, VoiceDescription, read_description, write_description
from tts_voices.waveform_vocoder import open_vocoder

__all__ = ["import_checkpoint"]

_ENCODER, _DECODER, _VOCODER = "encoder.onnx", "decoder.onnx", "vocoder.onnx"
_LOUDNESS_LUFS = -20.0
_MOST_GAIN = 50.0
_SENTENCES = {
    "en": (
        "It is good that you are talking about this, and there is no hurry at all.",
        "Would you like to tell me what happened this morning, before you left the house?",
        "Let us breathe in slowly together, and then let the air go again.",
    ),
    "fa": (
        "خوب است که درباره‌ی این موضوع حرف می‌زنید و هیچ عجله‌ای نیست.",
        "دوست دارید بگویید امروز صبح قبل از رفتن از خانه چه اتفاقی افتاد؟",
        "بیایید با هم آرام نفس بکشیم و بعد هوا را بیرون بدهیم.",
    ),
}
"""What the level of a voice is measured on."""


def import_checkpoint(
    name_or_folder: str | Path,
    out_folder: Path,
    vocoder: str | Path | None = None,
    *,
    language: str | None = None,
    models_file: Path | None = None,
    store: Path | None = None,
) -> VoiceDescription:
    """Writes the voice of a checkpoint into `out_folder`, whole or not at all.

    Args:
        name_or_folder: a folder with `config.json` and weights, or a name of coqui's list such as
            "tts_models/en/ljspeech/glow-tts".
        out_folder: not there yet, or empty.
        vocoder: a coqui vocoder, likewise named; or one of ours, as `….onnx` or the folder of a voice.
            By default the one that coqui lists for the voice.
        language: "en" or "fa", where the checkpoint does not say it.
        models_file: another list of models than coqui's.
        store: where downloads are kept; coqui's folder of the user's data if left out.

    Returns:
        What was written into `voice.json`.

    Raises:
        VoiceError: for a checkpoint that is missing, damaged, of another kind or without a vocoder.
    """
    if out_folder.exists() and (not out_folder.is_dir() or any(out_folder.iterdir())):
        raise VoiceError(f"{out_folder} is there already: remove it or choose another folder")
    found = checkpoint(name_or_folder, models_file=models_file, store=store)
    require_glow(found)
    symbols = coqui_symbols(found.config, language)
    given = mel_definition(found.config.audio, found.folder)
    network = glow_network(found, len(symbols.symbols))
    chosen = vocoder or found.listed.get("default_vocoder")
    if not chosen:
        raise VoiceError(
            f"{found.name} has no vocoder of its own: name one, coqui's or the folder of a voice of ours"
        )
    if given.bands != network.out_channels:
        raise VoiceError(
            f"{found.name} makes {network.out_channels} bands, its audio block says {given.bands}"
        )
    out_folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_folder.parent, prefix=".importing-") as made:
        folder = Path(made) / "voice"
        folder.mkdir()
        wanted, origin = _write_vocoder(chosen, folder / _VOCODER, models_file, store)
        change = conversion(given, wanted)
        try:
            encoder_file(network, folder / _ENCODER)
            decoder_file(network, given.scale, change, folder / _DECODER)
        except (RuntimeError, TypeError, ValueError) as error:
            raise VoiceError(
                f"the networks of {found.name} don't run: its config.json is not possible"
            ) from error
        description = VoiceDescription(
            name=_name(found),
            language=symbols.language,
            reader=symbols.reader,
            symbols=symbols.symbols,
            sample_rate_hz=wanted.sample_rate_hz,
            fft=wanted.fft,
            hop=wanted.hop,
            length=float(found.config.length_scale),
            noise=float(found.config.inference_noise_scale) if found.config.mean_only else 0.0,
            gain=1.0,
            licence="; ".join([_origin(found), f"vocoder: {origin}"]),
            files={name: _digest(folder / name) for name in (_ENCODER, _DECODER, _VOCODER)},
            blank=symbols.blank,
            opening=symbols.opening,
            closing=symbols.closing,
        )
        description = replace(description, gain=_gain(description, folder))
        write_description(description, folder)
        if out_folder.exists():
            out_folder.rmdir()
        folder.rename(out_folder)
    return description


def _write_vocoder(
    chosen: str | Path, path: Path, models_file: Path | None, store: Path | None
) -> tuple[MelDefinition, str]:
    """The vocoder's graph; returns what frames it wants, and whence it comes."""
    own = Path(chosen)
    if own.suffix == ".onnx" or (own / DESCRIPTION).is_file():
        return OURS, _copy_own(own, path)
    found = checkpoint(chosen, models_file=models_file, store=store)
    wanted = mel_definition(found.config.audio, found.folder)
    network = CoquiVocoder(generator(found), wanted.scale).eval()
    padding = int(getattr(network.generator, "inference_padding", 0))
    vocoder_file(network, wanted.hop, padding, path)
    return wanted, _origin(found)


def _copy_own(own: Path, path: Path) -> str:
    origin = "hamdel"
    if own.is_dir():
        description = read_description(own)
        named = [name for name in description.files if name.endswith(_VOCODER)]
        if not named:
            raise VoiceError(f"{own} names no vocoder: choose another voice")
        origin, own = f"{description.name} ({description.licence})", own / named[0]
    if not isinstance(open_vocoder(own, size=OURS.fft, hop=OURS.hop), Vocoder):
        raise VoiceError(f"{own} is a vocoder for frames of its own: give the vocoder of a voice of ours")
    shutil.copyfile(own, path)
    return origin


def _name(found: Checkpoint) -> str:
    parts = found.name.split("/") if found.listed else [found.folder.resolve().name]
    return "coqui-" + "-".join(parts[1:] if found.listed else parts)


def _origin(found: Checkpoint) -> str:
    """Licence, name, author and address of a checkpoint."""
    if not found.listed:
        return f"licence not known, from the folder {found.folder.resolve().name}"
    address = found.listed.get("github_rls_url") or found.listed.get("repo_id") or ""
    author = found.listed.get("author") or "author not known"
    licence = found.listed.get("license") or "licence not known"
    return f"{licence}, {found.name} of coqui-tts, {author}, {address}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _gain(description: VoiceDescription, folder: Path) -> float:
    """What brings a few spoken sentences to -20 LUFS (ITU-R BS.1770)."""
    voice = GlowVoice(
        description,
        open_session(folder / _ENCODER),
        open_session(folder / _DECODER),
        open_vocoder(folder / _VOCODER, size=description.fft, hop=description.hop),
        load_reader(description),
    )
    read = load_reader(description)
    spoken = [voice.samples(symbols) for symbols in map(read, _SENTENCES[description.language]) if symbols]
    if not spoken:
        raise VoiceError(f"its symbols spell no sentence of {description.language!r}: is that its language?")
    sound = np.concatenate(spoken)
    if len(sound) < description.sample_rate_hz or not np.isfinite(sound).all():
        raise VoiceError("it does not speak: three sentences make less than a second, or no numbers")
    loudness = float(pyloudnorm.Meter(description.sample_rate_hz).integrated_loudness(sound))
    if not math.isfinite(loudness):
        raise VoiceError("it is silent: the checkpoint is damaged, or the vocoder is not for its frames")
    return min(_MOST_GAIN, max(0.01, 10 ** ((_LOUDNESS_LUFS - loudness) / 20)))
