"""Pictures of a voice's training: how its losses fell, how symbols and frames lie, how a sentence looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from TTS.tts.models.glow_tts import GlowTTS

__all__ = ["alignment", "draw_alignment", "draw_history", "draw_spectrograms"]

_SIZE = (9, 5)


def draw_history(history: list[dict[str, float]], path: Path, measures: tuple[str, ...]) -> None:
    """Draws what was measured on held-out lessons at each check, a line a measure, into a PNG."""
    figure = _figure(len(measures))
    steps = [entry["step"] for entry in history]
    for axes, measure in zip(figure.axes, measures, strict=True):
        axes.plot(steps, [entry.get(measure, np.nan) for entry in history])
        axes.set_xlabel("step")
        axes.set_title(measure)
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, dpi=90)


def alignment(
    network: GlowTTS,
    ids: NDArray[np.int64],
    mel: NDArray[np.float32],
    mean: torch.Tensor,
    deviation: torch.Tensor,
) -> NDArray[np.float32]:
    """Which frame belongs to which symbol, [frames, symbols] of 0 and 1, by monotonic alignment search."""
    even = len(mel) // 2 * 2
    normal = (torch.from_numpy(mel[:even]) - mean) / deviation
    with torch.no_grad():
        outputs = network(
            torch.from_numpy(ids)[None], torch.tensor([len(ids)]), normal[None], torch.tensor([even])
        )
    found: NDArray[np.float32] = outputs["alignments"][0].numpy()
    return found


def draw_alignment(found: NDArray[np.float32], symbols: tuple[str, ...], path: Path) -> None:
    """Draws an alignment into a PNG, the symbols along its side."""
    figure = _figure(1)
    axes = figure.axes[0]
    axes.imshow(found.T, aspect="auto", origin="lower", interpolation="none")
    axes.set_yticks(range(len(symbols)), symbols, fontsize=6)
    axes.set_xlabel("frame (11.6 ms)")
    figure.savefig(path, dpi=110)


def draw_spectrograms(mels: dict[str, NDArray[np.float32]], path: Path) -> None:
    """Draws log-mel frames, each [frames, 80], under one another with their names into a PNG."""
    figure = _figure(len(mels), side_by_side=False)
    low, high = -10.0, 2.0
    for axes, (name, mel) in zip(figure.axes, mels.items(), strict=True):
        axes.imshow(mel.T, aspect="auto", origin="lower", vmin=low, vmax=high)
        axes.set_title(name, fontsize=9)
        axes.set_ylabel("mel band")
    figure.savefig(path, dpi=110)


def _figure(parts: int, *, side_by_side: bool = True) -> Figure:
    mpl.use("Agg")
    figure: Any = Figure(figsize=_SIZE, layout="constrained")
    figure.subplots(1, parts) if side_by_side else figure.subplots(parts, 1)
    drawn: Figure = figure
    return drawn
