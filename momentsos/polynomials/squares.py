"""The sum of the squares of many polynomials."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..machine.clock import refuse_if_late
from .exponents import Exponents, combine
from .polynomial import Polynomial
from .tables import to_table

#: Products of monomials that are merged in one step.
_PRODUCTS = 2**18

Terms = tuple[Exponents, np.ndarray]


def sum_of_squares(polynomials: Sequence[Polynomial], until: float = math.inf) -> Polynomial:
    r"""Return :math:`\sum_j p_j^2` of polynomials over the same variables, in floats.

    With the coefficients as rows of a matrix `C` over a common list of monomials, the products of monomials have
    the coefficients :math:`C^\top C`: one matrix product instead of many polynomial ones. Many products are merged in
    parts, and parts of similar length with each other.

    Raises
    ------
    ProblemTooLarge
        When the time is over (`until`, by `time.perf_counter`).
    """
    rows, table = to_table(polynomials)
    step = max(1, _PRODUCTS // max(1, len(rows)))
    merged: list[Terms] = []
    for begin in range(0, max(1, len(rows)), step):
        refuse_if_late(until, "squares were added up")
        some = slice(begin, begin + step)
        pairs = (rows[some, None, :] + rows[None, :, :]).reshape(-1, rows.shape[1])
        part = pairs, (table.T[some] @ table).reshape(-1)
        if len(rows) <= step:
            return Polynomial.from_terms(*part, polynomials[0].variables)
        merged.append(combine(*part))
        while len(merged) > 1 and len(merged[-1][0]) >= len(merged[-2][0]):
            merged[-2:] = [_joined(merged[-2:])]
    refuse_if_late(until, "squares were added up")
    return Polynomial.from_terms(*_joined(merged), polynomials[0].variables)


def _joined(parts: Sequence[Terms]) -> Terms:
    return combine(np.concatenate([rows for rows, _ in parts]), np.concatenate([values for _, values in parts]))
