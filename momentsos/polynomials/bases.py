"""Graded bases of monomials."""

from __future__ import annotations

import math
from itertools import chain, combinations_with_replacement

import numpy as np

from .exponents import Exponents


def basis_size(n_variables: int, degree: int) -> int:
    r"""Return the number of monomials of degree at most `degree`, :math:`\binom{n + d}{d}`."""
    return math.comb(n_variables + degree, degree) if degree >= 0 else 0


def _homogeneous(n_variables: int, degree: int) -> Exponents:
    """All exponents of total degree exactly `degree`, larger exponents of earlier variables first."""
    count = math.comb(n_variables + degree - 1, degree) if n_variables else int(degree == 0)
    factors = chain.from_iterable(combinations_with_replacement(range(n_variables), degree))
    chosen = np.fromiter(factors, dtype=np.int64, count=count * degree)
    keys = n_variables * np.repeat(np.arange(count), degree) + chosen
    return np.bincount(keys, minlength=count * n_variables).reshape(count, n_variables)


def monomial_basis(n_variables: int, degree: int, minimum: int = 0) -> Exponents:
    r"""Return the exponents of :math:`[x]_d`, all monomials of degrees `minimum` to `degree`, in graded order.

    Parameters
    ----------
    n_variables, degree : int
    minimum : int
        Lowest total degree.

    Returns
    -------
    (terms, n_variables) integer array
    """
    parts = [_homogeneous(n_variables, d) for d in range(minimum, degree + 1)]
    return np.concatenate(parts) if parts else np.zeros((0, n_variables), dtype=np.int64)
