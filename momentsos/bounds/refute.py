"""A lower bound that lies above the value of a feasible point is no bound."""

from __future__ import annotations

import math
from fractions import Fraction

from ..errors import InvalidInput
from ..points.judge.records import Feasibility, Verdict


def is_refuted(bound: float | Fraction, verdict: Verdict) -> bool:
    r"""Whether a verdict proves that a number is no lower bound of the minimum.

    So it is when the bound is above the value of a point that is feasible exactly, or is proved to exist: then
    :math:`b > \bar f \ge f(x) \ge \min f`, with :math:`\bar f` the upper end of the value's enclosure, compared in
    exact arithmetic. A refuted bound is to be given up, not lowered to the value: what led to it is wrong.

    Parameters
    ----------
    bound : float or Fraction
        Infinity, which says that there is no feasible point, is refuted by any; minus infinity by none.
    verdict : Verdict
        One of a point that has merely converged, or was refused, proves nothing.

    Raises
    ------
    InvalidInput
        When the bound is not a number.
    """
    if isinstance(bound, float) and math.isnan(bound):
        raise InvalidInput("bound: expected a number, found NaN")
    if verdict.value is None or verdict.feasibility not in (Feasibility.EXACT, Feasibility.PROVED):
        return False
    if isinstance(bound, float) and math.isinf(bound):
        return bound > 0
    return Fraction(bound) > verdict.value.high
