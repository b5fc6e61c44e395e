r"""How small a change of the Gram matrices removes a defect of which only the size is known.

Let the columns of `A` be the svec of the :math:`F_{j\alpha}`, and the equalities, each divided by a length,
and `T` any triangular matrix without a zero on its diagonal, best the inverse of the triangular factor of `A`. Where
:math:`\|(A T)^\top A T - I\| \le \delta < 1`, the change :math:`Z = A T M^{-1} T^\top \varepsilon` with
:math:`M = (A T)^\top A T` has :math:`A^\top Z = \varepsilon`, whatever :math:`\varepsilon` is, and

.. math::

    \|Z\| \;\le\; \frac{\|T^\top \varepsilon\|}{\sqrt{1 - \delta}} \;\le\; \frac{\||T|^\top e\|}{\sqrt{1 - \delta}}
    \qquad\text{for}\quad |\varepsilon_\alpha| \le e_\alpha .

`A` itself is known up to rounding, and up to the errors of its data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from ..sdp import SDP
from ..sdp.triangles import triangle_of_columns
from .accurate import UNIT
from .dense_repair import is_singular
from .rigorous import relative_error

Floats = NDArray[np.float64]


def largest_change(sdp: SDP, lengths: Floats, amounts: Floats, errors: Floats) -> float:
    r"""Return what the shortest change that removes a defect does not exceed, infinity where nothing is shown.

    Parameters
    ----------
    sdp : SDP
    lengths : (n,) array
        By which the equations are divided; powers of two, or any numbers.
    amounts : (n,) array
        The :math:`e_\alpha`, not divided.
    errors : (n,) array
        How long the difference may be between a column of the program and the one that is meant, not divided.
    """
    stacked = np.concatenate([sdp.operator.toarray(), sdp.equalities[1:].toarray()]) / lengths
    rows, n = stacked.shape
    if rows < n or not np.isfinite(stacked).all():
        return np.inf
    triangle = triangle_of_columns(stacked.copy(order="F"))
    if is_singular(triangle):
        return np.inf
    inverse = solve_triangular(triangle, np.eye(n), check_finite=False)
    across = stacked @ inverse
    wrong = (2.0 * UNIT + float(relative_error(n))) * np.linalg.norm(stacked, axis=0) + errors / lengths
    lost = float(np.linalg.norm(wrong @ np.abs(inverse))) * (1.0 + float(relative_error(n + rows)))
    size = float(np.linalg.norm(across)) * (1.0 + float(relative_error(n * rows)))
    delta = float(np.linalg.norm(across.T @ across - np.eye(n))) + float(relative_error(rows)) * (size**2 + n)
    delta = (delta + 2.0 * size * lost + lost**2) * (1.0 + float(relative_error(n * n)))
    if not delta < 0.5:
        return np.inf
    length = float(np.linalg.norm(np.abs(inverse).T @ (amounts / lengths))) * (1.0 + float(relative_error(2 * n)))
    found = length / (1.0 - delta) ** 0.5 * (1.0 + 16.0 * UNIT)
    return found if np.isfinite(found) else np.inf
