"""A picture of emotions over time: shares stacked, and the named moods below."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from emotion import UNCLEAR
from ser_model.errors import ConfigurationError
from ser_model.manifest import LABELS
from ser_model.timeline import Moment

__all__ = ["COLOURS", "clock", "draw_timeline"]

COLOURS = {
    "neutral": "#bbbbbb",
    "happiness": "#f0e442",
    "surprise": "#56b4e9",
    "sadness": "#0072b2",
    "anger": "#d55e00",
    "fear": "#cc79a7",
    "disgust": "#009e73",
}
"""Okabe and Ito's colours, told apart with any kind of colour vision; order and names help as well."""

_WHITE_TEXT_ON = ("sadness", "disgust")
_LETTER_NEEDS = 0.009
"""Share of the width; the legend names the narrower ones."""

_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600)
_MOST_TICKS = 12

_INCHES = (11.0, 4.2)
_DOTS_PER_INCH = 120


def draw_timeline(moments: Sequence[Moment], path: Path, *, title: str) -> None:
    """Writes a PNG file.

    Args:
        moments: in the order of time, at least one.
        path: of the picture; its folder is made where needed.
        title: above the picture.

    Raises:
        ConfigurationError: without matplotlib, or where the file cannot be written.
        ValueError: without moments.
    """
    if not moments:
        raise ValueError("a timeline needs at least one moment")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch
    except ImportError:
        raise ConfigurationError(
            "a picture needs matplotlib: `make lint` or `make train-ser` brings it"
        ) from None
    figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[5, 1])
    shown = [label for label in LABELS if any(label in (moment.probabilities or {}) for moment in moments)]
    _draw_shares(above, moments, shown)
    _draw_moods(below, moments)
    above.set_title(title, loc="left")
    above.legend(
        handles=[Patch(facecolor=COLOURS[label], label=label) for label in reversed(shown)],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="png")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror or error})") from None


def clock(seconds: float) -> str:
    """Such as 0:07, 12:30 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _draw_shares(axes: Any, moments: Sequence[Moment], shown: Sequence[str]) -> None:
    # Two points a moment make steps, and `where` leaves gaps.
    times = np.array([[moment.start_s, moment.end_s] for moment in moments]).ravel()
    there = np.repeat([moment.probabilities is not None for moment in moments], 2)
    lower = np.zeros(len(times))
    for label in shown:
        shares = np.repeat([(moment.probabilities or {}).get(label, 0.0) for moment in moments], 2)
        upper = lower + shares
        axes.fill_between(times, lower, upper, where=there, color=COLOURS[label], linewidth=0.0)
        lower = upper
    axes.set_ylim(0.0, 1.0)
    axes.set_ylabel("probability")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_moods(axes: Any, moments: Sequence[Moment]) -> None:
    whole_s = moments[-1].end_s - moments[0].start_s
    for mood, run in groupby(moments, key=lambda moment: moment.label):
        if mood == UNCLEAR:
            continue
        stretch = list(run)
        start_s, length_s = stretch[0].start_s, stretch[-1].end_s - stretch[0].start_s
        axes.broken_barh([(start_s, length_s)], (0.0, 1.0), facecolors=COLOURS[mood])
        if length_s >= _LETTER_NEEDS * len(mood) * whole_s:
            colour = "white" if mood in _WHITE_TEXT_ON else "black"
            axes.text(start_s + length_s / 2, 0.5, mood, ha="center", va="center", color=colour, fontsize=9)
    axes.set_xlim(moments[0].start_s, moments[-1].end_s)
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([])
    axes.set_ylabel("named", rotation=0, ha="right", va="center")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("time (min:s); gaps: nobody speaks, or no mood can be named")
    step_s = next((step for step in _TICKS_S if whole_s / step <= _MOST_TICKS), _TICKS_S[-1])
    axes.set_xticks(np.arange(moments[0].start_s, moments[-1].end_s + 1e-6, step_s))
    axes.xaxis.set_major_formatter(lambda seconds, _: clock(seconds))
