"""`solve` by branching: a search of boxes in place of orders, and the result that follows."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..bounds.region import Box
from ..branching.prospect import Prospect, first_seconds, is_small_enough
from ..branching.steps import Ended
from ..errors import BadOption
from ..machine.mappings import ReadOnly
from ..machine.memory import available_bytes
from ..points.falling import SECONDS, falling
from ..points.far import seen_far_out
from ..problem import Problem
from .evidence import Evidence
from .gaps import closes
from .hooks import TREE_CHECKER
from .request import Asked
from .result import Result
from .status import Status

if TYPE_CHECKING:
    from ..branching.branch import Branched
from .verdict import result_of

#: The name of the method, and of what solves its programs.
NAME, SOLVER = "branch", "highs"
#: What boxes may improve on.
OPEN = (Status.BOUNDED, Status.LOWER_BOUND_ONLY, Status.STOPPED, Status.FAILED, Status.CERTIFIED_WITHIN)
#: Seconds that `auto` gives to boxes where orders have left a gap.
LAST_SECONDS = 30.0
#: Seconds for boxes before any order, where they are likely to close the gap at once.
QUICK_SECONDS = 0.3
#: As long it searches a box of its own where the constraints bound none.
OWN_BOX_SECONDS = 3.0
#: Seconds that the exact check of an empty set may take.
_CHECK_SECONDS = 60.0


def check_branching(problem: Problem, asked: Asked) -> None:
    """Raise `BadOption` where boxes cannot be searched as it is asked."""
    if problem.matrix_inequalities:
        raise BadOption(f"method {NAME!r} knows no matrix inequalities: take 'dense' or 'auto'")
    for name, order in (("order", asked.order), ("max_order", asked.max_order)):
        if order is not None:
            raise BadOption(f"{name} = {order}: method {NAME!r} has no orders, leave it out")


def branched(evidence: Evidence, reason: str, seconds: float = math.inf, own_box: float = math.inf) -> Result:
    """Return the result of a search of boxes, which begins with what is known.

    Parameters
    ----------
    evidence : Evidence
        The points, and the bound so far.
    reason : str
        Why boxes are searched.
    seconds : float
        Its share of the time, in seconds.
    own_box : float
        That of a box that the constraints do not imply.
    """
    from ..branching.branch import Wanted, branch  # with the solver of its programs

    request, began = evidence.request, time.perf_counter()
    memory = float(request.memory_limit or 0.5 * available_bytes())
    until = min(request.until, began + seconds)
    wanted = Wanted(request.tol, evidence.unit, until, own_box, memory, request.progress)
    found = branch(request.posed, evidence.known, wanted)
    known = found.known
    if isinstance(found.region, Box) and request.time_left() > 0:
        known, ends = seen_far_out(known)
        room = min(SECONDS, max(0.1, 0.2 * request.time_left()))
        evidence = replace(evidence, falling=falling(request.posed, ends, room), seen_far=True)
    evidence = replace(evidence, known=known, reason=reason).timed(solve=time.perf_counter() - began)
    base = result_of(evidence)
    if evidence.unbounded:
        return replace(base, method=NAME)
    return _with_tree(base, evidence, found)


def _with_tree(base: Result, evidence: Evidence, found: Branched) -> Result:
    """Return a result with what the tree proves in place of an order's bound, where it is better."""
    request, upper, bound = evidence.request, evidence.known.upper, found.bound
    if found.tree.ended is Ended.CLOSED and upper is None and found.region.everything:
        bound, status = None, _empty(evidence, found)
    else:
        bound = None if bound is None or math.isinf(bound) else bound
        if bound is not None and upper is not None:
            bound = min(bound, upper)
        status = _status(evidence, found, bound)
    region = request.region if found.region.everything else found.region
    if _is_better(base, evidence, bound, status, found):
        return replace(base, reason=evidence.reason)
    least, most = request.problem.sense.bounds(bound, None if status is Status.INFEASIBLE else upper)
    counts = found.tree.counts
    sizes = {"nodes": counts.nodes, "open": counts.open, "programs": counts.programs}
    sizes |= {"columns": len(found.tree.model.columns)}
    return replace(
        base,
        status=status,
        lower_bound=least,
        upper_bound=most,
        order=None,
        method=NAME,
        solver=SOLVER,
        region=region,
        absorbed=True,
        proved=bound is not None,
        message=_words(evidence, status, _WORDS.get(found.tree.ended, "")),
        reason=evidence.reason,
        sizes=ReadOnly({key: int(value) for key, value in sizes.items()}),
        asked=(),
        relaxation=None,
        solution=None,
        change=None,
        tree=found.tree,
    )


def _status(evidence: Evidence, found: Branched, bound: float | None) -> Status:
    request, upper = evidence.request, evidence.known.upper
    if bound is None:
        return Status.STOPPED if found.tree.ended is not Ended.CLOSED else Status.FAILED
    if upper is None:
        return Status.LOWER_BOUND_ONLY if found.region.everything else Status.STOPPED
    if closes(*request.problem.sense.bounds(bound, upper), evidence.unit, request.tol):
        inside = found.region.everything or found.region.contains(evidence.known.optimum[0])
        return Status.CERTIFIED if found.region.everything else Status.CERTIFIED_WITHIN if inside else Status.BOUNDED
    return Status.BOUNDED


def _empty(evidence: Evidence, found: Branched) -> Status:
    """Return INFEASIBLE where every leaf holds in exact arithmetic, too."""
    if not found.tree.stated:
        return Status.FAILED
    proved = TREE_CHECKER(
        evidence.request.posed, found.tree, min(_CHECK_SECONDS, max(1.0, evidence.request.time_left()))
    )
    return Status.INFEASIBLE if proved else Status.FAILED


def _is_better(base: Result, evidence: Evidence, bound: float | None, status: Status, found: Branched) -> bool:
    """Whether what was known before the search is worth more than what it proves."""
    if status in (Status.CERTIFIED, Status.INFEASIBLE) or evidence.bound is None:
        return False
    lower = evidence.lower
    if base.status is Status.CERTIFIED or bound is None:
        return True
    return lower is not None and evidence.region.everything and (lower >= bound or not found.region.everything)


_WORDS = {
    Ended.TIME: "The time limit was reached.",
    Ended.MEMORY: "As many boxes are open as memory allows.",
    Ended.NARROW: "Some boxes became too narrow to be split.",
    Ended.INTERRUPTED: "The search was interrupted.",
}

#: What to do next where boxes were searched, which have no orders: in place of `Status.remedy`.
_REMEDIES = {
    Status.CERTIFIED_WITHIN: "For the whole set, add constraints that bound the variables.",
    Status.BOUNDED: "Raise time_limit or memory_limit, give bounds on the variables, or ask for orders "
    "(method='dense').",
    Status.LOWER_BOUND_ONLY: "Raise time_limit or memory_limit, or check that the constraints can be met.",
    Status.STOPPED: "Raise time_limit or memory_limit, or give bounds on the variables.",
    Status.FAILED: "Rescale the data, or give bounds on the variables.",
}


def _words(evidence: Evidence, status: Status, ended: str) -> str:
    sense = evidence.request.problem.sense
    meaning = status.meaning_for(sense)
    optimum, better = ("maximum", "higher") if sense.maximizes else ("minimum", "lower")
    if status is Status.CERTIFIED_WITHIN:
        where = "a box that contains the best point"
        meaning = f"The {optimum} over {where} is proved to the tolerance; no {better} point was found outside it."
    elif status is Status.CERTIFIED and not evidence.request.region.everything:
        meaning = f"The {optimum} over {evidence.request.region} is proved to the tolerance."
    return " ".join(part for part in (meaning, ended, _REMEDIES.get(status, status.remedy)) if part)


def may_branch(evidence: Evidence) -> bool:
    """Whether boxes may close what orders have left open."""
    request = evidence.request
    if evidence.finished and (not evidence.certified or evidence.region.everything):
        return False
    if request.facts.squares or math.isfinite(request.facts.lowest) or request.time_left() <= 0:
        return False
    return is_small_enough(request.problem)


def boxes_first(evidence: Evidence, prospect: Prospect, seconds: float | None = None) -> tuple[Result | None, Evidence]:
    """Search boxes before a second order, or for some `seconds` before the first one.

    Returns
    -------
    result : Result or None
        Where that is the end.
    evidence : Evidence
        What is known after it.
    """
    which = "a second order" if seconds is None else "any order"
    words = f"boxes were searched before {which}: {prospect.value}."
    evidence.request.decide(words)
    seconds = first_seconds(evidence.request.problem, prospect) if seconds is None else seconds
    found = branched(evidence, f"{evidence.reason} Then {words}", seconds)
    return (None, evidence) if found.status in OPEN else (found, evidence)


def with_branching(evidence: Evidence, before: Result) -> Result:
    """Return the better one of what orders have found and what boxes prove after that."""
    evidence.request.decide("orders have left a gap: boxes are searched")
    words = f"{evidence.reason} It left a gap, and boxes were searched.".strip()
    found = branched(evidence, words, LAST_SECONDS, OWN_BOX_SECONDS)
    if found.status not in OPEN:
        return found
    if before.status is Status.CERTIFIED_WITHIN:
        return before
    gaps = [np.inf if each.gap is None else each.gap for each in (found, before)]
    return found if found.status is Status.CERTIFIED_WITHIN or gaps[0] < gaps[1] else before
