r"""Feasible points next to one that nearly satisfies matrix inequalities.

Where several eigenvalues of :math:`M(x)` vanish together, the polynomials that say the same as the matrix have
vanishing slopes, and no Newton step on them leads inside. The eigenvectors `V` of small eigenvalues do: a step `d` with

.. math::

    V^\top \Big(M(x) + \sum_i d_i\, \partial_i M(x)\Big) V = \delta I

makes them all equal to a small :math:`\delta`, to first order. Of the points for rising :math:`\delta` the first one
is taken that the judge accepts as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem, term_size
from ..problem.matrices import Matrix, blocks_of
from .judge import PointJudge, Verdict

Floats = NDArray[np.float64]
#: What small eigenvalues are raised to, as shares of the matrix.
_MARGINS = tuple(10.0**-k for k in range(16, 5, -1))
#: An eigenvalue, or an inequality, is small up to this share of the size of its terms.
_SMALL = 1e-4
#: Newton steps for one margin.
_STEPS = 3


def pushed_inside(judge: PointJudge, place: Floats, units: Floats) -> Verdict | None:
    """Return the verdict on a feasible point near a place, None where none is found.

    Parameters
    ----------
    judge : PointJudge
        Of a problem with matrix inequalities, spelled out.
    place : (n,) array
    units : (n,) array
        Natural sizes of the variables.
    """
    given = _Given(judge.problem)
    if not np.isfinite(place).all():
        return None
    with np.errstate(all="ignore"):
        for margin in (0.0, *_MARGINS):
            point = place
            for _ in range(_STEPS if margin else 0):
                step = given.step(point, margin, units)
                if step is None or not np.isfinite(point + step).all():
                    return None
                point = point + step
            verdict = judge(point, units=units, limit=0.0)
            if verdict.feasible:
                return verdict
    return None


class _Given:
    """The constraints of a problem, a matrix by its blocks, with what their polynomials' slopes are made of."""

    def __init__(self, problem: Problem) -> None:
        first, last = problem.minors or (0, 0)
        matrices = problem.matrix_inequalities
        self.blocks = [_Block(matrix, rows) for matrix in matrices for rows in blocks_of(matrix)]
        others = *problem.inequalities[:first], *problem.inequalities[last:]
        self.inequalities = [(g, g.gradient()) for g in others if g.degree]
        self.equalities = [(h, h.gradient()) for h in problem.equalities if h]

    def step(self, x: Floats, margin: float, units: Floats) -> Floats | None:
        """Return the shortest step, in units, after which all that is small has the margin, to first order."""
        parts = [block.equations(x, margin) for block in self.blocks]
        for g, slopes in self.inequalities:
            value, size = g(x), term_size(g, x)
            if value < _SMALL * size:
                parts.append((np.array([[d(x) for d in slopes]]), np.array([max(0.0, margin * size - value)])))
        for h, slopes in self.equalities:
            parts.append((np.array([[d(x) for d in slopes]]), np.array([-h(x)])))
        rows = np.concatenate([rows for rows, _ in parts]) * units
        right = np.concatenate([right for _, right in parts])
        lengths = np.linalg.norm(rows, axis=1)
        rows, right, lengths = rows[lengths > 0], right[lengths > 0], lengths[lengths > 0]
        if not len(rows):
            return np.zeros(len(x))
        rows, right = rows / lengths[:, None], right / lengths
        if not (np.isfinite(rows).all() and np.isfinite(right).all()):
            return None
        return np.asarray(units * np.linalg.lstsq(rows, right, rcond=1e-10)[0])


class _Block:
    """A block of a matrix, and the slopes of its entries on and above the diagonal."""

    def __init__(self, matrix: Matrix, rows: list[int]) -> None:
        self.first, self.second = np.triu_indices(len(rows))
        self.entries = [matrix[rows[i]][rows[j]] for i, j in zip(self.first, self.second, strict=True)]
        self.slopes = [entry.gradient() for entry in self.entries]
        self.size = len(rows)

    def equations(self, x: Floats, margin: float) -> tuple[Floats, Floats]:
        """Return the rows and the right side of the equations above, the diagonal of the matrix scaled to one."""
        on = self.first == self.second
        units = np.array([term_size(p, x) for p, own in zip(self.entries, on, strict=True) if own]) ** -0.5
        matrix = self._symmetric(np.array([p(x) for p in self.entries]), units)
        values, vectors = np.linalg.eigh(matrix)
        small = values < _SMALL
        if not small.any():
            return np.zeros((0, len(x))), np.zeros(0)
        values, vectors = values[small], vectors[:, small]
        table = np.array([[d(x) for d in slopes] for slopes in self.slopes])
        moved = np.array([vectors.T @ self._symmetric(column, units) @ vectors for column in table.T])
        first, second = np.triu_indices(len(values))
        right = np.where(first == second, np.maximum(0.0, margin - values[first]), 0.0)
        return moved[:, first, second].T, right

    def _symmetric(self, entries: Floats, units: Floats) -> Floats:
        found = np.zeros((self.size, self.size))
        found[self.first, self.second] = found[self.second, self.first] = entries
        return found * units[:, None] * units
