"""The partial hierarchy as a method: conditioned around the best known point, atoms completed by a linear program."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...bounds.region import EVERYTHING
from ...conditioning.affine import AffineChange, half_widths, scale_by
from ...conditioning.split import Split, affine_split, quadratic_split
from ...conditioning.whitening import (
    centre_squares,
    change_squares,
    frame_of_constraints,
    whiten_constraints,
    whiten_squares,
)
from ...extraction import RankRule, extract_atoms
from ...points.known import Changed, Known
from ...points.local_search import LocalPoint
from ...polynomials import Polynomial, basis_size, monomial_basis
from ...polynomials.evaluator import Evaluator
from ...problem import Problem
from ...relaxations import (
    Plan,
    Relaxation,
    centre_and_axes,
    denominator_program,
    mixed_plan,
    partial_plan,
)
from ...relaxations.partial import check_partial
from ...sdp import SDPSolution
from ..request import Request
from .base import Candidates, Method, Next, Progress, Setting, Tried

#: Inner variables are measured in this many sizes of the residuals, to begin with.
WIDTH = 10.0
#: How often, in one order, the denominator is made the best one; twice only if the first time halved the gap.
DENOMINATORS = 2
#: Tolerance of the program that finds it.
DRAFT = 1e-8
#: A point that lowers the best value by this share asks for new conditioning.
MUCH_BETTER = 0.1
#: The size of the residuals is taken to be at least this share of the objective's own scale.
FLOOR = 1e-6
#: How often the best point is polished in variables conditioned around it before the first relaxation.
POLISHES = 5
#: A squared loss of at least this share of its value at the origin is noisy: its residuals have a size of their own.
NOISY = 1e-6


class Partial(Method):
    """The partial hierarchy; see `momentsos.relaxations.partial` and `momentsos.relaxations.mixed`."""

    name: ClassVar[str] = "partial"
    resolution: ClassVar[float] = 1e-11

    def lowest_order(self, problem: Problem) -> int:
        """Return 1 for a problem that is affine in some variables, 0 for one that is quadratic in some."""
        return 1 if is_affine(problem) else 0

    def plan(self, given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the partial relaxation."""
        original = given.original if isinstance(given, AffineChange) else given
        return (partial_plan if is_affine(original) else mixed_plan)(given, order, memory_limit)

    def check(self, problem: Problem, order: int, memory_limit: int | None = None) -> None:
        """Raise what planning would raise; where the problem is affine in some variables, counts are enough."""
        if is_affine(problem):
            check_partial(problem, order, memory_limit)
        else:
            super().check(problem, order, memory_limit)

    def propose(self, progress: Progress) -> Next:
        """Return the problem conditioned around the best known point, then with the best denominator.

        An order begins where the last one ended, unless a much better point has been found since. Without a known
        point that is near, or where the constraints bound the inner variables (then there is no denominator to be
        placed), the problem is taken in the units of the search. Further local minimisers are looked for where the best
        denominator does not help.
        """
        if progress.request.posed is progress.request.problem:
            return _proposed(progress)
        free = replace(progress, known=_without_ball(progress.known, progress.request.problem))
        step = _proposed(free)
        known = replace(progress.known, points=step.known.points, waiting=step.known.waiting)
        return replace(step, known=known)

    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, known: Known, closed: bool
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
            point = known.descend(setting.change, start)
            found = known.mended(point)
            if found is not None:
                kept.append(found)
            else:
                dropped.append(f"{name}: violates a constraint by {point.violation:.1e} after polishing")
        return Candidates(None, tuple(kept), tuple(dropped))


def _without_ball(known: Known, problem: Problem) -> Known:
    """Return the points known for a problem in the user's ball as points of the problem alone, which is relaxed.

    The ball is quadratic in all variables, and nothing would be affine. A bound without it is one with it, and the
    judge, which stays the same, sees it.
    """
    change = scale_by(problem, np.diag(known.change.matrix))
    return replace(
        known, problem=problem, search=Changed.of(change, known.epigraph, (), until=known.options.until), near=None
    )


def _proposed(progress: Progress) -> Next:
    """Return what `Partial.propose` does for a problem without a ball."""
    rounds, known = len(progress.rounds), progress.known
    if not rounds:
        return _opening(progress)
    if rounds > 1 and not _halved_the_gap(progress):
        known = known.looked_further()
        if _is_current(progress.tried[-1], known):
            return Next(known, last=True)
    if rounds > DENOMINATORS or progress.request.time_left() <= 0:
        return Next(known, last=True)
    split, last = split_of(known.problem), progress.tried[-1]
    if not _is_current(last, known):
        known, around = _around_best(known, split)
        return Next(known, (around,))
    better = _with_best_denominator(known, progress.request, split, last, progress.unit)
    return Next(known, () if better is None else (better,))


def _opening(progress: Progress) -> Next:
    """Return the settings in which an order begins."""
    known, problem = progress.known, progress.known.problem
    split, affine = split_of(problem), is_affine(problem)
    bounded = affine and bool(np.isfinite(half_widths(problem)[list(split.inner)]).all())
    if bounded:
        known = known.looked_further()
    # Equalities are zero at the best point: nothing there says how large a unit of the inner variables is.
    if known.is_far or bounded or (affine and problem.equalities):
        return Next(known, (Setting(known.change, EVERYTHING, known.reach),), last=True)
    tried = [t for t in progress.tried if t.lower is not None and _is_current(t, known)]
    if tried:
        return Next(known, (replace(max(tried, key=lambda t: t.lower or -np.inf).setting, seconds=0.0),))
    known, around = _around_best(known, split)
    return Next(known, (around,) if affine else _with_natural_units(known, around))


def _halved_the_gap(progress: Progress) -> bool:
    """Whether the last proposal had a setting, and its relaxation halved the gap of the one before."""
    solved = progress.rounds[-1]
    if not solved:
        return False
    before = progress.tried[-len(solved) - 1]
    return _left(solved[-1], progress.known) <= 0.5 * _left(before, progress.known)


def _is_current(tried: Tried, known: Known) -> bool:
    """Whether no much better point has been found since a relaxation was conditioned around the best one."""
    upper = known.upper
    return tried.upper is not None and upper is not None and upper > tried.upper - MUCH_BETTER * abs(tried.upper)


def _left(tried: Tried, known: Known) -> float:
    """Return the gap that a relaxation left."""
    return np.inf if tried.lower is None or known.upper is None else known.upper - tried.lower


def _around_best(known: Known, split: Split) -> tuple[Known, Setting]:
    """Condition the problem around the best known point, which is polished in these variables."""
    if is_affine(known.problem):
        optimum, _ = known.optimum
        frame = frame_of_constraints(known.problem, split, optimum, 1.0, FLOOR * known.scale)
        known = known.with_best_improved(frame)
    change = _whitened(known, split)
    for _ in range(POLISHES):
        if known.options.time_left() <= 0:
            break
        before, known = known.upper, _polished(known, change)
        helped = before is not None and known.upper is not None and known.upper < before - 1e-9 * abs(before)
        if not helped or known.is_far:  # it ran away meanwhile
            break
        change = _whitened(known, split)
    return known, Setting(change, EVERYTHING, np.ones(known.problem.n_variables))


def _polished(known: Known, change: AffineChange) -> Known:
    """Descend in conditioned variables, where the best point's neighbourhood has size one."""
    return known.with_points([known.descend(change, np.zeros(known.problem.n_variables))])


def _with_natural_units(known: Known, whitened: Setting) -> tuple[Setting, Setting]:
    """Return a squared loss in natural units and whitened, the one first that its noise speaks for."""
    optimum, fine = known.optimum
    natural = replace(whitened, change=centre_squares(known.problem, optimum, known.options.squares, fine))
    value, at_origin = (abs(float(known.problem.minimize(point))) for point in (optimum, np.zeros_like(optimum)))
    return (natural, whitened) if value >= NOISY * at_origin else (whitened, natural)


def _with_best_denominator(known: Known, request: Request, split: Split, last: Tried, unit: float) -> Setting | None:
    """Move and stretch the inner variables so that the denominator is the best for closing the gap, if it exists."""
    change, upper = last.setting.change, known.upper
    assert upper is not None
    slack = 0.5 * request.tol * max(abs(upper), unit)
    target = change.inverse_value(upper - slack)
    program = denominator_program(last.relaxation, change.problem.minimize, split, target)
    if program is None:
        return None
    request.say(f"looking for the best denominator: {program.n_moments} moments")
    solution = request.solve(program, DRAFT)
    found = centre_and_axes(program, solution)
    if found is None:
        return None
    inner, n = list(split.inner), len(change.problem.variables)
    shift, matrix = np.zeros(n), np.eye(n)
    shift[inner], matrix[np.ix_(inner, inner)] = found
    high, low = change.fine_point(shift)
    moved = change_squares(known.problem, request.facts.squares, high, change.matrix @ matrix, low)
    return replace(last.setting, change=moved, seconds=solution.seconds)


def _whitened(known: Known, split: Split) -> AffineChange:
    """Condition the problem around the best known point."""
    optimum, fine = known.optimum
    if is_affine(known.problem):
        return whiten_constraints(known.problem, split, optimum, WIDTH, FLOOR * known.scale, fine)
    return whiten_squares(known.problem, split, optimum, WIDTH, known.options.squares, fine)


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
    from scipy.optimize import linprog

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
