"""The two networks as PyTorch modules: coqui's Glow-TTS, and a vocoder after Vocos.

Glow-TTS (Kim and others, 2020) turns symbols into log-mel frames: an encoder gives each symbol a mean and a
duration, and an invertible decoder turns frames drawn around those means into speech. The vocoder (Siuzdak,
2023) is a stack of ConvNeXt blocks at the rate of the frames, whose last layer gives the complex spectrum
of each; the inverse transform then needs no upsampling network. Only training and export need this.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from TTS.tts.configs.glow_tts_config import GlowTTSConfig
from TTS.tts.models.glow_tts import GlowTTS

from tts_voices.features import FFT, HOP, MELS
from tts_voices.training.configuration import Acoustic, Vocoder

__all__ = ["VocoderNetwork", "glow_tts", "spectrum_to_samples"]

_KERNEL = 7
_LOUDEST_LOG = 8.0


def glow_tts(sizes: Acoustic, symbols: int) -> GlowTTS:
    """An untrained Glow-TTS for `symbols` different symbols and 80 mel bands."""
    config = GlowTTSConfig(
        num_chars=symbols,
        hidden_channels_enc=sizes.hidden,
        hidden_channels_dec=sizes.hidden,
        hidden_channels_dp=sizes.duration_hidden,
        num_flow_blocks_dec=sizes.flow_blocks,
        num_block_layers=sizes.flow_layers,
        out_channels=MELS,
        encoder_params={
            "kernel_size": 3,
            "dropout_p": 0.1,
            "num_layers": sizes.encoder_layers,
            "num_heads": 2,
            "hidden_channels_ffn": sizes.feed_forward,
            "input_length": None,
            "rel_attn_window_size": 4,
        },
    )
    network = GlowTTS(config)
    # coqui-tts counts the characters of its own default alphabet, whatever the configuration says.
    network.num_chars = network.encoder.num_chars = symbols
    network.encoder.emb = nn.Embedding(symbols, sizes.hidden)
    nn.init.normal_(network.encoder.emb.weight, 0.0, sizes.hidden**-0.5)
    return network


class _Block(nn.Module):
    """ConvNeXt (Liu and others, 2022) along time."""

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(channels, channels, _KERNEL, padding=_KERNEL // 2, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.wide = nn.Linear(channels, 3 * channels)
        self.narrow = nn.Linear(3 * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), scale))

    def forward(self, frames: Tensor) -> Tensor:
        changed = self.norm(self.depthwise(frames).transpose(1, 2))
        changed = self.scale * self.narrow(nn.functional.gelu(self.wide(changed)))
        return frames + changed.transpose(1, 2)


class VocoderNetwork(nn.Module):
    """Log-mel frames [batch, 80, n] to the real and imaginary parts of spectra, [batch, 513, n] each."""

    def __init__(self, sizes: Vocoder) -> None:
        super().__init__()
        self.embed = nn.Conv1d(MELS, sizes.channels, _KERNEL, padding=_KERNEL // 2)
        self.norm = nn.LayerNorm(sizes.channels, eps=1e-6)
        self.blocks = nn.ModuleList(_Block(sizes.channels, 1 / sizes.blocks) for _ in range(sizes.blocks))
        self.last_norm = nn.LayerNorm(sizes.channels, eps=1e-6)
        self.head = nn.Linear(sizes.channels, FFT + 2)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """The spectra of the frames."""
        frames = self.norm(self.embed(mel).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            frames = block(frames)
        spectrum = self.head(self.last_norm(frames.transpose(1, 2))).transpose(1, 2)
        log_amplitude, phase = spectrum.chunk(2, dim=1)
        amplitude = torch.exp(torch.clamp(log_amplitude, max=_LOUDEST_LOG))
        return amplitude * torch.cos(phase), amplitude * torch.sin(phase)


def spectrum_to_samples(real: Tensor, imaginary: Tensor) -> Tensor:
    """The inverse transform: spectra [batch, 513, n] to samples [batch, 256 (n - 1)]."""
    window = torch.hann_window(FFT, device=real.device)
    return torch.istft(torch.complex(real, imaginary), FFT, HOP, window=window, center=True)
