r"""The local methods: SLSQP or BFGS in few variables, an augmented Lagrangian around L-BFGS-B in many.

Under constraints a few hundred variables are still few: from a flat start SLSQP finds the best power flow of 118 buses,
290 variables under 582 constraints, in 1.6 s; with the augmented Lagrangian a whole solve ended 0.1 % above it in 98 s.

In the second, with multipliers :math:`\mu \ge 0, \lambda` and a penalty :math:`\rho`, the function
:math:`f + \sum_l (\lambda_l h_l + \tfrac{\rho}{2} h_l^2) + \tfrac{\rho}{2} \sum_j \max(0, \mu_j / \rho - g_j)^2` is
minimised; then :math:`\lambda_l` grows by :math:`\rho h_l`, and :math:`\mu_j` becomes
:math:`\max(0, \mu_j - \rho g_j)`.

Source: Nocedal and Wright, *Numerical Optimization* (2006), chapter 17; Birgin and Martínez, *Practical Augmented
Lagrangian Methods* (2014), algorithm 4.1.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: From this many variables on, steps that take the cube of their number cost too much.
MANY_VARIABLES = 60
#: So many variables, and so many entries of the Jacobian, SLSQP has nevertheless where there are constraints.
_CUBED, _ENTRIES = 400, 400_000
#: Outer steps, the first penalty, and its growth where violations did not fall to a quarter.
_STEPS, _PENALTY, _GROWTH = 12, 10.0, 10.0
#: Violation at which the last step has been made; the rest is left to Newton's method.
_CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Part:
    """Functions with values, shape (m,), and their Jacobian, shape (m, n)."""

    values: Callable[[Floats], Floats]
    jacobian: Callable[[Floats], Floats]
    count: int

    def framed(self, origin: Floats, frame: Floats, size: float) -> Part:
        """Return the functions of `t` with ``x = origin + frame @ t``, divided by `size`."""
        scaled = frame / size
        return Part(
            lambda t: self.values(origin + frame @ t) / size,
            lambda t: self.jacobian(origin + frame @ t) @ scaled,
            self.count,
        )


def minimised_locally(
    parts: Sequence[Part],
    start: Floats,
    width: float | None = None,
    accuracy: float = 1e-13,
    until: float = math.inf,
) -> Floats:
    """Return where a local method ends; with `width`, inside the box of that half-width.

    The parts are objective, inequalities and equalities. When the time is over (`until`, by `time.perf_counter`), it
    ends at the last point that was looked at.
    `accuracy` is the change of the objective, relative to numbers of size one, at which SLSQP stops without a box.
    """
    objective, inequalities, equalities = parts
    timed = _Timed(objective, until, start)
    try:
        return _minimised(Part(timed.values, objective.jacobian, 1), inequalities, equalities, start, width, accuracy)
    except _OutOfTime:
        return timed.last


class _OutOfTime(Exception):
    """The time is over in the midst of a descent."""


class _Timed:
    """An objective that is evaluated while there is time, and the last point at which it was."""

    def __init__(self, objective: Part, until: float, start: Floats) -> None:
        self._objective, self._until, self.last = objective, until, start

    def values(self, x: Floats) -> Floats:
        if time.perf_counter() > self._until:
            raise _OutOfTime
        if np.isfinite(x).all():
            self.last = np.array(x)
        return self._objective.values(x)


def _minimised(
    objective: Part, inequalities: Part, equalities: Part, start: Floats, width: float | None, accuracy: float
) -> Floats:
    from scipy.optimize import minimize  # importing it takes longer than importing all of this package

    n, rows = len(start), inequalities.count + equalities.count
    if n >= MANY_VARIABLES and (not rows or n > _CUBED or n * rows > _ENTRIES):
        return _augmented(objective, inequalities, equalities, np.inf if width is None else width, start)
    constraints = []
    for kind, part in (("ineq", inequalities), ("eq", equalities)):
        if part.count:
            constraints.append({"type": kind, "fun": part.values, "jac": part.jacobian})
    options: dict[str, Any]
    if width is not None:
        method, options = "SLSQP", {"maxiter": 200, "ftol": 1e-15}
    elif constraints:
        method, options = "SLSQP", {"maxiter": 150, "ftol": accuracy}
    else:
        method, options = "BFGS", {"maxiter": 500, "gtol": 1e-9}
    answer = minimize(
        lambda x: float(objective.values(x)[0]),
        start,
        jac=lambda x: objective.jacobian(x)[0],
        constraints=constraints,
        method=method,
        bounds=None if width is None else [(-width, width)] * len(start),
        options=options,
    )
    return np.asarray(answer.x) if np.isfinite(answer.x).all() else start


def _augmented(objective: Part, inequalities: Part, equalities: Part, reach: float, start: Floats) -> Floats:
    """Return a point near a local minimiser, no coordinate of which is larger than `reach`."""
    from scipy.optimize import Bounds, minimize

    x = np.clip(start, -reach, reach)
    mu, lam = np.zeros(inequalities.count), np.zeros(equalities.count)
    rho, before = _PENALTY, np.inf
    for _ in range(_STEPS):

        def lagrangian(
            x: Floats, mu: Floats = mu, lam: Floats = lam, rho: float = rho
        ) -> tuple[float, NDArray[np.float64]]:
            pull = np.maximum(0.0, mu - rho * inequalities.values(x))
            push = lam + rho * equalities.values(x)
            value = float(objective.values(x)[0]) + float(pull @ pull + push @ push) / (2 * rho)
            return value, objective.jacobian(x)[0] - pull @ inequalities.jacobian(x) + push @ equalities.jacobian(x)

        answer = minimize(
            lagrangian,
            x,
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(-reach, reach),
            options={"maxiter": 2000, "maxfun": 10_000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20},
        )
        if not np.isfinite(answer.x).all():
            return x
        x = answer.x
        g, h = inequalities.values(x), equalities.values(x)
        if not len(mu) + len(lam):
            break
        worst = max(float((-np.minimum(g, mu / rho)).max(initial=0.0)), float(np.abs(h).max(initial=0.0)))
        if worst <= _CLOSE:
            break
        mu, lam = np.maximum(0.0, mu - rho * g), lam + rho * h
        rho, before = rho * (_GROWTH if worst > 0.25 * before else 1.0), worst
    return x
