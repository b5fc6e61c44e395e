"""Points under linear constraints: from vertex to vertex by linear programs, as far as the objective falls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..polynomials.evaluator import Evaluator
from ..problem import Problem
from .program import LinearProgram, Outcome
from .safe import Rows

Floats = NDArray[np.float64]

#: Vertices that one descent visits at most.
_VERTICES = 50
#: What counts as falling, relative to the objective.
_FALLS = 1e-9


class VertexDescent:
    """Descends along vertices of the polyhedron that linear constraints describe; it keeps one linear program.

    For a concave objective it ends at a vertex none of whose neighbours in the direction of the gradient is lower.

    Parameters
    ----------
    problem : Problem
        Its linear constraints are used, and no others.
    low, high : (n,) arrays
        A box that contains the points that matter, infinite where there is none.
    """

    def __init__(self, problem: Problem, low: Floats, high: Floats) -> None:
        self._objective = Evaluator((problem.minimize,))
        linear = [(p, False) for p in problem.inequalities if p.degree == 1]
        linear += [(p, True) for p in problem.equalities if p.degree == 1]
        n = problem.n_variables
        rows, constants = np.zeros((len(linear), n)), np.zeros(len(linear))
        for k, (p, _) in enumerate(linear):
            for row, value in zip(p.exponents, p.values.tolist(), strict=True):
                if row.any():
                    rows[k, int(row.argmax())] = value
                else:
                    constants[k] = value
        size = np.abs(rows).max(axis=1, initial=0.0)
        size = np.where(size > 0, size, 1.0)
        rows, constants = rows / size[:, None], constants / size
        equal = np.array([is_equal for _, is_equal in linear], dtype=bool)
        self._program = LinearProgram()
        self._program.load(np.zeros(n), Rows(rows, constants, equal, np.zeros(len(linear))), low, high)

    def descend(self, start: Floats, seconds: float) -> Floats | None:
        """Return the last vertex of a descent from a point, None where there is no vertex."""
        at, value, found = start, np.inf, None
        for _ in range(_VERTICES):
            slope = self._objective.jacobian(at)[0]
            size = float(np.abs(slope).max(initial=0.0))
            if not 0.0 < size < np.inf:
                break
            for i, cost in enumerate((slope / size).tolist()):
                self._program.price(i, cost)
            if self._program.run(seconds) is not Outcome.OPTIMAL:
                break
            vertex = self._program.point
            new = float(self._objective.values(vertex)[0])
            if found is not None and not new < value - _FALLS * (1 + abs(value)):
                break
            at, value, found = vertex, new, vertex
        return found
