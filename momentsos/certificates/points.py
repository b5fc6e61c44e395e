"""Rational points that are exactly feasible, near points that are feasible to rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.optimize
from flint import fmpq, fmpq_mat, fmpq_mpoly
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem, term_size
from .frame import Frame, exact_terms, fraction, rational
from .quadrics import onto_quadric

Point = list[Fraction]
#: Denominators up to these are tried for every coordinate, when that moves it by less than `NEAR`.
DENOMINATORS = (1, 2, 12, 100, 10_000)
#: Largest move, relative to one or to the coordinate.
NEAR = 1e-5
#: Steps into the feasible set that are tried in turn, relative to one or to the coordinates.
STEPS = tuple(2.0**k for k in range(-53, -16))


def feasible_point(problem: Problem, points: NDArray[np.float64]) -> tuple[Fraction, ...] | None:
    """Return a rational point that satisfies every constraint exactly, near the first of `points` that has one.

    Tried are coordinates with small denominators, the floats as they are, and short steps into the inequalities.
    Equalities are met by solving them for variables in which they are affine, or, a single quadratic one, by the
    second intersection with a line through a rational point of it.
    """
    exact = _Exact.of(problem)
    for row in points:
        found: list[Point] = [point for point in _near(exact, row) if exact.feasible(point)]
        pushed = next((point for point in _inside(problem, exact, row) if exact.feasible(point)), None)
        found += [] if pushed is None else [pushed]
        if found:
            values = [fraction(exact.value(point)) for point in found]
            return tuple(found[values.index(min(values))])
    return None


@dataclass(frozen=True, eq=False)
class _Exact:
    """Objective and constraints in rational arithmetic."""

    objective: fmpq_mpoly
    inequalities: list[fmpq_mpoly]
    equalities: list[fmpq_mpoly]

    @classmethod
    def of(cls, problem: Problem) -> _Exact:
        n = problem.n_variables
        zero = (Fraction(0),) * n
        frame = Frame(problem, zero, tuple(zero for _ in range(n)), 0, ())

        def exact(polynomial: Polynomial) -> fmpq_mpoly:
            return frame.polynomial(exact_terms(polynomial))

        return cls(
            exact(problem.minimize),
            [exact(g) for g in problem.inequalities],
            [exact(h) for h in problem.equalities],
        )

    def value(self, point: Point) -> fmpq:
        """Return the objective at the point."""
        return self.objective(*map(rational, point))

    def feasible(self, point: Point) -> bool:
        """Whether the point satisfies every constraint."""
        values = [rational(value) for value in point]
        return all(h(*values) == 0 for h in self.equalities) and all(g(*values) >= 0 for g in self.inequalities)


def _near(exact: _Exact, point: NDArray[np.float64]) -> Iterator[Point]:
    """Yield `point` with simple coordinates, where these are near, and as it is, moved onto the equalities."""
    room = NEAR * np.maximum(1.0, np.abs(point))
    for largest in DENOMINATORS:
        simple = [Fraction(x).limit_denominator(largest) for x in point.tolist()]
        if all(abs(float(s) - x) <= r for s, x, r in zip(simple, point, room, strict=True)):
            yield simple
    yield _onto_equalities(exact.equalities, [Fraction(x) for x in point.tolist()])


def _inside(problem: Problem, exact: _Exact, point: NDArray[np.float64]) -> Iterator[Point]:
    """Yield ever longer steps from `point` into the inequalities, moved onto the equalities."""
    direction = inward(problem, point)
    if direction is None:
        return
    for step in STEPS:
        moved = point + step * np.maximum(1.0, np.abs(point)) * direction
        yield _onto_equalities(exact.equalities, [Fraction(x) for x in moved.tolist()])


def inward(problem: Problem, point: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return a direction along which every constraint that is nearly active grows, by a linear program."""
    unit = np.maximum(1.0, np.abs(point))
    active = [g for g in problem.inequalities if g(point) <= 100 * NEAR * term_size(g, point)]
    if not active:
        return None

    def slopes(polynomials: tuple[Polynomial, ...] | list[Polynomial]) -> NDArray[np.float64]:
        rows = np.array([[d(point) for d in p.gradient()] for p in polynomials]).reshape(-1, len(point)) * unit
        size = np.linalg.norm(rows, axis=1)
        return rows / np.where(size > 0, size, 1.0)[:, None]

    n = len(point)
    rows, equal = slopes(active), slopes(problem.equalities)
    answer = scipy.optimize.linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.column_stack([-rows, np.ones(len(rows))]),
        b_ub=np.zeros(len(rows)),
        A_eq=np.column_stack([equal, np.zeros(len(equal))]) if len(equal) else None,
        b_eq=np.zeros(len(equal)) if len(equal) else None,
        bounds=[(-1.0, 1.0)] * n + [(0.0, 1.0)],
    )
    if answer.x is None or not answer.x[-1] > 1e-9:
        return None
    return np.asarray(answer.x[:n])


def _onto_equalities(equalities: list[fmpq_mpoly], point: Point) -> Point:
    """Return a point near `point` that satisfies the equalities, or `point` itself when there is no way to one.

    Affine equalities are eliminated; what the others become is solved for variables in which it is affine, or is a
    single quadric.
    """
    if not equalities:
        return point
    values = [rational(value) for value in point]
    pivots, images = _affine_elimination([h for h in equalities if h.total_degree() <= 1], len(point), equalities[0])
    rest = [h.compose(*images) for h in equalities if h.total_degree() > 1]
    rest = [h for h in rest if not h.is_zero()]
    order = _elimination(rest)
    if order is not None:
        for number, variable in order:
            solved = _solve_affine(rest[number], variable, values)
            if solved is None:
                return point
            values[variable] = solved
    elif len(rest) == 1 and rest[0].total_degree() == 2:
        values = onto_quadric(rest[0], values) or values
    for pivot in pivots:
        values[pivot] = images[pivot](*values)
    return [fraction(value) for value in values]


def _affine_elimination(equalities: list[fmpq_mpoly], n: int, like: fmpq_mpoly) -> tuple[list[int], list[fmpq_mpoly]]:
    """Return the variables that the affine equalities determine, and every variable in terms of the others."""
    images = list(like.context().gens())
    if not equalities:
        return [], images
    units = [tuple(int(i == j) for j in range(n)) for i in range(n)]
    table = fmpq_mat([[h[key] for key in (*units, (0,) * n)] for h in equalities])
    reduced, rank = table.rref()
    pivots = []
    for row in reduced.tolist()[:rank]:
        pivot = next(i for i, value in enumerate(row) if value != 0)
        if pivot == n:
            continue
        terms = {key: -value for key, value in zip(units, row, strict=False)} | {(0,) * n: -row[n]}
        terms[units[pivot]] = fmpq(0)
        images[pivot] = like.context().from_dict(terms)
        pivots.append(pivot)
    return pivots, images


def _elimination(equalities: list[fmpq_mpoly]) -> list[tuple[int, int]] | None:
    """Return equalities with variables in which they are affine, in an order in which each can be solved, or None.

    The variable of an equality occurs in no equality that comes before it.
    """
    left, order = list(range(len(equalities))), []
    while left:
        for number in left:
            degrees = equalities[number].degrees()
            others = [equalities[k].degrees() for k in left if k != number]
            free = [i for i, d in enumerate(degrees) if d == 1 and not any(o[i] for o in others)]
            if free:
                order.append((number, free[0]))
                left.remove(number)
                break
        else:
            return None
    return order[::-1]


def _solve_affine(h: fmpq_mpoly, variable: int, values: list[fmpq]) -> fmpq | None:
    """Return the value of a variable in which `h` is affine, or None where its coefficient vanishes."""
    at = list(values)
    at[variable] = fmpq(0)
    constant = h(*at)
    at[variable] = fmpq(1)
    slope = h(*at) - constant
    return None if slope == 0 else -constant / slope
