"""The driver: the orders of one method, its proposals, and the relaxations that they ask for, one after the other."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from ..errors import InvalidInput, ProblemTooLarge
from ..machine.memory import memory_errors_told
from ..points.falling import SECONDS, falling
from ..points.far import seen_far_out
from ..relaxations import Relaxation
from .evidence import Evidence, Limit, Solved
from .faces import with_bound_on_face
from .methods import Setting
from .methods.base import OutOfTime, Progress, Tried
from .starting import known_points

#: Orders that the user did not name are solved up to this many moments, minutes of work.
UNASKED_MOMENTS = 2_500
#: Orders that the user did not name are raised further only if the last one left at most this share of the gap.
WORTH_GOING_ON = 0.99


def climb(orders: tuple[int, ...], unasked: bool, evidence: Evidence, most: int = UNASKED_MOMENTS) -> Evidence:
    """Solve the orders in turn until the gap is closed, a limit is reached, or nothing more can be learned.

    Orders that the user did not ask for end also when an order has not made the gap smaller, or with one of more than
    `most` moments, the first one aside.

    Raises
    ------
    ProblemTooLarge
        By the first order.
    """
    gap = evidence.gap if evidence.attempts else np.inf
    started = len(evidence.attempts)
    for number, k in enumerate(orders):
        try:
            with memory_errors_told(f"the {evidence.method.name} relaxation of order {k}"):
                evidence = _tried(k, evidence, most if unasked and (number or started) else None)
        except ProblemTooLarge as error:
            if not evidence.attempts:
                raise
            evidence = evidence.stopped(Limit.SIZE, f"Order {k} was not tried: {error}.")
        if evidence.limit is not None:
            evidence.request.decide(evidence.limit_words)
        if evidence.finished or evidence.limit is not None:
            break
        before, gap = gap, evidence.gap
        if unasked and np.isfinite(before) and gap > WORTH_GOING_ON * before:
            words = f"Order {k} did not make the gap smaller: name max_order to go on."
            evidence = evidence.stopped(Limit.PROGRESS, words)
            evidence.request.decide(words)
            break
    return evidence


def _tried(k: int, evidence: Evidence, most: int | None) -> Evidence:
    """Solve order `k` in each setting that the method proposes until there is no more to learn.

    Relaxations of more than `most` moments are not solved.
    """
    rounds: list[tuple[Tried, ...]] = []
    last = False
    while not last:
        started = time.perf_counter()
        step = evidence.method.propose(
            Progress(evidence.known, evidence.request, evidence.tried, tuple(rounds), evidence.unit)
        )
        solving = sum(setting.seconds for setting in step.settings)
        evidence = replace(evidence, known=step.known)
        evidence = evidence.timed(relax=time.perf_counter() - started - solving, solve=solving)
        before = len(evidence.tried)
        for setting in step.settings:
            if evidence.request.time_left() <= 0:
                return evidence.stopped(Limit.TIME, "The time limit was reached.")
            try:
                with memory_errors_told(f"the {evidence.method.name} relaxation of order {k}"):
                    evidence = _attempted(k, setting, evidence, most)
            except ProblemTooLarge as error:
                if not evidence.attempts or evidence.attempts[-1].order != k:
                    raise
                return evidence.stopped(Limit.SIZE, f"Order {k} over {setting.region} was not tried: {error}.")
            if evidence.limit is not None:
                return evidence
            began = time.perf_counter()
            evidence = _judged(evidence).looked_beyond()
            evidence = evidence.timed(extract=time.perf_counter() - began)
            if evidence.finished:
                return evidence
        rounds.append(evidence.tried[before:])
        last = step.last
    return evidence


def _judged(evidence: Evidence) -> Evidence:
    """Look far out, once where nothing bounds the objective, or the bound holds near by only.

    That the objective falls without end is said where a curve proves it, and of nothing that is merely low there.
    """
    unknown = len(evidence.attempts) == 1 and not evidence.finished and not evidence.proved_bounded
    if not (unknown or evidence.doubtful) or evidence.request.time_left() <= 0:
        return evidence
    known, ends = seen_far_out(evidence.known)
    room = min(SECONDS, max(0.1, 0.2 * evidence.request.time_left()))
    bounded = np.isfinite(evidence.request.facts.lowest)  # a loss does not fall without end
    proof = None if bounded else falling(evidence.request.posed, ends, room)
    return replace(evidence, known=known, falling=proof, seen_far=True)


def _assembled(k: int, setting: Setting, evidence: Evidence) -> Relaxation | Limit | None:
    """Return the relaxation of one order in one setting, None where its numbers leave the range of floats.

    Where assembling takes longer than there is time it is not begun.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            relaxation = evidence.method.relax(setting, k, evidence.request)
        except OutOfTime:
            return Limit.TIME
        except (InvalidInput, np.linalg.LinAlgError):  # of coefficients that overflow
            return None
    if relaxation is None:
        return None
    sdp = relaxation.sdp
    parts = (sdp.operator.data, sdp.equalities.data, sdp.cost)
    return relaxation if all(np.isfinite(part).all() for part in parts) else None


def _attempted(k: int, setting: Setting, evidence: Evidence, most: int | None) -> Evidence:
    """Relax, solve and read one order in one setting."""
    request, method = evidence.request, evidence.method
    request.say(f"order {k} over {setting.region}")
    start = time.perf_counter()
    predicted = None if most is None else method.predicted(setting.change.original, k)
    if predicted is not None and most is not None and predicted > most:
        return _too_many(k, predicted, evidence)
    relaxation = _assembled(k, setting, evidence)
    relaxed = time.perf_counter()
    if relaxation is None:
        return evidence.timed(relax=relaxed - start)
    if isinstance(relaxation, Limit) or request.time_left() <= 0:
        return evidence.timed(relax=relaxed - start).stopped(Limit.TIME, "The time limit was reached.")
    if most is not None and relaxation.sdp.n_moments > most:
        return _too_many(k, relaxation.sdp.n_moments, evidence)
    request.say(f"order {k}: solving {relaxation.sizes['moments']} moments")
    solution = method.solve(relaxation, request, known_points(evidence, setting, relaxation))
    solved = time.perf_counter()
    request.say(f"order {k}: {solution.solver} ended with {solution.status.name}, reading the answer")
    dual, theorem = method.bound(setting, relaxation, solution, request.until)
    closed = dual is not None and evidence.closes(max(setting.change.value(dual.value), request.facts.lowest))
    candidates = method.candidates(setting, relaxation, solution, evidence.known, closed)
    evidence = evidence.with_solved(Solved(k, setting, relaxation, solution, dual, candidates, theorem))
    evidence = evidence.timed(relax=relaxed - start, solve=solved - relaxed, extract=time.perf_counter() - solved)
    return with_bound_on_face(evidence)


def _too_many(k: int, moments: int, evidence: Evidence) -> Evidence:
    """Note that an order that the user did not name is not tried."""
    words = f"Order {k} was not tried, it has {moments} moments: name max_order to go on."
    return evidence.stopped(Limit.SIZE, words)
