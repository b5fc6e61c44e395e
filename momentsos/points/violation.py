"""Points of least violation: a set without an interior is missed by local search, and a ray can seem to exclude it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import scale_by
from ..polynomials.evaluator import Evaluator
from ..problem import Problem
from .known import Known
from .local_methods import MANY_VARIABLES
from .local_search import LocalPoint, random_starts
from .sparse_evaluator import SparseEvaluator

Floats = NDArray[np.float64]

#: Starting points, and ends that are asked about at most.
STARTS, _ENDS = 16, 8
#: Seconds that the descents of one form of the constraints may take, and a number whose square does not overflow.
SECONDS, _LARGE = 0.5, 1e100
#: How far an end may be from a feasible point: at a root of multiplicity six, floats are blind within 1e-2 of it.
REACH = 0.5
#: Ends nearer to each other than this, or than their own distance from the origin times this, are one.
_SAME = 1e-2


def with_mended_points(known: Known, seed: int = 1) -> Known:
    """Return what is known with feasible points near those of least violation, as far as the judge can mend these.

    Where constraints have squared factors, points of least violation are looked for without these first: there roots
    are simple. The judge sees the problem as it is.
    """
    units, ends = np.diag(known.change.matrix), list[Floats]()
    for problem in _forms(known):
        for end in _least_violated(problem, known, seed):
            if any(np.abs(end - other).max() <= _SAME * (1.0 + np.abs(other).max()) for other in ends):
                continue
            ends.append(end)
            verdict = known.judge(units * end, units=units, limit=REACH, until=known.options.until)
            value = known.change.inverse_value(verdict.upper)
            if verdict.feasible and np.isfinite(value):
                point = LocalPoint(verdict.point / units, value, 0.0, verdict.fine / units, verdict.feasibility)
                known = known.with_points([point])
            if len(ends) >= _ENDS:
                break
        if known.best is not None:
            break
    return known


def _forms(known: Known) -> Iterator[Problem]:
    """Yield the constraints in units of the search: without squared factors where there are any, then as they are."""
    simpler = known.judge.simpler
    if simpler is not None:
        yield scale_by(simpler.problem, np.diag(known.change.matrix)).problem
    yield known.change.problem


def _least_violated(problem: Problem, known: Known, seed: int) -> Iterator[Floats]:
    """Yield where descents of the squared violations end."""
    from scipy.optimize import least_squares

    n, until = problem.n_variables, time.perf_counter() + min(SECONDS, 0.1 * known.options.time_left())
    groups = ((problem.inequalities, False), (problem.equalities, True))
    kind: type[Evaluator] | type[SparseEvaluator] = SparseEvaluator if n >= MANY_VARIABLES else Evaluator
    parts = [(kind(group), equal) for group, equal in groups if group]
    if not parts:
        return

    def lacking(x: Floats) -> Floats:
        values = [part.values(x) if equal else np.minimum(part.values(x), 0.0) for part, equal in parts]
        return _limited(np.concatenate(values))

    def slopes(x: Floats) -> Floats:
        rows = [
            part.jacobian(x) if equal else np.where(part.values(x)[:, None] < 0.0, part.jacobian(x), 0.0)
            for part, equal in parts
        ]
        return _limited(np.concatenate(rows))

    for start in random_starts(n, STARTS, seed):
        if time.perf_counter() > until:
            return
        with np.errstate(all="ignore"):
            end = least_squares(lacking, start, slopes, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=100).x
        if np.isfinite(end).all():
            yield np.asarray(end)


def _limited(values: Floats) -> Floats:
    """Return numbers that can be computed with."""
    return np.nan_to_num(np.clip(values, -_LARGE, _LARGE), nan=_LARGE)
