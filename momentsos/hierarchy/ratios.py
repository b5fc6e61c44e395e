r"""Sums of ratios: a variable for each ratio, denominators that are shown to be positive, values as the user has them.

With :math:`t_i q_i = p_i` the objective :math:`f + \sum_i p_i / q_i` is the polynomial :math:`f + \sum_i t_i`. Where
:math:`q_i > 0` nothing is changed by that, so that bounds of the one problem are bounds of the other.

Source: Bugarin, Henrion and Lasserre, *Minimizing the sum of many rational functions*, Math. Program. Comput. 8 (2016),
which has measures in place of these variables.

Where the common denominator has a small degree, `momentsos.hierarchy.common_denominator` is asked first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..bounds.region import EVERYTHING, Ball, Region
from ..errors import InvalidInput
from ..machine.mappings import ReadOnly
from ..points.judge import Feasibility
from ..polynomials import Polynomial
from ..problem import Problem, Sense
from .common_denominator import Minimise, by_common_denominator, exact_value, lifted_points, sharpened
from .gaps import closes
from .request import Asked, Facts, is_number
from .result import Result
from .status import Status

Floats = NDArray[np.float64]
#: The share of the time that is left which one denominator may take.
_SHARE = 0.3


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
    starts = None if candidates is None else lifted_points(problem, candidates)
    if (
        asked.method == "auto"
        and asked.order is None
        and asked.max_order is None
        and not (known.empty or known.unknown)
    ):
        direct = by_common_denominator(problem, inside, region, _in_time(asked, began, 1.0), facts, starts, minimise)
        if direct is not None:
            return replace(direct, seconds=ReadOnly({**direct.seconds, "total": time.perf_counter() - began}))
    found = minimise(inside.lifted(), _in_time(asked, began, 1.0), facts, starts)
    result = _in_user_terms(found, problem, inside, region, known)
    if not known.unknown and not known.empty:
        result = sharpened(result, inside, region, _in_time(asked, began, 1.0), minimise)
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
        again = exact_value(inside, points[0], fine[0])
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


def _doubted(status: Status) -> Status:
    """Return what a status is where a denominator may vanish: nothing is certified, or said to fall without end."""
    if status in (Status.CERTIFIED, Status.CERTIFIED_WITHIN):
        return Status.BOUNDED
    return Status.FAILED if status in (Status.UNBOUNDED, Status.AT_INFINITY) else status
