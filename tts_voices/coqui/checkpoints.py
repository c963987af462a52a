"""coqui's checkpoints: fetched through its own model manager or found in a folder, and read as networks."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize
from trainer.io import load_fsspec
from TTS.config import load_config
from TTS.tts.models.glow_tts import GlowTTS
from TTS.utils.manage import ModelManager
from TTS.vocoder.models import setup_generator

from tts_voices.voice import VoiceError

__all__ = ["Checkpoint", "checkpoint", "generator", "glow_network", "require_glow"]

_KINDS = ("tts_models", "vocoder_models")
_NAMES = ("model_file.pth", "model_file.pth.tar", "model.pth", "best_model.pth", "checkpoint.pth")
_GENERATORS = (
    "hifigan_generator",
    "melgan_generator",
    "multiband_melgan_generator",
    "fullband_melgan_generator",
)


@dataclass(frozen=True)
class Checkpoint:
    """Where a checkpoint lies, its configuration, and what coqui's list of models says of it."""

    folder: Path
    weights: Path
    config: Any
    name: str
    listed: dict[str, Any] = field(default_factory=dict)


def checkpoint(name: str | Path, *, models_file: Path | None = None, store: Path | None = None) -> Checkpoint:
    """The checkpoint in a folder, or one of coqui's list, which is downloaded at its first use.

    Args:
        name: a folder with `config.json` and the weights, or "tts_models/en/ljspeech/glow-tts" and the like.
        models_file: another list of models than coqui's.
        store: where downloads are kept; coqui's folder of the user's data if left out.

    Raises:
        VoiceError: for a name or folder that does not exist, a download that fails, files that are damaged.
    """
    if str(name).startswith(tuple(f"{kind}/" for kind in _KINDS)):
        with _quiet():
            folder, listed = _downloaded(str(name), models_file, store)
    else:
        folder, listed = Path(name), {}
        if not folder.is_dir():
            raise VoiceError(f"{name} is neither a folder nor a name like tts_models/en/ljspeech/glow-tts")
    config_path = folder / "config.json"
    if not config_path.is_file():
        raise VoiceError(f"{folder} has no config.json: it is no checkpoint of coqui's, or not a whole one")
    try:
        with _quiet():
            config = load_config(config_path)
    except Exception as error:  # coqui's reader raises whatever its fields do
        raise VoiceError(f"{config_path} is no configuration of coqui's: {_line(error)}") from error
    return Checkpoint(folder, _weights(folder), config, str(name), listed)


def _downloaded(name: str, models_file: Path | None, store: Path | None) -> tuple[Path, dict[str, Any]]:
    try:
        manager = ModelManager(models_file, store, progress_bar=sys.stderr.isatty())
    except (OSError, ValueError) as error:
        raise VoiceError(f"the list of models can't be read: {_line(error)}") from error
    kind, _, rest = name.partition("/")
    try:
        language, corpus, model = rest.split("/")
        listed = dict(manager.models_dict[kind][language][corpus][model])
    except (ValueError, KeyError, TypeError):
        raise VoiceError(
            f"coqui lists no model {name}; see them with: .venv-voices/bin/tts --list_models"
        ) from None
    if kind == "tts_models" and not model.startswith("glow"):
        raise VoiceError(f"{name} is no Glow-TTS: only that kind is used here")
    folder = Path(manager.output_prefix) / f"{kind}--{language}--{corpus}--{model}"
    was_there = folder.exists()
    try:
        weights, config, _ = manager.download_model(name)
    except BaseException as error:
        # A folder that is not whole would be taken for the model the next time.
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, Exception):
            raise
        again = f"; remove {folder} and try again" if was_there else "; is there a network? try again"
        raise VoiceError(f"{name} could not be downloaded whole ({_line(error)}){again}") from error
    return Path(config).parent if Path(config).parent == Path(weights).parent else folder, listed


def _weights(folder: Path) -> Path:
    for name in _NAMES:
        if (folder / name).is_file():
            return folder / name
    found = sorted(folder.glob("*.pth"))
    if len(found) == 1:
        return found[0]
    said = (
        "no weights"
        if not found
        else f"{len(found)} weights, none of the name model_file.pth or best_model.pth"
    )
    raise VoiceError(f"{folder} has {said}")


def require_glow(found: Checkpoint) -> None:
    """Raises `VoiceError` unless the configuration is one of a Glow-TTS that can be used here."""
    config = found.config
    if config.model.lower() != "glow_tts":
        raise VoiceError(f"{found.name} is a {config.model}, not a Glow-TTS: only that kind is used here")
    if config.use_speaker_embedding or config.use_d_vector_file or (config.get("num_speakers") or 1) > 1:
        raise VoiceError(f"{found.name} has several speakers: only voices of one speaker are used here")
    if config.c_in_channels or config.num_squeeze < 1:
        raise VoiceError(f"{found.name} is a Glow-TTS of a form that is not used here")


def glow_network(found: Checkpoint, symbols: int) -> GlowTTS:
    """The Glow-TTS of a checkpoint for so many symbols; raises `VoiceError` where it is damaged."""
    config = found.config
    config.num_chars = symbols
    # The scale of its frames is read by `coqui_audio`; coqui would run whatever the file of statistics says.
    config.audio.stats_path = None
    network = _made(lambda: _BareGlow(config), found)
    _fill(network, _state(found), found)
    return network


class _BareGlow(GlowTTS):
    """Without the reader of texts, which would need the program that it reads with."""

    tokenizer = None


def generator(found: Checkpoint) -> nn.Module:
    """The generator of a vocoder's checkpoint; raises `VoiceError` for other kinds."""
    kind = str(found.config.get("generator_model") or found.config.model)
    if kind.lower() not in _GENERATORS:
        raise VoiceError(f"{found.name} is a {kind}: only {', '.join(_GENERATORS)} are used here")
    network: nn.Module = _made(lambda: setup_generator(found.config), found)
    stored = _state(found)
    # Since 0.0.15 the discriminators lie in the same file.
    own = {
        name.removeprefix("model_g."): value for name, value in stored.items() if name.startswith("model_g.")
    }
    _fill(network, own or stored, found)
    return network


def _made(make: Any, found: Checkpoint) -> Any:
    try:
        with _quiet():
            return make()
    except Exception as error:  # whatever a size or name that is not possible leads to
        raise VoiceError(f"the config.json of {found.name} makes no network: {_line(error)}") from error


def _state(found: Checkpoint) -> dict[str, torch.Tensor]:
    try:
        # Only tensors and plain data are let through, see torch.load(weights_only=True).
        stored = load_fsspec(str(found.weights), map_location="cpu", cache=False)
        model = dict(stored["model"])
        if not all(isinstance(value, torch.Tensor) for value in model.values()):
            raise TypeError("not all of its weights are tensors")
    except Exception as error:  # a damaged file can raise anything
        raise VoiceError(f"{found.weights} can't be read as a checkpoint: {_line(error)}") from error
    return model


def _fill(network: nn.Module, state: dict[str, torch.Tensor], found: Checkpoint) -> None:
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise VoiceError(f"the weights of {found.name} don't fit its config.json: {_line(error)}") from error
    for module in network.modules():
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")
    network.eval()
    if not all(bool(torch.isfinite(value).all()) for value in network.state_dict().values()):
        raise VoiceError(f"the weights of {found.name} are not all numbers: the checkpoint is damaged")


def _line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines)[:160] or type(error).__name__


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without coqui's log, whose tracebacks would hide the one line that says what to do."""
    logger = logging.getLogger("TTS")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
