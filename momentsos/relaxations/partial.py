r"""The partial hierarchy: only the inner variables are relaxed; everything is affine in the others.

Unknowns are the pseudo-moments of :math:`u^\alpha` and of :math:`u^\alpha v_i`. With the uniform denominator
:math:`w = 1 + \|u\|^2`, order `k`:

.. math::

    \min L(w^k f) \quad\text{subject to}\quad L(w^k) = 1,\quad M(L|_u) \succeq 0,\quad
    L(g_j [u]_{k_j} [u]_{k_j}^\top) \succeq 0,\quad L(h_l\, u^\alpha) = 0 .

The dual is the identity :math:`w^k (f - \gamma) = \sigma_0(u) + \sum_j \sigma_j(u) g_j + \sum_l \lambda_l(u) h_l`,
which proves :math:`f \ge \gamma` on the whole feasible set because `w` is positive. Where the constraints bound
all inner variables, no denominator is needed, and products of these bounds with the constraints are added.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, half_widths, unchanged
from ..conditioning.split import (
    Split,
    affine_split,
    inner_basis_size,
    inner_degree,
    inner_degrees,
    is_inner,
)
from ..errors import InvalidInput, OrderTooLow
from ..machine.caches import kept, kept_beside
from ..polynomials import Polynomial, Support, monomial_basis
from ..polynomials.exponents import unique_rows
from ..problem import Problem
from .carried_face import any_denominator, on_face, squares_that_occur
from .plan import Block, BlockKind, Plan
from .size import refuse_if_too_large


def partial_plan(given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
    r"""Plan the partial relaxation.

    With :math:`D = 2k + \max_j \deg_u g_j`, the multiplier of a constraint has degree
    :math:`2 \lfloor (D - \deg_u g_j) / 2 \rfloor`, at least `2k`; that of an equality :math:`D - \deg_u h_l`. Squares
    that cannot occur are left out; see `momentsos.relaxations.carried_face`.

    Parameters
    ----------
    given : Problem or AffineChange
        A problem, or one in changed variables; the change maps inner variables to inner ones.
    order : int
        The `k`, at least 0.
    memory_limit : int, optional
        Bytes that assembling may take.

    Raises
    ------
    InvalidInput
        When the problem is not affine in any variable.
    OrderTooLow, ProblemTooLarge
    """
    change = given if isinstance(given, AffineChange) else unchanged(given)
    problem, original = change.problem, change.original
    check_partial(original, order, memory_limit, changed=isinstance(given, AffineChange))
    split, names = affine_split(original), original.variables
    w = Polynomial.constant(1.0, names) if _is_bounded(original, split) else denominator(names, split, order)
    reference, alive = _reference(original, order)
    return on_face(_whole(problem, original, split, order, w), reference, alive, change)


def check_partial(problem: Problem, order: int, memory_limit: int | None = None, *, changed: bool = True) -> None:
    """Raise what `partial_plan` raises, from counts alone; `changed` tells that variables are to be changed."""
    split = affine_split(problem)
    if not split.linear:
        raise InvalidInput("method 'partial': the problem is not affine in any of its variables; take method='dense'")
    if order < 0:
        raise OrderTooLow(f"order {order}: the partial relaxation begins at order 0")
    entries = _entries(problem, split, order, changed and not _is_bounded(problem, split))
    refuse_if_too_large(f"the partial relaxation of order {order}", problem.n_variables, entries, memory_limit)


@kept_beside()
def _reference(problem: Problem, order: int) -> tuple[Plan, tuple[NDArray[np.bool_], ...]]:
    """Return the plan in the variables of the problem, for any denominator, and the squares that can occur in it."""
    split = affine_split(problem)
    one = Polynomial.constant(1.0, problem.variables)
    w = one if _is_bounded(problem, split) else any_denominator(problem.variables, split.inner, order)
    plan = _whole(problem, problem, split, order, w)
    return plan, squares_that_occur(plan)


def _is_bounded(problem: Problem, split: Split) -> bool:
    """Whether the constraints bound all inner variables."""
    return bool(np.isfinite(half_widths(problem)[list(split.inner)]).all())


@kept_beside()
def _degrees(problem: Problem, split: Split, order: int) -> tuple[int, int]:
    """Return the degrees in `u` of the identity and of its squares without factor."""
    objective = inner_degree(problem.minimize, split)
    highest = max(_constraint_degrees(problem, split), default=-2 * order)
    if _is_bounded(problem, split):
        top = max(objective, 2 * order + highest)
        return top, top
    objective += 2 * order
    top = max(objective, 2 * order + highest)
    return top, min(max(objective, 2 * order + shiftable_degree(problem, split)), top)


@kept_beside()
def _constraint_degrees(problem: Problem, split: Split) -> tuple[int, ...]:
    """Return the degrees in `u` of the inequalities, then of the equalities."""
    return inner_degrees((*problem.inequalities, *problem.equalities), split)


def _terms(polynomial: Polynomial, split: Split) -> int:
    return len(polynomial)


def _changed_terms(polynomial: Polynomial, split: Split) -> int:
    """Return the terms that a polynomial has after a change that mixes the inner variables and shifts all."""
    degrees = polynomial.exponents[:, list(split.inner)].sum(axis=1)
    present = polynomial.exponents[:, list(split.linear)] > 0
    highest = [int(degrees[column].max()) for column in present.T if column.any()]
    return sum(inner_basis_size(split, d) for d in [*highest, int(degrees.max(initial=0))])


@kept_beside()
def _entries(problem: Problem, split: Split, order: int, changed: bool) -> int:
    """Return the entries of all block matrices, from counts alone; `changed` counts the terms after a change."""
    count = _changed_terms if changed else _terms
    alike = {p.support: p for p in (*problem.inequalities, *problem.equalities)}
    terms = {support: count(p, split) for support, p in alike.items()}
    top, pure = _degrees(problem, split, order)
    degrees, equal = _by_kind(problem, split)
    sizes = {degree: inner_basis_size(split, (top - degree) // 2) for degree in set(degrees)}
    entries = sum(
        terms[g.support] * (s := sizes[degree]) * (s + 1) // 2
        for g, degree in zip(problem.inequalities, degrees, strict=True)
    )
    whole = inner_basis_size(split, pure // 2)
    entries += whole * (whole + 1) // 2
    return entries + sum(
        terms[h.support] * inner_basis_size(split, top - degree)
        for h, degree in zip(problem.equalities, equal, strict=True)
    )


def _by_kind(problem: Problem, split: Split) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the degrees in `u` of the inequalities, and those of the equalities."""
    degrees, number = _constraint_degrees(problem, split), len(problem.inequalities)
    return degrees[:number], degrees[number:]


def _whole(problem: Problem, original: Problem, split: Split, order: int, w: Polynomial) -> Plan:
    """Plan all blocks with all monomials; degrees are those of the original problem."""
    n, one = problem.n_variables, Polynomial.constant(1.0, problem.variables)
    top, pure = _degrees(original, split, order)
    degrees, equal = _by_kind(original, split)
    halves = {degree: _basis(split, (top - degree) // 2, n) for degree in set(degrees)}
    blocks = [Block(one, _basis(split, pure // 2, n), BlockKind.PSD)]
    for j, (g, degree) in enumerate(zip(problem.inequalities, degrees, strict=True)):
        blocks.append(Block(g, halves[degree], BlockKind.PSD, (j,)))
    if _is_bounded(original, split):
        blocks += _products(problem, original, split, top)
    for number, (h, degree) in enumerate(zip(problem.equalities, equal, strict=True)):
        blocks.append(Block(h, _basis(split, top - degree, n), BlockKind.ZERO, (number,)))
    return Plan(problem.minimize * w, w, tuple(blocks), order, "partial")


def shiftable_degree(problem: Problem, split: Split) -> int:
    r"""Return the lowest degree in `u` that the parts without `v` have after some constant shift of `v`.

    Write the constraints as :math:`b_j(u) + \sum_i a_{ji}(u) v_i`. Multiplying the identity of the relaxation out
    shows that, as :math:`\sum_j \sigma_j a_{ji}` is fixed, :math:`\sigma_0` has no more than the degree of
    :math:`\sum_j \sigma_j (b_j + \sum_i a_{ji} v^0_i)` for every :math:`v^0`, when all constraints have the same
    degree in `u` and the objective no higher one; otherwise nothing is shifted here. A larger Gram matrix would be
    zero in its last rows, and the program would have no interior.
    """
    constraints = [p for p in (*problem.inequalities, *problem.equalities) if p]
    reached = set(inner_degrees(constraints, split))
    if len(reached) != 1 or inner_degree(problem.minimize, split) > max(reached):
        return max([inner_degree(problem.minimize, split), *reached])
    inner, linear = list(split.inner), list(split.linear)
    rows, values = np.concatenate([p.exponents for p in constraints]), np.concatenate([p.values for p in constraints])
    lengths = np.array([len(p) for p in constraints])
    owner = np.repeat(np.arange(len(constraints)), lengths)
    values = values / np.maximum.reduceat(np.abs(values), np.cumsum(lengths) - lengths)[owner]
    which = np.where(rows[:, linear].any(axis=1), rows[:, linear].argmax(axis=1), len(linear))
    degrees = rows[:, inner].sum(axis=1)
    monomials, index = unique_rows(rows[:, inner])
    keys, place = np.unique(owner * len(monomials) + index, return_inverse=True)
    table = np.zeros((len(keys), len(linear) + 1))
    np.add.at(table, (place.reshape(-1), which), values)
    key_degrees = monomials.sum(axis=1)[keys % len(monomials)]
    for degree in range(int(degrees.max(initial=0)) + 1):
        above = table[key_degrees > degree]
        if not len(above):
            return degree
        shift = np.linalg.lstsq(above[:, :-1], -above[:, -1], rcond=1e-12)[0]
        if np.abs(above[:, :-1] @ shift + above[:, -1]).max() <= 1e-9 * max(1.0, float(np.abs(above[:, -1]).max())):
            return degree
    return int(degrees.max(initial=0))


@kept(32)
def _basis(split: Split, degree: int, n: int) -> Support:
    inner = monomial_basis(len(split.inner), degree)
    rows = np.zeros((len(inner), n), dtype=np.int64)
    rows[:, list(split.inner)] = inner
    return Support(rows)


@kept(32)
def denominator(names: tuple[str, ...], split: Split, power: int) -> Polynomial:
    r"""Return the power of :math:`1 + \|u\|^2`."""
    rows = np.zeros((len(split.inner) + 1, len(names)), dtype=np.int64)
    for place, i in enumerate(split.inner, start=1):
        rows[place, i] = 2
    return Polynomial.from_terms(rows, np.ones(len(rows)), names) ** power


def _products(problem: Problem, original: Problem, split: Split, top: int) -> list[Block]:
    """Blocks for the products of each constraint in `u` alone with every other constraint, where degrees allow."""
    blocks = []
    own = _by_kind(original, split)[0]
    pure = [i for i, g in enumerate(original.inequalities) if is_inner(g, split)]
    for i in pure:
        for j in range(len(problem.inequalities)):
            if j in pure and j <= i:
                continue
            room = top - own[i] - own[j]
            if room >= 0:
                basis = _basis(split, room // 2, problem.n_variables)
                blocks.append(Block(problem.inequalities[i] * problem.inequalities[j], basis, BlockKind.PSD, (i, j)))
    return blocks
