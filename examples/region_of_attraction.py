"""Draw the region of attraction of the reversed van der Pol oscillator that a sum-of-squares program proves.

Run ``python examples/region_of_attraction.py picture.png``; matplotlib is needed. The trajectories are there to compare
with; the proof does not use them.
"""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np

import momentsos as ms


def proved_level(v: ms.Polynomial, slope: ms.Polynomial, steps: int = 10) -> tuple[Fraction, Fraction]:
    """Return a level up to which `v` is proved to fall, and one for which no such proof of degree 6 exists."""
    x, y = ms.variables("x y")
    low, high = Fraction(0), Fraction(8)
    for _ in range(steps):
        level = (low + high) / 2
        falls = ms.sos(-slope - Fraction(1, 1000) * (x**2 + y**2), on=[level - v], degree=6)
        status = ms.SOSProgram([falls]).solve().status
        low, high = (level, high) if status is ms.Status.CERTIFIED else (low, level)
    return low, high


def limit_cycle(steps: int = 20_000, width: float = 1e-3) -> np.ndarray:
    """Return points of the limit cycle, which bounds the true region: it attracts where time runs forwards."""
    point, found = np.array([2.0, 0.0]), []
    for step in range(2 * steps):
        x, y = point
        x, y = point + width / 2 * np.array([y, -x + y - x**2 * y])  # the midpoint rule
        point = point + width * np.array([y, -x + y - x**2 * y])
        if step >= steps:
            found.append(point)
    return np.array(found)


def main(path: str) -> None:
    """Prove the region and draw it."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    x, y = ms.variables("x y")
    f = [-y, x - y + x**2 * y]
    v = Fraction(3, 2) * x**2 - x * y + y**2
    slope = v.derivative("x") * f[0] + v.derivative("y") * f[1]
    low, high = proved_level(v, slope)
    print(f"proved: V falls on {{V <= {float(low):.4f}}}; no proof of degree 6 on {{V <= {float(high):.4f}}}")

    grid = np.linspace(-2.8, 2.8, 400)
    at = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    figure, axes = plt.subplots(figsize=(5, 4.5), layout="constrained")
    axes.contourf(grid, grid, v(at).reshape(400, 400), levels=[0, float(low)], colors=["#9ecae1"])
    axes.contour(grid, grid, slope(at).reshape(400, 400), levels=[0], colors="#d94801", linestyles="--")
    cycle = limit_cycle()
    axes.plot(cycle[:, 0], cycle[:, 1], color="0.3")
    axes.set(xlabel="x", ylabel="y", title="proved (filled), dV/dt = 0 (dashed), limit cycle")
    axes.set_aspect("equal")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "region-of-attraction.png")
