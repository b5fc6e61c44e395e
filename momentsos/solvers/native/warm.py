r"""A warm start: from the answer to a program that is near this one, and has its shape.

The first point is :math:`\lambda\, w + (1 - \lambda)\, e` with the answer `w` and the cold start `e`, and `κ` such
that :math:`\tau\kappa` is the mean of the other products: Skajaa, Andersen, Ye, *Warmstarting the homogeneous and
self-dual interior point method for linear and conic quadratic problems*, Math. Program. Comput. 5 (2013), who take
:math:`\lambda = 0.99`. Where such a point is not in the interior, for the answer is not quite feasible here, `λ` is
lowered.
"""

from __future__ import annotations

import numpy as np

from ...errors import BadOption
from ...sdp import SDP, SDPSolution
from . import rules
from .core.iterate import Iterate
from .core.numpy.iteration import Iteration
from .prepare.scaled import Scaled


def check_start(sdp: SDP, solution: SDPSolution) -> None:
    """Raise `BadOption` when a solution cannot be one of a program with this shape."""
    lengths = {"moments": sdp.n_moments, "gram": sdp.operator.shape[0]}
    for name, length in lengths.items():
        vector = getattr(solution, name)
        if vector is None or vector.shape != (length,):
            came = "nothing" if vector is None else f"shape {vector.shape}"
            raise BadOption(f"solver option start: expected {name} of shape ({length},), got {came}")


def warm_start(core: Iteration, solution: SDPSolution) -> bool:
    """Move the iterate, the cold start, towards `solution`; return False where no share of that is in the interior."""
    program, cold = core.program, Iterate(*core.iterate())
    free, slack, gram = _scaled(program, solution)
    for share in rules.WARM_SHARES:
        mixed = share * slack + (1.0 - share) * cold.slack, share * gram + (1.0 - share) * cold.gram
        tau = share + (1.0 - share) * cold.tau
        kappa = float(mixed[0] @ mixed[1]) / program.cone.degree / tau
        try:
            core.take(Iterate(share * free + (1.0 - share) * cold.free, *mixed, tau, kappa))
            return True
        except np.linalg.LinAlgError:
            continue
    return False


def _scaled(program: Scaled, solution: SDPSolution) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return free moments, slacks and dual blocks of a solution in the units of the iteration."""
    elimination, scaling = program.elimination, program.scaling
    assert solution.moments is not None and solution.gram is not None
    moments = (solution.moments / scaling.moments)[elimination.order]
    free = elimination.select(moments[: elimination.n_head]) / program.moment_unit
    rows = solution.gram / (scaling.rows * program.cost_unit)
    return free, program.apply(free) + program.constant, program.cone.spread(rows * program.cone.weights)
