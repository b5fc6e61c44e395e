"""The sparse hierarchy as a method: balls around cliques where they are needed, atoms of cliques glued together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...bounds.region import EVERYTHING, Balls
from ...conditioning.affine import AffineChange, half_widths, scale_by
from ...extraction import RankRule, extract_atoms, orbit_points
from ...extraction.gluing import glued_points
from ...points.known import FAR, Known
from ...points.local_search import LocalPoint
from ...polynomials import monomial_basis
from ...problem import Problem
from ...relaxations import Plan, Relaxation, sparse_plan
from ...relaxations.cliques import Clique, correlative_cliques
from ...sdp import SDPSolution
from .base import Candidates, Method, Next, Progress, Setting

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

    def propose(self, progress: Progress) -> Next:
        """Return the problem as it is, then with a ball around each clique where a gap is left.

        One ball around all variables would join them all. A radius that the user gives is that of each of them. Where
        the constraints bound all variables the balls contain these bounds and exclude nothing; elsewhere each has twice
        the norm of the best known point in the variables of its clique, unless that point is farther out than 1000.
        """
        known, radius = progress.known, progress.request.radius
        if progress.rounds:
            balls = _default_balls(known)
            return Next(known, () if balls is None else (balls,), last=True)
        if isinstance(radius, int | float):  # the whole ball would join all cliques; it lies in theirs
            problem, radii = progress.request.problem, np.full(known.problem.n_variables, float(radius))
            return Next(known, (_within(_cliques(problem), radii, problem, everywhere=True),), last=True)
        return Next(known, (Setting(known.change, EVERYTHING, known.reach),), last=radius is None)

    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, known: Known, closed: bool
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
            point = known.improve(known.change.inverse_point(setting.change.point(start)))
            found = known.mended(point)
            if found is not None:
                kept.append(found)
            else:
                dropped.append(f"{name}: violates a constraint by {point.violation:.1e} after polishing")
        return Candidates(None, tuple(kept), tuple(dropped))


def _cliques(problem: Problem) -> Sequence[Clique]:
    """Return the groups of variables that get a ball each."""
    return correlative_cliques(problem, problem.minimum_order + 1)


def _default_balls(known: Known) -> Setting | None:
    """Return the problem in the balls that the rule of `Sparse.propose` asks for, None where it asks for none."""
    problem, widths = known.problem, half_widths(known.problem)
    cliques = _cliques(problem)
    if np.isfinite(widths).all() and (widths > 0).all():
        largest = max(map(len, cliques))
        return _within(cliques, (1 + 1e-9) * largest**0.5 * widths, problem, everywhere=True)
    if known.best is None or float(np.linalg.norm(known.best.point)) > FAR:
        return None
    norms, point = np.ones(problem.n_variables), np.abs(known.best.point)
    for clique in cliques:
        norms[list(clique)] = np.maximum(norms[list(clique)], np.linalg.norm(point[list(clique)]))
    return _within(cliques, BALL_FACTOR * norms * np.diag(known.change.matrix), problem)


def _within(
    cliques: Sequence[Clique], half_axes: NDArray[np.float64], problem: Problem, everywhere: bool = False
) -> Setting:
    """Return the problem in a ball around each clique."""
    balls = Balls(tuple(tuple(clique) for clique in cliques), tuple(half_axes.tolist()))
    change = scale_by(balls.restrict(problem), half_axes)
    return Setting(change, EVERYTHING if everywhere else balls, half_axes / np.diag(change.matrix))


def _atoms(clique: Clique, relaxation: Relaxation, moments: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Return the atoms of the moment matrix of a clique; points of their orbits, or its mean, where there are none.

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
    if found is None and present[: len(clique) + 1].all():  # of each orbit two points that gluing may choose from
        orbits = orbit_points(matrix, local)
        if orbits:
            return np.array([sign * point for point in orbits for sign in (1.0, -1.0)])
    mean = matrix[0, 1 : len(clique) + 1]
    return mean[None, :] if found is None else found.points


def _mean(relaxation: Relaxation, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    unit = np.eye(relaxation.monomials.rows.shape[1], dtype=np.int64)
    return np.nan_to_num(relaxation.moments_of(unit, moments))
