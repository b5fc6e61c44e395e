r"""Problems with symmetry: half-spaces that hold one point of each orbit are added where a relaxation leaves a gap.

A relaxation of a symmetric problem sees the mean over all symmetric minimisers, and many of these lie far from any
minimiser. With the half-spaces of `momentsos.conditioning.symmetry` around the best point there is one of them left,
and the minimum is the same: three points in a square, 24 minimisers, close at the lowest order.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..conditioning.symmetry import HalfSpaces, Symmetries, half_spaces
from ..machine.mappings import ReadOnly
from ..points.known import Known
from ..polynomials import basis_size
from ..problem import Problem
from .request import Asked, Facts, Request, is_number
from .result import Result
from .status import Status

#: Relaxations of the lowest order have up to this many moments.
_MOST_MOMENTS = 1_400
#: The share of the time that is left which the solve with half-spaces may take.
_SHARE = 0.5
#: What symmetry moves the best point by less than this, in its own size, leaves it where it is.
_FIXED = 1e-4


@dataclass(frozen=True, eq=False)
class Halved:
    """What a problem and its symmetries are solved with.

    Attributes
    ----------
    count : int
        Of the symmetries.
    used : HalfSpaces
    problem : Problem
        With the half-spaces as its last inequalities.
    """

    count: int
    used: HalfSpaces
    problem: Problem


def may_be_halved(problem: Problem, asked: Asked, facts: Facts) -> bool:
    """Whether symmetries are looked for where the lowest order leaves a gap: no order or ball is named."""
    known = problem.squares is not None or facts.squares or facts.scale is not None or np.isfinite(facts.floor)
    named = asked.method != "auto" or asked.order is not None or asked.max_order is not None or is_number(asked.bound)
    few = basis_size(problem.n_variables, 2 * problem.minimum_order) <= _MOST_MOMENTS
    return few and not (known or named or problem.matrix_inequalities or problem.ratios)


def halved(problem: Problem, known: Known, symmetries: Symmetries) -> Halved | None:
    """Return the problem with half-spaces around its best point, None where no symmetry moves that."""
    if known.best is None:
        return None
    point = known.optimum[0]
    away = np.array([float(m) for m in symmetries.middles])
    size = max(float(np.abs(point - away).max()), 1e-12)
    images = [_image(symmetries, number, point) for number in range(len(symmetries.elements))]
    if max(float(np.abs(image - point).max()) for image in images) <= _FIXED * size:
        return None
    used = half_spaces(symmetries, problem, point)
    if not len(used):
        return None
    return Halved(
        len(symmetries.elements), used, replace(problem, inequalities=(*problem.inequalities, *used.polynomials))
    )


def _image(symmetries: Symmetries, number: int, point: np.ndarray) -> np.ndarray:
    middles = np.array([float(m) for m in symmetries.middles])
    places, signs = (np.array(each) for each in zip(*symmetries.elements[number], strict=True))
    return np.asarray(signs * (point - middles)[places] + middles)


def of_symmetric(
    request: Request,
    asked: Asked,
    known: Known,
    symmetries: Symmetries,
    minimise: Callable[[Problem, Asked], Result],
    began: float,
) -> Result | None:
    """Return the result of the problem with half-spaces as one of the problem; None where there is none.

    Its bound is one on the whole feasible set: every orbit has a point in the half-spaces.
    """
    found = halved(request.problem, known, symmetries)
    if found is None or request.time_left() <= 0:
        return None
    count = len(found.used)
    request.decide(f"{found.count} symmetries: {count} half-spaces hold a point of each orbit")
    left = request.time_left()
    limit = _SHARE * left if np.isfinite(left) else None
    part = minimise(found.problem, replace(asked, method="dense", time_limit=limit))  # whose certificate has them
    if part.status not in (Status.CERTIFIED, Status.BOUNDED) or not part.region.everything:
        return None
    words = (
        f"The bound is that on {count} half-spaces which hold a point of each orbit of the symmetries of the problem."
    )
    return replace(
        part,
        problem=request.problem,
        message=f"{part.message} {words}".strip(),
        reason=f"{part.reason} The problem is symmetric, and half-spaces were added.".strip(),
        symmetry=found.used,
        seconds=ReadOnly({**part.seconds, "total": time.perf_counter() - began}),
    )


def better_of(result: Result, other: Result | None) -> Result:
    """Return a result, or another one of the same problem where only its bound is better."""
    if other is None or result.status is not Status.BOUNDED or other.gap is None or result.gap is None:
        return result
    return other if other.gap < result.gap else result
