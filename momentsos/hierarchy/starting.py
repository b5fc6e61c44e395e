"""What a first-order solver starts from: the moments of the best points known, and the bound that would be enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..relaxations import Relaxation
from ..solvers import KnownPoints, may_split

if TYPE_CHECKING:
    from .evidence import Evidence
    from .methods import Setting

#: The share of the tolerance at which a bound is enough; the rest is for what a proof loses.
SHARE = 0.5
#: Other points whose value is as good to this share start a solve together.
_AS_GOOD, _MOST = 1e-9, 8


def known_points(evidence: Evidence, setting: Setting, relaxation: Relaxation) -> KnownPoints | None:
    """Return the moments of the best points for a program; None where none is known, or no solver would ask for them.

    Parameters
    ----------
    evidence : Evidence
    setting : Setting
        The form in which the problem was relaxed.
    relaxation : Relaxation
    """
    request, known = evidence.request, evidence.known
    upper = known.upper
    if upper is None or type(relaxation) is not Relaxation or not may_split(request.solver, relaxation.sdp):
        return None
    change = setting.change
    points = known.minimizers(_AS_GOOD * max(abs(upper), evidence.unit))[0][:_MOST]
    rows = [_moments(relaxation, change.inverse_point(point)) for point in points]
    sizes = [float((relaxation.sdp.equalities[0] @ row)[0]) for row in rows]
    kept = [row / size for row, size in zip(rows, sizes, strict=True) if size > 0.0 and np.isfinite(row).all()]
    if not kept:
        return None
    goal = upper - SHARE * request.tol * max(abs(upper), evidence.unit)
    return KnownPoints(np.array(kept), change.inverse_value(goal))


def _moments(relaxation: Relaxation, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the monomials of a relaxation at a point."""
    found = np.ones(len(relaxation.monomials))
    for i, value in enumerate(np.asarray(point).tolist()):
        powers = relaxation.monomials.rows[:, i]
        found *= np.power(value, np.arange(int(powers.max(initial=0)) + 1, dtype=np.float64))[powers]
    return found
