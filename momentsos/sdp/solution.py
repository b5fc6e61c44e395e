"""What came back from a solver, with the residuals that we computed from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ..machine.mappings import ReadOnly
from ..machine.records import Record
from .infeasibility import DualRay, PrimalRay
from .residuals import Residuals


class SDPStatus(Enum):
    """How the solve of one SDP ended, in our words; each adapter maps its solver's words totally onto these.

    The two infeasibilities are claims of the solver until the ray that comes with them has been checked.
    """

    OPTIMAL = "optimal"
    INACCURATE = "inaccurate"
    PRIMAL_INFEASIBLE = "primal infeasible"
    DUAL_INFEASIBLE = "dual infeasible"
    LIMIT = "limit reached"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False, repr=False)
class SDPSolution(Record):
    """A pair of primal and dual vectors for an `SDP`, whatever the solver said of them.

    Attributes
    ----------
    status : SDPStatus
        The solver's claim, mapped.
    words : str
        The solver's own words.
    moments : (n,) array or None
        The primal vector `y`.
    equality_duals : (p,) array or None
        The dual vector `λ`.
    gram : (rows,) array or None
        The svec of the dual blocks `X_j`, in the order of the rows of `SDP.operator`.
    residuals : Residuals or None
        Recomputed by us from these three vectors; None when one of them is missing.
    primal_ray, dual_ray : PrimalRay or DualRay or None
        Proof of dual or of primal infeasibility, checked by us before it is set.
    iterations : int
    seconds : float
        Wall time in the solver, conversion excluded.
    solver : str
        Name in the registry, and version.
    statistics : mapping
        Whatever else the solver reported.
    """

    status: SDPStatus
    words: str
    moments: NDArray[np.float64] | None = None
    equality_duals: NDArray[np.float64] | None = None
    gram: NDArray[np.float64] | None = None
    residuals: Residuals | None = None
    primal_ray: PrimalRay | None = None
    dual_ray: DualRay | None = None
    iterations: int = 0
    seconds: float = 0.0
    solver: str = ""
    statistics: Mapping[str, object] = field(default_factory=ReadOnly)
