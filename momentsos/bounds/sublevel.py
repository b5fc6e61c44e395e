r"""A ball around the points that are at least as good as the best one known, by one more relaxation.

Where interval propagation leaves variables without bounds, :math:`\max \|x\|^2` over the feasible points with
:math:`f \le v` is relaxed; its bound `R` is believed when it is proved (`momentsos.bounds.rigor`), and
propagation goes on inside :math:`|x_i| \le R`. A value a little above the best one leaves the relaxation an interior,
and costs nothing: the propagation is for the best value itself.

It costs about as much as a relaxation of the same order. Of the twelve problems of the catalogue without a box from
propagation it bounds three, Wood's function at its lowest order and Motzkin's polynomial one order above; the others
grow in no direction fast enough for a sum of squares of this degree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ..polynomials import Polynomial
from ..problem import Problem, Sense
from ..relaxations import assemble, dense_plan
from ..sdp import SDP, SDPSolution
from .implied import ImpliedBox, implied_box
from .repair import absorb
from .rigor import prove_everywhere
from .rounded import up

#: By how much the value is raised, relative to itself and one.
_MARGIN = 0.01


def sublevel_box(
    problem: Problem, value: float | Fraction, order: int, solve: Callable[[SDP], SDPSolution], until: float = math.inf
) -> ImpliedBox | None:
    """Return a box with all feasible points whose objective is at most a value, by proof; None where none is found.

    Parameters
    ----------
    problem : Problem
        In variables in which its numbers are of size one.
    value : float or Fraction
    order : int
        Of the dense relaxation, at least ``problem.minimum_order``.
    solve : callable
        Solves a conic program.
    until : float
        As for `momentsos.bounds.repair.absorb`.

    Raises
    ------
    OrderTooLow, ProblemTooLarge
    """
    n, names = problem.n_variables, problem.variables
    raised = Fraction(value) + Fraction(_MARGIN) * (1 + abs(Fraction(value)))
    below = Polynomial.constant(raised, names) - problem.minimize
    norm = Polynomial.from_terms(2 * np.eye(n, dtype=np.int64), np.ones(n), names)
    inequalities = (*problem.inequalities, below)
    around = replace(problem, minimize=-norm, inequalities=inequalities, squares=None, sense=Sense.MINIMIZE)
    relaxation = assemble(dense_plan(around, order))
    answer = solve(relaxation.sdp)
    if answer.gram is None or answer.equality_duals is None:
        return None
    found = absorb(relaxation.sdp, answer.moments, answer.equality_duals, answer.gram, until)
    proof = prove_everywhere(relaxation, around, found.near)
    if not proof.proved:
        return None
    radius = up(math.sqrt(up(max(0.0, -proof.value))))
    return implied_box(problem, value, within=([-radius] * n, [radius] * n))
