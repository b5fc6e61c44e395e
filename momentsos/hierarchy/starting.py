"""What a first-order solver starts from: the moments of the best points known, and the bound that would be enough.

While it runs, points are read off the moments that it has reached: a wrong local minimiser as start can stall it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..points.flips import nearest_two_valued
from ..points.known import Known
from ..points.spheres import on_sphere
from ..relaxations import Relaxation
from ..solvers import KnownPoints, may_split

if TYPE_CHECKING:
    from .evidence import Evidence
    from .methods import Setting

Floats = NDArray[np.float64]
#: The share of the tolerance at which a bound is enough; the rest is for what a proof loses.
SHARE = 0.5
#: Other points whose value is as good to this share start a solve together.
_AS_GOOD, _MOST = 1e-9, 8
#: Points drawn from the first and second moments.
_DRAWN = 4


def known_points(evidence: Evidence, setting: Setting, relaxation: Relaxation) -> KnownPoints | None:
    """Return the moments of the best points for a program; None where none is known, or no solver would ask for them.

    Parameters
    ----------
    evidence : Evidence
    setting : Setting
        The form in which the problem was relaxed.
    relaxation : Relaxation
    """
    asked = type(relaxation) is Relaxation and may_split(evidence.request.solver, relaxation.sdp)
    return _of(evidence.known, evidence, setting, relaxation) if asked and evidence.known.best is not None else None


def _of(known: Known, evidence: Evidence, setting: Setting, relaxation: Relaxation) -> KnownPoints | None:
    upper, change = known.upper, setting.change
    assert upper is not None
    size = max(abs(upper), evidence.unit)
    points = known.minimizers(_AS_GOOD * size)[0][:_MOST]
    rows = [_moments(relaxation, change.inverse_point(point)) for point in points]
    sizes = [float((relaxation.sdp.equalities[0] @ row)[0]) for row in rows]
    kept = [row / mass for row, mass in zip(rows, sizes, strict=True) if mass > 0.0 and np.isfinite(row).all()]
    if not kept:
        return None

    def improved(moments: Floats) -> KnownPoints | None:
        if evidence.request.time_left() <= 0:
            return None
        better = _with_read_points(known, setting, relaxation, moments)
        found = better.upper
        if found is None or not found < upper - _AS_GOOD * size:
            return None
        return _of(better, evidence, setting, relaxation)

    goal = upper - SHARE * evidence.request.tol * size
    return KnownPoints(np.array(kept), change.inverse_value(goal), improved)


def _with_read_points(known: Known, setting: Setting, relaxation: Relaxation, moments: Floats) -> Known:
    """Return what is known with the ends of descents from points read off moments of degrees one and two."""
    n = len(setting.change.matrix)
    unit = np.eye(n, dtype=np.int64)
    first, second = np.triu_indices(n)
    rows = np.concatenate([np.zeros((1, n), dtype=np.int64), unit, unit[first] + unit[second]])
    read = relaxation.moments_of(rows, moments)
    if not (np.isfinite(read).all() and read[0] > 0.0):
        return known
    matrix = np.zeros((n, n))
    matrix[first, second] = matrix[second, first] = read[1 + n :] / read[0]
    mean = read[1 : 1 + n] / read[0]
    values, vectors = np.linalg.eigh(matrix)
    spread = np.linalg.eigh(matrix - np.outer(mean, mean))
    root = spread[1] * np.sqrt(np.maximum(spread[0], 0.0))
    length = np.sqrt(max(values[-1], 0.0))
    draws = mean + np.random.default_rng(0).standard_normal((_DRAWN, n)) @ root.T
    starts = np.concatenate([mean[None], [length * vectors[:, -1]], [-length * vectors[:, -1]], draws])
    points = setting.change.point(starts)
    there = on_sphere(known.problem, points)
    points = points if there is None else there
    flipped = nearest_two_valued(known.problem, points)
    if flipped is not None:
        return known.with_points([known.local.assess(known.change.inverse_point(point)) for point in flipped])
    ends = [known.local.descend(known.change.inverse_point(point)) for point in points]
    best = min((end for end in ends if end.feasible), key=lambda end: end.value, default=None)
    return known if best is None else known.with_points([best])


def _moments(relaxation: Relaxation, point: Floats) -> Floats:
    """Return the monomials of a relaxation at a point."""
    found = np.ones(len(relaxation.monomials))
    for i, value in enumerate(np.asarray(point).tolist()):
        powers = relaxation.monomials.rows[:, i]
        found *= np.power(value, np.arange(int(powers.max(initial=0)) + 1, dtype=np.float64))[powers]
    return found
