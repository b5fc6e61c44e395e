r"""The dual of a program, written in the same form: the side of the Gram matrices as a program of its own.

With unknowns :math:`(\lambda, X)`, `X` as its svec, the dual of `momentsos.sdp.SDP` reads

.. math::

    \min_{\lambda, x}\; -d^\top\lambda \quad\text{subject to}\quad E^\top\lambda + F^\top x = c,\qquad x \succeq 0,

which is of the form of `SDP` again. Its multipliers :math:`\mu` and its Gram matrices `S` satisfy
:math:`E\mu = -d` and :math:`F\mu + S = 0`: the moments are :math:`y = -\mu`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .program import SDP
from .solution import SDPSolution, SDPStatus
from .stacking import stacked

Vector = NDArray[np.float64] | None

#: What a claim about the dual program says about the program.
_EXCHANGED = {
    SDPStatus.PRIMAL_INFEASIBLE: SDPStatus.DUAL_INFEASIBLE,
    SDPStatus.DUAL_INFEASIBLE: SDPStatus.PRIMAL_INFEASIBLE,
}


class Triple(NamedTuple):
    """A status with moments, multipliers and Gram matrices, or with the rays in their place."""

    status: SDPStatus
    moments: Vector
    equality_duals: Vector
    gram: Vector


def dual_program(sdp: SDP) -> SDP:
    """Return the dual of a program as a program: its moments are the multipliers and the rows of the Gram matrices."""
    rows, p = sdp.operator.shape[0], sdp.right_side.shape[0]
    identity = np.ones(rows), p + np.arange(rows), np.arange(rows + 1)
    return SDP(
        np.concatenate([-sdp.right_side, np.zeros(rows)]),
        sp.csr_matrix(stacked(sdp.equalities, sdp.operator).T),
        sdp.cost,
        sp.csr_matrix(identity, shape=(rows, p + rows)),
        sdp.sizes,
    )


def from_dual(sdp: SDP, answer: SDPSolution) -> Triple:
    """Return what an answer to `dual_program(sdp)` says about `sdp`; its checked rays become rays."""
    p = sdp.right_side.shape[0]
    pair, multipliers = answer.moments, answer.equality_duals
    if answer.primal_ray is not None:
        pair = answer.primal_ray.moments
    if answer.dual_ray is not None:
        multipliers = answer.dual_ray.equality_duals
    return Triple(
        _EXCHANGED.get(answer.status, answer.status),
        None if multipliers is None else -multipliers,
        None if pair is None else pair[:p],
        None if pair is None else pair[p:],
    )
