"""The least values of a polynomial on the unit sphere: where a form is negative, or zero."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..polynomials import Polynomial

Floats = NDArray[np.float64]
#: Starting points, and those with entries -1, 0 and 1 that are looked at.
_STARTS, _LATTICE = 48, 2_000
#: Newton steps towards a zero.
_STEPS = 6


def lattice_points(n: int) -> Floats:
    """Return points with entries -1, 0 and 1, one of each pair of opposite ones, as many as are looked at."""
    if 3**n > _LATTICE:
        eye = np.eye(n)
        pairs = [eye[i] + sign * eye[j] for i in range(n) for j in range(i) for sign in (1, -1)]
        return np.array([*eye, *pairs, np.ones(n)])[:_LATTICE]
    points = np.array(list(product((0.0, 1.0, -1.0), repeat=n)))[1:]
    first = points[np.arange(len(points)), (points != 0).argmax(axis=1)]
    return np.asarray(points[first > 0])


def low_on_sphere(f: Polynomial, seed: int, until: float, descend: bool = True) -> Floats:
    """Return points at which descents on the unit sphere end, and simple points; the lowest value first.

    Without descents the points at which they would start are returned.

    Parameters
    ----------
    f : Polynomial
    seed : int
    until : float
        No descent begins after this, on the clock of `time.perf_counter`.

    Returns
    -------
    (m, n) array
        In the variables that occur in `f`; simple points have entries -1, 0 and 1, the others are of length one.
    """
    n, gradient = len(f.variables), f.gradient()
    simple = lattice_points(n)
    random = np.random.default_rng(seed).standard_normal((_STARTS, n))
    ends = [simple]

    def along(x: Floats) -> tuple[float, Floats]:
        length = float(np.linalg.norm(x))
        u = x / length
        slope = np.array([float(g(u)) for g in gradient])
        return float(f(u)), (slope - (slope @ u) * u) / length

    for start in random:
        if not descend or time.perf_counter() > until:
            ends.append(start[None, :] / np.linalg.norm(start))
            continue
        found = minimize(along, start / np.linalg.norm(start), jac=True, method="L-BFGS-B")
        ends.append(_polished(f, found.x / np.linalg.norm(found.x))[None, :])
    points = np.concatenate(ends)
    lengths = np.linalg.norm(points, axis=1)
    values = np.asarray(f(points / lengths[:, None]))
    return points[np.argsort(values, kind="stable")]


def _polished(f: Polynomial, point: Floats) -> Floats:
    """Return a nearby point where the gradient vanishes, if Newton's method finds one; else the point."""
    gradient = f.gradient()
    second = [g.gradient() for g in gradient]
    best, least = point, float(f(point))
    x = point
    for _ in range(_STEPS):
        slope = np.array([float(g(x)) for g in gradient])
        hessian = np.array([[float(h(x)) for h in row] for row in second])
        step = np.linalg.lstsq(np.vstack([hessian, x]), np.append(-slope, 0.0), rcond=1e-8)[0]
        x = x + step
        length = float(np.linalg.norm(x))
        if not np.isfinite(length) or length == 0:
            break
        x = x / length
        value = float(f(x))
        if abs(value) <= abs(least) or value < least:
            best, least = x, value
    return best
