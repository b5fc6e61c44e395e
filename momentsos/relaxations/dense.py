r"""The dense hierarchy: one moment matrix in all variables, one localizing matrix for each constraint.

Source: Lasserre, *Global optimization with polynomials and the problem of moments*, SIAM J. Optim. 11 (2001);
relaxations (3.3) and (3.4) of Zhang, Nie and Tang (2025); for matrices Henrion and Lasserre, *Convergent relaxations of
polynomial matrix inequalities and static output feedback*, IEEE Trans. Automat. Control 51 (2006), section II.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import OrderTooLow
from ..polynomials import Polynomial, Support, monomial_basis
from ..polynomials.exponents import Exponents
from ..polynomials.quotient import Quotient
from ..polynomials.tables import to_table
from ..problem import Problem
from ..problem.matrices import Matrix, blocks_of, matrix_degree, upper_entries
from .plan import Block, BlockKind, MatrixPart, Plan
from .size import dense_size, refuse_if_too_large


def dense_plan(problem: Problem, order: int, memory_limit: int | None = None, in_quotient: bool = True) -> Plan:
    r"""Plan the dense relaxation of `problem`.

    Blocks :math:`L([x]_k [x]_k^\top) \succeq 0` and :math:`L(g_j [x]_{k - \lceil \deg g_j / 2 \rceil}
    [x]^\top) \succeq 0`, for a matrix inequality the same of Kronecker form, :math:`L(M_i \otimes [x] [x]^\top)
    \succeq 0`, equalities :math:`L(h_l\, x^\alpha) = 0` for :math:`|\alpha| \le 2k - \deg h_l`,
    normalisation :math:`L(1) = 1`. Signs, binaries, other monic equalities in one variable and spheres have no such
    equalities: monomials are rewritten by them, see `momentsos.polynomials.quotient`.

    Parameters
    ----------
    problem : Problem
    order : int
        The `k`, at least `problem.minimum_order`.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.
    in_quotient : bool
        Whether monomials may be rewritten.

    Raises
    ------
    OrderTooLow, ProblemTooLarge
    """
    lowest = problem.minimum_order
    if order < lowest:
        raise OrderTooLow(
            f"order {order}: the dense relaxation of a problem of degree {problem.degree} begins at order {lowest}"
        )
    n, quotient = problem.n_variables, Quotient.of(problem.equalities) if in_quotient else None
    _, entries, _ = dense_size(problem, order, quotient)
    refuse_if_too_large(f"the dense relaxation of order {order} in {n} variables", n, entries, memory_limit)
    one = Polynomial.constant(1.0, problem.variables)
    blocks = [Block(one, Support(_basis(n, order, quotient)), BlockKind.PSD)]
    first, last = problem.minors or (0, 0)
    for j, g in enumerate(problem.inequalities):
        if first <= j < last:  # what the matrices say
            continue
        basis = Support(_basis(n, order - (g.degree + 1) // 2, quotient))
        blocks.append(Block(g, basis, BlockKind.PSD, (j,)))
    blocks += _matrix_blocks(problem, order, quotient)
    used = () if quotient is None else quotient.numbers
    for number, h in enumerate(problem.equalities):
        if number not in used:
            basis = Support(_basis(n, 2 * order - h.degree, quotient))
            blocks.append(Block(h, basis, BlockKind.ZERO, (number,)))
    return Plan(problem.minimize, one, tuple(blocks), order, "dense", quotient)


def _basis(n: int, degree: int, quotient: Quotient | None) -> Exponents:
    """Return the monomials, the standard ones of a quotient, of degree at most `degree`."""
    basis = monomial_basis(n, degree)
    return basis if quotient is None else basis[quotient.standard(basis)]


def _matrix_blocks(problem: Problem, order: int, quotient: Quotient | None) -> list[Block]:
    """Return a block for each block on the diagonal of each matrix inequality."""
    found = []
    for number, matrix in enumerate(problem.matrix_inequalities):
        basis = _basis(problem.n_variables, order - (matrix_degree(matrix) + 1) // 2, quotient)
        for rows in blocks_of(matrix):
            part = _part(matrix, rows)
            if part is not None:
                polynomial, values = part
                monomials = Support(np.tile(basis, (len(rows), 1)))
                own = MatrixPart(number, tuple(rows), values)
                found.append(Block(polynomial, monomials, BlockKind.PSD, matrix=own))
    return found


def _part(matrix: Matrix, rows: list[int]) -> tuple[Polynomial, NDArray[np.float64]] | None:
    """Return the terms of all entries of a part of a matrix, and the coefficients; None where it is zero."""
    entries = upper_entries(tuple(tuple(matrix[i][j] for j in rows) for i in rows))
    terms, table = to_table(entries)
    kept = table.any(axis=0)
    terms, table = terms[kept], table[:, kept]
    if not len(terms):
        return None
    first, second = np.triu_indices(len(rows))
    values = np.zeros((len(rows), len(rows), len(terms)))
    values[first, second] = values[second, first] = table
    return Polynomial.from_terms(terms, np.abs(table).max(axis=0), matrix[0][0].variables), values
