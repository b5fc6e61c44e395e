r"""The dense hierarchy: one moment matrix in all variables, one localizing matrix for each constraint.

Source: Lasserre, *Global optimization with polynomials and the problem of moments*, SIAM J. Optim. 11 (2001);
relaxations (3.3) and (3.4) of Zhang, Nie and Tang (2025).
"""

from __future__ import annotations

from ..errors import OrderTooLow
from ..polynomials import Polynomial, Support, monomial_basis
from ..problem import Problem
from .plan import Block, BlockKind, Plan
from .size import dense_size, refuse_if_too_large


def dense_plan(problem: Problem, order: int, memory_limit: int | None = None) -> Plan:
    r"""Plan the dense relaxation of `problem`.

    Blocks :math:`L([x]_k [x]_k^\top) \succeq 0` and :math:`L(g_j [x]_{k - \lceil \deg g_j / 2 \rceil}
    [x]^\top) \succeq 0`, equalities :math:`L(h_l\, x^\alpha) = 0` for :math:`|\alpha| \le 2k - \deg h_l`,
    normalisation :math:`L(1) = 1`.

    Parameters
    ----------
    problem : Problem
    order : int
        The `k`, at least `problem.minimum_order`.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.

    Raises
    ------
    OrderTooLow, ProblemTooLarge
    """
    lowest = problem.minimum_order
    if order < lowest:
        raise OrderTooLow(
            f"order {order}: the dense relaxation of a problem of degree {problem.degree} begins at order {lowest}"
        )
    n = problem.n_variables
    _, entries, _ = dense_size(problem, order)
    refuse_if_too_large(f"the dense relaxation of order {order} in {n} variables", n, entries, memory_limit)
    one = Polynomial.constant(1.0, problem.variables)
    blocks = [Block(one, Support(monomial_basis(n, order)), BlockKind.PSD)]
    for j, g in enumerate(problem.inequalities):
        basis = Support(monomial_basis(n, order - (g.degree + 1) // 2))
        blocks.append(Block(g, basis, BlockKind.PSD, (j,)))
    for number, h in enumerate(problem.equalities):
        basis = Support(monomial_basis(n, 2 * order - h.degree))
        blocks.append(Block(h, basis, BlockKind.ZERO, (number,)))
    return Plan(problem.minimize, one, tuple(blocks), order, "dense")
