"""The sum of the squares of many polynomials."""

from __future__ import annotations

from collections.abc import Sequence

from .polynomial import Polynomial
from .tables import to_table


def sum_of_squares(polynomials: Sequence[Polynomial]) -> Polynomial:
    r"""Return :math:`\sum_j p_j^2` of polynomials over the same variables, in floats.

    With the coefficients as rows of a matrix `C` over a common list of monomials, the products of monomials have
    the coefficients :math:`C^\top C`: one matrix product instead of many polynomial ones.
    """
    rows, table = to_table(polynomials)
    pairs = (rows[:, None, :] + rows[None, :, :]).reshape(-1, rows.shape[1])
    return Polynomial.from_terms(pairs, (table.T @ table).reshape(-1), polynomials[0].variables)
