"""The partial hierarchy as a method: conditioned around the best known point, atoms completed by a linear program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from ..conditioning import AffineChange, half_widths
from ..extraction import RankRule, extract_atoms
from ..local import Evaluator, LocalPoint
from ..polynomials import Polynomial, basis_size, monomial_basis
from ..problem import Problem
from ..relaxations import Plan, Relaxation, mixed_plan, partial_plan
from ..relaxations.split import Split, affine_split, quadratic_split
from ..request import Request
from ..sdp import SDPSolution
from ..search import ESCAPE, Search
from ..whitening import whiten_constraints, whiten_squares
from .base import EVERYWHERE, Candidates, Method, Setting

#: Widths of the inner variables in sizes of the residuals: the first, then wider ones while they give better bounds,
#: and if the first of those does not, narrower ones.
FIRST, WIDER, NARROWER = 10.0, (30.0, 100.0, 300.0), (3.0, 1.0)
#: The size of the residuals is taken to be at least this share of the objective's own scale.
FLOOR = 1e-6
#: How often the best point is polished in variables conditioned around it before the first relaxation.
POLISHES = 3


class Partial(Method):
    """The partial hierarchy; see `momentsos.relaxations.partial` and `momentsos.relaxations.mixed`."""

    name: ClassVar[str] = "partial"
    resolution: ClassVar[float] = 1e-11

    def lowest_order(self, problem: Problem) -> int:
        """Return 1 for a problem that is affine in some variables, 0 for one that is quadratic in some."""
        return 1 if is_affine(problem) else 0

    def plan(self, problem: Problem, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the partial relaxation."""
        return (partial_plan if is_affine(problem) else mixed_plan)(problem, order, memory_limit)

    def settings(self, search: Search, request: Request, bounds: list[float]) -> Iterator[Setting]:
        """Yield the problem conditioned around the best known point, at several widths.

        Without a known point that is near, or where the constraints bound the inner variables (then there is no
        denominator to be placed), the problem is taken in the units of the search.
        """
        problem = search.problem
        split = split_of(problem)
        reach = np.ones(problem.n_variables)
        bounded = np.isfinite(half_widths(problem)[list(split.inner)]).all()
        affine = is_affine(problem)
        far = search.best is None or float(np.abs(search.best.point).max()) > ESCAPE
        if far or search.best is None or (affine and bounded):
            known = reach if far or search.best is None else np.maximum(1.0, np.abs(search.best.point))
            yield Setting(search.change, EVERYWHERE, True, known)
            return
        for factor in _factors(bounds):
            change = _whitened(search, request, split, factor)
            for _ in range(POLISHES):
                if not _polished(search, change, np.zeros(problem.n_variables)):
                    break
                change = _whitened(search, request, split, factor)
            yield Setting(change, EVERYWHERE, True, reach)

    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, search: Search, closed: bool
    ) -> Candidates:
        """Extract values of the inner variables, complete each to a feasible point, and improve it locally."""
        if solution.moments is None or closed:
            return Candidates(None, (), ())
        problem = setting.change.problem
        split = split_of(problem)
        matrix, rows = _inner_moments(relaxation, solution.moments, split)
        if not np.isfinite(matrix).all() or matrix[0, 0] <= 0:
            return Candidates(None, (), ("the inner moments have no positive mass",))
        complete = complete_affine if is_affine(problem) else complete_quadratic
        starts = [
            (name, complete(problem, split, inner)) for name, inner in _inner_candidates(matrix / matrix[0, 0], rows)
        ]
        unit = np.eye(problem.n_variables, dtype=np.int64)
        starts.append(("the mean of all moments", relaxation.moments_of(unit, solution.moments) / matrix[0, 0]))
        kept: list[LocalPoint] = []
        dropped: list[str] = []
        for name, start in starts:
            if start is None or not np.isfinite(start).all():
                dropped.append(f"{name}: no feasible values of the linear variables")
                continue
            point = search.descend(setting.change, start)
            if point.feasible:
                kept.append(point)
            else:
                dropped.append(f"{name}: violates a constraint by {point.violation:.1e} after polishing")
        return Candidates(None, tuple(kept), tuple(dropped))


def _factors(bounds: list[float]) -> Iterator[float]:
    """Yield widths; `bounds` holds the bound of every width yielded so far, once it has been used."""
    yield FIRST
    best, improved = bounds[-1], False
    for factor in WIDER:
        yield factor
        if bounds[-1] <= best:
            break
        best, improved = bounds[-1], True
    for factor in () if improved else NARROWER:
        yield factor
        if bounds[-1] <= best:
            return
        best = bounds[-1]


def _whitened(search: Search, request: Request, split: Split, factor: float) -> AffineChange:
    """Condition the problem around the best known point."""
    optimum, fine = search.optimum
    if is_affine(search.problem):
        return whiten_constraints(search.problem, split, optimum, factor, FLOOR * search.scale, fine)
    return whiten_squares(search.problem, split, optimum, factor, request.squares, fine)


def _polished(search: Search, change: AffineChange, start: NDArray[np.float64]) -> bool:
    """Descend in conditioned variables, where the best point's neighbourhood has size one; whether it helped."""
    before = search.upper
    search.add([search.descend(change, start)])
    return before is not None and search.upper is not None and search.upper < before - 1e-9 * abs(before)


def _inner_moments(
    relaxation: Relaxation, moments: NDArray[np.float64], split: Split
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the largest moment matrix in the inner variables whose moments are all known, and its monomials."""
    n, inner = relaxation.monomials.rows.shape[1], list(split.inner)
    degree = int(relaxation.monomials.rows[:, inner].sum(axis=1).max(initial=0)) // 2
    for top in range(degree, -1, -1):
        rows = np.zeros((basis_size(len(inner), top), n), dtype=np.int64)
        rows[:, inner] = monomial_basis(len(inner), top)
        sums = (rows[:, None, :] + rows[None, :, :]).reshape(-1, n)
        values = relaxation.moments_of(sums, moments).reshape(len(rows), len(rows))
        if not np.isnan(values).any():
            return values, rows[:, inner]
    return np.full((1, 1), np.nan), np.zeros((1, len(inner)), dtype=np.int64)


def is_affine(problem: Problem) -> bool:
    """Whether the partial relaxation of the problem is the one for problems that are affine in some variables."""
    return bool(problem.inequalities or problem.equalities) and bool(affine_split(problem).linear)


def split_of(problem: Problem) -> Split:
    """Return the split that the partial relaxation of the problem uses."""
    return affine_split(problem) if is_affine(problem) else quadratic_split(problem)


def _inner_candidates(matrix: NDArray[np.float64], basis: NDArray[np.int64]) -> list[tuple[str, NDArray[np.float64]]]:
    """Return the mean of the inner moments and, where they have low rank, their atoms."""
    n = basis.shape[1]
    totals = basis.sum(axis=1)
    places = [np.flatnonzero((totals == 1) & (basis[:, i] == 1)) for i in range(n)]
    if n == 0 or not all(place.size for place in places):
        return [("the origin", np.zeros(n))]
    found = [("the mean of the inner moments", matrix[0, [int(place[0]) for place in places]])]
    degree = int(totals.max())
    rank = RankRule(noise=1e-7)(matrix)
    atoms = extract_atoms(matrix, basis, degree, rank.value) if 1 < rank.value <= 8 else None
    if atoms is not None:
        found += [(f"inner atom {i}", point) for i, point in enumerate(atoms.points)]
    return found


def complete_affine(problem: Problem, split: Split, inner: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the best point with the given inner variables: a linear program in the others, by HiGHS.

    Returns
    -------
    (n,) array or None
        None when the program is infeasible or unbounded.
    """
    base = np.zeros(problem.n_variables)
    base[list(split.inner)] = inner
    linear = list(split.linear)

    def parts(polynomials: tuple[Polynomial, ...]) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
        if not polynomials:
            return None, None
        evaluator = Evaluator(polynomials)
        return evaluator.jacobian(base)[:, linear], evaluator.values(base)

    cost, _ = parts((problem.minimize,))
    left, value = parts(problem.inequalities)
    equal, at = parts(problem.equalities)
    answer = linprog(
        cost[0] if cost is not None else np.zeros(len(linear)),
        A_ub=None if left is None else -left,
        b_ub=value,
        A_eq=equal,
        b_eq=None if at is None else -at,
        bounds=(None, None),
        method="highs",
    )
    if answer.x is None or not answer.success:
        return None
    base[linear] = answer.x
    return base


def complete_quadratic(problem: Problem, split: Split, inner: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the best point with the given inner variables: a least-squares solution in the others."""
    base = np.zeros(problem.n_variables)
    base[list(split.inner)] = inner
    linear = list(split.linear)
    evaluator = Evaluator((problem.minimize,))
    gradient = evaluator.jacobian(base)[0, linear]
    hessian = evaluator.hessian(base, np.ones(1))[np.ix_(linear, linear)]
    base[linear] = -np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]
    return base
