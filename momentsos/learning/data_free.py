r"""Monomials of the outputs that no sample changes, such as a last constant: by structure they are few dimensions.

Their columns have the same entries for all samples, so they span at most as many dimensions as there are outputs. With
`W` their values, one row an output, pivots `P` and :math:`T = W_P^{-1} W_Q`, the outputs depend on them through the
polynomials :math:`m_p + \sum_q T_{pq} m_q` alone. The ranks of columns of data are not looked at: those are floats.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials.exponents import ExponentIndex, Exponents
from .expansion import Expansion

#: A pivot of less than this share of the first one, with columns of length one, is none.
_RANK = 1e-10


def without_redundancy(expansion: Expansion) -> tuple[NDArray[np.intp], sp.csr_matrix | None]:
    """Return which monomials of the outputs have columns in the factor, and what these columns stand for.

    Returns
    -------
    columns : integer array
    combination : (columns, terms) sparse matrix or None
        The polynomial of each column; None where all monomials have one of their own.
    """
    terms = len(expansion.exponents)
    free, values = _columns_without_data(expansion)
    lengths = np.linalg.norm(values, axis=0)
    seen = lengths > 0
    free, values, lengths = free[seen], values[:, seen], lengths[seen]
    if not len(free):
        return np.arange(terms), None
    unit = values / lengths
    pivots = _pivots(unit, _last_constant(expansion.exponents[free], expansion.exponents))
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


def _last_constant(free: Exponents, everything: Exponents) -> int | None:
    """Return the place of a variable among the monomials that occurs nowhere else; None without one."""
    for place, row in enumerate(free):
        if row.sum() == 1 and (everything[:, row > 0] > 0).sum() == 1:
            return place
    return None


def _pivots(unit: NDArray[np.float64], first: int | None) -> NDArray[np.intp]:
    """Return columns that span all: `first`, if it is one, and those that a factorisation with pivoting takes."""
    begin = [] if first is None else [first]
    rest = np.setdiff1d(np.arange(unit.shape[1]), begin)
    left = unit[:, rest]
    for place in begin:
        left = left - np.outer(unit[:, place], unit[:, place] @ left)
    r, order = scipy.linalg.qr(left, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > _RANK).sum())
    return np.array([*begin, *rest[order[:rank]]], dtype=np.intp)
