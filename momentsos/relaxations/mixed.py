r"""The partial hierarchy of an objective that is quadratic in some variables: one Gram matrix on a mixed basis.

For fixed `u` the objective is :math:`v^\top G(u) v - 2 b(u)^\top v + c(u)`. The identity
:math:`w^k (f - \gamma) = [B]^\top X [B] + \sum_j \sigma_j(u) g_j(u)`, with `B` made of monomials in `u` and of one
`v_i` times monomials in `u`, proves :math:`f \ge \gamma` wherever the constraints, which are in `u` alone, hold.
"""

from __future__ import annotations

import numpy as np

from ..errors import InvalidInput, OrderTooLow
from ..polynomials import Polynomial, monomial_basis
from ..polynomials.exponents import Exponents, unique_rows
from ..problem import Problem
from .partial import denominator
from .plan import Block, BlockKind, Plan
from .size import refuse_if_too_large
from .split import Split, inner_degree, quadratic_split


def mixed_plan(problem: Problem, order: int, memory_limit: int | None = None) -> Plan:
    r"""Plan the relaxation of an objective that is quadratic in some variables.

    The basis at order 0 is :math:`[u]_{d_0} \cup \bigcup_i v_i [u]_{d_i}`, cut down to the monomials whose
    squares can occur in a sum of squares with the support of the objective; at order `k` it is multiplied by
    :math:`[u]_k`.

    Raises
    ------
    InvalidInput
        When a constraint meets the quadratic variables, or there are none.
    OrderTooLow, ProblemTooLarge
    """
    split = quadratic_split(problem)
    if not split.linear:
        raise InvalidInput(
            "method 'partial': the objective is not quadratic in any free variable; take method='dense'"
        )
    if order < 0:
        raise OrderTooLow(f"order {order}: the partial relaxation begins at order 0")
    n = problem.n_variables
    basis = _times_inner(half_support(problem.minimize), split, order)
    size = len(basis)
    refuse_if_too_large(f"the partial relaxation of order {order}", n, size * (size + 1) // 2, memory_limit)
    one = Polynomial.constant(1.0, problem.variables)
    w = denominator(problem.variables, split) ** order
    objective = problem.minimize * w
    blocks = [Block(one, basis, BlockKind.PSD)]
    top = inner_degree(objective, split)
    inner = basis[~basis[:, list(split.linear)].any(axis=1)]
    for j, g in enumerate(problem.inequalities):
        room = max(0, (top - inner_degree(g, split)) // 2)
        blocks.append(Block(g, inner[inner.sum(axis=1) <= room], BlockKind.PSD, (j,)))
    for number, h in enumerate(problem.equalities):
        room = max(0, top - inner_degree(h, split))
        full = monomial_basis(len(split.inner), room)
        multipliers = np.zeros((len(full), n), dtype=np.int64)
        multipliers[:, list(split.inner)] = full
        blocks.append(Block(h, multipliers, BlockKind.ZERO, (number,)))
    return Plan(objective, w, tuple(blocks), order, "partial")


def half_support(f: Polynomial) -> Exponents:
    r"""Return monomials that suffice for a Gram matrix of `f` minus a constant.

    A monomial :math:`x^\beta` can be needed only if :math:`2\beta` lies in the Newton polytope of the support
    and 0 (Reznick 1978). Half spaces :math:`a^\top x \le \max_\alpha a^\top \alpha`, with `a` a 0/1 vector,
    bound that polytope from outside.
    """
    rows = np.concatenate([f.exponents, np.zeros((1, f.exponents.shape[1]), dtype=np.int64)])
    candidates = monomial_basis(rows.shape[1], -(-f.degree // 2))
    functionals = _functionals(rows.shape[1])
    inside = (2 * candidates @ functionals.T <= (rows @ functionals.T).max(axis=0)).all(axis=1)
    return candidates[inside]


def _functionals(n: int) -> Exponents:
    """All 0/1 vectors for few variables, else single variables, pairs and the degree."""
    if n <= 10:
        return np.array([[(code >> i) & 1 for i in range(n)] for code in range(1, 2**n)], dtype=np.int64)
    pairs = [row for row in monomial_basis(n, 2, 1) if row.max() == 1]
    return np.concatenate([np.array(pairs), np.ones((1, n), dtype=np.int64)])


def _times_inner(basis: Exponents, split: Split, order: int) -> Exponents:
    inner = np.zeros((len(monomial_basis(len(split.inner), order)), basis.shape[1]), dtype=np.int64)
    inner[:, list(split.inner)] = monomial_basis(len(split.inner), order)
    return unique_rows((basis[:, None, :] + inner[None, :, :]).reshape(-1, basis.shape[1]))[0]
