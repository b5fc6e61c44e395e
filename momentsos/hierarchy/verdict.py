"""The result that follows from evidence: its status, its bounds, its words. Nothing is computed that changes them."""

from __future__ import annotations

import time
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from ..sdp import SDPStatus
from .evidence import Evidence
from .gaps import ABSOLUTE_GAP, GAP_FLOOR
from .result import Result
from .status import Status

#: Said of a bound whose identity could not be made exact; see `momentsos.bounds.repair`.
NOT_ABSORBED = (
    "The residual of the solver's identity was bounded on a box of the size of the best point; farther out the bound "
    "rests on the solver's accuracy."
)
#: What rounding may change in the objective, as a share of its own scale.
_ROUNDING = 1e-13


def result_of(evidence: Evidence) -> Result:
    """Return the record of what was learned, in the user's units."""
    seen = evidence.widened()
    if seen.bound is not None and seen.contradicts(seen.bound):
        seen = replace(seen, bound=None)
    if seen.certified and seen.attempts and not _is_flat(seen):
        seen = replace(seen, known=seen.known.gathered())
    known, request, bound = seen.known, seen.request, seen.bound
    last = seen.attempts[-1] if seen.attempts else None
    status = _status(seen)
    excluded = status in (Status.INFEASIBLE, Status.UNBOUNDED)
    upper = None if excluded else known.upper
    lower = None if excluded or bound is None else bound.value
    if lower is not None and upper is not None:
        lower = min(lower, upper)  # an excess is within the corrections here
    slack = 0.0 if upper is None else _slack(seen, upper)
    is_minimum = upper is not None and status is not Status.AT_INFINITY  # a far-away point is no minimiser
    none = np.zeros((0, request.problem.n_variables))
    points, fine = known.minimizers(slack) if is_minimum else (none, none)
    return Result(
        status=status,
        lower_bound=lower,
        upper_bound=upper,
        minimizers=points,
        fine=fine,
        order=bound.order if bound else (last.order if last else None),
        method=seen.method.name,
        solver=bound.solution.solver if bound else request.solver,
        region=seen.region,
        absorbed=bound is None or bound.dual.absorbed,
        scale=known.scale,
        tol=request.tol,
        problem=request.problem,
        attempts=seen.attempts,
        message=_message(seen, status),
        reason=seen.reason,
        seconds=MappingProxyType({"formulate": 0.0, **seen.seconds, "total": time.perf_counter() - seen.started}),
        sizes=MappingProxyType(bound.relaxation.sizes if bound else dict(last.sizes) if last else {}),
        relaxation=bound.relaxation if bound else None,
        solution=bound.solution if bound else None,
        change=bound.setting.change if bound else None,
    )


def _is_flat(evidence: Evidence) -> bool:
    """Whether the last moment matrix has shown all minimisers, or there is none to look at."""
    flatness = evidence.attempts[-1].flatness
    return flatness is None or flatness.flat


def _slack(evidence: Evidence, upper: float) -> float:
    """Return what the value of another minimiser may lie above that of the best point.

    A gap that the objective's own scale allows may be wide against its values: no point further above than twice
    the gap is a minimiser, as far as rounding tells.
    """
    scale = evidence.known.scale
    allowed = ABSOLUTE_GAP * scale
    if evidence.bound is not None:
        allowed = min(allowed, max(2.0 * evidence.gap, _ROUNDING * scale))
    return max(0.1 * evidence.request.tol * abs(upper), allowed)


def _status(evidence: Evidence) -> Status:
    if evidence.infeasible:
        return Status.INFEASIBLE
    if evidence.unbounded:
        return Status.UNBOUNDED
    if evidence.at_infinity:
        return Status.AT_INFINITY
    if evidence.certified:
        return Status.CERTIFIED
    if evidence.bound is not None:
        return Status.BOUNDED if evidence.known.best is not None else Status.LOWER_BOUND_ONLY
    limits = any(attempt.sdp_status is SDPStatus.LIMIT for attempt in evidence.attempts)
    return Status.STOPPED if evidence.limit is not None or limits else Status.FAILED


def _message(evidence: Evidence, status: Status) -> str:
    meaning, known = status.meaning, evidence.known
    if status is Status.CERTIFIED and not evidence.region.everything:
        meaning = f"The minimum over {evidence.region} is proved to the tolerance."
    if status is Status.CERTIFIED and evidence.gap > evidence.request.tol * max(abs(known.upper or 0.0), GAP_FLOOR):
        meaning += f" The gap of {evidence.gap:.1e} is small against the objective's own scale, {known.scale:.1e}."
    doubt = NOT_ABSORBED if evidence.bound is not None and not evidence.bound.dual.absorbed else ""
    return " ".join(part for part in (meaning, doubt, evidence.limit_words, status.remedy) if part)
