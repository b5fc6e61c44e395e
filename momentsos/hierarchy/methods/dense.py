"""The dense hierarchy as a method: a ball where one is needed, atoms of the moment matrix as candidates."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...bounds.implied import ImpliedBox, implied_box
from ...bounds.region import EVERYTHING, Ball, Region
from ...bounds.sublevel import sublevel_box
from ...conditioning.affine import AffineChange, change_affinely, half_widths, power_of_two, scale_by
from ...extraction import Flatness, RankRule, extract_atoms, first_moments, orbit_points, test_flatness
from ...points.known import FAR, Known
from ...points.local_search import LocalPoint
from ...polynomials import Polynomial, basis_size
from ...problem import Problem, Sense
from ...problem.matrices import matrix_degree
from ...relaxations import Plan, Relaxation, dense_plan
from ...sdp import SDPSolution
from .base import Candidates, Method, Next, Progress, Setting

#: The default ball has this many times the norm of the best known point as its radius (search units, at least 1).
BALL_FACTOR = 2.0
#: A box holds the points whose value exceeds the best one by at most this share.
SLACK = 0.1
#: A box wider than this many units of the search is narrowed by a relaxation of up to so many moments.
WIDE, FEW_MOMENTS = 30.0, 500
#: From this many variables on a box is stated as one ball.
MANY_SIDES = 12
#: Around the best point the defect of an identity is bounded within this many lengths of the problem.
CENTRED_REACH = 4.0
#: No more than this many atoms of one moment matrix are looked at.
MOST_ATOMS = 64


class Dense(Method):
    """The dense hierarchy; see `momentsos.relaxations.dense`."""

    name: ClassVar[str] = "dense"

    def lowest_order(self, problem: Problem) -> int:
        """Return half the largest degree, rounded up, at least 1."""
        return problem.minimum_order

    def plan(self, given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the dense relaxation."""
        return dense_plan(given.problem if isinstance(given, AffineChange) else given, order, memory_limit)

    def propose(self, progress: Progress) -> Next:
        """Return the problem as it is, then within a ball where the rule asks for one.

        ``bound="auto"``: no ball at first. Then, where constraints and objective bound all points that are nearly as
        good as the best one, the box of these bounds, which strengthens the relaxation and excludes no minimiser;
        elsewhere a ball of twice the norm of the best known point, in the units of the search, unless that point is
        farther out than 1000. Where the problem is far from the origin, it is taken around the best point, and no such
        ball is put around it.
        """
        known, request = progress.known, progress.request
        if progress.rounds:
            inside = _in_implied_box(progress) or _without_squares(known)
            inside = inside or (_default_ball(known) if known.centred is None else None)
            return Next(known, () if inside is None else (inside,), last=True)
        known = known.looked_further().centred_around_best()
        if known.centred is not None:
            reach = np.full(known.problem.n_variables, CENTRED_REACH)
            settings = (Setting(known.centred, EVERYTHING, reach),)
        else:
            settings = (Setting(known.change, EVERYTHING, known.reach),)
        return Next(known, settings, last=request.radius != "auto")

    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, known: Known, closed: bool
    ) -> Candidates:
        """Test flatness, extract atoms at every inner degree that allows it, improve and check each.

        The mean of the moments is a candidate too. Every point is kept only if it is feasible after polishing or
        mending.
        """
        if solution.moments is None:
            return Candidates(None, (), ())
        matrix, basis = relaxation.moment_matrix(solution.moments)
        mass = float(matrix[0, 0])
        if not np.isfinite(matrix).all() or mass <= 0:
            return Candidates(None, (), ("the moment matrix has no positive mass",))
        matrix, units = _in_own_units(matrix / mass, basis)
        flatness = _flatness(matrix, basis, setting.change.problem, solution)
        starts, dropped = _starts(matrix, basis, flatness)
        kept: list[LocalPoint] = []
        for name, start in starts:
            pushed = known.pushed(setting.change.point(start * units))
            if pushed is not None:  # where eigenvalues vanish together, their products lead a search nowhere
                kept.append(pushed)
            if setting.change is known.centred:
                point = known.descend(setting.change, start * units)
            else:
                point = known.improve(known.change.inverse_point(setting.change.point(start * units)))
            found = known.mended(point)
            if found is not None:
                kept.append(found)
            else:
                dropped.append(f"{name}: violates a constraint by {point.violation:.1e} after polishing")
        return Candidates(flatness, tuple(kept), tuple(dropped))


def _in_implied_box(progress: Progress) -> Setting | None:
    """Return the problem in the box of all points that are nearly as good as the best one, None without such a box.

    It leaves no minimiser out. The sides are stated as products, a ball around the box where there are many of them.
    Constraints lose their squared factors where that leaves the same points: at a double root no identity of any order
    reaches the minimum.
    """
    problem = progress.known.problem
    if not problem.matrix_inequalities:  # the numbers of their minors are those of the problem
        problem = progress.known.judge.regular or problem
    box = _box_of_good_points(progress)
    if box.empty or not box.finite:
        return None
    centre, half = 0.5 * (box.low + box.high), 0.5 * (box.high - box.low)
    half = np.maximum((1 + 1e-9) * half, 1e-8 * np.maximum(np.abs(centre), 1e-8))
    if not np.isfinite(half).all():
        return None
    n = len(half)
    x = [Polynomial.from_terms(row[None, :], [1.0], problem.variables) for row in np.eye(n, dtype=np.int64)]
    # In fractions: a wall far from the origin whose coefficients are rounded may stand inside the box.
    shares = [((x[i] - Fraction(centre[i])) * (1 / Fraction(half[i]))) ** 2 for i in range(n)]
    walls = [1 - share for share in shares] if n <= MANY_SIDES else [n - sum(shares[1:], shares[0])]
    inequalities = (*problem.inequalities, *walls)
    inside = replace(problem, inequalities=inequalities, squares=None, sense=Sense.MINIMIZE)
    units = np.array([power_of_two(width) for width in half])
    return Setting(change_affinely(inside, centre, np.diag(units)), EVERYTHING, half / units)


def _box_of_good_points(progress: Progress) -> ImpliedBox:
    """Return the box of all points that are nearly as good as the best one: a relaxation helps where it is wide."""
    known, upper = progress.known, progress.known.upper
    worst = None if upper is None else upper + max(SLACK * abs(upper), progress.unit)
    box = implied_box(known.problem, worst)
    units, change = np.diag(known.change.matrix), known.change
    order, n = known.problem.minimum_order, known.problem.n_variables
    narrow = box.finite and bool((0.5 * (box.high - box.low) <= WIDE * units).all())
    if worst is None or box.empty or narrow or basis_size(n, 2 * order) > FEW_MOMENTS:
        return box
    request = progress.request
    found = sublevel_box(change.problem, change.inverse_value(worst), order, request.solve, request.until)
    if found is None:
        return box
    low, high = np.maximum(box.low, units * found.low), np.minimum(box.high, units * found.high)
    return ImpliedBox(low, high, found.empty)


def _without_squares(known: Known) -> Setting | None:
    """Return the problem with constraints without squared factors that say the same; None where there are none."""
    regular = known.judge.regular
    if regular is None:
        return None
    return Setting(scale_by(regular, np.diag(known.change.matrix)), EVERYTHING, known.reach)


def _default_ball(known: Known) -> Setting | None:
    """Return the problem in the ball that the rule of `Dense.propose` asks for, None where it asks for none."""
    units, widths = np.diag(known.change.matrix), half_widths(known.problem)
    if np.isfinite(widths).all() and (widths > 0).all():
        return _within(Ball.of((1 + 1e-9) * known.problem.n_variables**0.5 * widths), known, EVERYTHING)
    distance = float(np.linalg.norm(known.best.point)) if known.best else np.inf
    if distance > FAR:
        return None
    ball = Ball.of(BALL_FACTOR * max(1.0, distance) * units)
    return _within(ball, known, ball)


def _within(ball: Ball, known: Known, region: Region) -> Setting:
    half_axes = np.array(ball.half_axes)
    change = scale_by(ball.restrict(known.problem), half_axes)
    return Setting(change, region, half_axes / np.diag(change.matrix))


def _flatness(
    matrix: NDArray[np.float64], basis: NDArray[np.int64], problem: Problem, solution: SDPSolution
) -> Flatness:
    first, last = problem.minors or (0, 0)  # the relaxation does not have these, but the matrices
    constraints = (*problem.inequalities[:first], *problem.inequalities[last:], *problem.equalities)
    degrees = [*(g.degree for g in constraints), *map(matrix_degree, problem.matrix_inequalities)]
    step = max([1, *(-(-degree // 2) for degree in degrees)])
    lowest = max(step, -(-problem.minimize.degree // 2))
    noise = 1e-6 if solution.residuals is None else float(np.clip(10 * solution.residuals.worst, 1e-9, 1e-5))
    return test_flatness(matrix, basis.sum(axis=1), lowest, step, RankRule(noise=noise))


def _in_own_units(
    matrix: NDArray[np.float64], basis: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Divide by powers of the second moments of the variables where these exceed one, so that no entry is large."""
    units = np.ones(basis.shape[1])
    for i, row in enumerate(_variable_rows(basis)):
        units[i] = max(1.0, float(np.sqrt(max(matrix[row, row], 0.0))))
    weights = np.prod(units**basis, axis=1)
    return matrix / np.outer(weights, weights), units


def _variable_rows(basis: NDArray[np.int64]) -> list[int]:
    """Return for each variable the row of the basis that is the variable itself."""
    linear = basis.sum(axis=1) == 1
    return [int(np.flatnonzero(linear & (basis[:, i] == 1))[0]) for i in range(basis.shape[1])]


def _starts(
    matrix: NDArray[np.float64], basis: NDArray[np.int64], flatness: Flatness
) -> tuple[list[tuple[str, NDArray[np.float64]]], list[str]]:
    """Return named candidate points: atoms (flat degrees first, then the others), then the mean."""
    starts: list[tuple[str, NDArray[np.float64]]] = []
    dropped: list[str] = []
    for test in sorted(flatness.tests, key=lambda t: (not t.flat, t.doubtful, -t.degree)):
        if test.rank.value > MOST_ATOMS:
            dropped.append(f"degree {test.degree}: rank {test.rank.value} is more than {MOST_ATOMS} atoms")
            continue
        atoms = extract_atoms(matrix, basis, test.degree, test.rank.value)
        if atoms is None:
            dropped.append(f"degree {test.degree}: no atoms, the rows of lower degree do not span")
            continue
        starts += [(f"atom {i} at degree {test.degree}", point) for i, point in enumerate(atoms.points)]
        if test.flat and not test.doubtful:
            break
    starts += [(f"orbit {i}", point) for i, point in enumerate(orbit_points(matrix, basis))]
    mean = matrix[0, _variable_rows(basis)]
    return [*starts, ("the mean of the moments", first_moments(mean, float(matrix[0, 0])))], dropped
