r"""Points on a sphere or ellipsoid around the origin, where one equality asks for it.

Descents that begin far from :math:`\sum_i a_i x_i^2 = r^2` leave the range of floats before they come near it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..problem import Problem

Floats = NDArray[np.float64]


def on_sphere(problem: Problem, points: Floats) -> Floats | None:
    """Return points moved along their rays onto the sphere of the only equality, None where it is no sphere.

    Parameters
    ----------
    problem : Problem
    points : (r, n) array
        Those at the origin stay there.
    """
    if len(problem.equalities) != 1:
        return None
    h = problem.equalities[0]
    rows, values = h.exponents, h.values
    squares = rows.sum(axis=1) == 2
    constant = ~rows.any(axis=1)
    kinds = squares & (rows.max(axis=1, initial=0) == 2)
    whole = (kinds | constant).all() and kinds.sum() == problem.n_variables and constant.sum() == 1
    if not whole or not (values[kinds] * -np.sign(values[constant]) > 0.0).all():
        return None
    axes = np.zeros(problem.n_variables)
    axes[rows[kinds].argmax(axis=1)] = -values[kinds] / values[constant]
    lengths = np.sqrt((points**2) @ axes)
    return np.asarray(points / np.where(lengths > 0.0, lengths, 1.0)[:, None])
