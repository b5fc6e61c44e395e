r"""The box around an ellipsoid whose axes are not those of the variables.

Let the terms of :math:`g` in some variables be :math:`b^\top x - x^\top Q x` with :math:`Q \succ 0`, all else at most
`s`. At :math:`x = c + d`, for any `c`, with :math:`r = b - 2 Q c` and :math:`L = s + b^\top c - c^\top Q c`, the
inequality says :math:`d^\top Q d \le L + r^\top d`. With :math:`\lambda \le \lambda_{\min}(Q)`,
:math:`h = \|r\| / \sqrt\lambda` and :math:`t^2 = d^\top Q d` this is :math:`t^2 \le L + h t`, so that

.. math::

    |d_i| \le \sqrt{(Q^{-1})_{ii}}\; t , \qquad t \le \tfrac12 \bigl(h + \sqrt{h^2 + 4 L}\bigr) .

With `c` near :math:`Q^{-1} b / 2` the bounds are those of the ellipsoid. All are rounded outwards: :math:`\lambda`
comes from a Cholesky factorisation, and :math:`Q^{-1} e_i = v + Q^{-1} (e_i - Q v)` for any `v`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rigorous import UNIT, eigenvalues_above, relative_error
from .rounded import Interval, sum_above, up
from .sides import Box, Side

Floats = NDArray[np.float64]
#: More variables than this are not looked at together: their matrix is inverted.
_MOST = 300


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """The quadratic part of an inequality, in the variables of its mixed terms.

    Attributes
    ----------
    side : Side
    variables : tuple of int
    centre : (k,) array
    level : float
        Not below :math:`b^T c - c^T Q c`.
    tilt : float
        Not below `h`.
    axes : (k,) array
        Not below the roots of the diagonal entries of the inverse.
    """

    side: Side
    variables: tuple[int, ...]
    centre: Floats
    level: float
    tilt: float
    axes: Floats

    @classmethod
    def of(cls, side: Side) -> Ellipsoid | None:
        """Return the ellipsoid of an inequality, None where its mixed terms belong to none."""
        variables = tuple(sorted({i for term in side.mixed for i, _ in term.powers}))
        quadratic = all(len(term.powers) == 2 and all(k == 1 for _, k in term.powers) for term in side.mixed)
        exact = all(low == high for term in side.mixed for low, high in (term.coefficient,))
        exact = exact and all(low == high for i in variables for low, high in side.pure.get(i, ()))
        if not variables or not quadratic or not exact or len(variables) > _MOST:
            return None
        if not all(len(side.pure.get(i, ())) == 2 and side.pure[i][1][0] < 0 for i in variables):
            return None
        place = {i: k for k, i in enumerate(variables)}
        q, b = np.zeros((len(variables),) * 2), np.array([side.pure[i][0][0] for i in variables])
        for i in variables:
            q[place[i], place[i]] = -side.pure[i][1][0]
        for term in side.mixed:
            (i, _), (k, _) = term.powers
            q[place[i], place[k]] = q[place[k], place[i]] = -0.5 * term.coefficient[0]
        with np.errstate(all="ignore"):
            found = _measured(q, b)
        return None if found is None else cls(side, variables, *found)

    def tightened(self, box: Box) -> dict[int, Interval] | None:
        """See `Side.tightened`."""
        outside = [i for i in self.side.pure if i not in self.variables]
        rest = sum_above([self.side.constant, *(self.side.part_supremum(i, box[i]) for i in outside)])
        level = sum_above([rest, self.level])
        if not math.isfinite(level):
            return {}
        square = up(up(self.tilt * self.tilt) + 4.0 * level)
        if square < 0:
            return None
        reach = 0.5 * up(self.tilt + up(math.sqrt(up(square))))
        found = {}
        for i, centre, axis in zip(self.variables, self.centre.tolist(), self.axes.tolist(), strict=True):
            half = up(reach * axis)
            low, high = max(box[i][0], -up(half - centre)), min(box[i][1], up(centre + half))
            if low > high:
                return None
            if (low, high) != box[i]:
                found[i] = low, high
        return found


def _measured(q: Floats, b: Floats) -> tuple[Floats, float, float, Floats] | None:
    """Return the centre and bounds of level, tilt and axes; None where the matrix is not seen to be definite."""
    smallest = eigenvalues_above(q)
    if not smallest > 0:
        return None
    try:
        inverse = np.linalg.inv(q)
    except np.linalg.LinAlgError:
        return None
    n, error = len(q), float(relative_error(len(q)))
    centre = 0.5 * inverse @ b
    terms = np.abs(b) @ np.abs(centre) + np.abs(centre) @ np.abs(q) @ np.abs(centre)
    level = float(b @ centre - centre @ q @ centre) + 2.0 * error * float(terms)
    tilt = np.abs(b - 2.0 * q @ centre) + 2.0 * error * (np.abs(b) + 2.0 * np.abs(q) @ np.abs(centre))
    left = np.abs(np.eye(n) - q @ inverse) + error * (np.eye(n) + np.abs(q) @ np.abs(inverse))
    squares = np.diag(inverse) + np.linalg.norm(left, axis=0) * (1.0 + error) / smallest
    wide = 1.0 + 16.0 * UNIT + error
    axes = np.sqrt(squares) * wide
    found = centre, level + 4.0 * UNIT * abs(level), float(np.linalg.norm(tilt)) / math.sqrt(smallest) * wide, axes
    return found if np.isfinite(axes).all() and math.isfinite(found[1]) and math.isfinite(found[2]) else None
