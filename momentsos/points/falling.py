r"""A proof that an objective falls without end: a curve on which it does, and on which the constraints hold.

A curve :math:`x_i(t) = \sum_k a_{ik} t^k`, with rational :math:`a_{ik}` and integer `k`, is put into objective and
constraints in exact arithmetic. Far out a sum of powers of `t` has the sign of its highest term. So the problem is
unbounded when that of the objective has a positive power and a negative coefficient, that of each inequality a positive
coefficient (or nothing is left of it), and nothing is left of the equalities. Nothing else is asked, and nothing that
rounding could hide: :math:`10^{-11} x^4 - x^3` has no such curve, :math:`10^{-11} x^3 + x^2` has one.

Curves are looked for by `momentsos.points.curves`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem
from .curves import candidate_curves
from .laurent import Curve, Laurent, Solved, along, laurent

#: Seconds that are spent on looking for a curve.
SECONDS = 1.0


@dataclass(frozen=True)
class Falling:
    r"""A curve along which the objective falls without end.

    Attributes
    ----------
    curves : tuple of mapping
        For each variable the coefficients of :math:`x_i(t)` by powers of `t`, fractions.
    objective : mapping
        The objective along the curve, in the same form.
    inequalities : tuple of mapping
        The same for the inequalities; an empty one is zero.
    start : Fraction
        For all `t` from here on the constraints hold, and the objective is below half its highest term.
    """

    curves: tuple[Curve, ...]
    objective: Curve
    inequalities: tuple[Curve, ...]
    start: Fraction

    def point(self, t: float | Fraction) -> tuple[Fraction, ...]:
        """Return the point of the curve."""
        exact = Fraction(t)
        return tuple(sum((c * exact**k for k, c in curve.items()), Fraction(0)) for curve in self.curves)


def falls_along(problem: Problem, curves: Sequence[Curve]) -> Falling | None:
    """Return the proof that the objective falls along curves, one for each variable; None where it is none."""
    objective = along(laurent(problem.minimize), curves)
    if not objective or max(objective) <= 0 or objective[max(objective)] >= 0:
        return None
    inequalities = []
    for g in problem.inequalities:
        found = along(laurent(g), curves)
        if found is None or (found and found[max(found)] < 0):
            return None
        inequalities.append(found)
    if any(along(laurent(h), curves) != {} for h in problem.equalities):
        return None
    start = max(map(_settled, (objective, *inequalities)))
    return Falling(tuple(map(dict, curves)), objective, tuple(inequalities), start)


def falling(problem: Problem, points: Iterable[NDArray[np.float64]] = (), seconds: float = SECONDS) -> Falling | None:
    """Look for a curve along which the objective falls without end while the constraints hold.

    Parameters
    ----------
    problem : Problem
        As the user gave it.
    points : iterable of (n,) arrays, optional
        Feasible points, near ones, at which curves may begin, and ones found far out, which tell where they may lead.
    seconds : float
        No further curve is tried after this time.

    Returns
    -------
    Falling or None
        None proves nothing.
    """
    until = time.perf_counter() + seconds
    reduced = _without_equalities(problem)
    if reduced is None:
        return None
    objective, constraints, solved = reduced
    known = [np.asarray(point, dtype=np.float64) for point in points]
    for some in candidate_curves(objective, constraints, problem.n_variables, known, until):
        curves = dict(some)
        for step in reversed(solved):
            found = along(step.expression, curves)
            if found is None:
                break
            curves[step.variable] = found
        else:
            proof = falls_along(problem, [curves[i] for i in range(problem.n_variables)])
            if proof is not None:
                return proof
        if time.perf_counter() > until:
            return None
    return None


def _without_equalities(problem: Problem) -> tuple[Laurent, list[Laurent], list[Solved]] | None:
    """Return objective and inequalities in the variables that equalities leave free, and how these were solved.

    The expressions of `solved` are in the variables that are solved for later, and in free ones. Equalities that are
    not solved are left out: they are checked along the curve. None where expressions become too long.
    """
    expressions = [laurent(p) for p in (problem.minimize, *problem.inequalities)]
    waiting = [laurent(h) for h in problem.equalities]
    solved: list[Solved] = []
    while waiting:
        divided = frozenset(i for p in (*expressions, *waiting) for key in p for i, k in key if k < 0)
        found = [(len(h), number, Solved.of(h, divided)) for number, h in enumerate(waiting)]
        able = [(length, number, step) for length, number, step in found if step is not None]
        if not able:
            break
        _, number, step = min(able, key=lambda each: each[:2])
        del waiting[number]
        solved.append(step)
        put = [step.put_into(p) for p in (*expressions, *waiting)]
        if any(p is None for p in put):
            return None
        every = [p for p in put if p is not None]
        expressions, waiting = every[: len(expressions)], [h for h in every[len(expressions) :] if h]
    return expressions[0], expressions[1:], solved


def _settled(curve: Curve) -> Fraction:
    """Return from where on the highest term is at least twice the sum of the sizes of the others."""
    if not curve:
        return Fraction(1)
    top = max(curve)
    return max(Fraction(1), 2 * sum((abs(c) for k, c in curve.items() if k != top), Fraction(0)) / abs(curve[top]))
