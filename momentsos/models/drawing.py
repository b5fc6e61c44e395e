"""One activation and its polynomial as a drawing in SVG, with the density of its inputs and both of their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from .report import Layer

Floats = NDArray[np.float64]

#: Size of the drawing, and of what lies around the curves, in its own units.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 480.0, 310.0, 52.0, 12.0, 12.0, 80.0
#: The share of the height that the density takes, and by how much of the original's values the picture goes beyond.
_DENSITY, _BEYOND = 0.45, 0.35
_TICKS = 5


def drawing(layer: Layer) -> str:
    """Return an SVG element; its colours are those of classes, which the page sets."""
    grid, plane = layer.grid, _Plane.of(layer)
    top, base = _TOP, _HEIGHT - _BOTTOM
    name = escape(f"{layer.name} ({layer.title}) and the polynomial of degree {layer.degree}", quote=True)
    parts = [
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{name}">',
        f"<title>{name}</title>",
        f'<path class="density" d="{_density(layer, plane)}"/>',
    ]
    for value in _ticks(plane.bottom, plane.top):
        y = plane.y(value)
        parts.append(f'<line class="grid" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in _ticks(float(grid[0]), float(grid[-1])):
        x = plane.x(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{base:g}"/>')
        parts.append(f'<text x="{x:.1f}" y="{base + 18:g}" text-anchor="middle">{value:g}</text>')
    parts.append(f'<path class="original" d="{plane.curve(grid, layer.original)}"/>')
    parts.append(f'<path class="polynomial" d="{plane.curve(grid, layer.polynomial)}"/>')
    ranges = [("training", layer.low, layer.high)]
    if layer.held_out is not None:
        ranges.append(("held-out", layer.held_out.low, layer.held_out.high))
    for number, (kind, low, high) in enumerate(ranges):
        y = base + 36 + 22 * number
        a, b = plane.x(low), plane.x(high)
        parts.append(f'<path class="range {kind}" d="M{a:.1f} {y - 4:g}v8M{a:.1f} {y:g}H{b:.1f}M{b:.1f} {y - 4:g}v8"/>')
        middle = 0.5 * (a + b)
        words = {"training": "training", "held-out": "held out"}[kind]
        parts.append(f'<text class="label" x="{middle:.1f}" y="{y + 4:g}" text-anchor="middle">{words}</text>')
    parts.append("</svg>")
    return "".join(parts)


class _Plane:
    """Where numbers are in the drawing."""

    def __init__(self, left: float, right: float, bottom: float, top: float) -> None:
        self.left, self.right, self.bottom, self.top = left, right, bottom, top

    @classmethod
    def of(cls, layer: Layer) -> _Plane:
        """Return the plane that holds the original, and the polynomial where it is not far beyond."""
        values = layer.original[np.isfinite(layer.original)]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        room = _BEYOND * (high - low) or 1.0
        own = layer.polynomial[np.isfinite(layer.polynomial)]
        least, most = (float(own.min()), float(own.max())) if len(own) else (low, high)
        margin = 0.05 * (high - low) or 0.5
        bottom, top = max(low - room, min(low, least) - margin), min(high + room, max(high, most) + margin)
        return cls(float(layer.grid[0]), float(layer.grid[-1]), bottom, top)

    def x(self, value: float) -> float:
        """Return the place across."""
        share = (value - self.left) / ((self.right - self.left) or 1.0)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Return the place from above."""
        share = (value - self.bottom) / ((self.top - self.bottom) or 1.0)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def curve(self, x: Floats, y: Floats) -> str:
        """Return a path through points; where it leaves the plane it ends at the edge."""
        pieces: list[str] = []
        on = False
        for k, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
            if not (np.isfinite(b) and self.bottom <= b <= self.top):
                if on and np.isfinite(b):
                    pieces.append(f"L{self._edge(x, y, k - 1, k)}")
                on = False
                continue
            if not on and k and np.isfinite(y[k - 1]):
                pieces.append(f"M{self._edge(x, y, k, k - 1)}L{self.x(a):.1f} {self.y(b):.1f}")
            else:
                pieces.append(f"{'L' if on else 'M'}{self.x(a):.1f} {self.y(b):.1f}")
            on = True
        return "".join(pieces)

    def _edge(self, x: Floats, y: Floats, inside: int, outside: int) -> str:
        """Return where a line from a point inside to one outside crosses the edge."""
        level = self.top if y[outside] > self.top else self.bottom
        share = (level - y[inside]) / (y[outside] - y[inside])
        return f"{self.x(float(x[inside] + share * (x[outside] - x[inside]))):.1f} {self.y(level):.1f}"


def _density(layer: Layer, plane: _Plane) -> str:
    """Return the outline of the histogram of the inputs."""
    base, most = _HEIGHT - _BOTTOM, float(layer.density.max()) or 1.0
    scale = _DENSITY * (_HEIGHT - _TOP - _BOTTOM) / most
    path = [f"M{plane.x(float(layer.grid[0])):.1f} {base:g}"]
    for k, share in enumerate(layer.density.tolist()):
        y = base - scale * share
        path.append(f"L{plane.x(float(layer.grid[k])):.1f} {y:.1f}H{plane.x(float(layer.grid[k + 1])):.1f}")
    return "".join(path) + f"V{base:g}Z"


def _ticks(low: float, high: float) -> Sequence[float]:
    """Return a few round numbers from one to another."""
    if not high > low:
        return []
    raw = (high - low) / _TICKS
    size = 10.0 ** np.floor(np.log10(raw))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= raw)
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    return [float(f"{k * step:.6g}") for k in range(first, last + 1)]
