r"""Epigraph variables: `theta` in "minimise `theta` subject to `theta >= p_j(x)`".

Given the other variables, the best value of such a variable is known, so a local search need not look for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..polynomials.exponents import Exponents
from ..polynomials.tables import by_lists, distinct_lists
from ..problem import Problem


def epigraph_variable(problem: Problem) -> int | None:
    """Return a variable that only has to be large enough, or None.

    It occurs in the objective and in at least one inequality, in each of them in one term, which is the variable
    times a positive number; and in no equality.
    """
    groups = [*by_lists((problem.minimize,)), *by_lists(problem.inequalities)]
    for i in np.flatnonzero(problem.minimize.exponents.any(axis=0)).tolist():
        if any(rows[:, i].any() for rows in distinct_lists(problem.equalities)):
            continue
        found = [_slopes(rows, table, i) for _, rows, table in groups]
        slopes = [each for each in found if each is not None]
        if len(slopes) == len(found) and slopes[0].all() and any(each.any() for each in slopes[1:]):
            return i
    return None


def _slopes(rows: Exponents, table: NDArray[np.float64], i: int) -> NDArray[np.float64] | None:
    """Return the coefficients of variable `i`, 0 where it does not occur, None where it is not alone and positive."""
    terms = np.flatnonzero(rows[:, i])
    if not len(terms):
        return np.zeros(len(table))
    slopes = table[:, terms[0]]
    return slopes if len(terms) == 1 and rows[terms[0]].sum() == 1 and (slopes > 0).all() else None
