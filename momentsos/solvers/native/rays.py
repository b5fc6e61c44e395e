r"""Rays that prove infeasibility, read from iterates of the embedding with :math:`\tau \to 0`.

A candidate is moved onto its linear equations by one projection in the metric of the iterate, and then
given to the checks of `momentsos.sdp`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...sdp import check_dual_ray, check_primal_ray
from .arrays import Array
from .core.iterate import Iterate
from .prepare.scaled import Scaled

#: Violation, with the gain scaled to 1, up to which a ray is believed in the scaled program as well: a check
#: in units of the program alone takes a badly scaled optimum far away for a ray.
_VIOLATION = 1e-8
#: Without a ray the objective may still fall without end along directions that come ever closer to the cone.
#: That is believed when the fall and the share of the violation in the largest entry are beyond these.
_FAR, _WEAK_VIOLATION = 1e4, 1e-9
#: Gain over violation from which a candidate is worth a check.
_PROMISING = 1e3
#: Share of its terms that a gain must exceed, lest it be their rounding.
_ROUNDING = 1e-9


def dual_ray(program: Scaled, point: Iterate, repair: Callable[[Array], Array]) -> tuple[Array, Array] | None:
    r"""Return `(λ, X)` in the units of the program when the dual blocks prove primal infeasibility.

    `repair` takes a vector to a change of `X` with that image under :math:`A^\top`, in the metric of the iterate.
    """
    terms = program.constant * point.gram
    gain = -float(terms.sum())
    if not gain > _ROUNDING * float(np.abs(terms).sum()):
        return None
    missing = program.apply_adjoint(point.gram)
    if not gain > _PROMISING * float(np.abs(missing).max(initial=0.0)):
        return None
    gram = point.gram
    for _ in range(2):
        gram = gram - repair(program.apply_adjoint(gram))
    for candidate in (gram, point.gram):
        pivots = program.image(candidate)[program.elimination.n_head :]
        multipliers, rows = program.multipliers(-pivots), program.gram(candidate)
        left = float(np.abs(program.apply_adjoint(candidate)).max(initial=0.0))
        if left > _VIOLATION * gain or program.cone.lowest(candidate) < -_VIOLATION * gain:
            continue
        if check_dual_ray(program.sdp, multipliers, rows) is not None:
            return multipliers, rows
    return None


def primal_ray(program: Scaled, point: Iterate) -> Array | None:
    """Return moments in the units of the program when they prove dual infeasibility."""
    terms = program.gradient * point.free
    fall = -float(terms.sum())
    if not fall > max(_PROMISING * point.tau, _ROUNDING * float(np.abs(terms).sum())):
        return None
    blocks = program.apply(point.free)
    low = program.cone.lowest(blocks)
    exact = low >= -_VIOLATION * fall
    weak = fall > _FAR * point.tau and low >= -_WEAK_VIOLATION * float(np.abs(blocks).max(initial=0.0))
    if not exact and not weak:
        return None
    moments = program.moments(point.free, 0.0)
    return moments if check_primal_ray(program.sdp, moments) is not None else None
