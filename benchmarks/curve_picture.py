"""Curves of points with labels, as an SVG picture; standard library only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Curve", "draw_curves"]

_WIDTH, _HEIGHT = 760, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 50, 60
_STEPS = 6

_Place = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through `points` (x, y), each with its label, which may be empty."""

    name: str
    colour: str
    points: tuple[tuple[float, float], ...]
    labels: tuple[str, ...]


def draw_curves(curves: Sequence[Curve], *, title: str, x_label: str, y_label: str) -> str:
    """Draws curves over common axes that begin at 0.

    Raises:
        ValueError: where there is no point at all, or a curve has not one label a point.
    """
    points = [point for curve in curves for point in curve.points]
    if not points or any(len(curve.points) != len(curve.labels) for curve in curves):
        raise ValueError("draw_curves needs at least one point, and one label for each point")
    x_step = _step(max(x for x, _ in points))
    y_step = _step(max(y for _, y in points))
    x_top = x_step * math.ceil(max(x for x, _ in points) / x_step or 1)
    y_top = y_step * math.ceil(max(y for _, y in points) / y_step or 1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + x / x_top * (_WIDTH - _LEFT - _RIGHT)
        down = _HEIGHT - _BOTTOM - y / y_top * (_HEIGHT - _TOP - _BOTTOM)
        return round(across, 1), round(down, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_WIDTH / 2, 24, title, anchor="middle", size=15),
        _text((_LEFT + _WIDTH) / 2, _HEIGHT - 15, x_label, anchor="middle"),
        f'<g transform="translate(18 {(_TOP + _HEIGHT - _BOTTOM) / 2}) rotate(-90)">'
        + _text(0, 0, y_label, anchor="middle")
        + "</g>",
    ]
    parts += _grid(x_step, x_top, y_step, y_top, place)
    for number, curve in enumerate(curves):
        parts += _line(curve, [place(x, y) for x, y in curve.points])
        down = _TOP + 16 * (number + 1)
        parts.append(f'<rect x="{_WIDTH - 190}" y="{down - 8}" width="18" height="4" fill="{curve.colour}"/>')
        parts.append(_text(_WIDTH - 165, down - 2, curve.name))
    return "\n".join([*parts, "</svg>", ""])


def _grid(x_step: float, x_top: float, y_step: float, y_top: float, place: _Place) -> list[str]:
    parts = []
    for count in range(round(x_top / x_step) + 1):
        across, down = place(count * x_step, 0)
        parts.append(f'<path d="M{across} {down}V{_TOP}" stroke="#e4e4e4"/>')
        parts.append(_text(across, down + 18, f"{count * x_step:g}", anchor="middle"))
    for count in range(round(y_top / y_step) + 1):
        across, down = place(0, count * y_step)
        parts.append(f'<path d="M{across} {down}H{_WIDTH - _RIGHT}" stroke="#e4e4e4"/>')
        parts.append(_text(across - 8, down + 4, f"{count * y_step:g}", anchor="end"))
    return parts


def _line(curve: Curve, places: Sequence[tuple[float, float]]) -> list[str]:
    way = " ".join(f"{across},{down}" for across, down in places)
    parts = [f'<polyline points="{way}" fill="none" stroke="{curve.colour}" stroke-width="2"/>']
    for (across, down), label in zip(places, curve.labels, strict=True):
        parts.append(f'<circle cx="{across}" cy="{down}" r="3.5" fill="{curve.colour}"/>')
        if label:
            parts.append(_text(across + 7, down - 6, label, colour=curve.colour))
    return parts


def _text(
    across: float, down: float, words: str, *, anchor: str = "start", size: int = 12, colour: str = "#333333"
) -> str:
    where = f'x="{across:g}" y="{down:g}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
    return f"<text {where}>{escape(words)}</text>"


def _step(highest: float) -> float:
    """A round number that divides the axis into about six."""
    rough = max(highest, 1e-9) / _STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)


if __name__ == "__main__":
    raise SystemExit(
        "This is a part of other benchmarks; `python -m benchmarks` lists those that can be run."
    )
