"""Networks of coqui's as ONNX graphs for the runtime (`glow_voice`, `waveform_vocoder`), in full precision.

They take and give what the graphs of our own voices do (`export`); unlike those, a symbol lasts the whole
number of frames that is next above its prediction, and an odd last frame is left out, as coqui does it.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from TTS.tts.models.glow_tts import GlowTTS

from tts_voices.coqui.audio import Conversion, Scale
from tts_voices.training.export import DecoderGraph
from tts_voices.voice import VoiceError
from tts_voices.waveform_vocoder import CONTEXT, PADDING

__all__ = [
    "CoquiDecoder",
    "CoquiEncoder",
    "CoquiVocoder",
    "context_frames",
    "decoder_file",
    "encoder_file",
    "vocoder_file",
]

_OPSET = 17
_PROBE_FRAMES = 160
_MOST_CONTEXT = 60


class CoquiEncoder(nn.Module):
    """`ids` int64 [1, n] and `length` float32 [1] to `frames` [1, bands, f] and `durations` int64 [n]."""

    def __init__(self, network: GlowTTS) -> None:
        super().__init__()
        self.encoder = network.encoder
        self.squeezed = int(network.decoder.num_squeeze)

    def forward(self, ids: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """As the class says."""
        means, _, log_durations, _ = self.encoder(ids, torch.ones_like(ids[:, 0]) * ids.shape[1])
        exact = (torch.exp(log_durations[0, 0]) - 1) * length
        durations = torch.clamp(torch.ceil(exact), min=1.0)
        ends = torch.cumsum(durations, 0)
        total = torch.clamp(torch.floor(ends[-1] / self.squeezed), min=1.0) * self.squeezed
        frames = torch.arange(total.to(torch.int64))
        owner = (frames[:, None] >= ends[None, :-1]).to(torch.int64).sum(1)
        return means.index_select(2, owner), durations.to(torch.int64)


class CoquiDecoder(nn.Module):
    """`frames` [1, bands, f] to `mel` [1, wanted bands, f × pace], natural log amplitudes as wanted."""

    factor: Tensor
    shift: Tensor
    mixture: Tensor
    added: Tensor

    def __init__(self, network: GlowTTS, scale: Scale, change: Conversion) -> None:
        super().__init__()
        bands = len(scale.factor)
        self.flow = DecoderGraph(network, torch.zeros(bands), torch.ones(bands))
        self.limits = (scale.lowest, scale.highest)
        self.register_buffer("factor", torch.from_numpy(scale.factor))
        self.register_buffer("shift", torch.from_numpy(scale.shift))
        self.changed = change.mixture is not None
        self.pace, self.lowest = change.pace, change.lowest
        if change.mixture is not None:
            self.register_buffer("mixture", torch.from_numpy(change.mixture))
            self.register_buffer("added", torch.from_numpy(change.shift))

    def forward(self, frames: Tensor) -> Tensor:
        """As the class says."""
        normalised: Tensor = self.flow(frames)
        mel = _clipped(normalised, *self.limits) * self.factor + self.shift
        if self.changed:
            mel = self.mixture @ mel + self.added
        if self.pace != 1:
            mel = nn.functional.interpolate(
                mel, scale_factor=self.pace, mode="linear", align_corners=False, recompute_scale_factor=False
            )
        return _clipped(mel, self.lowest, None)


class CoquiVocoder(nn.Module):
    """`mel` [1, bands, f], natural log amplitudes, to `samples` [1, f × hop]."""

    factor: Tensor
    shift: Tensor

    def __init__(self, generator: nn.Module, scale: Scale) -> None:
        super().__init__()
        self.generator = generator
        self.limits = (scale.lowest, scale.highest)
        self.register_buffer("factor", torch.from_numpy(scale.factor))
        self.register_buffer("shift", torch.from_numpy(scale.shift))

    def forward(self, mel: Tensor) -> Tensor:
        """As the class says."""
        frames = _clipped((mel - self.shift) / self.factor, *self.limits)
        samples: Tensor = self.generator(frames)
        if samples.shape[1] > 1:
            samples = self.generator.pqmf_synthesis(samples)
        return samples[:, 0]


def _clipped(values: Tensor, lowest: float, highest: float | None) -> Tensor:
    return values if lowest == -float("inf") else torch.clamp(values, lowest, highest)


def context_frames(vocoder: CoquiVocoder, bands: int, hop: int) -> int:
    """Frames on each side that a frame's samples depend on: those whose change would change them.

    Raises `VoiceError` where a frame does not make `hop` samples or the whole past matters.
    """
    mel = torch.randn(1, bands, _PROBE_FRAMES, requires_grad=True)
    samples = vocoder(mel)
    if samples.shape != (1, _PROBE_FRAMES * hop):
        made = samples.shape[-1] / _PROBE_FRAMES
        raise VoiceError(f"the vocoder makes {made:g} samples a frame, its config.json says {hop}")
    middle = _PROBE_FRAMES // 2
    samples[0, middle * hop : (middle + 1) * hop].square().sum().backward()
    assert mel.grad is not None  # noqa: S101 - it was asked for above
    seen = torch.nonzero(mel.grad.abs().sum(1)[0]).flatten()
    context = int((seen - middle).abs().max()) if len(seen) else 0
    if context > _MOST_CONTEXT:
        raise VoiceError(
            f"the vocoder looks at more than {_MOST_CONTEXT} frames around each: it can't be streamed"
        )
    return context


def _write(
    graph: nn.Module, given: dict[str, Tensor], axes: dict[str, dict[int, str]], path: Path, **metadata: int
) -> None:
    """Writes `graph` with the inputs `given`; `axes` names the free axes of inputs and outputs."""
    content = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        # That this exporter is the older one, and that parts which never change are kept as they are.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            tuple(given.values()),
            content,
            input_names=list(given),
            output_names=[name for name in axes if name not in given],
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
    model = onnx.load_from_string(content.getvalue())
    for name, value in metadata.items():
        model.metadata_props.add(key=name, value=str(value))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def encoder_file(network: GlowTTS, path: Path) -> None:
    """Writes the encoder."""
    ids = torch.arange(9)[None] % network.num_chars
    given = {"ids": ids, "length": torch.ones(1)}
    axes = {"ids": {1: "symbols"}, "frames": {2: "frames"}, "durations": {0: "symbols"}}
    _write(CoquiEncoder(network), given, axes, path)


def decoder_file(network: GlowTTS, scale: Scale, change: Conversion, path: Path) -> None:
    """Writes the decoder."""
    graph = CoquiDecoder(network, scale, change)
    given = {"frames": torch.randn(1, len(scale.factor), 20 * graph.flow.squeezed)}
    _write(graph, given, {"frames": {2: "frames"}, "mel": {2: "mels"}}, path)


def vocoder_file(vocoder: CoquiVocoder, hop: int, padding: int, path: Path) -> None:
    """Writes a vocoder with its context and padding."""
    bands = len(vocoder.factor)
    metadata = {CONTEXT: context_frames(vocoder, bands, hop), PADDING: padding}
    with torch.no_grad():
        axes = {"mel": {2: "frames"}, "samples": {1: "samples"}}
        _write(vocoder, {"mel": torch.randn(1, bands, 40)}, axes, path, **metadata)
