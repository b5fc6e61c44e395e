r"""A lower bound of a sampled loss by one linear program: each product of coefficients is a free unknown.

The residuals are :math:`r = A m(c) + a`, and the loss is a norm of them, so it is at least
:math:`\min_w \|A w + a\|`. Its dual is :math:`\max_p\, a^\top p` over :math:`A^\top p = 0` and `p` of dual norm one:
:math:`\sum_i |p_i| \le 1` for the largest residual, :math:`|p_i| \le q_i` for the mean with shares `q`. It is exact
where few outputs reach few features, as with one learned layer.

What rounding leaves of :math:`A^\top p` is taken off at the best coefficients known.
"""

from __future__ import annotations

import math
import time

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .losses.mean_abs import MeanAbs
from .losses.sampled import SampledLoss
from .residual_table import ResidualTable

Floats = NDArray[np.float64]
#: Residuals times terms at most: seconds in the linear program.
_MOST = 1_000_000


def free_bound(loss: SampledLoss, table: ResidualTable, point: Floats, until: float = math.inf) -> float:
    """Return the bound, 0 where the program is too large, has no answer in time or says nothing.

    Parameters
    ----------
    loss : SampledLoss
    table : ResidualTable
    point : (n,) array
        The best coefficients known.
    until : float
        When the time is over, by `time.perf_counter`.
    """
    columns, base = table.values[:, 1:], table.values[:, 0]
    if not 0 < columns.size <= _MOST or time.perf_counter() > until:
        return 0.0
    lengths = np.linalg.norm(columns, axis=0)
    if not np.isfinite(lengths).all() or not base.any():
        return 0.0
    unit = columns[:, lengths > 0] / lengths[lengths > 0]
    limits = loss.shares(len(base)) if isinstance(loss, MeanAbs) else None
    multipliers = _multipliers(unit, base, limits, until)
    if multipliers is None:
        return 0.0
    multipliers = multipliers - unit @ np.linalg.lstsq(unit, multipliers, rcond=1e-12)[0]
    size = float(np.abs(multipliers).sum()) if limits is None else float((np.abs(multipliers) / limits).max())
    multipliers = multipliers / max(1.0, size * (1.0 + 1e-14 * len(base)))
    monomials = np.abs(table.monomials(point))
    left = math.fsum((np.abs(multipliers @ columns) * monomials[1:]).tolist())
    rounding = float(np.abs(multipliers) @ table.rounding(point))
    value = math.fsum((multipliers * base).tolist()) - left - rounding
    return max(0.0, value) if math.isfinite(value) else 0.0


def _multipliers(unit: Floats, base: Floats, limits: Floats | None, until: float) -> Floats | None:
    """Solve the dual program by HiGHS; None without an answer."""
    from scipy.optimize import linprog

    rows, size = len(base), float(np.abs(base).max())
    options = {"time_limit": max(1e-3, until - time.perf_counter())} if math.isfinite(until) else {}
    zero = np.zeros(unit.shape[1])
    if limits is not None:
        sides = np.stack([-limits, limits], axis=1) * rows
        answer = linprog(-base / size, A_eq=unit.T, b_eq=zero, bounds=sides, method="highs", options=options)
        return answer.x / rows if answer.success else None
    both = sp.csr_matrix(np.ones((1, 2 * rows)))
    cost, equations = np.concatenate([-base, base]) / size, np.hstack([unit.T, -unit.T])
    answer = linprog(cost, A_ub=both, b_ub=[1.0], A_eq=equations, b_eq=zero, method="highs", options=options)
    return answer.x[:rows] - answer.x[rows:] if answer.success else None
