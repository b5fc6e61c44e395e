"""The best coefficients that Levenberg-Marquardt finds, from fits and from random starts."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..points.least_squares import Projected
from ..polynomials.evaluator import Evaluator
from ..polynomials.factored import Factor

Floats = NDArray[np.float64]

#: Random starts at most, and how often the best value is to be found before that is enough.
STARTS, ENOUGH = 30, 3
#: Distances of random starts from the first given one, in units in which coefficients are of one size, in turn.
_DISTANCES = (0.3, 1.0, 3.0)
#: Two values count as one up to this share.
_SAME = 1e-9


def linear_unknowns(exponents: NDArray[np.int64]) -> list[int]:
    """Return unknowns in which all monomials together are affine, beginning with the last ones."""
    found: list[int] = []
    degree = np.zeros(len(exponents), dtype=np.int64)
    for j in range(exponents.shape[1] - 1, -1, -1):
        if (degree + exponents[:, j]).max() <= 1:
            degree += exponents[:, j]
            found.append(j)
    return found[::-1]


def searched(
    factor: Factor,
    starts: Sequence[Floats],
    seed: int = 0,
    until: float = np.inf,
    random: int = STARTS,
    keep: int = 4,
) -> Floats:
    """Return ends of runs on a sum of squares, best first; unknowns in which it is quadratic are projected out.

    Parameters
    ----------
    factor : Factor
    starts : sequence of (n,) arrays
    seed : int
    until : float
        When, by `time.perf_counter`, no further run begins.
    random : int
        Random starts at most; they end when the best value was found often enough.
    keep : int

    Returns
    -------
    (r, n) array
        At most `keep` distinct points, the starts themselves among them where nothing is better.
    """
    evaluator = Evaluator(factor.polynomials)
    linear = linear_unknowns(factor.exponents)
    inner = [j for j in range(len(factor.variables)) if j not in linear]
    projected = Projected(evaluator, inner, linear)
    rng, ends = np.random.default_rng(seed), list[tuple[float, Floats]]()

    def note(point: Floats | None) -> None:
        value = np.inf if point is None else float((evaluator.values(point) ** 2).sum())
        if point is not None and np.isfinite(value):
            ends.append((value, point))

    with np.errstate(all="ignore"):
        for start in starts:
            note(start)
            if time.perf_counter() < until:
                note(projected.search(start[inner]))
        for number in range(random if inner else 0):
            if time.perf_counter() > until or _hits(ends) >= ENOUGH:
                break
            base = starts[0][inner] if starts and number % 2 else np.zeros(len(inner))
            note(projected.search(base + _DISTANCES[number % 3] * rng.standard_normal(len(inner))))
    distinct: list[Floats] = []
    for _, point in sorted(ends, key=lambda pair: pair[0]):
        if len(distinct) < keep and not any(np.allclose(point, other, rtol=1e-6, atol=1e-9) for other in distinct):
            distinct.append(point)
    return np.array(distinct).reshape(-1, len(factor.variables))


def _hits(ends: list[tuple[float, Floats]]) -> int:
    lowest = min((value for value, _ in ends), default=np.inf)
    return sum(value <= lowest * (1 + _SAME) for value, _ in ends)
