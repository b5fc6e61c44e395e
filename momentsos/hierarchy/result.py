"""What a solve ends with: a closed status, both bounds, the points, and how each was obtained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..extraction import Flatness
from ..problem import Problem
from ..relaxations import Relaxation
from ..sdp import Residuals, SDPSolution, SDPStatus
from .request import ABSOLUTE_GAP

#: Below this, an upper bound counts as zero when a relative gap is formed.
GAP_FLOOR = 1e-8


class Status(Enum):
    """How a solve ended. Each member says what it means and what to do next (`remedy`)."""

    CERTIFIED = (
        "certified",
        "The lower bound meets a feasible point: the minimum is proved to the tolerance.",
        "",
    )
    BOUNDED = (
        "bounded",
        "Both bounds are known, and a gap is left.",
        "Raise max_order, give bounds on the variables (bound=...), or try another method.",
    )
    LOWER_BOUND_ONLY = (
        "lower bound only",
        "A lower bound is known; no feasible point was found.",
        "Raise max_order, or check that the constraints can be met.",
    )
    INFEASIBLE = (
        "infeasible",
        "The constraints are proved to exclude each other.",
        "Relax or remove a constraint.",
    )
    UNBOUNDED = (
        "unbounded",
        "The objective falls without end along feasible points.",
        "Add the constraint that is missing.",
    )
    AT_INFINITY = (
        "at infinity",
        "The infimum is approached only as variables grow without end; no point attains it.",
        "Add bounds on the variables, or a regularising term to the objective.",
    )
    STOPPED = (
        "stopped",
        "A limit of time, memory or order was reached before any bound.",
        "Raise the limit, or take a smaller order or problem.",
    )
    FAILED = (
        "failed",
        "No solver answer passed our checks.",
        "Try another solver, rescale the data, or bound the variables (bound=...).",
    )

    def __init__(self, label: str, meaning: str, remedy: str) -> None:
        self.label = label
        self.meaning = meaning
        self.remedy = remedy

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class Attempt:
    """One relaxation that was solved on the way.

    Attributes
    ----------
    order : int
    coverage : str
        The set on which its lower bound holds.
    sdp_status : SDPStatus
    words : str
    lower_bound : float or None
        Corrected for the residuals of the identity; None when they were too large for any bound.
    correction : float
        What was subtracted for them, in the units of the objective.
    absorbed : bool
        Whether the residuals were absorbed, so that the bound holds on all of `coverage`; otherwise it holds on a
        box of the size of the known points.
    residuals : Residuals or None
    flatness : Flatness or None
    dropped : tuple of str
        Candidate points that were not kept, and why.
    sizes : mapping
    seconds : float
        Time in the SDP solver.
    """

    order: int
    coverage: str
    sdp_status: SDPStatus
    words: str
    lower_bound: float | None
    correction: float
    absorbed: bool
    residuals: Residuals | None
    flatness: Flatness | None
    dropped: tuple[str, ...]
    sizes: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, eq=False)
class Result:
    r"""The answer to a polynomial optimisation problem.

    Attributes
    ----------
    status : Status
    lower_bound : float or None
        A bound on the minimum over `coverage`, from the dual side, corrected for residuals.
    upper_bound : float or None
        The objective at the best feasible point.
    minimizers : (r, n) array
        Feasible points whose objective is `upper_bound` to the tolerance; no rows when none is known.
    fine : (r, n) array or None
        What rounding to floats has taken from the points: the objective is `upper_bound` at ``minimizers + fine``.
        Zero unless the data are so large that it matters.
    order : int or None
        Order of the relaxation that gave the lower bound.
    method, solver : str
    reason : str
        Why ``method="auto"`` took this method; empty when the user named it.
    coverage : str
        What the lower bound covers: all of R^n, the ball that was put around the variables, or a box that contains
        the best point, where the defect of the solver's identity was subtracted on that (see `Attempt.absorbed`).
    scale : float
        The objective's own scale: the size of its terms at the best point, in balanced units.
    tol : float
    attempts : tuple of Attempt
        Every relaxation that was solved, in order.
    message : str
        What to know or to do, in a sentence or two.
    seconds, sizes : mapping
        Times by phase; moments, blocks and largest block of the deciding relaxation.
    problem : Problem
    relaxation : Relaxation or None
        The deciding relaxation, in scaled units.
    solution : SDPSolution or None
    change : object or None
        The change of variables between `problem` and the problem of `relaxation`.
    certificate : object or None
        The exact certificate, once `certify` made one.
    """

    status: Status
    lower_bound: float | None
    upper_bound: float | None
    minimizers: NDArray[np.float64]
    order: int | None
    method: str
    solver: str
    coverage: str
    scale: float
    tol: float
    problem: Problem
    attempts: tuple[Attempt, ...] = ()
    message: str = ""
    reason: str = ""
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sizes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    relaxation: Relaxation | None = None
    solution: SDPSolution | None = None
    change: Any = None
    certificate: Any = None
    fine: NDArray[np.float64] | None = None

    @property
    def gap(self) -> float | None:
        """The upper bound minus the lower bound, None when one is missing."""
        return absolute_gap(self.lower_bound, self.upper_bound)

    @property
    def relative_gap(self) -> float | None:
        """The gap divided by the absolute upper bound, or by 1e-8 where that is larger."""
        return relative_gap(self.lower_bound, self.upper_bound)

    @property
    def flatness(self) -> Flatness | None:
        """The flat-truncation tests of the last relaxation that had any."""
        return next((a.flatness for a in reversed(self.attempts) if a.flatness is not None), None)

    @property
    def asked(self) -> tuple[str, ...]:
        """With ``solver="auto"``: who was asked to solve the deciding relaxation, and what came, a line each."""
        found = () if self.solution is None else self.solution.statistics.get("asked", ())
        return tuple(map(str, found)) if isinstance(found, tuple) else ()

    def certify(
        self, exact: bool = True, *, tolerance: float = 1e-4, solver: str = "auto", time_limit: float | None = 60.0
    ) -> Any:
        """Prove the lower bound in rational arithmetic.

        Parameters
        ----------
        exact : bool
            True is the only kind.
        tolerance, solver, time_limit
            As for `momentsos.certificates.certify`: the largest share of the bounds' size by which the bound may be
            lowered, the solver of the programs on the way, seconds after which nothing new is tried.

        Returns
        -------
        Certificate
            Its `bound` is a `fractions.Fraction`, slightly below `lower_bound`.

        Raises
        ------
        BadOption, SolverUnavailable
            An argument is out of range.
        CertificateError
            There is no bound to certify, or no certificate within the tolerance was found.
        """
        from ..certificates import certify
        from ..errors import BadOption

        if exact is not True:
            raise BadOption("certify: exact=True is the only kind; the floating-point bound is in lower_bound")
        return certify(self, tolerance, solver=solver, time_limit=time_limit)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of a result; numbers that do not exist are None."""
        return {
            "status": self.status.name,
            "lower_bound": self.lower_bound,
            "upper_bound": self.upper_bound,
            "gap": self.gap,
            "relative_gap": self.relative_gap,
            "minimizers": self.minimizers.tolist(),
            "order": self.order,
            "method": self.method,
            "solver": self.solver,
            "asked": list(self.asked),
            "coverage": self.coverage,
            "message": self.message,
            "reason": self.reason,
            "seconds": {key: self.seconds.get(key, 0.0) for key in PHASES},
            "sizes": {key: self.sizes.get(key) for key in ("moments", "blocks", "largest_block")},
            "certificate": None,
        }

    def __str__(self) -> str:
        shown = [f"{self.status}: {self.message or self.status.meaning}"]
        shown.append(f"  lower bound {_number(self.lower_bound)}, upper bound {_number(self.upper_bound)}")
        shown.append(f"  order {self.order}, method {self.method}, solver {self.solver}, holds over {self.coverage}")
        shown += [f"  minimizer {np.array2string(point, precision=6)}" for point in self.minimizers]
        return "\n".join(shown)


#: The phases of `Result.seconds`.
PHASES = ("formulate", "relax", "solve", "extract", "total")


def absolute_gap(lower: float | None, upper: float | None) -> float | None:
    """Return the upper minus the lower bound, None when one is missing."""
    return None if lower is None or upper is None else upper - lower


def relative_gap(lower: float | None, upper: float | None) -> float | None:
    """Return the gap over ``max(|upper|, 1e-8)``, None when a bound is missing."""
    return None if lower is None or upper is None else (upper - lower) / max(abs(upper), GAP_FLOOR)


def closes(lower: float | None, upper: float | None, scale: float, tol: float) -> bool:
    """Whether the gap is closed: relative gap at most `tol`, or absolute gap at most 1e-8 of `scale`."""
    if lower is None or upper is None:
        return False
    allowed = max(tol * max(abs(upper), GAP_FLOOR if scale > GAP_FLOOR else 0.0), ABSOLUTE_GAP * scale)
    return abs(upper - lower) <= allowed


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"
