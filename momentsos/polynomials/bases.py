"""Graded bases of monomials."""

from __future__ import annotations

import math

import numpy as np

from .exponents import Exponents


def basis_size(n_variables: int, degree: int) -> int:
    r"""Return the number of monomials of degree at most `degree`, :math:`\binom{n + d}{d}`."""
    return math.comb(n_variables + degree, degree) if degree >= 0 else 0


def _homogeneous(n_variables: int, degree: int) -> Exponents:
    """All exponents of total degree exactly `degree`, larger exponents of earlier variables first."""
    if n_variables == 0:
        return np.zeros((1 if degree == 0 else 0, 0), dtype=np.int64)
    if n_variables == 1:
        return np.array([[degree]], dtype=np.int64)
    parts = []
    for first in range(degree, -1, -1):
        rest = _homogeneous(n_variables - 1, degree - first)
        parts.append(np.column_stack([np.full(len(rest), first, dtype=np.int64), rest]))
    return np.concatenate(parts)


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
