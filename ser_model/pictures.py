"""Pictures of a model's figures as PNG, 900 pixels wide: reliability, risk and coverage, confusion.

Colours are Okabe and Ito's, which colour-blind people tell apart, and every mark differs in shape too.
matplotlib is loaded when the first picture is drawn, and without its global state.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ser_model.calibration_metrics import debiased_calibration_error, perfect_calibration_band, reliability
from ser_model.errors import ConfigurationError
from ser_model.risk_coverage import risk_coverage_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_confusion", "draw_reliability", "draw_risk_coverage"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

_BLUE, _ORANGE, _GREEN, _GREY = "#0072B2", "#D55E00", "#009E73", "#767676"
_WIDTH_PX, _DPI = 900, 100


def draw_reliability(confidence: Floats, right: Booleans, path: Path, *, title: str) -> None:
    """How often the model is right, by how sure it is, and how many clips there are of each confidence.

    Args:
        confidence: shape (n,), 0–1, probability of the likeliest label; 20 clips or more.
        right: shape (n,), whether that label was true.
        path: of the PNG; its folder exists.
        title: names model and recordings.

    Raises:
        ConfigurationError: where matplotlib is not installed or the file cannot be written.
        ValueError: for fewer than 20 clips.
    """
    bins = reliability(confidence, right)
    error = debiased_calibration_error(confidence, right)
    _, most = perfect_calibration_band(confidence)
    figure = _figure(760)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
    centres = [each.confidence for each in bins]
    above.plot([0, 1], [0, 1], color=_GREY, linestyle="--", label="perfect calibration, no chance")
    above.fill_between(
        centres,
        [each.expected_low for each in bins],
        [each.expected_high for each in bins],
        color=_GREEN,
        alpha=0.22,
        linewidth=0,
        label="95 % range of a perfectly calibrated model",
    )
    above.errorbar(
        centres,
        [each.accuracy for each in bins],
        yerr=[
            [each.accuracy - each.low for each in bins],
            [each.high - each.accuracy for each in bins],
        ],
        color=_BLUE,
        marker="o",
        linestyle="none",
        capsize=4,
        label=f"measured: {len(bins)} bins of about {len(right) // len(bins)} clips, Wilson's 95 %",
    )
    above.set(ylabel="share of right answers", ylim=(0, 1), title=title)
    above.text(
        0.98,
        0.04,
        f"debiased calibration error {error:.3f}\na perfectly calibrated model: up to {most:.3f} in 95 %",
        transform=above.transAxes,
        horizontalalignment="right",
    )
    above.legend(loc="upper left", frameon=False)
    below.hist(confidence, bins=40, range=(0, 1), color=_BLUE, edgecolor="white", linewidth=0.5)
    below.set(xlabel="confidence: probability of the likeliest emotion", ylabel="clips", xlim=(0, 1))
    _quiet(above, below)
    _save(figure, path)


def draw_risk_coverage(
    confidence: Floats, right: Booleans, path: Path, *, title: str, threshold: float | None = None
) -> None:
    """How many answers are wrong when only the surest clips are answered.

    Args:
        confidence: shape (n,), n from 1.
        right: shape (n,).
        path: of the PNG; its folder exists.
        title: names model and recordings.
        threshold: the chosen one, 0–1, to be marked.

    Raises:
        ConfigurationError: where matplotlib is not installed or the file cannot be written.
    """
    curve = risk_coverage_curve(confidence, right)
    figure = _figure(560)
    axes = figure.subplots()
    whole = float(curve.risk[-1])
    axes.axhline(
        whole, color=_GREY, linestyle="--", label=f"all answered, or silent at random: {whole:.0%} wrong"
    )
    axes.plot(curve.coverage, curve.risk, color=_BLUE, linewidth=2, label="only the surest answered")
    if threshold is not None:
        answered = np.flatnonzero(curve.thresholds >= threshold)
        if len(answered):
            at, risk = float(curve.coverage[answered[-1]]), float(curve.risk[answered[-1]])
            label = f"threshold {threshold:.2f}: {at:.0%} answered, {risk:.0%} of these wrong"
            axes.plot([at], [risk], color=_ORANGE, marker="D", markersize=10, linestyle="none", label=label)
        else:
            axes.plot([], [], linestyle="none", label=f"threshold {threshold:.2f}: nothing answered")
    top = max(whole, float(curve.risk[curve.coverage >= 0.05].max()))
    axes.set(
        xlabel="coverage: share of clips that are answered",
        ylabel="risk: share of wrong answers among them",
        title=title,
        xlim=(0, 1),
        ylim=(0, min(1.0, 1.35 * top + 0.02)),
    )
    axes.legend(loc="upper left", frameon=False)
    _quiet(axes)
    _save(figure, path)


def draw_confusion(counts: NDArray[np.intp], labels: Sequence[str], path: Path, *, title: str) -> None:
    """What is taken for what: shares of each true emotion, with the numbers of clips.

    Args:
        counts: shape (k, k), row = truth, column = prediction.
        labels: k words.
        path: of the PNG; its folder exists.
        title: names model and recordings.

    Raises:
        ConfigurationError: where matplotlib is not installed or the file cannot be written.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = _figure(780)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for row in range(len(labels)):
        for column in range(len(labels)):
            axes.text(
                column,
                row,
                f"{shares[row, column]:.0%}\n{counts[row, column]}",
                horizontalalignment="center",
                verticalalignment="center",
                color="white" if shares[row, column] > 0.7 else "black",
                fontweight="bold" if row == column else "normal",
            )
    places = range(len(labels))
    axes.set_xticks(places, labels)
    axes.set_yticks(places, labels)
    axes.set(xlabel="the model says", ylabel="intended emotion (each row is 100 %)", title=title)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _save(figure, path)


def _figure(height_px: int) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError(
            "pictures need matplotlib; `make lint` or `make train-ser` brings it"
        ) from None
    return Figure(figsize=(_WIDTH_PX / _DPI, height_px / _DPI), dpi=_DPI, layout="constrained")


def _quiet(*axes: Axes) -> None:
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
        each.grid(color="#DDDDDD", linewidth=0.6)
        each.set_axisbelow(True)


def _save(figure: Figure, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    no_software: dict[str, Any] = {"Software": None}
    try:
        figure.savefig(path, format="png", metadata=no_software)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written ({error.strerror})") from None
