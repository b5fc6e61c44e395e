r"""A lower bound on the optimum of a program that rounding errors cannot break, from any dual vectors.

For every feasible `y`, with :math:`r = c - E^\top\lambda - F^* X` and :math:`X_j + \varepsilon_j I \succeq 0`,

.. math::

    c^\top y = d^\top\lambda + \sum_j \langle X_j, F_j(y) \rangle + r^\top y
    \;\ge\; d^\top\lambda - \sum_j \varepsilon_j \sum_\alpha |\operatorname{tr} F_{j\alpha}|\, \bar y_\alpha
    - \sum_\alpha |r_\alpha|\, \bar y_\alpha ,

where :math:`|y_\alpha| \le \bar y_\alpha` is known of the feasible points in question. Source: Jansson, Chaykin, Keil,
*Rigorous error bounds for the optimal value in semidefinite programming*, SIAM J. Numer. Anal. 46 (2007), section 3.

Everything is evaluated in floating-point arithmetic with bounds of its rounding: a sum of `k` products, in any order,
is off by at most :math:`\gamma_k = k u / (1 - k u)` of the sum of their sizes (Higham, *Accuracy and Stability of
Numerical Algorithms*, section 3.1). That :math:`X_j + \varepsilon_j I` is semidefinite follows from a Cholesky
factorisation that ran to its end: the exact smallest eigenvalue is then at least :math:`-\gamma_{s+1} / (1 -
\gamma_{s+1})` of the trace (Rump, *Verification of positive definiteness*, BIT 46, 2006).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..sdp.program import SDP
from ..sdp.stacking import stacked
from ..sdp.svec import smat, svec_index

UNIT = 2.0**-53
#: More than everything that underflow can take away in a program that fits into memory.
_TINY = 1e-290


def rigorous_bound(
    sdp: SDP, equality_duals: NDArray[np.float64], gram: NDArray[np.float64], reach: NDArray[np.float64]
) -> float:
    r"""Return a lower bound on :math:`c^\top y` over the feasible `y` with :math:`|y_\alpha| \le \bar y_\alpha`.

    It holds for the program as it is stored, and for the one that is meant when each entry off the diagonal, divided
    by the real :math:`\sqrt 2`, is known to two units in the last place only.

    Parameters
    ----------
    sdp : SDP
    equality_duals : (p,) array
        Any numbers; the better the solution of the dual, the better the bound.
    gram : (rows,) array
        Any numbers, the svec of dual blocks that need not be semidefinite.
    reach : (n,) array
        The bounds :math:`\bar y_\alpha`, may be infinite. For moments of points in a box :math:`|x_i| \le \rho_i`
        they are :math:`\rho^\alpha`, for those of points on which :math:`L(1) = 1`.

    Returns
    -------
    float
        ``-inf`` when nothing can be said.

    Raises
    ------
    InvalidInput
        When a vector has the wrong length, or a bound is negative or not a number.
    """
    for name, vector, length in (
        ("equality_duals", equality_duals, sdp.right_side.shape[0]),
        ("gram", gram, sdp.operator.shape[0]),
        ("reach", reach, sdp.n_moments),
    ):
        if vector.shape != (length,):
            raise InvalidInput(f"rigorous_bound: {name} has shape {vector.shape}, expected {(length,)}")
    if not (reach >= 0).all():
        raise InvalidInput("rigorous_bound: reach has a number that is negative or not a number")
    if not (np.isfinite(equality_duals).all() and np.isfinite(gram).all()):
        return -np.inf
    with np.errstate(all="ignore"):
        residual = _residual_bound(sdp, equality_duals, gram)
        shifts = _times(_trace_bound(sdp), _shifts(sdp, gram))
        lost = _dot_bound(residual, reach) + _dot_bound(shifts, reach)
        value, error = _dot(sdp.right_side, equality_duals)
        bound = value - (error + lost) * (1.0 + 8.0 * UNIT) - _TINY
        bound -= 4.0 * UNIT * abs(bound)
    return float(bound) if np.isfinite(bound) else -np.inf


def relative_error(terms: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Return twice the bound of the relative rounding error of a sum of so many products, and a few more."""
    count = (terms + 8.0) * UNIT
    return 2.0 * count / (1.0 - count)


def _dot(left: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, float]:
    """Return an inner product and a bound of its rounding error."""
    size = float(np.abs(left) @ np.abs(right))
    return float(left @ right), float(relative_error(len(left))) * size + _TINY


def _dot_bound(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Return an upper bound of the inner product of numbers that are not negative; 0 times infinity is 0."""
    used = (left > 0) & (right > 0)
    return float(left[used] @ right[used]) * (1.0 + float(relative_error(len(left)))) + _TINY


def _times(matrix: sp.csr_matrix, vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an upper bound of a product of a matrix and a vector that are not negative."""
    return np.asarray((matrix @ vector) * (1.0 + float(relative_error(matrix.shape[1]))))


def _residual_bound(sdp: SDP, duals: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return upper bounds of :math:`|c - E^\top\lambda - F^* X|`."""
    both = sp.csc_matrix(stacked(sdp.equalities, sdp.operator))
    vector = np.concatenate([duals, gram])
    computed = np.abs(sdp.cost - both.T @ vector)
    size = np.abs(sdp.cost) + abs(both).T @ np.abs(vector)
    # Two units more for each entry: what is stored is the rounded product with a rounded root of 2.
    return np.asarray((computed + relative_error(np.diff(both.indptr) + 4.0) * size) * (1.0 + 8.0 * UNIT) + _TINY)


def _trace_bound(sdp: SDP) -> sp.csr_matrix:
    """Return upper bounds of the traces of all `F_jα`, shape ``(n, blocks)``."""
    diagonal = np.concatenate([np.equal(*svec_index(size)) for size in sdp.sizes]) if sdp.sizes else np.zeros(0, bool)
    block = np.repeat(np.arange(len(sdp.sizes)), np.diff(sdp.offsets))
    pick = sp.csr_matrix((diagonal.astype(float), (block, np.arange(len(block)))), shape=(len(sdp.sizes), len(block)))
    traces = abs(pick @ sdp.operator) + float(relative_error(max(sdp.sizes, default=0))) * (pick @ abs(sdp.operator))
    return sp.csr_matrix(traces.T)


def _shifts(sdp: SDP, gram: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return for each block a number :math:`\varepsilon_j` with :math:`X_j + \varepsilon_j I \succeq 0`."""
    found = np.zeros(len(sdp.sizes))
    for j, rows in enumerate(sdp.split(gram)):
        block = smat(rows)
        if len(block) == 1:
            found[j] = max(0.0, -float(block[0, 0]))
            continue
        entries = 4.0 * UNIT * float(np.linalg.norm(block)) * (1.0 + float(relative_error(len(block) ** 2)))
        found[j] = max(0.0, (entries - eigenvalues_above(block)) * (1.0 + 8.0 * UNIT) + _TINY)
    return found


def eigenvalues_above(matrix: NDArray[np.float64]) -> float:
    """Return a number that no eigenvalue of a symmetric matrix is below, ``-inf`` where none is found.

    It is the smallest eigenvalue but for rounding errors of the size of the trace.
    """
    size = len(matrix)
    step = 4.0 * size * UNIT * float(np.abs(matrix.diagonal()).sum()) + _TINY
    try:
        shift = step - float(np.linalg.eigvalsh(matrix)[0])
    except np.linalg.LinAlgError:
        return -np.inf
    while np.isfinite(shift):
        lifted = matrix + shift * np.eye(size)
        try:
            np.linalg.cholesky(lifted)
            break
        except np.linalg.LinAlgError:
            shift, step = shift + step, 2.0 * step
    diagonal = lifted.diagonal() if np.isfinite(shift) else np.full(size, np.inf)
    missed = float(relative_error(size)) * float(diagonal.sum()) + 2.0 * UNIT * float(diagonal.max())
    found = -shift - missed * (1.0 + 8.0 * UNIT) - _TINY
    return found if np.isfinite(found) else -np.inf
