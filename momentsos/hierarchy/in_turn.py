"""Methods are asked one after the other, as far as it is worth it."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from ..errors import ProblemTooLarge
from ..polynomials import basis_size
from ..problem import Problem
from .climb import UNASKED_MOMENTS, climb
from .evidence import Evidence
from .methods import Choice, Method
from .request import check_orders

#: A dense relaxation of up to this many moments, seconds of work, is asked where a smaller one left a gap.
AFFORDABLE_MOMENTS = 1_400
#: The next order is asked for a bound everywhere up to this many: a tenth of a second.
FEW_MOMENTS = 300


def asked_in_turn(
    choice: Choice, start: Evidence, order: int | None, max_order: int | None, begun: Evidence | None = None
) -> Evidence:
    """Ask one method after the other, as far as it is worth it; return the evidence of the one that learned most.

    `begun` is what the lowest order of the first one has shown already.
    """
    problem, unasked = start.request.problem, order is max_order is None
    known = start.known if begun is None else begun.known
    found: list[Evidence] = []
    for method in choice.methods:
        if found and not _worth_asking(method, problem, unasked, found[-1]):
            break
        reason = choice.reason
        if found:
            reason = f"{choice.reason} It was not enough, and the {method.name} one was asked."
            start.request.decide(f"the {found[-1].method.name} method was not enough: the {method.name} one is asked")
        orders = check_orders(method.lowest_order(problem), order, max_order)
        several = bool(found) or not unasked or choice.first_orders is None
        most = AFFORDABLE_MOMENTS if found and found[-1].bound is not None else UNASKED_MOMENTS
        request = start.request
        if found and found[-1].finished:  # only a bound over everything is still of use
            request, several = replace(request, radius=None), False
        evidence = replace(start, request=request, method=method, known=known, reason=reason)
        try:
            if begun is not None and not found:
                ended = begun.finished or begun.limit is not None or not several
                evidence = begun if ended else climb(orders[1:], unasked, begun, most)
            else:
                evidence = climb(orders if several else orders[:1], unasked, evidence, most)
        except ProblemTooLarge:
            if not found:
                raise
            break  # what the first method found stands
        known = evidence.known
        found.append(evidence)
    best = max((replace(each, known=known) for each in found), key=_learned)
    if unasked and _is_near_by(best):
        best = max(best, _with_next_order(best, start), key=_learned)
    if best.finished or start.request.time_left() <= 0:
        return best
    began = time.perf_counter()
    return best.looked_beyond(near=True).timed(extract=time.perf_counter() - began)


def _with_next_order(found: Evidence, start: Evidence) -> Evidence:
    """Return what the next order of a method finds out over everything, where constraints let it, and it is small.

    Of a sum of squares without constraints no higher order has more.
    """
    problem, method = start.request.problem, found.method
    order = 1 + max((attempt.order for attempt in found.attempts), default=0)
    constrained = problem.inequalities or problem.equalities
    if not constrained or basis_size(problem.n_variables, 2 * order) > FEW_MOMENTS or start.request.time_left() <= 0:
        return found
    request = replace(start.request, radius=None)
    return climb((order,), True, replace(start, request=request, method=method, known=found.known, reason=found.reason))


def _worth_asking(method: Method, problem: Problem, unasked: bool, last: Evidence) -> bool:
    """Whether another method is asked.

    It is where there is no bound, and where it costs little to close a gap, or to close it everywhere.
    """
    if last.request.time_left() <= 0 or (last.finished and not _is_near_by(last)):
        return False
    order = max(method.lowest_order(problem), problem.minimum_order)  # a partial one has at most what the dense one has
    affordable = basis_size(problem.n_variables, 2 * order) <= AFFORDABLE_MOMENTS
    return last.bound is None or (unasked and affordable)


def _is_near_by(evidence: Evidence) -> bool:
    """Whether bounds meet, and the lower one holds in a box or a ball only; losses have a floor everywhere."""
    return evidence.certified and not evidence.region.everything and not np.isfinite(evidence.request.facts.lowest)


def _learned(evidence: Evidence) -> tuple[bool, bool, float]:
    """Return what evidence is ranked by: whether nothing is left to learn, whether that holds everywhere, the gap."""
    return evidence.finished, evidence.finished and evidence.region.everything, -evidence.gap


def exists(method: Method, problem: Problem, order: int | None, max_order: int | None) -> bool:
    """Whether a method has relaxations of the orders that were asked for."""
    lowest = method.lowest_order(problem)
    return (order is None or order >= lowest) and (max_order is None or max_order >= lowest)
