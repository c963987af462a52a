"""Discriminators for the vocoder's second stage: each looks at the spectrum at one resolution.

After the multi-resolution discriminator of UnivNet (Jang and others, 2021).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["SpectrumDiscriminators"]

_RESOLUTIONS = ((1024, 256), (2048, 512), (512, 128))
_CHANNELS = 16


class _Discriminator(nn.Module):
    def __init__(self, size: int, hop: int) -> None:
        super().__init__()
        self.size, self.hop = size, hop
        layers = [(1, (3, 9), (1, 1)), *[(_CHANNELS, (3, 9), (1, 2))] * 3, (_CHANNELS, (3, 3), (1, 1))]
        self.layers = nn.ModuleList(
            nn.utils.parametrizations.weight_norm(
                nn.Conv2d(before, _CHANNELS, kernel, stride, padding=(kernel[0] // 2, kernel[1] // 2))
            )
            for before, kernel, stride in layers
        )
        self.last = nn.utils.parametrizations.weight_norm(nn.Conv2d(_CHANNELS, 1, 3, padding=1))

    def forward(self, samples: Tensor) -> list[Tensor]:
        window = torch.hann_window(self.size, device=samples.device)
        spectrum = torch.stft(samples, self.size, self.hop, window=window, return_complex=True).abs()
        seen = torch.log(spectrum + 1e-3).transpose(1, 2)[:, None]
        outputs = []
        for layer in self.layers:
            seen = nn.functional.leaky_relu(layer(seen), 0.1)
            outputs.append(seen)
        return [*outputs, self.last(seen)]


class SpectrumDiscriminators(nn.Module):
    """Samples [batch, n] to, for each resolution, the outputs of its layers, the judgement last."""

    def __init__(self) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(_Discriminator(size, hop) for size, hop in _RESOLUTIONS)

    def forward(self, samples: Tensor) -> list[list[Tensor]]:
        """The outputs of every layer of every discriminator."""
        return [discriminator(samples) for discriminator in self.discriminators]
