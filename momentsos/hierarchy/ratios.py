r"""Sums of ratios: a variable for each ratio, denominators that are shown to be positive, values as the user has them.

With :math:`t_i q_i = p_i` the objective :math:`f + \sum_i p_i / q_i` is the polynomial :math:`f + \sum_i t_i`. Where
:math:`q_i > 0` nothing is changed by that, so that bounds of the one problem are bounds of the other.

Source: Bugarin, Henrion and Lasserre, *Minimizing the sum of many rational functions*, Math. Program. Comput. 8 (2016),
which has measures in place of these variables.

Where that leaves a gap, or a bound that is no theorem, a bound :math:`\gamma` a little below the best value is tried by
itself: with the common denominator `Q` it holds where the polynomial :math:`P - \gamma Q` is proved to be nonnegative.

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

from ..bounds.region import EVERYTHING, Ball, Region
from ..errors import InvalidInput
from ..machine.mappings import ReadOnly
from ..points.judge import Feasibility, PointJudge
from ..points.judge.records import rounded_up
from ..polynomials import Polynomial, basis_size
from ..problem import Problem, Sense
from .gaps import closes
from .request import Asked, Facts, is_number
from .result import Result
from .status import Status

Floats = NDArray[np.float64]
Minimise = Callable[[Problem, Asked, Facts, "Floats | None"], Result]
#: The share of the time that is left which one denominator may take.
_SHARE = 0.3
#: Bounds are tried that lie below the best value by these shares of the tolerance, where the polynomials are of up to
#: this many moments.
_BELOW, _MOST_MOMENTS = (0.2, 0.9), 1_400


@dataclass(frozen=True)
class Denominators:
    """What is known of the denominators on the feasible set: that it is empty, and which are not shown positive."""

    empty: bool
    unknown: tuple[str, ...]


def solve_ratios(
    problem: Problem, asked: Asked, facts: Facts, candidates: Floats | None, minimise: Minimise, began: float
) -> Result:
    """Solve a problem whose objective has ratios.

    Parameters
    ----------
    problem, asked, facts, candidates
        As for `momentsos.hierarchy.solve.minimise`.
    minimise : callable
        What solves a problem without ratios.
    began : float
        When the time began, by `time.perf_counter`.

    Raises
    ------
    InvalidInput
        A denominator is not positive at a feasible point; the message has the point.
    """
    region: Region = EVERYTHING
    if is_number(asked.bound):
        region = Ball.of(np.full(problem.n_variables, float(asked.bound)))
    inside = region.restrict(problem) if isinstance(region, Ball) else problem
    asked = replace(asked, bound="auto") if region is not EVERYTHING else asked
    known = _denominators(inside, asked, minimise, began)
    if candidates is not None:
        with np.errstate(all="ignore"):
            ratios = [np.asarray(p(candidates)) / np.asarray(q(candidates)) for p, q in problem.ratios]
        candidates = np.column_stack([candidates, *ratios])
        candidates = candidates[np.isfinite(candidates).all(axis=1)]
    found = minimise(
        inside.lifted(),
        _in_time(asked, began, 1.0),
        facts,
        candidates if candidates is not None and len(candidates) else None,
    )
    result = _in_user_terms(found, problem, inside, region, known)
    if not known.unknown and not known.empty:
        result = _sharpened(result, inside, region, _in_time(asked, began, 1.0), minimise)
    return replace(result, seconds=ReadOnly({**result.seconds, "total": time.perf_counter() - began}))


def _in_time(asked: Asked, began: float, share: float) -> Asked:
    """Return the same request with a share of the time that is left."""
    if asked.time_limit is None:
        return asked
    return replace(asked, time_limit=max(1e-3, share * (asked.time_limit - (time.perf_counter() - began))))


def _denominators(problem: Problem, asked: Asked, minimise: Minimise, began: float) -> Denominators:
    unknown = []
    for _, q in problem.ratios:
        if _is_positive(q):
            continue
        about = replace(problem, minimize=q, ratios=(), squares=None, sense=Sense.MINIMIZE)
        least = minimise(
            about, replace(_in_time(asked, began, _SHARE), order=None, max_order=None, method="auto"), Facts(), None
        )
        if least.status is Status.INFEASIBLE:
            return Denominators(True, ())
        if least.upper_bound is not None and least.upper_bound <= 0.0:
            point = ", ".join(
                f"{name} = {value:.6g}" for name, value in zip(problem.variables, least.minimizers[0], strict=True)
            )
            raise InvalidInput(
                f"ratio: the denominator {str(q)!r:.80} is {least.upper_bound:.3g} at the feasible point {point}; "
                f"expected one that is positive on the feasible set: add constraints, or change the signs of both"
            )
        everywhere = least.region.everything and least.rigorous
        if least.status is Status.UNBOUNDED:
            raise InvalidInput(
                f"ratio: the denominator {str(q)!r:.80} falls without end along feasible points; expected one that is "
                f"positive on the feasible set: add constraints"
            )
        if least.lower_bound is None or not (least.lower_bound > 0.0 and everywhere):
            unknown.append(str(q))
    return Denominators(False, tuple(unknown))


def _is_positive(q: Polynomial) -> bool:
    """Whether a polynomial is a positive number plus even powers with positive coefficients."""
    even = bool((q.exponents % 2 == 0).all()) and all(c > 0 for c in q.exact)
    return even and q.coefficient([0] * len(q.variables)) > 0


def _in_user_terms(found: Result, problem: Problem, inside: Problem, region: Region, known: Denominators) -> Result:
    """Return the result without the added variables, its point judged and evaluated as the user gave the problem."""
    n, sense = problem.n_variables, problem.sense
    lower, upper = sense.bounds(found.lower_bound, found.upper_bound)
    points = found.minimizers[:, :n]
    fine = np.zeros_like(points) if found.fine is None else found.fine[:, :n]
    status, feasibility, message = found.status, found.feasibility, found.message
    if upper is not None:
        again = _judged(inside, points[0], fine[0])
        if again is not None:
            feasibility, upper = Feasibility.EXACT, again
    if known.empty and upper is None:
        status, lower = Status.INFEASIBLE, None
        message = Status.INFEASIBLE.meaning_for(sense)
    certified = status in (Status.CERTIFIED, Status.CERTIFIED_WITHIN)
    if lower is not None and upper is not None and lower > upper:  # a bound that rounding broke is none
        lower, status, message = None, Status.FAILED, Status.FAILED.meaning_for(sense)
    elif certified and not closes(lower, upper, found.unit, found.tol):
        status, message = Status.BOUNDED, Status.BOUNDED.meaning_for(sense)
    if known.unknown:
        names = ", ".join(f"{name:.60}" for name in known.unknown)
        message = f"Not shown to be positive on the feasible set: {names}; the bound holds where it is. {message}"
        status = _doubted(status)
    least, most = sense.bounds(lower, upper)
    return replace(
        found,
        status=status,
        lower_bound=least,
        upper_bound=most,
        minimizers=points,
        fine=fine,
        feasibility=feasibility,
        problem=problem,
        message=message,
        region=region if found.region.everything else found.region,
    )


def _sharpened(result: Result, inside: Problem, region: Region, asked: Asked, minimise: Minimise) -> Result:
    """Return the result with a bound that is a theorem and closes the gap, where it has none and one is proved."""
    sense = result.problem.sense
    _, upper = sense.bounds(result.lower_bound, result.upper_bound)
    done = result.status is Status.CERTIFIED and result.rigorous
    if done or upper is None or result.status in (Status.INFEASIBLE, Status.UNBOUNDED):
        return result
    top, bottom = _over_common_denominator(inside)
    order = max(1, -(-max(top.degree, bottom.degree, inside.degree) // 2))
    if basis_size(inside.n_variables, 2 * order) > _MOST_MOMENTS:
        return result
    plain = replace(inside, ratios=(), squares=None, sense=Sense.MINIMIZE)
    for share in _BELOW:
        gamma = upper - share * result.tol * max(abs(upper), result.unit)
        if asked.time_limit is not None and asked.time_limit <= 1e-2:
            break
        own = replace(asked, order=None, max_order=None, method="auto")
        proof = minimise(replace(plain, minimize=top - bottom * Fraction(gamma)), own, Facts(), None)
        holds = proof.lower_bound is not None and proof.lower_bound >= 0.0
        if holds and proof.rigorous and proof.region.everything and closes(gamma, upper, result.unit, result.tol):
            least, most = sense.bounds(gamma, upper)
            words = (
                f"{Status.CERTIFIED.meaning_for(sense)} The bound is that of a polynomial, with the common denominator."
            )
            return replace(
                result,
                status=Status.CERTIFIED,
                lower_bound=least,
                upper_bound=most,
                region=region,
                absorbed=True,
                proved=True,
                order=proof.order,
                method=proof.method,
                solver=proof.solver,
                message=words,
            )
    return result


def _over_common_denominator(problem: Problem) -> tuple[Polynomial, Polynomial]:
    """Return numerator and denominator of the whole objective, in exact arithmetic."""
    top, bottom = problem.minimize * Fraction(1), Polynomial.constant(Fraction(1), problem.variables)
    for p, q in problem.ratios:
        p, q = p * Fraction(1), q * Fraction(1)
        top, bottom = top * q + p * bottom, bottom * q
    return top, bottom


def _doubted(status: Status) -> Status:
    """Return what a status is where a denominator may vanish: nothing is certified, or said to fall without end."""
    if status in (Status.CERTIFIED, Status.CERTIFIED_WITHIN):
        return Status.BOUNDED
    return Status.FAILED if status in (Status.UNBOUNDED, Status.AT_INFINITY) else status


def _judged(problem: Problem, point: Floats, fine: Floats) -> float | None:
    """Return the objective at a point, rounded up, where the point is feasible exactly as it is; None elsewhere."""
    constraints = replace(problem.spelled_out(), minimize=Polynomial.constant(0.0, problem.variables), ratios=())
    verdict = PointJudge(constraints)(point, fine, limit=0.0)
    if verdict.feasibility is not Feasibility.EXACT:
        return None
    place = [Fraction(a) + Fraction(b) for a, b in zip(point.tolist(), fine.tolist(), strict=True)]
    value = _at(problem.minimize, place)
    for p, q in problem.ratios:
        below = _at(q, place)
        if below <= 0:
            return None
        value += _at(p, place) / below
    rounded = rounded_up(value)
    return rounded if math.isfinite(rounded) else None


def _at(p: Polynomial, place: list[Fraction]) -> Fraction:
    total = Fraction(0)
    for row, coefficient in zip(p.exponents.tolist(), p.exact, strict=True):
        term = coefficient
        for value, power in zip(place, row, strict=True):
            term *= value**power if power else 1
        total += term
    return total
