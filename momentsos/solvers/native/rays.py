r"""Rays that prove infeasibility, read from iterates of the embedding with :math:`\tau \to 0`.

A candidate is moved onto its linear equations by one projection in the metric of the iterate, and then
given to the checks of `momentsos.sdp`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...sdp import check_dual_ray, check_primal_ray
from . import rules
from .arrays import Array
from .core.contract import Core
from .core.iterate import Iterate
from .prepare.scaled import Scaled


@dataclass(frozen=True, eq=False)
class Rays:
    """What an iterate has proved: `(λ, X)` or moments in the units of the program, at most one of them."""

    dual: tuple[Array, Array] | None = None
    primal: Array | None = None

    @property
    def found(self) -> bool:
        """Whether there is a ray."""
        return self.dual is not None or self.primal is not None


def in_sight(core: Core) -> bool:
    """Return whether the iterate is worth the checks of `find_rays`; most are not, and this costs little."""
    fall, terms = core.fall()
    if _falls(fall, terms, core.tau) and core.nearly_in_cone(*_allowed(fall, core.tau)):
        return True
    gain, terms = core.gain()
    return _gains(gain, terms) and gain > rules.PROMISING * core.image_size()


def find_rays(program: Scaled, core: Core) -> Rays:
    """Return what the iterate proves."""
    point = Iterate(*core.iterate())
    against = dual_ray(program, point, core.repair)
    return Rays(dual=against) if against is not None else Rays(primal=primal_ray(program, point))


def _falls(fall: float, terms: float, tau: float) -> bool:
    """Return whether a fall of the objective is more than rounding of its terms, and beside `τ`."""
    return fall > max(rules.PROMISING * tau, rules.GAIN_ROUNDING * terms)


def _allowed(fall: float, tau: float) -> tuple[float, float]:
    """Return how far moments may be outside the cone for a fall, and for which share of their entries."""
    return rules.VIOLATION * fall, rules.WEAK_VIOLATION if fall > rules.FAR * tau else 0.0


def _gains(gain: float, terms: float) -> bool:
    """Return whether a gain is more than rounding of its terms."""
    return gain > rules.GAIN_ROUNDING * terms


def dual_ray(program: Scaled, point: Iterate, repair: Callable[[Array], Array]) -> tuple[Array, Array] | None:
    r"""Return `(λ, X)` in the units of the program when the dual blocks prove primal infeasibility.

    `repair` takes a vector to a change of `X` with that image under :math:`A^\top`, in the metric of the iterate.
    """
    terms = program.constant * point.gram
    gain = -float(terms.sum())
    if not _gains(gain, float(np.abs(terms).sum())):
        return None
    missing = program.apply_adjoint(point.gram)
    if not gain > rules.PROMISING * float(np.abs(missing).max(initial=0.0)):
        return None
    gram = point.gram
    for _ in range(rules.RAY_REPAIRS):
        gram = gram - repair(program.apply_adjoint(gram))
    for candidate in (gram, point.gram):
        pivots = program.image(candidate)[program.elimination.n_head :]
        multipliers, rows = program.multipliers(-pivots), program.gram(candidate)
        left = float(np.abs(program.apply_adjoint(candidate)).max(initial=0.0))
        if left > rules.VIOLATION * gain or program.cone.lowest(candidate) < -rules.VIOLATION * gain:
            continue
        if check_dual_ray(program.sdp, multipliers, rows) is not None:
            return multipliers, rows
    return None


def primal_ray(program: Scaled, point: Iterate) -> Array | None:
    """Return moments in the units of the program when they prove dual infeasibility."""
    terms = program.gradient * point.free
    fall = -float(terms.sum())
    if not _falls(fall, float(np.abs(terms).sum()), point.tau):
        return None
    blocks = program.apply(point.free)
    violation, share = _allowed(fall, point.tau)
    if not program.cone.lowest(blocks) >= -max(violation, share * float(np.abs(blocks).max(initial=0.0))):
        return None
    moments = program.moments(point.free, 0.0)
    return moments if check_primal_ray(program.sdp, moments) is not None else None
