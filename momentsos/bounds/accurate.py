r"""Sums and products of matrices in twice the working precision, each with a bound of its error.

A number is an unevaluated sum of two floats. With :math:`u = 2^{-53}` and `n` summands, what is lost is of the size
:math:`n^2 u^2` of the sum of the absolute terms. The bounds hold where nothing overflows; what underflows is at most
`TINY` altogether.

Source: Ogita, Rump and Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26 (2005), proposition 5.5; Rump,
Ogita and Oishi, *Accurate floating-point summation*, part I, SIAM J. Sci. Comput. 31 (2008), section 3.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..polynomials.shift import two_product, two_sum

Floats = NDArray[np.float64]
#: A number in two floats, the first of which is the rounded sum.
Pair = tuple[Floats, Floats]

UNIT = 2.0**-53
#: More than everything that underflow can take away in sums that fit into memory.
TINY = 1e-280
#: Numbers beyond this are refused: products of a few of them could overflow.
LARGEST = 1e70
#: Passes of the summation: each takes off about 53 bits, less those of the number of summands.
_PASSES = 4


def product_of_pairs(left: Pair, right: Pair) -> tuple[Pair, Floats]:
    r"""Return the product of stacks of matrices, and bounds of its error entry by entry.

    Parameters
    ----------
    left, right : pairs of (..., p, k) and (..., k, q) arrays

    Notes
    -----
    High parts are multiplied by the dot product in twice the working precision, which loses at most
    :math:`2 \gamma_{k+1}^2 |A||B|` before it is rounded. Products of a high and a low part are summed plainly, with an
    error of at most :math:`2 \gamma_{k+2} u |A||B|`, and those of low parts are dropped, at most :math:`u^2 |A||B|`.
    """
    (a, a_low), (b, b_low) = left, right
    k = a.shape[-1]
    shape = (*a.shape[:-1], b.shape[-1])
    total, rest = np.zeros(shape), np.zeros(shape)
    for i in range(k):
        product, error = two_product(a[..., :, i, None], b[..., None, i, :])
        total, lost = two_sum(total, product)
        rest = rest + (lost + error)
    rest = rest + (a @ b_low + a_low @ b)
    high, low = two_sum(total, rest)
    sizes = (np.abs(a) + np.abs(a_low)) @ (np.abs(b) + np.abs(b_low))
    return (high, low), (16.0 * (k + 4.0) ** 2 * UNIT**2) * sizes + TINY


def segmented_sums(values: Floats, places: NDArray[np.intp], n: int) -> tuple[Pair, float]:
    r"""Add up numbers by their places among `n`, and bound the error of every sum.

    The numbers are cut at a common power of two :math:`\sigma`, so that the cut parts, multiples of
    :math:`2 u \sigma`, are added without rounding, and again what is left of them.

    Returns
    -------
    (n,) arrays
        The sums, as pairs.
    float
        A bound of the error of each.
    """
    totals: list[Floats] = []
    largest = float(np.abs(values).max(initial=0.0))
    room = 2.0 ** math.ceil(math.log2(len(values) + 2))
    rest = values
    for _ in range(_PASSES):
        if largest == 0.0:
            break
        sigma = room * 2.0 ** math.ceil(math.log2(largest))
        cut = (sigma + rest) - sigma
        rest = rest - cut
        totals.append(np.asarray(np.bincount(places, cut, n), dtype=np.float64))
        largest = float(np.abs(rest).max(initial=0.0))
    high, low = np.zeros(n), np.zeros(n)
    lost = np.zeros(n)
    for total in totals:
        high, error = two_sum(high, total)
        before = low
        low = before + error
        lost = lost + UNIT * np.abs(low)
    high, low = two_sum(high, low)
    return (high, low), float(len(values)) * largest + 2.0 * float(lost.max(initial=0.0)) + TINY
