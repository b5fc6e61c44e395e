r"""Points where one factor of a product vanishes: the product's equation is replaced by that of the factor.

An equality :math:`(x_i - a)(x_j - b) = 0` has no slope where both factors vanish, and none that helps nearby. On the
piece where :math:`x_i = a` it says nothing more, and every feasible point of the piece is one of the problem.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import scale_by
from ..points.judge import PointJudge
from ..points.known import Known
from ..points.local_search import LocalPoint, LocalSearch
from ..polynomials import Polynomial
from ..problem import Problem
from .model import Model

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Piece:
    judge: PointJudge
    local: LocalSearch


@dataclass(eq=False)
class Pieces:
    """The pieces of one problem that were asked for, each compiled once."""

    problem: Problem
    model: Model
    _seen: dict[tuple[bool, ...], _Piece] = field(default_factory=dict)

    def point(self, known: Known, t: Floats) -> LocalPoint | None:
        """Return a feasible point on the piece next to a point in framed variables, in the units of the search."""
        products = self.model.products
        first = tuple(abs(t[i] - float(a)) <= abs(t[j] - float(b)) for _, i, j, a, b in products)
        units = np.diag(known.change.matrix)
        if first not in self._seen:
            problem = self._piece(first)
            self._seen[first] = _Piece(PointJudge(problem), LocalSearch(scale_by(problem, units).problem))
        piece, frame = self._seen[first], self.model.framed.frame
        x = np.array([float(s) + value * float(w) for value, s, w in zip(t, frame.shift, frame.width, strict=True)])
        end = piece.local.descend(x / units)
        verdict = piece.judge.mend(units * end.point, units=units, until=known.options.until)
        if not verdict.feasible:
            return None
        value = known.change.inverse_value(verdict.upper)
        if not np.isfinite(value):
            return None
        return LocalPoint(verdict.point / units, value, 0.0, verdict.fine / units, verdict.feasibility)

    def _piece(self, first: tuple[bool, ...]) -> Problem:
        """Return the problem with the equation of a factor in place of that of each product."""
        frame, names = self.model.framed.frame, self.problem.variables
        equalities = list(self.problem.equalities)
        for (number, i, j, a, b), chosen in zip(self.model.products, first, strict=True):
            k, zero = (i, a) if chosen else (j, b)
            row = np.zeros((2, len(names)), dtype=np.int64)
            row[0, k] = 1
            place = frame.shift[k] + frame.width[k] * zero
            equalities[number] = Polynomial.from_terms(row, [Fraction(1), -place], names)
        return replace(self.problem, equalities=tuple(equalities), squares=None)
