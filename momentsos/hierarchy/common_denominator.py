r"""Bounds of a sum of ratios by its common denominator.

With :math:`f = P / Q` and :math:`Q > 0` on the set, :math:`\gamma` is a bound of `f` exactly where the polynomial
:math:`P - \gamma Q` is nonnegative. So a value a little below the best one known is taken for :math:`\gamma`, and
proved; where that polynomial has a negative value, its minimiser is a better point.

Source: Dinkelbach, *On nonlinear fractional programming*, Management Science 13 (1967).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..bounds.region import Region
from ..points.beginning import first_points
from ..points.judge import Feasibility, PointJudge
from ..points.judge.records import rounded_up
from ..points.options import SearchOptions
from ..polynomials import Polynomial, basis_size
from ..polynomials.evaluation import exact_value as value_of
from ..problem import Problem, Sense
from .gaps import closes
from .request import Asked, Facts
from .result import Result
from .status import Status

Floats = NDArray[np.float64]
Minimise = Callable[[Problem, Asked, Facts, "Floats | None"], Result]
#: Bounds are tried that lie below the best value by these shares of the tolerance, where the polynomials are of up to
#: this many moments.
_BELOW, _MOST_MOMENTS = (0.01, 0.2, 0.9), 1_400
#: Better points that are gone on from at most.
_ROUNDS = 6
#: The share of the time that the search for a first point may take.
_SEARCH = 0.2


def by_common_denominator(
    problem: Problem,
    inside: Problem,
    region: Region,
    asked: Asked,
    facts: Facts,
    starts: Floats | None,
    minimise: Minimise,
) -> Result | None:
    """Return a certified result, None where the polynomials are large, or no point or proof is found.

    Parameters
    ----------
    problem, inside : Problem
        As the user gave it, and with the ball that is asked for. Its denominators are positive on its set.
    region : Region
    asked, facts : Asked, Facts
    starts : (r, n + ratios) array or None
        Points to begin with, of the lifted problem.
    minimise : callable
        What solves a problem without ratios.
    """
    began, sense = time.perf_counter(), problem.sense
    posed = _Posed.of(inside)
    if posed is None:
        return None
    until = np.inf if asked.time_limit is None else began + _SEARCH * asked.time_limit
    known = first_points(inside.lifted().spelled_out(), SearchOptions(seed=asked.seed, until=until), starts)
    known = known.looked_further()
    if known.best is None or known.upper is None:
        return None
    n, unit = problem.n_variables, min(1.0, known.terms) if facts.unit is None else facts.unit
    points, fine = (each[:, :n] for each in known.minimizers(0.1 * asked.tol * max(abs(known.upper), unit)))
    exact = exact_value(inside, points[0], fine[0])
    upper, feasibility = (known.upper, known.best.feasibility) if exact is None else (exact, Feasibility.EXACT)
    for _ in range(_ROUNDS):
        proved, lower_point = posed.proved(upper, unit, asked, began, minimise)
        if proved is not None:
            gamma, proof = proved
            return replace(
                _certified(proof, sense.bounds(gamma, upper), region),
                minimizers=points,
                fine=fine,
                feasibility=feasibility,
                unit=unit,
                tol=asked.tol,
                problem=problem,
                message=Status.CERTIFIED.meaning_for(sense),
                reason="auto took the common denominator of the ratios: its polynomials are small.",
                attempts=(),
                relaxation=None,
                solution=None,
                change=None,
            )
        if lower_point is None:
            return None
        points, fine = lower_point
        exact = exact_value(inside, points[0], fine[0])
        if exact is None or exact >= upper:
            return None
        upper, feasibility = exact, Feasibility.EXACT
    return None


def _certified(result: Result, bounds: tuple[float | None, float | None], region: Region) -> Result:
    """Return a result whose bounds, the lower and the upper one, are proved to meet on a region."""
    least, most = bounds
    return replace(
        result,
        status=Status.CERTIFIED,
        lower_bound=least,
        upper_bound=most,
        region=region,
        absorbed=True,
        proved=True,
    )


def sharpened(result: Result, inside: Problem, region: Region, asked: Asked, minimise: Minimise) -> Result:
    """Return the result with a bound that is a theorem and closes the gap, where it has none and one is proved."""
    sense = result.problem.sense
    _, upper = sense.bounds(result.lower_bound, result.upper_bound)
    done = result.status is Status.CERTIFIED and result.rigorous
    if done or upper is None or result.status in (Status.INFEASIBLE, Status.UNBOUNDED):
        return result
    posed = _Posed.of(inside)
    if posed is None:
        return result
    proved, _ = posed.proved(upper, result.unit, asked, time.perf_counter(), minimise)
    if proved is None:
        return result
    gamma, proof = proved
    return replace(
        _certified(result, sense.bounds(gamma, upper), region),
        order=proof.order,
        method=proof.method,
        solver=proof.solver,
        message=f"{Status.CERTIFIED.meaning_for(sense)} The bound is one by the common denominator of the ratios.",
    )


@dataclass(frozen=True, eq=False)
class _Posed:
    """Numerator and denominator of the whole objective, and the constraints."""

    top: Polynomial
    bottom: Polynomial
    constraints: Problem

    @classmethod
    def of(cls, inside: Problem) -> _Posed | None:
        """Return them in exact arithmetic, None where their relaxations are large."""
        degree = max(inside.minimize.degree, *(p.degree - q.degree for p, q in inside.ratios), 0)
        order = -(-(degree + sum(q.degree for _, q in inside.ratios)) // 2)
        if basis_size(inside.n_variables, 2 * max(1, order)) > _MOST_MOMENTS:
            return None
        top, bottom = _over_common_denominator(inside)
        return cls(top, bottom, replace(inside, ratios=(), squares=None, sense=Sense.MINIMIZE))

    def proved(
        self, upper: float, unit: float, asked: Asked, began: float, minimise: Minimise
    ) -> tuple[tuple[float, Result] | None, tuple[Floats, Floats] | None]:
        """Return a bound near a value with its proof, or else points with a value below; None for each without."""
        for share in _BELOW:
            left = None if asked.time_limit is None else asked.time_limit - (time.perf_counter() - began)
            if left is not None and left <= 1e-2:
                break
            gamma = upper - share * asked.tol * max(abs(upper), unit)
            own = replace(asked, order=None, max_order=None, method="auto", bound="auto", time_limit=left)
            about = replace(self.constraints, minimize=self.top - self.bottom * Fraction(gamma))
            proof = minimise(about, own, Facts(), None)
            holds = proof.lower_bound is not None and proof.lower_bound >= 0.0
            if holds and proof.rigorous and proof.region.everything and closes(gamma, upper, unit, asked.tol):
                return (gamma, proof), None
            if proof.upper_bound is not None and proof.upper_bound < 0.0:
                fine = np.zeros_like(proof.minimizers) if proof.fine is None else proof.fine
                return None, (proof.minimizers, fine)
        return None, None


def _over_common_denominator(problem: Problem) -> tuple[Polynomial, Polynomial]:
    """Return numerator and denominator of the whole objective, in exact arithmetic."""
    top, bottom = problem.minimize * Fraction(1), Polynomial.constant(Fraction(1), problem.variables)
    for p, q in problem.ratios:
        p, q = p * Fraction(1), q * Fraction(1)
        top, bottom = top * q + p * bottom, bottom * q
    return top, bottom


def lifted_points(problem: Problem, points: Floats) -> Floats | None:
    """Return points with the values of the ratios, as the lifted problem has them; None where none is finite."""
    with np.errstate(all="ignore"):
        ratios = [np.asarray(p(points)) / np.asarray(q(points)) for p, q in problem.ratios]
    found = np.column_stack([points, *ratios])
    found = found[np.isfinite(found).all(axis=1)]
    return found if len(found) else None


def exact_value(problem: Problem, point: Floats, fine: Floats) -> float | None:
    """Return the objective at a point, rounded up, where the point is feasible exactly as it is; None elsewhere."""
    constraints = replace(problem.spelled_out(), minimize=Polynomial.constant(0.0, problem.variables), ratios=())
    verdict = PointJudge(constraints)(point, fine, limit=0.0)
    if verdict.feasibility is not Feasibility.EXACT:
        return None
    place = [Fraction(a) + Fraction(b) for a, b in zip(point.tolist(), fine.tolist(), strict=True)]
    value = value_of(problem.minimize, place)
    for p, q in problem.ratios:
        below = value_of(q, place)
        if below <= 0:
            return None
        value += value_of(p, place) / below
    rounded = rounded_up(value)
    return rounded if math.isfinite(rounded) else None
