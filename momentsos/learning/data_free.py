r"""Monomials of the outputs that no sample changes, such as a last constant: by structure they are few dimensions.

Their columns have the same entries for all samples, so they span at most as many dimensions as there are outputs. With
`W` their values, one row an output, pivots `P` and :math:`T = W_P^{-1} W_Q`, the outputs depend on them through the
polynomials :math:`m_p + \sum_q T_{pq} m_q` alone. The ranks of columns of data are not looked at: those are floats.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials.exponents import ExponentIndex, Exponents
from .expansion import Expansion

#: A column of length one of which no more than this is left beside others depends on them.
_RANK = 1e-10
#: A pivot of which that much is left is preferred.
_CLEAR = 1e-3


def without_redundancy(expansion: Expansion) -> tuple[NDArray[np.intp], sp.csr_matrix | None]:
    """Return which monomials of the outputs have columns in the factor, and what these columns stand for.

    Returns
    -------
    columns : integer array
    combination : (columns, terms) sparse matrix or None
        The polynomial of each column; None where all monomials have one of their own.
    """
    free, values = _columns_without_data(expansion)
    return combined_columns(expansion.exponents, free, values, expansion.varying)


def combined_columns(
    exponents: Exponents, free: NDArray[np.intp], values: NDArray[np.float64], varying: Exponents
) -> tuple[NDArray[np.intp], sp.csr_matrix | None]:
    """Do what `without_redundancy` does, for monomials and the columns of those that no sample changes.

    Parameters
    ----------
    exponents : (terms, n) integer array
    free : integer array
        Which of them no sample changes.
    values : (m, free) array
        Their coefficients, one row an output.
    varying : (rows, n) integer array
        The monomials that samples change.
    """
    terms = len(exponents)
    lengths = np.linalg.norm(values, axis=0)
    seen = lengths > 0
    free, values, lengths = free[seen], values[:, seen], lengths[seen]
    if not len(free):
        return np.arange(terms), None
    unit = values / lengths
    pivots = _pivots(unit, np.argsort(-_alone(exponents[free], varying), kind="stable"))
    if len(pivots) == len(free):
        return np.arange(terms), None
    others = np.setdiff1d(np.arange(len(free)), pivots)
    shares = np.linalg.lstsq(values[:, pivots], values[:, others], rcond=None)[0]
    columns = np.setdiff1d(np.arange(terms), free[others])
    table = sp.lil_matrix((len(columns), terms))
    table[np.arange(len(columns)), columns] = 1.0
    for row, place in enumerate(free[pivots]):
        at = int(np.flatnonzero(columns == place)[0])
        for share, other in zip(shares[row], free[others], strict=True):
            if share != 0.0:
                table[at, other] = share
    return columns, sp.csr_matrix(table)


def _columns_without_data(expansion: Expansion) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return where the monomials that no sample changes are among all, and their values, one row an output."""
    shared, varying = expansion.shared, expansion.varying
    index = ExponentIndex.numbering(varying)[0] if len(varying) else None
    alone = shared.exponents.any(axis=1)
    if index is not None:
        alone &= index.find(shared.exponents) < 0
    places = ExponentIndex.numbering(expansion.exponents)[0].find(shared.exponents[alone])
    return np.asarray(places, dtype=np.intp), shared.values[alone].T


def _alone(free: Exponents, varying: Exponents) -> NDArray[np.intp]:
    """Return how many products of each monomial with those of the data are no products of two of these, or of one.

    A polynomial without such monomials keeps its relations to the others; so these are the first to be pivots.
    """
    with_one = np.concatenate([np.zeros((1, varying.shape[1]), dtype=np.int64), varying])
    first, second = np.triu_indices(len(with_one))
    index = ExponentIndex.numbering(with_one[first] + with_one[second])[0]
    return np.array([int((index.find(varying + row) < 0).sum()) for row in free], dtype=np.intp)


def _pivots(unit: NDArray[np.float64], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return columns that span all: the first ones in this order that are independent of those before."""
    rank = int(np.linalg.matrix_rank(unit, tol=_RANK))
    for clear in (_CLEAR, _RANK):
        found: list[int] = []
        basis = np.zeros((len(unit), 0))
        for column in order:
            rest = unit[:, column] - basis @ (basis.T @ unit[:, column])
            length = float(np.linalg.norm(rest))
            if length > clear and len(found) < rank:
                found.append(int(column))
                basis = np.column_stack([basis, rest / length])
        if len(found) == rank:
            break
    return np.array(found, dtype=np.intp)
