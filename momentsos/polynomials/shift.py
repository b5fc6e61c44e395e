r"""The Taylor shift `p(s + a)` of many polynomials at once, in twice the working precision.

A shift to a local optimum turns data of size 1e9 into residuals of size 1e-2: of the sixteen digits of a double, eleven
cancel. Here every number is an unevaluated sum of two doubles, so that about thirty digits are carried, and the
rounded result is as accurate as a float can be.

Source: Dekker, Numer. Math. 18 (1971), for products; Knuth, The Art of Computer Programming 2, 4.2.2, for sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..machine.remembered import remembered
from .exponents import ExponentIndex, Exponents, unique_rows

Floats = NDArray[np.float64]
_SPLIT = 2.0**27 + 1.0


def two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return the rounded sum and its rounding error, exactly."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: Floats, b: Floats | float) -> tuple[Floats, Floats]:
    """Return the rounded product and its rounding error, exactly where nothing over- or underflows."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: Any) -> tuple[Any, Any]:
    scaled = _SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def taylor_shift(
    rows: Exponents, table: Floats, shift: Floats, fine: Floats, rest: Floats | None = None
) -> tuple[Exponents, Floats, Floats]:
    r"""Expand polynomials at :math:`x = s + a` in monomials of `s`, with `a` the sum of two floats.

    One variable after the other is shifted by the scheme of repeated synthetic division.

    Parameters
    ----------
    rows : (terms, n) integer array
        Distinct monomials.
    table : (polynomials, terms) array
        Coefficients.
    shift, fine : (n,) arrays
        The `a` is ``shift + fine``.
    rest : (polynomials, terms) array, optional
        The coefficients are ``table + rest``.

    Returns
    -------
    monomials : (m, n) integer array
        All divisors of `rows`.
    high, low : (polynomials, m) arrays
        The coefficients are their sum; `high` is that sum rounded once, from about 30 digits.
    """
    monomials, own, steps = _divisions(rows, np.flatnonzero((shift != 0) | (fine != 0)))
    high = np.zeros((len(monomials), len(table)))
    high[own] = table.T
    low = np.zeros_like(high)
    if rest is not None:
        low[own] = rest.T
    for i, divisions in steps:
        top = len(divisions)
        for first in range(top):
            for places, source in divisions[: top - first]:
                add_multiple(high, low, places, high[source], low[source], float(shift[i]), float(fine[i]))
    high, low = two_sum(high, low)
    return monomials, high.T, low.T


Division = tuple[NDArray[np.intp], NDArray[np.intp]]


@remembered
def _divisions(
    rows: Exponents, moved: NDArray[np.intp]
) -> tuple[Exponents, NDArray[np.intp], list[tuple[int, list[Division]]]]:
    """Return the monomials after a shift of the variables `moved`, where `rows` are, and the steps of the divisions.

    For each variable, highest powers first: monomials with the power, and those with one power more.
    """
    index = ExponentIndex.of(_divisors(rows, moved))
    steps = []
    for i in moved.tolist():
        power = index.rows[:, i]
        raised = index.find(index.rows + np.eye(rows.shape[1], dtype=np.int64)[i])
        divisions = []
        for degree in range(int(power.max(initial=0)) - 1, -1, -1):
            places = np.flatnonzero((power == degree) & (raised >= 0))
            divisions.append((places, raised[places]))
        steps.append((i, divisions))
    return index.rows, index.find(rows), steps


def add_multiple(
    high: Floats, low: Floats, places: Any, source: Floats, source_low: Floats, a: Floats | float, a_low: float = 0.0
) -> None:
    """Add `a + a_low` times the numbers `source + source_low` to those of `high + low` at distinct `places`."""
    product, error = two_product(source, a)
    error = error + (source * a_low + source_low * a)
    total, rest = two_sum(high[places], product)
    rest = rest + (low[places] + error)
    high[places], low[places] = two_sum(total, rest)


def _divisors(rows: Exponents, moved: NDArray[np.intp]) -> Exponents:
    """Return the monomials that arise when exponents of the variables `moved` are lowered in all ways."""
    for i in moved:
        lowered = [rows]
        while (lowered[-1][:, i] > 0).any():
            step = lowered[-1][lowered[-1][:, i] > 0].copy()
            step[:, i] -= 1
            lowered.append(step)
        rows = unique_rows(np.concatenate(lowered))[0]
    return rows
