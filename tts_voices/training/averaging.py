"""What both trainings share: the learning rate over time, and the averaged weights that speak."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tts_voices.training.configuration import Schedule

__all__ = ["average", "pace"]


def pace(step: int, schedule: Schedule) -> float:
    """What the learning rate is multiplied by: a warm-up to 1, then a cosine down to 0.02."""
    if step < schedule.warm_up:
        return (step + 1) / schedule.warm_up
    done = (step - schedule.warm_up) / max(1, schedule.steps - schedule.warm_up)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def average(averaged: dict[str, Tensor], network: nn.Module, step: int, schedule: Schedule) -> None:
    """Moves the averaged weights towards the network's, in the first steps faster."""
    kept = min(schedule.averaging, (1 + step) / (10 + step))
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                averaged[name].lerp_(value, 1 - kept)
            else:
                averaged[name].copy_(value)
