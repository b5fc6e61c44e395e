r"""Homogeneity: weights in which all terms of a polynomial have the same degree.

With :math:`f(t^{w_1} x_1, \dots, t^{w_n} x_n) = t^d f(x)`, all :math:`w_i > 0` and :math:`d > 0`, the infimum of `f` is
0, attained at the origin, or there is a negative value, and `f` falls without end. Forms have the weights 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from .polynomial import Polynomial

#: Weights are fractions of the degree with denominators up to this.
_DENOMINATOR = 1_000
#: No weight is below this share of the degree.
_LEAST = 1e-3


@dataclass(frozen=True)
class Homogeneity:
    """Weights of the variables, and the degree that all terms have in them.

    Attributes
    ----------
    weights : tuple of int
        One a variable, at least 1.
    degree : int
    """

    weights: tuple[int, ...]
    degree: int

    @property
    def plain(self) -> bool:
        """Whether the polynomial is a form."""
        return set(self.weights) == {1}


def homogeneity_of(f: Polynomial) -> Homogeneity | None:
    """Return the weights in which a polynomial is homogeneous of a positive degree, None where there are none."""
    rows = f.exponents
    degrees = set(rows.sum(axis=1).tolist())
    if not len(rows) or 0 in degrees:
        return None
    if len(degrees) == 1:
        return Homogeneity((1,) * rows.shape[1], degrees.pop())
    occurs = f.support.occurs
    used = rows[:, occurs]
    answer = linprog(np.ones(used.shape[1]), A_eq=used, b_eq=np.ones(len(used)), bounds=(_LEAST, 1.0))
    if answer.x is None:
        return None
    shares = [Fraction(float(w)).limit_denominator(_DENOMINATOR) for w in answer.x]
    exact = all(sum(w * p for w, p in zip(shares, row, strict=True)) == 1 for row in used.tolist())
    if not exact or min(shares) <= 0:
        return None
    degree = math.lcm(*(w.denominator for w in shares))
    own = iter(int(w * degree) for w in shares)
    return Homogeneity(tuple(next(own) if used else 1 for used in occurs.tolist()), degree)
