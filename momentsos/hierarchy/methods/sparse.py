"""The sparse hierarchy as a method: balls around cliques where they are needed, atoms of cliques glued together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...conditioning.affine import AffineChange, half_widths, scale_by
from ...extraction import RankRule, extract_atoms
from ...extraction.gluing import glued_points
from ...points.known import FAR, Search
from ...points.local import LocalPoint
from ...polynomials import Polynomial, monomial_basis
from ...problem import Problem
from ...relaxations import Plan, Relaxation, sparse_plan
from ...relaxations.cliques import Clique, correlative_cliques
from ...sdp import SDPSolution
from ..request import Request
from .base import EVERYWHERE, Candidates, Method, Setting, Tried

#: The default balls have this many times the norm of the best known point as their radius (search units, at least 1).
BALL_FACTOR = 2.0


class Sparse(Method):
    """The sparse hierarchy; see `momentsos.relaxations.sparse`."""

    name: ClassVar[str] = "sparse"

    def lowest_order(self, problem: Problem) -> int:
        """Return half the largest degree, rounded up, at least 1."""
        return problem.minimum_order

    def plan(self, given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the sparse relaxation."""
        return sparse_plan(given.problem if isinstance(given, AffineChange) else given, order, memory_limit)

    def settings(self, search: Search, request: Request, tried: list[Tried]) -> Iterator[Setting]:
        """Yield the problem as it is, then with a ball around each clique where a gap is left.

        One ball around all variables would join them all. A radius that the user gives is the only setting. Where the
        constraints bound all variables the balls contain these bounds and exclude nothing; elsewhere each has twice
        the norm of the best known point in the variables of its clique, unless that point is farther out than 1000.
        """
        problem, units = search.problem, np.diag(search.change.matrix)
        cliques = correlative_cliques(problem, problem.minimum_order + 1)
        if isinstance(request.bound, int | float):
            yield _within(cliques, np.full(problem.n_variables, float(request.bound)), search)
            return
        yield Setting(search.change, EVERYWHERE, True, search.reach)
        if request.bound is None:
            return
        widths = half_widths(problem)
        if np.isfinite(widths).all() and (widths > 0).all():
            largest = max(map(len, cliques))
            yield _within(cliques, (1 + 1e-9) * largest**0.5 * widths, search, everywhere=True)
        elif search.best is not None and float(np.linalg.norm(search.best.point)) <= FAR:
            norms, known = np.ones(problem.n_variables), np.abs(search.best.point)
            for clique in cliques:
                norms[list(clique)] = np.maximum(norms[list(clique)], np.linalg.norm(known[list(clique)]))
            yield _within(cliques, BALL_FACTOR * norms * units, search)

    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, search: Search, closed: bool
    ) -> Candidates:
        """Extract atoms of each clique, glue those that agree, improve and check each; and the mean of the moments."""
        if solution.moments is None or closed:
            return Candidates(None, (), ())
        problem, order = setting.change.problem, relaxation.plan.order
        cliques = correlative_cliques(problem, order)
        mass = float(relaxation.moments_of(np.zeros((1, problem.n_variables), dtype=np.int64), solution.moments)[0])
        if not np.isfinite(solution.moments).all() or not mass > 0:
            return Candidates(None, (), ("the moments have no positive mass",))
        atoms = [_atoms(clique, relaxation, solution.moments / mass, order) for clique in cliques]
        starts = glued_points(cliques, atoms, problem.n_variables)
        starts.append(_mean(relaxation, solution.moments / mass))
        kept: list[LocalPoint] = []
        dropped: list[str] = []
        for number, start in enumerate(starts):
            name = f"glued point {number}" if number < len(starts) - 1 else "the mean of the moments"
            point = search.improve(search.change.inverse_point(setting.change.point(start)))
            if point.feasible:
                kept.append(point)
            else:
                dropped.append(f"{name}: violates a constraint by {point.violation:.1e} after polishing")
        return Candidates(None, tuple(kept), tuple(dropped))


def _within(
    cliques: Sequence[Clique], half_axes: NDArray[np.float64], search: Search, everywhere: bool = False
) -> Setting:
    r"""Return the problem with :math:`1 - \sum_{i \in I_l} (x_i / r_i)^2 \ge 0` for every clique."""
    problem, n = search.problem, search.problem.n_variables
    balls = []
    for clique in cliques:
        rows = np.zeros((1 + len(clique), n), dtype=np.int64)
        rows[np.arange(1, 1 + len(clique)), list(clique)] = 2
        values = np.concatenate([[1.0], -1.0 / half_axes[list(clique)] ** 2])
        balls.append(Polynomial.from_terms(rows, values, problem.variables))
    inside = Problem(problem.minimize, (*problem.inequalities, *balls), problem.equalities, problem.variables)
    change = scale_by(inside, half_axes)
    low, high = float(half_axes.min()), float(half_axes.max())
    radii = f"radius {high:.6g}" if np.isclose(low, high) else f"half-axes from {low:.4g} to {high:.4g}"
    coverage = EVERYWHERE if everywhere else f"the ball of {radii} in each of {len(cliques)} groups of variables"
    return Setting(change, coverage, everywhere, half_axes / np.diag(change.matrix))


def _atoms(clique: Clique, relaxation: Relaxation, moments: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Return the atoms of the moment matrix of a clique; its mean where there are none.

    Moments that the blocks do not have are zero: a functional with them is feasible, see
    `momentsos.relaxations.term_graph`.
    """
    n = relaxation.monomials.rows.shape[1]
    local = monomial_basis(len(clique), order)
    basis = np.zeros((len(local), n), dtype=np.int64)
    basis[:, list(clique)] = local
    sums = (basis[:, None, :] + basis[None, :, :]).reshape(-1, n)
    matrix = np.nan_to_num(relaxation.moments_of(sums, moments)).reshape(len(basis), len(basis))
    present = np.diag(matrix) > 0
    rank = RankRule(noise=1e-6)(matrix[np.ix_(present, present)])
    found = None
    if rank.value <= len(clique) + 1 and present[: len(clique) + 1].all():
        found = extract_atoms(matrix, local, order, rank.value)
    mean = matrix[0, 1 : len(clique) + 1]
    return mean[None, :] if found is None else found.points


def _mean(relaxation: Relaxation, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    unit = np.eye(relaxation.monomials.rows.shape[1], dtype=np.int64)
    return np.nan_to_num(relaxation.moments_of(unit, moments))
