r"""Scaling of the data: moments by a diagonal, blocks by one factor each, cost and right side by one each.

With :math:`y = \beta D y'`, :math:`F' = \sigma F D`, :math:`c' = D c / \gamma`, :math:`E' = E D`,
:math:`d' = d / \beta`, the answers go back by :math:`X_j = \gamma \sigma_j X'_j` and
:math:`\lambda = \gamma \lambda'`. The direction of the method does not depend on these; its starting point and
its tolerances do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...sdp import SDP

Array = NDArray[np.float64]

_SWEEPS = 4


@dataclass(frozen=True, eq=False)
class Scaling:
    """The factors of a scaled program.

    Attributes
    ----------
    moments : (n,) array
        The diagonal `D`.
    rows : (rows,) array
        The factor of the block to which each svec row belongs.
    """

    moments: Array
    rows: Array


def _largest(values: Array, starts: NDArray[np.integer]) -> Array:
    """Return the largest value of each segment, 1 where a segment is empty or zero."""
    result = np.ones(starts.shape[0] - 1)
    filled = np.flatnonzero(np.diff(starts))
    if filled.size:
        top = np.maximum.reduceat(values, starts[filled])
        result[filled] = np.where(top > 0, top, 1.0)
    return result


def equilibrate(sdp: SDP) -> Scaling:
    """Bring the largest entry of every block and of every moment near 1.

    Alternating square-root scaling of blocks and columns (Ruiz, *A scaling algorithm to equilibrate both rows
    and columns norms in matrices*, RAL-TR-2001-034), rounded to powers of 2 so that no digit is lost.
    """
    n = sdp.n_moments
    lengths = np.diff(sdp.offsets)
    matrix = sdp.operator
    values = np.abs(matrix.data)
    starts = matrix.indptr[sdp.offsets]
    block = np.repeat(np.arange(lengths.shape[0]), np.diff(starts))
    by_moment = np.argsort(matrix.indices, kind="stable")
    moment_starts = np.concatenate([[0], np.cumsum(np.bincount(matrix.indices, minlength=n))])
    factors, moments = np.ones(lengths.shape[0]), np.ones(n)
    for _ in range(_SWEEPS):
        current = values * factors[block] * moments[matrix.indices]
        factors /= np.sqrt(_largest(current, starts))
        moments /= np.sqrt(_largest(current[by_moment], moment_starts))
    factors = np.exp2(np.round(np.log2(factors)))
    moments = np.exp2(np.round(np.log2(moments)))
    return Scaling(moments, np.asarray(np.repeat(factors, lengths)))
