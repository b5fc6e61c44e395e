r"""Epigraph variables: `theta` in "minimise `theta` subject to `theta >= p_j(x)`".

Given the other variables, the best value of such a variable is known, so a local search need not look for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Support
from ..polynomials.tables import by_support, distinct_supports
from ..problem import Problem


def epigraph_variable(problem: Problem) -> int | None:
    """Return a variable that only has to be large enough, or None.

    It occurs in the objective and in at least one inequality, in each of them in one term, which is the variable
    times a positive number; and in no equality.
    """
    groups = [*by_support((problem.minimize,)), *by_support(problem.inequalities)]
    for i in np.flatnonzero(problem.minimize.support.occurs).tolist():
        if any(support.occurs[i] for support in distinct_supports(problem.equalities)):
            continue
        slopes: list[NDArray[np.float64]] = []
        for _, support, table in groups:
            found = _slopes(support, table, i)
            if found is None:
                break
            slopes.append(found)
        if len(slopes) == len(groups) and slopes[0].all() and any(each.any() for each in slopes[1:]):
            return i
    return None


def _slopes(support: Support, table: NDArray[np.float64], i: int) -> NDArray[np.float64] | None:
    """Return the coefficients of variable `i`, 0 where it does not occur, None where it is not alone and positive."""
    terms = np.flatnonzero(support.rows[:, i])
    if not len(terms):
        return np.zeros(len(table))
    slopes = table[:, terms[0]]
    return slopes if len(terms) == 1 and support.degrees[terms[0]] == 1 and (slopes > 0).all() else None
