"""Teaches a Glow-TTS from a corpus: resumable, with pictures of its loss and of an alignment.

AdamW with a warm-up and a cosine, gradients clipped, averaged weights for speaking; batches of lessons of
like length. On a processor with bfloat16 matrix units the step takes about 60 % of its time in that format.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm
from TTS.tts.layers.losses import GlowTTSLoss
from TTS.tts.models.glow_tts import GlowTTS

from tts_voices.model import glow_tts
from tts_voices.pronunciation.phones import network_symbols
from tts_voices.training.averaging import average, pace
from tts_voices.training.configuration import Configuration, Schedule
from tts_voices.training.corpus import Lesson, spectrograms
from tts_voices.training.starting import start_from

__all__ = ["CHECKPOINT", "AcousticRun", "train_acoustic"]

CHECKPOINT = "acoustic.pt"
_CHECKED = 64
_NORMALISING = 400

Item = tuple[NDArray[np.int64], NDArray[np.floating[Any]]]


@dataclass
class AcousticRun:
    """A network in training and all that is needed to go on with it."""

    network: GlowTTS
    optimiser: torch.optim.AdamW
    mean: Tensor
    deviation: Tensor
    averaged: dict[str, Tensor]
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def save(self, path: Path, extra: dict[str, object]) -> None:
        """Writes the checkpoint whole or not at all."""
        partial = path.with_suffix(".partial")
        torch.save(
            {
                "network": self.network.state_dict(),
                "averaged": self.averaged,
                "optimiser": self.optimiser.state_dict(),
                "mean": self.mean,
                "deviation": self.deviation,
                "step": self.step,
                "history": self.history,
                **extra,
            },
            partial,
        )
        partial.replace(path)


def train_acoustic(
    lessons: list[Lesson],
    language: str,
    configuration: Configuration,
    folder: Path,
    device: str = "cpu",
    start: Path | None = None,
) -> Path:
    """Trains until `configuration.schedule.steps`, going on from a checkpoint in `folder` if one is there.

    Lessons of the split "train" teach; up to 64 of "test" are the check that is printed and kept in the
    history. `start` is the checkpoint of another voice of the same sizes, of either language, to begin with:
    its alignment then holds from the first step on, which long utterances else find late. Returns the path
    of the checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    schedule = configuration.schedule
    torch.manual_seed(configuration.seed)
    # In half precision: a hundred hours of frames then fit into 5 GB.
    taught = [
        (ids, mel.astype(np.float16))
        for ids, mel in spectrograms([one for one in lessons if one.split == "train"], language, "reading")
    ]
    checked = list(spectrograms([one for one in lessons if one.split == "test"][:_CHECKED], language))
    path = folder / CHECKPOINT
    run = _begin(configuration, language, taught, device)
    if path.exists():
        _resume(run, path, device)
    else:
        _initialise(run, taught, schedule, device)
        if start is not None:
            start_from(run.network, language, start, device)
            run.averaged = {name: value.clone() for name, value in run.network.state_dict().items()}
    extra: dict[str, object] = {"language": language, "sizes": configuration.acoustic.model_dump()}
    batches = _batches(taught, schedule.batch, configuration.seed + run.step)
    started = time.monotonic()
    with tqdm(total=schedule.steps, initial=run.step, desc=f"acoustic {language}") as bar:
        while run.step < schedule.steps:
            loss = _step(run, next(batches), schedule, device)
            bar.update()
            if run.step % schedule.check_every == 0 or run.step == schedule.steps:
                figures = _check(run, checked, schedule, device)
                figures |= {"step": run.step, "loss": loss, "seconds": time.monotonic() - started}
                run.history.append(figures)
                bar.write(json.dumps({name: round(value, 4) for name, value in figures.items()}))
                run.save(path, extra)
    return path


def _begin(configuration: Configuration, language: str, taught: list[Item], device: str) -> AcousticRun:
    network = glow_tts(configuration.acoustic, len(network_symbols(language))).to(device)
    frames = np.concatenate([mel for _, mel in taught[:_NORMALISING]]).astype(np.float32)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=configuration.schedule.learning_rate, betas=(0.9, 0.98), weight_decay=1e-6
    )
    return AcousticRun(
        network=network,
        optimiser=optimiser,
        mean=torch.tensor(frames.mean(axis=0), device=device),
        deviation=torch.tensor(frames.std(axis=0) + 1e-3, device=device),
        averaged={name: value.clone() for name, value in network.state_dict().items()},
    )


def _resume(run: AcousticRun, path: Path, device: str) -> None:
    stored = torch.load(path, map_location=device, weights_only=True)
    run.network.load_state_dict(stored["network"])
    run.optimiser.load_state_dict(stored["optimiser"])
    run.averaged = stored["averaged"]
    run.mean, run.deviation = stored["mean"], stored["deviation"]
    run.step, run.history = stored["step"], stored["history"]


def _initialise(run: AcousticRun, taught: list[Item], schedule: Schedule, device: str) -> None:
    """Activation norms start from the statistics of one batch (Kingma and Dhariwal, 2018)."""
    run.network.train()
    run.network.unlock_act_norm_layers()
    with torch.no_grad():
        run.network(*_tensors(run, taught[: 2 * schedule.batch], device))
    run.network.lock_act_norm_layers()
    run.averaged = {name: value.clone() for name, value in run.network.state_dict().items()}


def _batches(items: list[Item], size: int, seed: int) -> Iterator[list[Item]]:
    """Batches without end, each of items of like length, in random order."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    while True:
        order = sorted(range(len(items)), key=lambda place: len(items[place][1]) * chance.uniform(0.9, 1.1))
        groups = [order[start : start + size] for start in range(0, len(order), size)]
        chance.shuffle(groups)
        for group in groups:
            yield [items[place] for place in group]


def _tensors(run: AcousticRun, batch: list[Item], device: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    ids = torch.zeros(len(batch), max(len(one) for one, _ in batch), dtype=torch.long)
    longest = max(len(mel) for _, mel in batch)
    mels = torch.zeros(len(batch), longest + longest % 2, run.mean.shape[0])
    for place, (one, mel) in enumerate(batch):
        ids[place, : len(one)] = torch.from_numpy(one)
        mels[place, : len(mel)] = (
            torch.from_numpy(mel.astype(np.float32)) - run.mean.cpu()
        ) / run.deviation.cpu()
    lengths = torch.tensor([len(one) for one, _ in batch])
    # The decoder takes frames by two.
    frames = torch.tensor([len(mel) // 2 * 2 for _, mel in batch])
    return ids.to(device), lengths.to(device), mels.to(device), frames.to(device)


def _losses(run: AcousticRun, batch: list[Item], device: str) -> dict[str, Tensor]:
    ids, lengths, mels, frames = _tensors(run, batch, device)
    with torch.autocast(device, torch.bfloat16):
        outputs = run.network(ids, lengths, mels, frames)
    losses: dict[str, Tensor] = GlowTTSLoss()(
        outputs["z"].float(),
        outputs["y_mean"].float(),
        outputs["y_log_scale"].float(),
        outputs["logdet"].float(),
        frames,
        outputs["durations_log"].float(),
        outputs["total_durations_log"].float(),
        lengths,
    )
    return losses


def _step(run: AcousticRun, batch: list[Item], schedule: Schedule, device: str) -> float:
    run.network.train()
    for group in run.optimiser.param_groups:
        group["lr"] = schedule.learning_rate * pace(run.step, schedule)
    loss = _losses(run, batch, device)["loss"]
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), schedule.gradient_clip)
    run.optimiser.step()
    run.step += 1
    average(run.averaged, run.network, run.step, schedule)
    return float(loss.detach())


def _check(run: AcousticRun, checked: list[Item], schedule: Schedule, device: str) -> dict[str, float]:
    """Likelihood and loss of durations on held-out lessons with the averaged weights."""
    if not checked:
        return {}
    current = {name: value.clone() for name, value in run.network.state_dict().items()}
    run.network.load_state_dict(run.averaged)
    run.network.eval()
    sums = {"likelihood": 0.0, "durations": 0.0}
    with torch.no_grad():
        for start in range(0, len(checked), schedule.batch):
            batch = checked[start : start + schedule.batch]
            losses = _losses(run, batch, device)
            sums["likelihood"] += float(losses["log_mle"]) * len(batch)
            sums["durations"] += float(losses["loss_dur"]) * len(batch)
    run.network.load_state_dict(current)
    return {name: value / len(checked) for name, value in sums.items()}
