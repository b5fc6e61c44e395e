r"""How far a point is from the feasible set: exactly feasible, near by Newton's method, or refuted by subdivision.

The constraints are expanded exactly around the point, in the unknown :math:`t` with :math:`x = p + r u t`, `u` the
units and `r` a distance relative to them; then floats suffice, for `t` is of size one. A box in which one constraint
has no zero, by interval arithmetic, holds no feasible point; a point whose whole box :math:`|t| \le 1` falls into such
boxes is refuted. That is a proof. What is neither near nor refuted stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from .rational import Point, Poly

Floats = NDArray[np.float64]

#: What counts as the point itself, relative to the units.
ALLOWED = Fraction(1, 10**8)
#: Refuted at this distance a point is false; between the two it misses by little.
FALSE = Fraction(1, 10**7)
#: Boxes that a refutation may look at, at a time.
_BOXES = 20_000
#: Halvings of a refutation.
_DEPTH = 160
#: Rounding of interval evaluations, relative to the sum of the absolute terms.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Standing:
    """Where a point stands: ``"exact"``, ``"near"``, ``"missed"`` by a little, ``"false"`` or ``"open"``."""

    word: str
    distance: float = 0.0


def standing(
    inequalities: Sequence[Poly], equalities: Sequence[Poly], point: Point, units: Sequence[Fraction]
) -> Standing:
    """Return where a point stands; distances are relative to the larger of its coordinates and the units."""
    if all(g(point) >= 0 for g in inequalities) and not any(h(point) for h in equalities):
        return Standing("exact")
    sizes = tuple(max(abs(p), u) for p, u in zip(point, units, strict=True))
    wide = _Local(inequalities, equalities, point, tuple(FALSE * s for s in sizes))
    distance = float(FALSE) * wide.newton()
    if distance <= float(ALLOWED):
        return Standing("near", distance)
    if wide.refuted():
        return Standing("false", distance)
    if distance <= float(FALSE):
        narrow = _Local(inequalities, equalities, point, tuple(ALLOWED * s for s in sizes))
        return Standing("missed" if narrow.refuted() else "open", distance)
    return Standing("open", distance)


class _Local:
    """Constraints around a point, in `t`, each divided by its largest coefficient."""

    def __init__(
        self, inequalities: Sequence[Poly], equalities: Sequence[Poly], point: Point, radii: tuple[Fraction, ...]
    ) -> None:
        self.n = len(point)
        self.equal = np.array([False] * len(inequalities) + [True] * len(equalities))
        self.powers: list[NDArray[np.int64]] = []
        self.values: list[NDArray[np.float64]] = []
        for polynomial in (*inequalities, *equalities):
            local = polynomial.around(point, radii)
            largest = max(map(abs, local.terms.values()), default=Fraction(1))
            self.powers.append(np.array(list(local.terms) or [(0,) * self.n], dtype=np.int64))
            self.values.append(np.array([float(v / largest) for v in local.terms.values()] or [0.0]))

    def newton(self) -> float:
        """Return the largest coordinate of a feasible `t` near zero, infinity where none was found."""
        t = np.zeros(self.n)
        for _ in range(200):
            values, slopes = self._linear(t)
            wrong = np.where(self.equal, np.abs(values), -values) > 1e-13
            if not wrong.any():
                return float(np.abs(t).max())
            taken = wrong | (self.equal & (np.abs(values) > 0))
            matrix, right = slopes[taken], -values[taken]
            lengths = np.linalg.norm(matrix, axis=1)
            if not np.isfinite(lengths).all() or (lengths == 0).any():
                return np.inf
            step = np.linalg.lstsq(matrix / lengths[:, None], right / lengths, rcond=1e-8)[0]
            t = t + step
            if not np.isfinite(t).all() or np.abs(t).max() > 100:
                return np.inf
        return np.inf

    def _linear(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        values, slopes = np.zeros(len(self.values)), np.zeros((len(self.values), self.n))
        for j, (powers, coefficients) in enumerate(zip(self.powers, self.values, strict=True)):
            values[j] = coefficients @ np.prod(t**powers, axis=1)
            for i in range(self.n):
                lower = powers.copy()
                lower[:, i] = np.maximum(lower[:, i] - 1, 0)
                slopes[j, i] = (coefficients * powers[:, i]) @ np.prod(t**lower, axis=1)
        return values, slopes

    def refuted(self) -> bool:
        """Whether no feasible `t` has coordinates of at most 1, shown by a combination or by subdivision."""
        if self._separated():
            return True
        low, high = np.full((1, self.n), -1.0), np.full((1, self.n), 1.0)
        for depth in range(_DEPTH):
            out, stakes = self._excluded(low, high)
            low, high, stakes = low[~out], high[~out], stakes[~out]
            if not len(low):
                return True
            if 2 * len(low) > _BOXES or (self.n > 4 and depth > 8):
                return False
            axis = np.argmax(stakes, axis=1)
            rows = np.arange(len(low))
            middle = (low[rows, axis] + high[rows, axis]) / 2
            left, right = high.copy(), low.copy()
            left[rows, axis], right[rows, axis] = middle, middle
            low, high = np.concatenate([low, right]), np.concatenate([left, high])
        return False

    def _separated(self) -> bool:
        r"""Whether one combination :math:`\sum \lambda_j g_j` of the constraints is negative on the whole box.

        There it is at most :math:`\sum \lambda_j (g_j(0) + r_j) + \sum_i |\sum_j \lambda_j \partial_i g_j(0)|`, with
        `r_j` the sum of absolute coefficients of degree 2 and more. A linear program finds the multipliers; the
        result is evaluated again here.
        """
        constants, slopes, rests = self._linear_parts()
        signs = [(1.0, j) for j in range(len(constants))] + [(-1.0, j) for j in np.flatnonzero(self.equal)]
        start = np.array([sign * constants[j] + rests[j] for sign, j in signs])
        matrix = np.array([sign * slopes[j] for sign, j in signs]).T
        m = len(signs)
        cost = np.concatenate([start, np.ones(self.n)])
        bars = np.block([[matrix, -np.eye(self.n)], [-matrix, -np.eye(self.n)]])
        once = np.concatenate([np.ones(m), np.zeros(self.n)])[None, :]
        found = linprog(cost, bars, np.zeros(2 * self.n), once, [1.0], method="highs")
        if found.x is None:
            return False
        multipliers = np.maximum(found.x[:m], 0.0)
        most = float(start @ multipliers + np.abs(matrix @ multipliers).sum())
        return most < -_ROUNDING * float(multipliers.sum())

    def _linear_parts(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the constants, the first derivatives and the sums of the other absolute coefficients."""
        constants, slopes, rests = (
            np.zeros(len(self.values)),
            np.zeros((len(self.values), self.n)),
            np.zeros(len(self.values)),
        )
        for j, (powers, coefficients) in enumerate(zip(self.powers, self.values, strict=True)):
            for power, value in zip(powers, coefficients, strict=True):
                degree = int(power.sum())
                if degree == 0:
                    constants[j] = value
                elif degree == 1:
                    slopes[j, int(np.argmax(power))] = value
                else:
                    rests[j] += abs(value)
        return constants, slopes, rests

    def _excluded(self, low: Floats, high: Floats) -> tuple[NDArray[np.bool_], Floats]:
        """Return which boxes hold no point that satisfies one of the constraints, and what is at stake in each axis.

        At stake is what the terms with that variable come to, times the share of it that the box leaves open, in
        constraints that do not hold on the whole box.
        """
        out, stakes = np.zeros(len(low), dtype=bool), np.full(low.shape, 1e-300)
        shares = (high - low) / np.maximum(np.abs(low), np.abs(high))
        for j, (powers, coefficients) in enumerate(zip(self.powers, self.values, strict=True)):
            least, most, size = np.zeros(len(low)), np.zeros(len(low)), np.zeros(len(low))
            own = np.zeros(low.shape)
            for power, value in zip(powers, coefficients, strict=True):
                a, b = np.ones(len(low)), np.ones(len(low))
                for i in np.flatnonzero(power):
                    a, b = _times(a, b, *_raised(low[:, i], high[:, i], int(power[i])))
                a, b = (value * a, value * b) if value > 0 else (value * b, value * a)
                largest = np.maximum(np.abs(a), np.abs(b))
                least, most, size = least + a, most + b, size + largest
                own += largest[:, None] * (power > 0)
            slack = _ROUNDING * size
            out |= most + slack < 0
            doubtful = np.ones(len(low), dtype=bool) if self.equal[j] else least < 0
            stakes += np.where(doubtful[:, None], own * shares, 0.0)
            if self.equal[j]:
                out |= least - slack > 0
        return out, stakes


def _raised(low: NDArray, high: NDArray, power: int) -> tuple[NDArray, NDArray]:
    a, b = low**power, high**power
    if power % 2:
        return a, b
    return np.where((low < 0) & (high > 0), 0.0, np.minimum(a, b)), np.maximum(a, b)


def _times(a: NDArray, b: NDArray, c: NDArray, d: NDArray) -> tuple[NDArray, NDArray]:
    products = np.stack([a * c, a * d, b * c, b * d])
    return products.min(axis=0), products.max(axis=0)
