r"""Congruences that make two definite matrices diagonal at once.

With Cholesky factors :math:`X = L L^\top`, :math:`S = K K^\top` and the spectral decomposition
:math:`(K^\top L)^\top (K^\top L) = V \Sigma^2 V^\top`, the matrix :math:`G = L V \Sigma^{-1/2}` gives
:math:`X = G \Sigma G^\top` and :math:`S^{-1} = G \Sigma^{-1} G^\top`; it is the scaling of Nesterov and Todd
(Todd, Toh, Tütüncü, SIAM J. Optim. 8, 1998). For symmetric `A` and `B`

.. math::

    \langle A, X B S^{-1} \rangle = \sum_{i \le j} w_{ij}^2\, (G^\top A G)_{ij} (G^\top B G)_{ij}, \qquad
    w_{ii}^2 = 1, \quad w_{ij}^2 = \sigma_i / \sigma_j + \sigma_j / \sigma_i,

so that a term of the Schur complement is a product of a matrix with itself that has one row for each entry of
a *triangle*: half of what the factors of `X` and `S` alone would give.
"""

from __future__ import annotations

import numpy as np

from .....sdp import svec_index
from ... import rules
from ...arrays import Array


def balance(left: Array, lower: Array) -> tuple[Array, Array]:
    """Return `G` and the weights `w` of a stack of blocks.

    Parameters
    ----------
    left, lower : (count, s, s) arrays
        The Cholesky factors of `X` and of `S`.

    Returns
    -------
    congruence : (count, s, s) array
    weights : (count, s (s + 1) / 2) array
        In the order of svec.
    """
    half = lower.swapaxes(1, 2) @ left
    squares, vectors = np.linalg.eigh(half.swapaxes(1, 2) @ half)
    if (squares[:, 0] <= rules.BALANCE_SPREAD * squares[:, -1]).any():
        _, sigma, transposed = np.linalg.svd(half)
        vectors = transposed.swapaxes(1, 2)
        sigma = np.maximum(sigma, np.finfo(float).eps * sigma[:, :1])
    else:
        sigma = np.sqrt(squares)
    row, column = svec_index(left.shape[1])
    ratio = sigma[:, row] / sigma[:, column]
    weights = np.sqrt(ratio + 1.0 / ratio)
    weights[:, row == column] = 1.0
    return left @ (vectors / np.sqrt(sigma)[:, None, :]), weights


def congruent(data: Array, congruence: Array, weights: Array) -> Array:
    r"""Return the weighted triangles of :math:`G^\top A_m G`.

    Parameters
    ----------
    data : (s, s · width) or (count, s, s · width) array
        Symmetric matrices `A_m`, the number `m` last; the same ones for all blocks, or others for each.
    congruence, weights : arrays
        From `balance`.

    Returns
    -------
    (count, s (s + 1) / 2, width) array
    """
    size = congruence.shape[1]
    turned = congruence.swapaxes(1, 2)
    row, column = svec_index(size)
    triangle = moved(data, turned, turned)[:, row * size + column]
    triangle *= weights[:, :, None]
    return triangle


def moved(data: Array, left: Array, right: Array) -> Array:
    r"""Return :math:`L A_m R^\top` for the data of `congruent`, shape ``(count, s², width)``."""
    count, size, _ = left.shape
    half = (left @ data).reshape(count, size, size, -1)
    return np.asarray((right[:, None] @ half).reshape(count, size**2, -1))
