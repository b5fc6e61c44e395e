r"""Sign symmetry: a polynomial that is invariant under changes of sign divides its Gram matrix into blocks.

Let :math:`H` be the span, modulo 2, of the exponents of all polynomials of a problem. The changes of sign :math:`x_i
\to (-1)^{s_i} x_i` with :math:`s^\top \alpha` even for all :math:`\alpha \in H` leave it as it is, and so the mean of a
matrix over all of them has zeros wherever :math:`\beta + \beta'` is not in :math:`H`: two monomials are in one block
where their sum is. No bound is changed by that.

Source: Löfberg, *Pre- and post-processing sum-of-squares programs in practice*, IEEE Trans. Automat. Control 54 (2009).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..polynomials.exponents import Exponents


def parity_span(exponents: Exponents) -> NDArray[np.uint8]:
    """Return the reduced row echelon form of the exponents modulo 2, shape (rank, n)."""
    rows = np.unique((exponents % 2).astype(np.uint8), axis=0)
    found: list[NDArray[np.uint8]] = []
    for column in range(exponents.shape[1]):
        with_one = np.flatnonzero(rows[:, column]) if len(rows) else np.zeros(0, dtype=np.intp)
        if not len(with_one):
            continue
        pivot = rows[with_one[0]].copy()
        rows = np.delete(rows, with_one[0], axis=0)
        rows[rows[:, column] == 1] ^= pivot
        found = [each ^ pivot if each[column] else each for each in found]
        found.append(pivot)
    return np.array(found, dtype=np.uint8).reshape(len(found), exponents.shape[1])


def parity_classes(basis: Exponents, span: NDArray[np.uint8]) -> list[NDArray[np.intp]]:
    """Return the rows of a basis by classes: the sum of two rows of one class is in the span modulo 2.

    Parameters
    ----------
    basis : (m, n) integer array
    span : (rank, n) array
        Of `parity_span`.
    """
    rest = (basis % 2).astype(np.uint8)
    for pivot in span:
        column = int(np.argmax(pivot))
        rest[rest[:, column] == 1] ^= pivot
    _, index = np.unique(rest, axis=0, return_inverse=True)
    index = np.asarray(index).reshape(-1)
    return [np.flatnonzero(index == number) for number in dict.fromkeys(index.tolist())]


def sign_changes(supports: Sequence[Exponents], n: int) -> NDArray[np.uint8]:
    """Return a basis of the changes of sign that leave all polynomials as they are, shape (dimension, n); 1 changes."""
    span = parity_span(np.concatenate(supports)) if supports else np.zeros((0, n), dtype=np.uint8)
    pivots = [int(np.argmax(row)) for row in span]
    found = []
    for free in (i for i in range(n) if i not in pivots):
        change = np.zeros(n, dtype=np.uint8)
        change[free] = 1
        change[pivots] = span[:, free]
        found.append(change)
    return np.array(found, dtype=np.uint8).reshape(len(found), n)
