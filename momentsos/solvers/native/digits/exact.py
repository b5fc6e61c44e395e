r"""A program as exact numbers, for arithmetic with as many digits as are asked for.

The floats of an `SDP` are taken at their word, with one exception: an entry off the diagonal is stored multiplied by
:math:`\sqrt 2`, and what is meant is the float whose multiple by :math:`\sqrt 2` is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from flint import arb, arb_mat
from numpy.typing import NDArray

from ....sdp import SDP, svec_index
from ....sdp.svec import SQRT2
from ..prepare.scaled import Scaled

#: Symmetric matrices and vectors as arrays of `flint.arb`.
Exact = NDArray[Any]


def exactly(values: Any) -> Exact:
    """Return floats as an array of exact numbers."""
    floats = np.asarray(values, dtype=float)
    return np.array([arb(value) for value in floats.ravel().tolist()], dtype=object).reshape(floats.shape)


def matrix(values: Exact) -> arb_mat:
    """Return an array of two axes as a matrix of flint."""
    return arb_mat(values.shape[0], values.shape[1], values.ravel().tolist())


def array(values: arb_mat) -> Exact:
    """Return the midpoints of a matrix of flint as an array."""
    return np.array(values.mid().entries(), dtype=object).reshape(values.nrows(), values.ncols())


def meant_entries(sdp: SDP) -> NDArray[np.float64]:
    """Return the entries of the blocks, an array like ``sdp.operator.data``, without the √2 off the diagonal."""
    off = np.concatenate([np.not_equal(*svec_index(size)) for size in sdp.sizes]) if sdp.sizes else np.zeros(0, bool)
    stored = sdp.operator.data
    plain = stored / SQRT2
    for candidate in (np.nextafter(plain, np.inf), np.nextafter(plain, -np.inf)):
        plain = np.where((plain * SQRT2 != stored) & (candidate * SQRT2 == stored), candidate, plain)
    return np.where(np.repeat(off, np.diff(sdp.operator.indptr)), plain, stored)


@dataclass(frozen=True, eq=False)
class ExactProgram:
    r"""The program over its free moments, :math:`y = y_0 + N z`, in exact numbers.

    Attributes
    ----------
    sdp : SDP
    rows : (rows, n) arb_mat
        The entries :math:`F` of the upper triangles, in the order of ``sdp.operator``, without √2.
    reduced, transposed : arb_mat
        The same over the free moments, :math:`A = F N`; its transpose with entries off the diagonal doubled.
    constant : (rows, 1) arb_mat
        The entries at :math:`y_0`.
    gradient : (n_free, 1) arb_mat
        The cost of the free moments, :math:`b = N^\top c`.
    free, pivots, used : integer arrays
        Moments that are unknowns, those that the equalities determine, and the equalities that do so.
    coupling, offset : arb_mat
        The pivots are ``offset - coupling z``.
    """

    sdp: SDP
    rows: arb_mat
    reduced: arb_mat
    transposed: arb_mat
    constant: arb_mat
    gradient: arb_mat
    free: NDArray[np.intp]
    pivots: NDArray[np.intp]
    used: NDArray[np.intp]
    coupling: arb_mat
    offset: arb_mat

    def moments(self, z: arb_mat) -> Exact:
        """Return all moments."""
        values = exactly(np.zeros(self.sdp.n_moments))
        values[self.free] = array(z)[:, 0]
        values[self.pivots] = array(self.offset - self.coupling * z)[:, 0]
        return values

    def multipliers(self, gram: arb_mat) -> Exact:
        """Return the multipliers of the equalities that make the dual equation hold at the pivots."""
        values = exactly(np.zeros(self.sdp.right_side.shape[0]))
        if self.pivots.size:
            left = exactly(self.sdp.equalities.toarray()[np.ix_(self.used, self.pivots)])
            missing = matrix(exactly(self.sdp.cost)[:, None]) - weighted(self.sdp, self.rows) * gram
            values[self.used] = array(solved(matrix(left).transpose(), matrix(array(missing)[self.pivots])))[:, 0]
        return values


def weighted(sdp: SDP, rows: arb_mat) -> arb_mat:
    """Return the transpose of rows of upper triangles, those off the diagonal doubled: the adjoint on triangles."""
    weights = np.concatenate([np.where(np.equal(*svec_index(size)), 1, 2) for size in sdp.sizes])
    return matrix((array(rows) * weights[:, None]).T)


def solved(left: arb_mat, right: arb_mat) -> arb_mat:
    """Return an approximate solution of a linear system, without error bounds."""
    return left.solve(right, algorithm="approx").mid()


def make_exact(program: Scaled, with_dependent: bool) -> ExactProgram:
    """Eliminate the equalities with the pivots that were chosen in floating-point arithmetic.

    Moments that depended on others in that arithmetic are unknowns again `with_dependent`; else they stay zero.
    """
    sdp, elimination = program.sdp, program.elimination
    head = elimination.order[: elimination.n_head]
    free = head if with_dependent or elimination.kept is None else head[elimination.kept]
    pivots = elimination.order[elimination.n_head :]
    operator = sdp.operator.copy()
    operator.data = meant_entries(sdp)
    rows = matrix(exactly(operator.toarray()))
    equalities = sdp.equalities.toarray()
    used = np.arange(len(equalities))
    if len(used) > len(pivots):
        used = np.sort(scipy.linalg.qr(equalities[:, pivots].T, mode="r", pivoting=True)[1][: len(pivots)])
    coupling, offset = arb_mat(len(pivots), len(free)), arb_mat(len(pivots), 1)
    if pivots.size:
        square = matrix(exactly(equalities[np.ix_(used, pivots)]))
        coupling = solved(square, matrix(exactly(equalities[np.ix_(used, free)]))) if free.size else coupling
        offset = solved(square, matrix(exactly(sdp.right_side[used])[:, None]))
    dense, cost = array(rows), exactly(sdp.cost)[:, None]
    at_pivots = matrix(dense[:, pivots])
    reduced = (matrix(dense[:, free]) - at_pivots * coupling).mid()
    gradient = (matrix(cost[free]) - coupling.transpose() * matrix(cost[pivots])).mid()
    constant = (at_pivots * offset).mid()
    transposed = weighted(sdp, reduced)
    return ExactProgram(sdp, rows, reduced, transposed, constant, gradient, free, pivots, used, coupling, offset)
