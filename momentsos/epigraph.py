r"""Epigraph variables: `theta` in "minimise `theta` subject to `theta >= p_j(x)`".

Given the other variables, the best value of such a variable is known, so a local search need not look for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .problem import Problem


def epigraph_variable(problem: Problem) -> int | None:
    """Return a variable that only has to be large enough, or None.

    It occurs in the objective and in at least one inequality, in each of them in one term, which is the variable
    times a positive number; and in no equality.
    """
    for i in np.flatnonzero(problem.minimize.exponents.any(axis=0)).tolist():
        slopes = [_slope(p.exponents, p.values, i) for p in (problem.minimize, *problem.inequalities)]
        occurs = any(h.exponents[:, i].any() for h in problem.equalities)
        if not occurs and None not in slopes and slopes[0] and any(slopes[1:]):
            return i
    return None


def _slope(exponents: NDArray[np.int64], values: NDArray[np.float64], i: int) -> float | None:
    """Return the coefficient of variable `i`, 0 where it does not occur, None where it is not alone and positive."""
    terms = np.flatnonzero(exponents[:, i])
    if not len(terms):
        return 0.0
    alone = len(terms) == 1 and exponents[terms[0]].sum() == 1
    return float(values[terms[0]]) if alone and values[terms[0]] > 0 else None
