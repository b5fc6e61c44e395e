r"""The partial hierarchy of an objective that is quadratic in some variables: one Gram matrix on a mixed basis.

For fixed `u` the objective is :math:`v^\top G(u) v - 2 b(u)^\top v + c(u)`. The identity
:math:`w^k (f - \gamma) = [B]^\top X [B] + \sum_j \sigma_j(u) g_j(u)`, with `B` made of monomials in `u` and of one
`v_i` times monomials in `u`, proves :math:`f \ge \gamma` wherever the constraints, which are in `u` alone, hold.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

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
        raise InvalidInput("method 'partial': the objective is not quadratic in any free variable; take method='dense'")
    if order < 0:
        raise OrderTooLow(f"order {order}: the partial relaxation begins at order 0")
    n = problem.n_variables
    basis, combinations = _shifted_basis(problem.minimize, split, order)
    size = len(basis)
    refuse_if_too_large(f"the partial relaxation of order {order}", n, size * (size + 1) // 2, memory_limit)
    one = Polynomial.constant(1.0, problem.variables)
    w = denominator(problem.variables, split) ** order
    objective = problem.minimize * w
    blocks = [Block(one, basis, BlockKind.PSD, combinations=combinations)]
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


def _shifted_basis(f: Polynomial, split: Split, order: int) -> tuple[Exponents, sp.csr_matrix | None]:
    r"""Return monomials, and the polynomials in them that a Gram matrix needs (None: the monomials themselves).

    When :math:`v + z`, for some constant `z`, takes the place of `v`, parts of high degree in `u` without `v` may
    vanish from the objective; a shift of variables has put them there. Then the basis consists of :math:`u^a` and
    :math:`v_i u^a` with :math:`|a| \le d_0`, and of :math:`(v_i + z_i)\, u^a` with :math:`d_0 < |a| \le d_i`, where
    :math:`2 d_0` is the degree of :math:`f(u, -z)` and :math:`2 d_i` that of the coefficient of :math:`v_i^2`. On the
    monomials alone the program would have no interior.
    """
    shift = _shift(f, split)
    if shift is None:
        return _times_inner(half_support(f), split, order), None
    z, low, high = shift
    low, high = low + order, [degree + order for degree in high]
    n, inner, linear = len(f.variables), list(split.inner), list(split.linear)
    top = max([low, *high])
    powers = np.zeros((len(monomial_basis(len(inner), top)), n), dtype=np.int64)
    powers[:, inner] = monomial_basis(len(inner), top)
    degrees = powers.sum(axis=1)
    needed = max([low, *(d for d, value in zip(high, z, strict=True) if value != 0.0)])
    rows = [powers[degrees <= needed]]
    for i, degree in zip(linear, high, strict=True):
        raised = powers[degrees <= degree].copy()
        raised[:, i] = 1
        rows.append(raised)
    basis = np.concatenate(rows)
    places = {row.tobytes(): k for k, row in enumerate(basis)}
    entries: list[tuple[int, int, float]] = [(int(k), int(k), 1.0) for k in np.flatnonzero(rows[0].sum(axis=1) <= low)]
    count = len(entries)
    for i, degree, value in zip(linear, high, z, strict=True):
        for power in powers[degrees <= degree]:
            raised = power.copy()
            raised[i] = 1
            joint = power.sum() > low and value != 0.0
            size = float(np.hypot(1.0, value)) if joint else 1.0  # rows of length one, however far the shift is
            entries.append((count, places[raised.tobytes()], 1.0 / size))
            if joint:
                entries.append((count, places[power.tobytes()], value / size))
            count += 1
    row, column, data = zip(*entries, strict=True)
    return basis, sp.csr_matrix((data, (row, column)), shape=(count, len(basis)))


def _shift(f: Polynomial, split: Split) -> tuple[NDArray[np.float64], int, list[int]] | None:
    """Return `z`, `d_0` and the `d_i`, or None when no shift lowers the degree without `v`."""
    linear, inner = list(split.linear), list(split.inner)
    in_v = f.exponents[:, linear]
    totals, degrees, values = in_v.sum(axis=1), f.exponents[:, inner].sum(axis=1), f.values
    squares = [degrees[(in_v[:, i] == 2)] for i in range(len(linear))]
    if not inner or any(len(found) == 0 for found in squares):
        return None
    high = [int(-(-found.max() // 2)) for found in squares]
    now = -(-int(degrees[totals == 0].max(initial=0)) // 2)
    keys: dict[tuple[int, bytes], int] = {}
    entries: list[tuple[int, int, float]] = []
    for t in np.flatnonzero(totals > 0):
        monomial, present = f.exponents[t, inner].tobytes(), np.flatnonzero(in_v[t])
        if totals[t] == 1:
            entries.append((keys.setdefault((present[0], monomial), len(keys)), len(linear), values[t]))
        else:
            a, b = present[0], present[-1]
            entries.append((keys.setdefault((a, monomial), len(keys)), b, values[t] * (2.0 if a == b else 1.0)))
            if a != b:
                entries.append((keys.setdefault((b, monomial), len(keys)), a, values[t]))
    table = np.zeros((len(keys), len(linear) + 1))
    for row, column, value in entries:
        table[row, column] += value
    excess = np.array([int(np.frombuffer(m, dtype=np.int64).sum()) - high[i] for i, m in keys])
    for low in range(now):
        above = table[excess > low]
        z = np.asarray(np.linalg.lstsq(above[:, :-1], above[:, -1], rcond=1e-12)[0], dtype=np.float64)
        left = np.abs(above[:, :-1] @ z - above[:, -1]).max(initial=0.0)
        if left <= 1e-9 * np.abs(above[:, -1]).max(initial=0.0) and _degree_at(f, split, -z) <= 2 * low:
            return z, low, high
    return None


def _degree_at(f: Polynomial, split: Split, v: NDArray[np.float64]) -> int:
    """Return the degree of `f(u, v)` in `u`, coefficients that are rounding errors not counted."""
    linear, inner = list(split.linear), list(split.inner)
    terms = f.values * np.prod(v ** f.exponents[:, linear], axis=1)
    rows, index = unique_rows(f.exponents[:, inner])
    total = np.bincount(index, weights=terms, minlength=len(rows))
    sizes = np.bincount(index, weights=np.abs(terms), minlength=len(rows))
    real = np.abs(total) > 1e-9 * sizes
    return int(rows[real].sum(axis=1).max(initial=0))


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
