r"""The partial hierarchy of an objective that is quadratic in some variables: one Gram matrix on a mixed basis.

For fixed `u` the objective is :math:`v^\top G(u) v - 2 b(u)^\top v + c(u)`. The identity
:math:`w^k (f - \gamma) = [B]^\top X [B] + \sum_j \sigma_j(u) g_j(u)`, with `B` made of monomials in `u` and of one
`v_i` times monomials in `u`, proves :math:`f \ge \gamma` wherever the constraints, which are in `u` alone, hold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, unchanged
from ..conditioning.split import Split, inner_degree, quadratic_split
from ..errors import InvalidInput, OrderTooLow
from ..machine.caches import kept_beside
from ..polynomials import Polynomial, Support, basis_size, monomial_basis
from ..polynomials.exponents import Exponents, unique_rows
from ..problem import Problem
from .carried_face import any_denominator, on_face, squares_that_occur
from .partial import denominator
from .plan import Block, BlockKind, Plan
from .size import refuse_if_too_large


def mixed_plan(given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
    r"""Plan the relaxation of an objective that is quadratic in some variables.

    The basis at order 0 are the monomials whose squares can occur in a sum of squares with the support of the
    objective, in the variables of the problem; at order `k` it is multiplied by :math:`[u]_k`. After a change of
    variables it is what these monomials span; see `momentsos.relaxations.carried_face`.

    Parameters
    ----------
    given : Problem or AffineChange
        A problem, or one in changed variables; the change maps inner variables to inner ones.
    order : int
    memory_limit : int, optional
        Bytes that assembling may take.

    Raises
    ------
    InvalidInput
        When a constraint meets the quadratic variables, or there are none.
    OrderTooLow, ProblemTooLarge
    """
    change = given if isinstance(given, AffineChange) else unchanged(given)
    original = change.original
    split = quadratic_split(original)
    if not split.linear:
        raise InvalidInput("method 'partial': the objective is not quadratic in any free variable; take method='dense'")
    if order < 0:
        raise OrderTooLow(f"order {order}: the partial relaxation begins at order 0")
    reference, alive = _reference(original, order, memory_limit)
    w = denominator(original.variables, split, order)
    return on_face(_whole(change.problem, original, split, order, w), reference, alive, change)


@kept_beside()
def _reference(problem: Problem, order: int, memory_limit: int | None) -> tuple[Plan, tuple[NDArray[np.bool_], ...]]:
    """Return the plan in the variables of the problem, for any denominator, and the squares that can occur in it."""
    split = quadratic_split(problem)
    title, n = f"the partial relaxation of order {order}", problem.n_variables
    listed = basis_size(n, -(-problem.minimize.degree // 2)) * (1 + len(_functionals(n)))  # by `half_support`
    refuse_if_too_large(title, n, listed // (1 + n), memory_limit)
    refuse_if_too_large(title, n, basis_size(len(split.inner), order) ** 2 // 2, memory_limit)
    plan = _whole(problem, problem, split, order, any_denominator(problem.variables, split.inner, order))
    size = len(plan.blocks[0].basis)
    refuse_if_too_large(title, n, size * (size + 1) // 2, memory_limit)
    return plan, squares_that_occur(plan)


def _whole(problem: Problem, original: Problem, split: Split, order: int, w: Polynomial) -> Plan:
    """Plan all blocks with the monomials of the original problem."""
    n, one = problem.n_variables, Polynomial.constant(1.0, problem.variables)
    basis = _times_inner(half_support(original.minimize), split, order)
    blocks = [Block(one, Support(basis), BlockKind.PSD)]
    top = 2 * order + inner_degree(original.minimize, split)
    for j, (g, own) in enumerate(zip(problem.inequalities, original.inequalities, strict=True)):
        room = max(0, (top - inner_degree(own, split)) // 2)
        blocks.append(Block(g, Support(_inner_monomials(split, room, n)), BlockKind.PSD, (j,)))
    for number, (h, own) in enumerate(zip(problem.equalities, original.equalities, strict=True)):
        room = max(0, top - inner_degree(own, split))
        blocks.append(Block(h, Support(_inner_monomials(split, room, n)), BlockKind.ZERO, (number,)))
    return Plan(problem.minimize * w, w, tuple(blocks), order, "partial")


def _inner_monomials(split: Split, degree: int, n: int) -> Exponents:
    rows = np.zeros((basis_size(len(split.inner), degree), n), dtype=np.int64)
    rows[:, list(split.inner)] = monomial_basis(len(split.inner), degree)
    return rows


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
    inner = _inner_monomials(split, order, basis.shape[1])
    return unique_rows((basis[:, None, :] + inner[None, :, :]).reshape(-1, basis.shape[1]))[0]
