"""Quadratic problems on polytopes with hostile data, and their minima by enumeration of vertices in fractions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np
from flint import fmpq, fmpq_mat

import momentsos as ms


@dataclass(frozen=True)
class Polytope:
    """Rows ``a x + b >= 0`` (or zero) in fractions, and the objective ``sum d_i x_i^2 + c_i x_i``, all ``d_i <= 0``."""

    rows: tuple[tuple[tuple[Fraction, ...], Fraction], ...]
    equal: tuple[tuple[tuple[Fraction, ...], Fraction], ...]
    squares: tuple[Fraction, ...]
    slopes: tuple[Fraction, ...]

    @property
    def problem(self) -> ms.Problem:
        """The problem with these numbers."""
        x = ms.variables(" ".join(f"x{i}" for i in range(len(self.slopes))))
        x = x if isinstance(x, tuple | list) else (x,)
        zero = 0 * x[0]

        def affine(a, b):
            return sum((value * v for value, v in zip(a, x, strict=True) if value), zero) + b

        terms = zip(self.squares, self.slopes, x, strict=True)
        objective = sum((d * v**2 + c * v for d, c, v in terms), zero)
        return ms.Problem(
            objective,
            [affine(*row) for row in self.rows],
            [affine(*row) for row in self.equal],
            [f"x{i}" for i in range(len(self.slopes))],
        )

    def value(self, point) -> Fraction:
        """The objective."""
        return sum((d * v * v + c * v for d, c, v in zip(self.squares, self.slopes, point, strict=True)), Fraction(0))

    def vertices(self) -> list[tuple[Fraction, ...]]:
        """All vertices, exactly."""
        n, found = len(self.slopes), set()
        need = n - len(self.equal)
        for chosen in combinations(self.rows, max(need, 0)):
            system = [*self.equal, *chosen]
            a = fmpq_mat([[_fmpq(v) for v in row] for row, _ in system])
            b = fmpq_mat([[_fmpq(-v)] for _, v in system])
            if len(system) != n or a.det() == 0:
                continue
            solution = a.solve(b)
            point = tuple(Fraction(int(solution[i, 0].p), int(solution[i, 0].q)) for i in range(n))
            if all(_at(row, point) >= 0 for row in self.rows) and all(_at(row, point) == 0 for row in self.equal):
                found.add(point)
        return sorted(found)

    def minimum(self) -> Fraction | None:
        """The least value at a vertex, None without one; that of the problem where the polytope is bounded."""
        return min(map(self.value, self.vertices()), default=None)


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _at(row, point) -> Fraction:
    return sum((a * v for a, v in zip(row[0], point, strict=True)), row[1])


def random_polytope(seed: int, bounded: bool = True) -> Polytope:
    """Make a polytope of up to four variables; what is hostile about it depends on the seed."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    scales = [Fraction(10) ** int(k) for k in (rng.integers(-5, 6, n) if rng.random() < 0.5 else np.zeros(n, int))]
    if rng.random() < 0.5:
        scales = [Fraction(float(s)) for s in scales]
    centre = [Fraction(int(rng.integers(-4, 5))) for _ in range(n)]
    if rng.random() < 0.2:
        centre = [Fraction(int(rng.integers(-1000, 1000))) for _ in range(n)]
    rows = []
    for i in range(n):
        unit = [Fraction(int(i == k)) / scales[k] for k in range(n)]
        width = Fraction(int(rng.integers(1, 12)), int(rng.choice([1, 1, 3, 7])))
        if rng.random() < 0.1:
            width = Fraction(int(rng.integers(0, 2)), 10 ** int(rng.integers(3, 12)))
        if bounded or rng.random() < 0.7:
            rows.append((tuple(unit), -centre[i] + width))
        if bounded or rng.random() < 0.7:
            rows.append((tuple(-v for v in unit), centre[i] + width))
    for _ in range(int(rng.integers(0, 4))):
        a = [Fraction(int(v)) for v in rng.integers(-4, 5, n)]
        at = [c + Fraction(int(rng.integers(-3, 4)), 3) for c in centre]
        size = Fraction(10) ** int(rng.integers(-5, 6)) if rng.random() < 0.3 else Fraction(1)
        margin = Fraction(int(rng.integers(0, 5))) * Fraction(10) ** int(rng.choice([0, 0, -3, -6, -9]))
        b = -sum(v * w for v, w in zip(a, at, strict=True)) + margin
        row = tuple(size * v / s for v, s in zip(a, scales, strict=True)), size * b
        rows.append(row)
        if rng.random() < 0.15:  # nothing is left, by a margin
            gap = Fraction(int(rng.integers(0, 3))) * Fraction(10) ** int(rng.choice([0, -4, -8]))
            rows.append((tuple(-v for v in row[0]), -row[1] - size * gap))
    equal = []
    if n > 1 and rng.random() < 0.25:
        a = [Fraction(int(v)) for v in rng.integers(-3, 4, n)]
        if any(a):
            b = -sum(v * w for v, w in zip(a, centre, strict=True))
            equal.append((tuple(v / s for v, s in zip(a, scales, strict=True)), b))
    weight = Fraction(10) ** int(rng.integers(-3, 4))
    squares = [-weight * int(rng.integers(0, 5)) / (s * s) for s in scales]
    slopes = [weight * int(rng.integers(-9, 10)) / s for s in scales]
    if rng.random() < 0.2:
        k = int(rng.integers(n))
        squares[k] = slopes[k] = Fraction(0)
    return Polytope(tuple(rows), tuple(equal), tuple(squares), tuple(slopes))
