"""The result that follows from evidence: its status, its bounds, its words. Nothing is computed that changes them."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from ..bounds.region import Region
from ..machine.mappings import ReadOnly
from ..sdp import SDPStatus
from .evidence import Bound, Evidence, Solved
from .result import Attempt, Result
from .status import Status

#: Said of a bound whose identity could not be made exact; see `momentsos.bounds.repair`.
NOT_ABSORBED = (
    "The residual of the solver's identity was bounded on a box of the size of the best point; farther out the bound "
    "rests on the solver's accuracy."
)
#: What rounding may change in the objective, as a share of its own scale.
_ROUNDING = 1e-13


def result_of(evidence: Evidence) -> Result:
    """Return the record of what was learned, in the user's units and in the sense of the user's objective."""
    seen = evidence.replaced().without_refuted()
    if seen.certified and seen.attempts and not _is_flat(seen):
        seen = replace(seen, known=seen.known.gathered()).replaced().without_refuted()
    later = np.isfinite(seen.request.facts.lowest)  # the status of a loss does not hang on it
    began = time.perf_counter()
    seen = seen if later else seen.proved()
    seen = seen.timed(extract=time.perf_counter() - began)
    known, request, bound = seen.known, seen.request, seen.bound
    last = seen.attempts[-1] if seen.attempts else None
    # A bound that is known beforehand can be certified from any relaxation.
    behind = bound or (seen.last if seen.lower is not None else None)
    status = _status(seen)
    excluded = status in (Status.INFEASIBLE, Status.UNBOUNDED)
    upper = None if excluded else known.upper
    lower = None if excluded else seen.lower
    proved = lower is not None and seen.rigorous
    points, fine = known.minimizers(0.0 if upper is None else _slack(seen, upper))
    least, most = request.problem.sense.bounds(lower, upper)
    none = np.zeros((0, request.problem.n_variables))
    return Result(
        status=status,
        lower_bound=least,
        upper_bound=most,
        minimizers=none if upper is None else points,
        fine=none if upper is None else fine,
        feasibility=None if upper is None or known.best is None else known.best.feasibility,
        order=bound.order if bound else (last.order if last else None),
        method=seen.method.name,
        solver=bound.solution.solver if bound else request.solver,
        region=_region(seen),
        absorbed=bound is None or bound.absorbed,
        proved=None if later and lower is not None and not proved else proved,
        unit=seen.unit,
        tol=request.tol,
        problem=request.problem,
        attempts=tuple(_as_known_now(each, seen) for each in seen.attempts),
        message=_message(seen, status),
        reason=seen.reason,
        seconds=ReadOnly({"formulate": 0.0, **seen.seconds, "total": time.perf_counter() - seen.started}),
        sizes=ReadOnly(bound.relaxation.sizes if bound else dict(last.sizes) if last else {}),
        asked=_asked(behind),
        relaxation=behind.relaxation if behind else None,
        solution=behind.solution if behind else None,
        change=behind.setting.change if behind else None,
    )


def _asked(behind: Bound | Solved | None) -> tuple[str, ...]:
    """Return who was asked to solve a relaxation, and what came."""
    found = () if behind is None else behind.solution.statistics.get("asked", ())
    return tuple(map(str, found)) if isinstance(found, tuple) else ()


def _region(evidence: Evidence) -> Region:
    """Return the set on which the lower bound holds: the ball that the user asks for stands for everything."""
    return evidence.request.region if evidence.region.everything else evidence.region


def _as_known_now(attempt: Attempt, evidence: Evidence) -> Attempt:
    """Return an attempt in the sense of the objective, without its bound where a point found since lies below it."""
    found, sense = attempt, evidence.request.problem.sense
    if attempt.lower_bound is not None and evidence.refuted(attempt.lower_bound, attempt.region):
        found = replace(attempt, lower_bound=None, refuted=True)
    lower, upper = sense.bounds(found.lower_bound, None)
    return replace(found, lower_bound=lower, upper_bound=upper)


def _is_flat(evidence: Evidence) -> bool:
    """Whether the last moment matrix has shown all minimisers, or there is none to look at."""
    flatness = evidence.attempts[-1].flatness
    return flatness is None or flatness.flat


def _slack(evidence: Evidence, upper: float) -> float:
    """Return what the value of another minimiser may lie above that of the best point.

    No point further above than twice the gap is a minimiser, as far as rounding tells.
    """
    allowed = 0.1 * evidence.request.tol * max(abs(upper), evidence.unit)
    return min(allowed, max(2.0 * evidence.gap, _ROUNDING * evidence.known.terms))


def _status(evidence: Evidence) -> Status:
    if evidence.infeasible:
        return Status.INFEASIBLE
    if evidence.unbounded:
        return Status.UNBOUNDED
    if evidence.at_infinity:
        return Status.AT_INFINITY
    if evidence.certified:
        return Status.CERTIFIED if evidence.region.everything else Status.CERTIFIED_WITHIN
    if evidence.lower is not None:
        return Status.BOUNDED if evidence.known.best is not None else Status.LOWER_BOUND_ONLY
    limits = any(attempt.sdp_status is SDPStatus.LIMIT for attempt in evidence.attempts)
    return Status.STOPPED if evidence.limit is not None or limits else Status.FAILED


def _message(evidence: Evidence, status: Status) -> str:
    sense, bound = evidence.request.problem.sense, evidence.bound
    meaning = status.meaning_for(sense)
    optimum, better = ("maximum", "higher") if sense.maximizes else ("minimum", "lower")
    if status is Status.CERTIFIED_WITHIN:
        proved = f"The {optimum} over {evidence.region} is proved to the tolerance"
        meaning = f"{proved}; no {better} point was found outside it."
    elif status is Status.CERTIFIED and not evidence.request.region.everything:
        meaning = f"The {optimum} over {evidence.request.region} is proved to the tolerance."
    doubt = "" if bound is None or bound.absorbed or evidence.region.everything else NOT_ABSORBED
    return " ".join(part for part in (meaning, doubt, evidence.limit_words, status.remedy) if part)
