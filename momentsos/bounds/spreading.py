r"""A bound everywhere from Gram matrices that are definite, without the equations of the identity.

Dual vectors whose defect is rounding alone, :math:`|r_\alpha| + e_\alpha` by `momentsos.bounds.defect`, and whose Gram
matrices have room: the defect is spread over the entries of the blocks without a polynomial that meet
:math:`x^\alpha`, each of them nothing else. With a change :math:`S_j` of these and

.. math::

    \|S_j\|_F < \lambda_{\min}(G_j)

the identity is exact, and :math:`f \ge \gamma` on the whole feasible set. It costs an eigenvalue of each block, where
`momentsos.bounds.rigor` factors equations: those of large blocks are too many.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem
from ..relaxations import Relaxation
from ..sdp.svec import svec_weights
from .accurate import TINY, UNIT
from .defect import identity_of, matrix_of
from .proof import Proof, Unproved
from .rigorous import eigenvalues_above, relative_error

Floats = NDArray[np.float64]


def prove_by_spreading(
    relaxation: Relaxation, problem: Problem, multipliers: Floats | None, gram: Floats | None
) -> Proof:
    """Prove that the bound of dual vectors holds on the whole feasible set.

    Parameters
    ----------
    relaxation : Relaxation
    problem : Problem
        In the variables of the relaxation, with the coefficients that are meant: floats or fractions.
    multipliers, gram : arrays or None
        Dual vectors; Gram matrices that are not definite prove nothing.
    """
    if multipliers is None or gram is None or not (np.isfinite(multipliers).all() and np.isfinite(gram).all()):
        return Proof.none(Unproved.NO_IDENTITY)
    sdp = relaxation.sdp
    weights = np.concatenate([np.zeros(0), *(svec_weights(size) for size in sdp.sizes)])
    entries = gram / weights
    room = [float(part[0]) if len(part) == 1 else eigenvalues_above(matrix_of(part)) for part in sdp.split(entries)]
    if not min(room, default=1.0) >= 0.0:
        return Proof.none(Unproved.NO_ROOM)
    identity = identity_of(relaxation, problem)
    if isinstance(identity, Unproved):
        return Proof.none(identity)
    with np.errstate(all="ignore"):
        none = np.zeros_like(entries)
        found = identity.defect(
            (multipliers, 0.0 * multipliers), *identity.over_monomials(sdp.sizes, (entries, none), none)
        )
        if found is None:
            return Proof.none(Unproved.TOO_LARGE)
        amounts = (np.abs(found[0][0]) + np.abs(found[0][1]) + found[1]) * (1.0 + 8.0 * UNIT)
        touched = np.zeros(identity.n, dtype=bool)
        for monomials in (identity.objective.monomials, identity.free.monomials, identity.gram.monomials):
            touched[monomials] = True
        amounts = np.where(touched, amounts, 0.0)
        takes = identity.unit
        rows, columns = identity.gram.unknowns[takes], identity.gram.monomials[takes]
        total = np.asarray(np.bincount(columns, identity.gram.high[takes], identity.n), dtype=np.float64)
        if not np.isfinite(amounts).all() or amounts[total == 0.0].any():
            return Proof.none(Unproved.NOT_SPREAD)
        share = np.zeros(identity.n)
        share[total > 0.0] = amounts[total > 0.0] / total[total > 0.0] * (1.0 + 8.0 * UNIT)
        change = np.zeros(len(entries))
        change[rows] = share[columns]
        for part, least in zip(sdp.split(change * weights), room, strict=True):
            error = float(relative_error(len(part)))
            if part.any() and not float(np.linalg.norm(part)) * (1.0 + error) + TINY < least:
                return Proof.none(Unproved.NO_ROOM)
    return Proof(True, float(multipliers[0]))
