"""What is known at a point on the way of Newton's method: values in balls, slopes in floats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from flint import arb, ctx

from .compiled import Compiled
from .exact import Powers
from .records import Floats

#: Slopes in units are looked at in balls where they are not this much larger than the error of the value.
_CLEAR = 1e6


@dataclass(frozen=True, eq=False)
class Look:
    """What is known at a point about the equalities and the inequalities that are near.

    Attributes
    ----------
    x : (n,) array
        The point, rounded.
    rows : (p, n) array
        The slopes of all constraints.
    rounding : (p,) array
        The bounds of their relative rounding errors.
    lengths : (p,) array
    chosen : list of int
        The equalities, then the inequalities that are near.
    values : list of arb
        Of the chosen ones.
    residuals : array
        The same, divided by the lengths.
    distance : float
        The largest violation.
    holds : bool
        Whether all constraints hold, where there is no equality.
    """

    x: Floats
    rows: Floats | sp.csr_array
    rounding: Floats
    lengths: Floats
    chosen: list[int]
    values: list[arb]
    residuals: Floats
    distance: float
    holds: bool


def look_at(compiled: Compiled, point: list[arb], units: Floats, near: float, precision: int) -> Look | None:
    """Look at a point; None where numbers leave the range of floats or a violated constraint has no slope."""
    tables, m = compiled.tables, compiled.n_equalities
    x = np.array([float(coordinate) for coordinate in point])
    signs = tables.at(x)
    rows = tables.jacobian(x, units)
    lengths = lengths_of(rows)
    if not np.isfinite(lengths).all():
        return None
    far = signs.values[m:] > near * lengths[m:] + signs.errors[m:]
    chosen = [*range(m), *(m + np.flatnonzero(~far)).tolist()]
    powers: Powers = {}
    rounding = tables.rounding
    with ctx.workprec(precision):
        values = [compiled.forms[j].ball(point, powers) for j in chosen]
        unclear = [j for j in chosen if not lengths[j] > _CLEAR * signs.errors[j]] if tables.is_dense else []
        if unclear:
            rounding = rounding.copy()
            for j in unclear:
                rows[j], rounding[j] = compiled.forms[j].slopes(point, powers) * units, 0.0
            lengths = lengths_of(rows)
    holds = m == 0 and all(value >= 0 for value in values)
    middles = np.array([float(value.mid()) for value in values])
    lack = np.concatenate([np.abs(middles[:m]), np.maximum(-middles[m:], 0.0)])
    own = lengths[chosen]
    if ((own == 0.0) & (lack > 0.0)).any() or not (np.isfinite(middles) & np.isfinite(own)).all():
        return None
    own = np.where(own > 0.0, own, 1.0)
    with np.errstate(over="ignore"):
        residuals, distance = middles / own, float((lack / own).max(initial=0.0))
    if not np.isfinite(residuals).all():
        return None
    return Look(x, rows, rounding, lengths, chosen, values, residuals, distance, holds)


def lengths_of(rows: Floats | sp.csr_array) -> Floats:
    """Return the Euclidean norms of rows; infinite or not a number where entries are."""
    with np.errstate(all="ignore"):
        if isinstance(rows, np.ndarray):
            return np.asarray(np.linalg.norm(rows, axis=1))
        return np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).reshape(-1))
