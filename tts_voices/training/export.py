"""A trained voice as ONNX graphs: symbols to latent frames, latent frames to mel frames, mel to spectra.

Three graphs, as the runtime (`glow_voice`, `vocoder`) wants them:
- encoder: `ids` int64 [1, n], `length` float32 [1] → `frames` [1, 80, f], `durations` int64 [n]. A symbol
  lasts a whole number of frames, the nearest to what was predicted times `length`, at least 1; f is even.
- decoder: `frames` [1, 80, f] → `mel` [1, 80, f], natural log-mel; what normalised the training's is undone.
- vocoder: `mel` [1, 80, f] → `real`, `imaginary` [1, 513, f].
Weights are stored in half precision and computed with in single. Every affine step of the flow between two
couplings (activation norm and invertible convolution) is folded into one convolution, kept in single.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from TTS.tts.layers.glow_tts.decoder import squeeze, unsqueeze
from TTS.tts.models.glow_tts import GlowTTS

from tts_voices.model import VocoderNetwork

__all__ = [
    "DecoderGraph",
    "EncoderGraph",
    "decoder_graph",
    "encoder_graph",
    "half_precision",
    "vocoder_graph",
]

_OPSET = 17
_SMALLEST_HALVED = 256


class EncoderGraph(nn.Module):
    """The encoder with its durations rounded to frames and each symbol's mean repeated for its frames."""

    def __init__(self, network: GlowTTS) -> None:
        super().__init__()
        self.encoder = network.encoder

    def forward(self, ids: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """As the graph, see above."""
        means, _, log_durations, _ = self.encoder(ids, torch.ones_like(ids[:, 0]) * ids.shape[1])
        exact = (torch.exp(log_durations[0, 0]) - 1) * length
        durations = torch.clamp(torch.floor(exact + 0.5), min=1.0)
        ends = torch.cumsum(durations, 0)
        total = torch.ceil(ends[-1] / 2) * 2
        frames = torch.arange(total.to(torch.int64))
        # A frame belongs to the symbol that as many ends lie before; the one that makes it even, to the last.
        owner = (frames[:, None] >= ends[None, :-1]).to(torch.int64).sum(1)
        return means.index_select(2, owner), durations.to(torch.int64)


class DecoderGraph(nn.Module):
    """The flow, backwards, and the end of the mels' normalisation."""

    def __init__(self, network: GlowTTS, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        flows = list(network.decoder.flows)
        self.couplings = nn.ModuleList(reversed(flows[2::3]))
        self.affine = nn.ModuleList(
            _folded(flows[place], flows[place + 1]) for place in reversed(range(0, len(flows), 3))
        )
        self.squeezed = network.decoder.num_squeeze
        self.register_buffer("mean", mean[:, None])
        self.register_buffer("deviation", deviation[:, None])

    mean: Tensor
    deviation: Tensor

    def forward(self, frames: Tensor) -> Tensor:
        """As the graph, see above."""
        latent, mask = squeeze(frames, None, self.squeezed)
        for coupling, affine in zip(self.couplings, self.affine, strict=True):
            latent, _ = coupling(latent, mask, reverse=True)
            latent = affine(latent)
        mel, _ = unsqueeze(latent, mask, self.squeezed)
        return mel * self.deviation + self.mean


def _folded(norm: nn.Module, convolution: nn.Module) -> nn.Conv1d:
    """Both, backwards, as one convolution of width 1: what they make of the unit vectors and of nothing."""
    channels = norm.channels
    with torch.no_grad():
        inputs = torch.cat([torch.zeros(channels, 1), torch.eye(channels)], dim=1)[None]
        mask = torch.ones(1, 1, channels + 1)
        outputs = norm(convolution(inputs, mask, reverse=True)[0], mask, reverse=True)[0][0]
    folded = nn.Conv1d(channels, channels, 1)
    folded.weight.data = (outputs[:, 1:] - outputs[:, :1])[:, :, None].clone()
    folded.bias.data = outputs[:, 0].clone()
    return folded


def encoder_graph(network: GlowTTS, path: Path) -> None:
    """Writes the encoder's graph."""
    graph = EncoderGraph(network).eval()
    given = (torch.arange(1, 9)[None] % network.num_chars, torch.tensor([1.0]))
    axes = {"ids": {1: "symbols"}, "frames": {2: "frames"}, "durations": {0: "symbols"}}
    _write(graph, given, ["ids", "length"], ["frames", "durations"], axes, path)


def decoder_graph(network: GlowTTS, mean: Tensor, deviation: Tensor, path: Path) -> None:
    """Writes the decoder's graph; `mean` and `deviation` [80] are those that normalised the mels."""
    graph = DecoderGraph(network, mean, deviation).eval()
    axes = {"frames": {2: "frames"}, "mel": {2: "frames"}}
    _write(graph, (torch.randn(1, mean.shape[0], 20),), ["frames"], ["mel"], axes, path)


def vocoder_graph(network: VocoderNetwork, path: Path) -> None:
    """Writes the vocoder's graph."""
    axes = {name: {2: "frames"} for name in ("mel", "real", "imaginary")}
    bands = network.embed.in_channels
    _write(network.eval(), (torch.randn(1, bands, 20),), ["mel"], ["real", "imaginary"], axes, path)


def _write(
    graph: nn.Module,
    given: tuple[Tensor, ...],
    inputs: list[str],
    outputs: list[str],
    axes: dict[str, dict[int, str]],
    path: Path,
) -> None:
    content = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        # The newer exporter is slower here by far and writes larger graphs.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            given,
            content,
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
    path.write_bytes(half_precision(content.getvalue()))


def half_precision(graph: bytes) -> bytes:
    """The graph with its larger weights stored as float16 and cast to float32 where they are used."""
    model = onnx.load_from_string(graph)
    kept, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        exact = values.dtype != np.float32 or values.size < _SMALLEST_HALVED or "affine" in tensor.name
        if exact:
            kept.append(tensor)
            continue
        stored = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}_half")
        kept.append(stored)
        casts.append(helper.make_node("Cast", [stored.name], [tensor.name], to=TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
