r"""A box in which there is a feasible point, where no rational point is one: near regular points of the equalities.

With `m` equalities `h` and a rational point `p` the verifier expands :math:`h(p + M s)` for `s` in the cube
:math:`[-1, 1]^m`. When the coefficient of :math:`s_l` in :math:`h_l` is at least the sum of the absolute values of
all other coefficients, :math:`h_l \ge 0` on the face :math:`s_l = 1` and :math:`h_l \le 0` on the opposite one, and
by the theorem of Poincaré and Miranda `h` vanishes somewhere in the cube.

Here `p` is a floating-point point after some Newton steps in rational arithmetic, and `M` a small multiple of the
pseudo-inverse of the Jacobian, so that :math:`h(p + M s)` is nearly that multiple of `s`.

Source: W. Kulpa, *The Poincaré-Miranda theorem*, Amer. Math. Monthly 104 (1997); with intervals instead of
coefficients this is the test of R. E. Moore and J. B. Kioustelidis, SIAM J. Numer. Anal. 17 (1980).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem, term_size
from .format import Refused
from .frame import exact_terms
from .points import STEPS, Point, inward
from .verify import Poly, common, monomials, value_near

#: Newton steps at most, bits after the binary point of the result, and its distance from the solution.
_NEWTON, _BITS, _CLOSE = 20, 160, Fraction(1, 2**140)
#: Half widths of the cube that are tried in turn, times the pseudo-inverse of the Jacobian.
_HALF_WIDTHS = (Fraction(1, 2**120), Fraction(1, 2**90), Fraction(1, 2**60))
#: Singular values of the Jacobian, relative to the largest, below which a point is not regular.
_REGULAR = 1e-8


@dataclass(frozen=True)
class Enclosure:
    """The points `center + directions s`, `s` in the cube; one of them is feasible.

    Attributes
    ----------
    center : list of n Fraction
    directions : n rows of m Fraction
    """

    center: Point
    directions: list[list[Fraction]]


def enclosed_point(problem: Problem, points: NDArray[np.float64]) -> Enclosure | None:
    """Return an enclosure of a feasible point near the first of `points` that has one, with the verifier's consent.

    Tried are the points as they are, and ever longer steps from them into the inequalities.
    """
    p, n = len(problem.equalities), problem.n_variables
    if not 0 < p <= n:
        return None
    exact = [_packed(f) for f in (problem.minimize, *problem.inequalities, *problem.equalities)]
    for start in points:
        for near in _starts(problem, start):
            found = _around(problem, exact, near)
            if found is not None:
                return found
    return None


def _starts(problem: Problem, point: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    yield point
    direction = inward(problem, point)
    if direction is not None:
        for step in STEPS[:: len(STEPS) // 8]:
            yield point + step * np.maximum(1.0, np.abs(point)) * direction


def _around(problem: Problem, exact: list[Poly], start: NDArray[np.float64]) -> Enclosure | None:
    """Return an enclosure around the end of Newton's method from `start`, or None."""
    rows = np.array([[d(start) for d in h.gradient()] for h in problem.equalities])
    sizes = np.linalg.svd(rows / np.maximum(np.abs(rows).max(axis=1, initial=0.0), 1e-300)[:, None], compute_uv=False)
    if not sizes.min() > _REGULAR * sizes.max():
        return None
    back = [[Fraction(value) for value in row] for row in np.linalg.pinv(rows).tolist()]
    center = _newton(problem, start, back)
    if center is None:
        return None
    split = 1 + len(problem.inequalities)
    for width in _HALF_WIDTHS:
        directions = [[width * value for value in row] for row in back]
        try:
            value_near(center, directions, exact, split, float("inf"))
        except Refused:
            continue
        return Enclosure(center, directions)
    return None


def _newton(problem: Problem, start: NDArray[np.float64], back: list[list[Fraction]]) -> Point | None:
    """Return a rational point at which the equalities vanish to many digits, or None when it is not reached.

    The pseudo-inverse stays that of the start, so that the error falls by its relative size in each step.
    """
    point = [Fraction(value) for value in start.tolist()]
    terms = [list(exact_terms(h).items()) for h in problem.equalities]
    sizes = [Fraction(max(term_size(h, start), 1e-300)) for h in problem.equalities]
    for _ in range(_NEWTON):
        values = [_value(h, point) for h in terms]
        if all(abs(value) <= _CLOSE * size for value, size in zip(values, sizes, strict=True)):
            return point
        moves = [sum((b * value for b, value in zip(row, values, strict=True)), Fraction(0)) for row in back]
        point = [_rounded(x - move) for x, move in zip(point, moves, strict=True)]
        if max(abs(float(x) - y) / max(1.0, abs(y)) for x, y in zip(point, start.tolist(), strict=True)) > 1e-4:
            return None
    return None


def _value(terms: list[tuple[tuple[int, ...], Fraction]], point: Point) -> Fraction:
    total = Fraction(0)
    for row, value in terms:
        for x, power in zip(point, row, strict=True):
            value *= x**power
        total += value
    return total


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round(value * 2**_BITS), 2**_BITS)


def _packed(polynomial: Polynomial) -> Poly:
    """Return a polynomial as the verifier reads it."""
    terms = exact_terms(polynomial)
    return common(monomials([list(row) for row in terms], len(polynomial.variables)), list(terms.values()))
