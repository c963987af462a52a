"""Teaches the vocoder to turn log-mel frames of any voice into samples: resumable.

The loss compares short spectra at three resolutions (Yamamoto and others, 2020: spectral convergence and
log amplitude) and the mel spectrogram. With `adversarial_from` a second stage adds discriminators of
spectra at several resolutions (Jang and others, 2021) with hinge losses and feature matching, which makes
the sound crisper; it is slow without a GPU.
"""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from tts_voices.features import FFT, FLOOR, HOP, mel_filters
from tts_voices.model import VocoderNetwork, spectrum_to_samples
from tts_voices.training.averaging import average, pace
from tts_voices.training.configuration import Configuration, Schedule
from tts_voices.training.corpus import Lesson, read_piece, read_samples
from tts_voices.training.discriminators import SpectrumDiscriminators

__all__ = ["CHECKPOINT", "train_vocoder"]

CHECKPOINT = "vocoder.pt"
_FRAMES = 64
_RESOLUTIONS = ((2048, 480), (1024, 240), (512, 100))
_CHECKED = 40
_LEVELS_DB = (-8.0, 4.0)
_MATCHING = 2.0


@dataclass
class _Run:
    network: VocoderNetwork
    optimiser: torch.optim.AdamW
    averaged: dict[str, Tensor]
    discriminators: SpectrumDiscriminators
    critic: torch.optim.AdamW
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        partial = path.with_suffix(".partial")
        parts = ("network", "optimiser", "discriminators", "critic")
        stored = {name: getattr(self, name).state_dict() for name in parts}
        torch.save(stored | {"averaged": self.averaged, "step": self.step, "history": self.history}, partial)
        partial.replace(path)

    def load(self, path: Path, device: str) -> None:
        stored = torch.load(path, map_location=device, weights_only=True)
        for name in ("network", "optimiser", "discriminators", "critic"):
            getattr(self, name).load_state_dict(stored[name])
        self.averaged, self.step, self.history = stored["averaged"], stored["step"], stored["history"]


def train_vocoder(
    lessons: list[Lesson],
    configuration: Configuration,
    folder: Path,
    device: str = "cpu",
    adversarial_from: int | None = None,
) -> Path:
    """Trains until `configuration.vocoder_schedule.steps`, going on from a checkpoint if one is there.

    Lessons of the split "train" teach, those of "test" are the check; they may be of several languages.
    From the step `adversarial_from` on the discriminators take part. Returns the checkpoint's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    schedule = configuration.vocoder_schedule
    torch.manual_seed(configuration.seed)
    paths = [one.path for one in lessons if one.split == "train"]
    checked = [read_samples(one.path) for one in [one for one in lessons if one.split == "test"][:_CHECKED]]
    run = _begin(configuration, device)
    path = folder / CHECKPOINT
    if path.exists():
        run.load(path, device)
    chance = random.Random(configuration.seed + run.step)  # noqa: S311 - no secret
    measure = _Measure().to(device)
    started = time.monotonic()
    with tqdm(total=schedule.steps, initial=run.step, desc="vocoder") as bar:
        while run.step < schedule.steps:
            batch = _batch(paths, schedule.batch, chance).to(device)
            judged = adversarial_from is not None and run.step >= adversarial_from
            loss = _step(run, batch, measure, schedule, judged)
            bar.update()
            if run.step % schedule.check_every == 0 or run.step == schedule.steps:
                figures = {"mel": _check(run, checked, measure, device), "loss": loss, "step": run.step}
                figures["seconds"] = time.monotonic() - started
                run.history.append(figures)
                bar.write(json.dumps({name: round(value, 4) for name, value in figures.items()}))
                run.save(path)
    return path


def _begin(configuration: Configuration, device: str) -> _Run:
    network = VocoderNetwork(configuration.vocoder).to(device)
    discriminators = SpectrumDiscriminators().to(device)
    rate = configuration.vocoder_schedule.learning_rate
    return _Run(
        network=network,
        optimiser=torch.optim.AdamW(network.parameters(), lr=rate, betas=(0.8, 0.95), weight_decay=1e-3),
        averaged={name: value.clone() for name, value in network.state_dict().items()},
        discriminators=discriminators,
        critic=torch.optim.AdamW(discriminators.parameters(), lr=rate / 2, betas=(0.8, 0.95)),
    )


def _batch(paths: list[Path], size: int, chance: random.Random) -> Tensor:
    """Random pieces, [batch, samples], at random levels, so that quiet speech is learnt too."""
    length = (_FRAMES - 1) * HOP
    batch = np.zeros((size, length), dtype=np.float32)
    for row in batch:
        piece = read_piece(chance.choice(paths), length, chance.random())
        row[: len(piece)] = np.clip(piece * 10 ** (chance.uniform(*_LEVELS_DB) / 20), -1, 1)
    return torch.from_numpy(batch)


class _Measure(nn.Module):
    """Mel frames of samples, and how far two pieces of sound are apart."""

    filters: Tensor
    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", torch.from_numpy(mel_filters()))
        self.register_buffer("window", torch.hann_window(FFT))

    def mel(self, samples: Tensor) -> Tensor:
        """Samples [batch, n] as log-mel frames [batch, 80, 1 + n // 256]."""
        spectrum = torch.stft(samples, FFT, HOP, window=self.window, return_complex=True)
        return torch.log(torch.clamp(self.filters @ spectrum.abs(), min=FLOOR))

    def forward(self, made: Tensor, true: Tensor) -> Tensor:
        loss = 2 * nn.functional.l1_loss(self.mel(made), self.mel(true))
        for size, hop in _RESOLUTIONS:
            window = torch.hann_window(size, device=made.device)
            first = torch.stft(made, size, hop, window=window, return_complex=True).abs()
            second = torch.stft(true, size, hop, window=window, return_complex=True).abs()
            converged = torch.linalg.norm(second - first) / (torch.linalg.norm(second) + 1e-6)
            logs = nn.functional.l1_loss(torch.log(first + 1e-5), torch.log(second + 1e-5))
            loss = loss + converged + logs
        return loss


def _step(run: _Run, batch: Tensor, measure: _Measure, schedule: Schedule, judged: bool) -> float:
    run.network.train()
    rate_now = schedule.learning_rate * pace(run.step, schedule)
    for optimiser, rate in ((run.optimiser, 1.0), (run.critic, 0.5)):
        for group in optimiser.param_groups:
            group["lr"] = rate * rate_now
    with torch.autocast(batch.device.type, torch.bfloat16, enabled=batch.device.type == "cuda"):
        real, imaginary = run.network(measure.mel(batch))
    made = spectrum_to_samples(real.float(), imaginary.float())
    loss = measure(made, batch)
    if judged:
        _teach_critic(run, made.detach(), batch)
        loss = loss + _judgement(run.discriminators, made, batch)
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), schedule.gradient_clip)
    run.optimiser.step()
    run.step += 1
    average(run.averaged, run.network, run.step, schedule)
    return float(loss.detach())


def _teach_critic(run: _Run, made: Tensor, true: Tensor) -> None:
    losses = [
        torch.relu(1 - real[-1]).mean() + torch.relu(1 + false[-1]).mean()
        for real, false in zip(run.discriminators(true), run.discriminators(made), strict=True)
    ]
    run.critic.zero_grad(set_to_none=True)
    torch.stack(losses).mean().backward()
    run.critic.step()


def _judgement(discriminators: SpectrumDiscriminators, made: Tensor, true: Tensor) -> Tensor:
    total = torch.zeros((), device=made.device)
    with torch.no_grad():
        seen = discriminators(true)
    judged = discriminators(made)
    for real, false in zip(seen, judged, strict=True):
        total = total + torch.relu(1 - false[-1]).mean()
        alike = [nn.functional.l1_loss(a, b) for a, b in zip(false[:-1], real[:-1], strict=True)]
        total = total + _MATCHING * torch.stack(alike).mean()
    return total / len(judged)


def _check(run: _Run, checked: list[NDArray[np.float32]], measure: _Measure, device: str) -> float:
    """Mean difference of the log-mel frames of held-out sound and of what the averaged network makes."""
    current = {name: value.clone() for name, value in run.network.state_dict().items()}
    run.network.load_state_dict(run.averaged)
    run.network.eval()
    apart = []
    with torch.no_grad():
        for sound in checked:
            true = torch.from_numpy(sound[: len(sound) // HOP * HOP])[None].to(device)
            mel = measure.mel(true)
            apart.append(
                float(nn.functional.l1_loss(measure.mel(spectrum_to_samples(*run.network(mel))), mel))
            )
    run.network.load_state_dict(current)
    return float(np.mean(apart)) if apart else math.nan
