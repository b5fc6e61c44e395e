"""What a problem has that boxes close sooner than orders do."""

from __future__ import annotations

from enum import Enum

import numpy as np

from ..polynomials import Polynomial, basis_size
from ..problem import Problem

#: A Hessian counts as indefinite from this share of its largest eigenvalue on.
_NEGATIVE = 1e-9
#: Second orders of up to so many moments are asked first, of up to so many take about a second.
_SMALL, _MIDDLE = 220, 700
#: Seconds for boxes before a second order: where they are likely to close the gap, and where they may.
_LONG, _SHORT = 10.0, 1.0
#: Problems of more variables are left to the hierarchy at first, and of more than the other one altogether.
FIRST_VARIABLES, MOST_VARIABLES = 60, 150


class Prospect(Enum):
    """Why boxes are searched before a second order is asked; the value is the reason in words."""

    CONCAVE = "the objective is not convex, and the constraints are linear"
    COMPLEMENTARITY = "products of variables have to vanish"
    QUADRATIC = "the constraints are quadratic, and the next order is not small"
    BILINEAR = "all terms are linear in each variable, and constraints have products"

    @property
    def quick(self) -> bool:
        """Whether a few boxes are likely to be enough."""
        return self is not Prospect.QUADRATIC


def prospect_of(problem: Problem) -> Prospect | None:
    """Return what speaks for boxes before a second order, None where nothing does."""
    if problem.n_variables > FIRST_VARIABLES or problem.ratios or problem.matrix_inequalities:
        return None
    constraints = (*problem.inequalities, *problem.equalities)
    if not constraints or max(p.degree for p in (problem.minimize, *constraints)) > 2:
        return None
    if any(_vanishing_product(h) for h in problem.equalities):
        return Prospect.COMPLEMENTARITY
    if all(p.degree <= 1 for p in constraints):
        return Prospect.CONCAVE if _is_indefinite(problem.minimize) else None
    rows = np.concatenate([p.exponents for p in (problem.minimize, *constraints)])
    if rows.max(initial=0) <= 1:
        return Prospect.BILINEAR
    return Prospect.QUADRATIC if basis_size(problem.n_variables, 4) > _SMALL else None


def first_seconds(problem: Problem, prospect: Prospect) -> float:
    """Return how long boxes are searched before a second order: as long as that takes, roughly."""
    if prospect is not Prospect.QUADRATIC:
        return _LONG
    return _SHORT if basis_size(problem.n_variables, 4) <= _MIDDLE else 3 * _SHORT


def is_small_enough(problem: Problem) -> bool:
    """Whether boxes are worth a try where orders have left a gap."""
    return problem.n_variables <= MOST_VARIABLES and not problem.ratios and not problem.matrix_inequalities


def _vanishing_product(h: Polynomial) -> bool:
    return len(h) == 1 and h.degree == 2 and int(h.exponents.max()) == 1


def _is_indefinite(objective: Polynomial) -> bool:
    n = len(objective.variables)
    hessian = np.zeros((n, n))
    for row, value in zip(objective.exponents, objective.values.tolist(), strict=True):
        if row.sum() == 2:
            places = np.flatnonzero(row)
            hessian[places[0], places[-1]] += value
            hessian[places[-1], places[0]] += value
    if not np.isfinite(hessian).all() or not hessian.any():
        return False
    values = np.linalg.eigvalsh(hessian)
    return bool(values[0] < -_NEGATIVE * np.abs(values).max())
