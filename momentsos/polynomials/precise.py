r"""Matrix products in more than the working precision, by plain matrix products of slices.

Each factor is cut into slices of 20 bits, relative to the largest entry of a row of the left factor and of a column of
the right one. Products of slices are exact in floating point up to 4096 summands, also added up over pairs of slices
with as many bits together, so BLAS does the work, and only few sums need care.

Source: Ozaki, Ogita, Oishi and Rump, Numer. Algorithms 59 (2012).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .shift import two_sum

Floats = NDArray[np.float64]
#: Bits of a slice, their number (100 bits in all), and the summands up to which sums of products are exact.
_BITS, _SLICES, _SUMMANDS = 20, 5, 4096


def precise_product(left: Floats, left_low: Floats, right: Floats, right_low: Floats) -> Floats:
    r"""Return the product of two matrices, each the sum of two floats an entry, rounded once.

    Parameters
    ----------
    left, left_low : (p, k) arrays
    right, right_low : (k, q) arrays

    Returns
    -------
    (p, q) array
        The error before rounding is about :math:`2^{-98} k \max_k |l_{ik}| \max_k |r_{kj}|`.
    """
    total, rest = np.zeros((left.shape[0], right.shape[1])), np.zeros((left.shape[0], right.shape[1]))
    step = _SUMMANDS // _SLICES
    for start in range(0, left.shape[1], step):
        part = slice(start, start + step)
        rows = np.concatenate(_slices(left[:, part], left_low[:, part], 1), axis=1)
        columns = np.concatenate(_slices(right[part], right_low[part], 0)[::-1])
        width = rows.shape[1] // _SLICES
        for level in range(1, _SLICES + 1):  # products with as many bits together: slice i times slice level - i
            total, error = two_sum(total, rows[:, : level * width] @ columns[-level * width :])
            rest += error
    return np.asarray(total + rest)


def _slices(high: Floats, low: Floats, axis: int) -> list[Floats]:
    """Cut numbers into slices of equal width, relative to the largest along an axis."""
    largest = np.abs(high).max(axis=axis, keepdims=True, initial=0.0)
    unit = 2.0 ** (np.ceil(np.log2(np.where(largest > 0, largest, 1.0))) + 1.0)
    found = []
    for _ in range(_SLICES):
        unit = unit * 2.0**-_BITS
        piece = np.round(high / unit) * unit
        found.append(piece)
        high, low = two_sum(high - piece, low)
    return found
