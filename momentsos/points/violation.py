"""Points of least violation: a set without an interior is missed by local search, and a ray can seem to exclude it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..polynomials.evaluator import Evaluator
from .judge import Verdict
from .known import Known
from .local_search import LocalPoint, random_starts

#: Starting points.
STARTS = 16


def with_mended_points(known: Known) -> Known:
    """Return what is known with feasible points near those of least violation, as far as the judge can mend these."""
    problem, units = known.change.problem, np.diag(known.change.matrix)
    parts = [(Evaluator(group), equal) for group, equal in ((problem.inequalities, False), (problem.equalities, True))]

    def lacking(x: NDArray[np.float64]) -> NDArray[np.float64]:
        values = [p.values(x) if equal else np.minimum(p.values(x), 0.0) for p, equal in parts if p.polynomials]
        return np.nan_to_num(np.concatenate(values), nan=1e150, posinf=1e150, neginf=-1e150)

    from scipy.optimize import least_squares

    for start in random_starts(problem.n_variables, STARTS, 1):
        if known.options.time_left() <= 0:
            break
        with np.errstate(all="ignore"):
            end = least_squares(lacking, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=200).x
        verdict: Verdict = known.judge.mend(units * end, units=units, until=known.options.until)
        value = known.change.inverse_value(verdict.upper)
        if verdict.feasible and np.isfinite(value):
            point = LocalPoint(verdict.point / units, value, 0.0, verdict.fine / units, verdict.feasibility)
            return known.with_points([point])
    return known
