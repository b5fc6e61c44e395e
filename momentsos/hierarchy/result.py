"""What a solve ends with: a closed status, both bounds, the points, and how each was obtained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..bounds.region import Region
from ..conditioning.symmetry import HalfSpaces
from ..errors import BadOption
from ..extraction import Flatness
from ..machine.documents import write_document
from ..machine.mappings import ReadOnly
from ..machine.notebooks import Row, table
from ..machine.records import Record
from ..points.judge import Feasibility
from ..problem import Problem
from ..relaxations import Relaxation
from ..sdp import Residuals, SDPSolution, SDPStatus
from .document import FORMAT, result_document
from .gaps import absolute_gap, relative_gap
from .hooks import PAINTER, PROVER
from .status import Status
from .theorems import is_theorem

if TYPE_CHECKING:
    from ..branching.tree import Tree


@dataclass(frozen=True, eq=False, repr=False)
class Attempt(Record):
    """One relaxation that was solved on the way.

    Attributes
    ----------
    order : int
    region : Region
        The set on which its lower bound holds; `coverage` is its text.
    sdp_status : SDPStatus
    words : str
    lower_bound : float or None
        Corrected for the residuals of the identity; None when they were too large for any bound.
    correction : float
        What was subtracted for them, in the units of the objective.
    absorbed : bool
        Whether the residuals were absorbed, so that the bound holds on all of `region`; otherwise it holds on a
        box of the size of the known points.
    residuals : Residuals or None
    flatness : Flatness or None
    dropped : tuple of str
        Candidate points that were not kept, and why.
    sizes : mapping
    seconds : float
        Time in the SDP solver.
    refuted : bool
        Whether a feasible point contradicts the bound that its dual vectors gave, which is not kept.
    upper_bound : float or None
        Where the objective is maximised: the bound, in place of `lower_bound`.
    """

    order: int
    region: Region
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
    refuted: bool = False
    upper_bound: float | None = None

    @property
    def coverage(self) -> str:
        """The text of `region`."""
        return str(self.region)


@dataclass(frozen=True, eq=False, repr=False)
class Result(Record):
    r"""The answer to a polynomial optimisation problem.

    Attributes
    ----------
    status : Status
    lower_bound : float or None
        A bound on the minimum over `region`, from the dual side, corrected for residuals.
    upper_bound : float or None
        The objective at ``minimizers[0] + fine[0]``, the best feasible point known, rounded up.
        Where the objective is maximised, it is the other way round: the upper bound is from the dual side, and the
        lower one the objective at that point, rounded down.
    minimizers, maximizers : (r, n) array
        Feasible points whose objective is that of the best one to the tolerance; no rows when none is known.
    fine : (r, n) array or None
        What rounding to floats has taken from the points: the objective is `upper_bound` at ``minimizers + fine``.
        Zero unless the data are so large that it matters.
    order : int or None
        Order of the relaxation that gave the lower bound; with the method ``"multiplied"`` the power of the
        denominator, see `momentsos.relaxations.multiplied`.
    method, solver : str
    reason : str
        Why ``method="auto"`` took this method; empty when the user named it.
    region : Region
        What the lower bound covers: all of R^n, the ball that was put around the variables, or a box that contains
        the best point, where the defect of the solver's identity was subtracted on that; `coverage` is its text.
    absorbed : bool
        Whether the defect of the solver's identity was absorbed (see `Attempt.absorbed`).
    proved : bool or None
        What `rigorous` says; None where it was not looked at yet.
    unit : float
        Of relative gaps; see `momentsos.hierarchy.gaps`.
    feasibility : Feasibility or None
        How it is known that ``minimizers[0]`` is feasible; None without any.
    symmetry : HalfSpaces or None
        Half-spaces that the problem of `relaxation` has beyond the given one: together they hold a point of each orbit
        of its symmetries, see `momentsos.conditioning.symmetry`. Neither compared nor written to files.
    tol : float
    attempts : tuple of Attempt
        Every relaxation that was solved, in order.
    message : str
        What to know or to do, in a sentence or two.
    seconds, sizes : mapping
        Times by phase; moments, blocks and largest block of the deciding relaxation.
    problem : Problem
    asked : tuple of str
        With ``solver="auto"``: who was asked to solve the deciding relaxation, and what came, a line each.
    relaxation : Relaxation or None
        The deciding relaxation, in scaled units. It, its solution and the change are neither compared nor written to
        files.
    solution : SDPSolution or None
    tree : Tree or None
        The search of boxes that gave the bound, with ``method="branch"``; neither compared nor written to files.
    change : object or None
        The change of variables between `problem` and the problem of `relaxation`.
    """

    status: Status
    lower_bound: float | None
    upper_bound: float | None
    minimizers: NDArray[np.float64]
    order: int | None
    method: str
    solver: str
    region: Region
    absorbed: bool
    unit: float
    tol: float
    problem: Problem
    attempts: tuple[Attempt, ...] = ()
    message: str = ""
    reason: str = ""
    seconds: Mapping[str, float] = field(default_factory=ReadOnly)
    sizes: Mapping[str, int] = field(default_factory=ReadOnly)
    asked: tuple[str, ...] = ()
    relaxation: Relaxation | None = field(default=None, compare=False)
    solution: SDPSolution | None = field(default=None, compare=False)
    change: Any = field(default=None, compare=False)
    proved: bool | None = field(default=None, compare=False)
    fine: NDArray[np.float64] | None = None
    feasibility: Feasibility | None = None
    tree: Tree | None = field(default=None, compare=False)
    symmetry: HalfSpaces | None = field(default=None, compare=False)

    @property
    def coverage(self) -> str:
        """The text of `region`."""
        return str(self.region)

    @property
    def maximizers(self) -> NDArray[np.float64]:
        """The same points as `minimizers`, under the name that fits where the objective is maximised."""
        return self.minimizers

    @property
    def gap(self) -> float | None:
        """The upper bound minus the lower bound, None when one is missing."""
        return absolute_gap(self.lower_bound, self.upper_bound)

    @property
    def relative_gap(self) -> float | None:
        """The gap divided by the absolute upper bound, or by `unit` where that is larger."""
        return relative_gap(self.lower_bound, self.upper_bound, self.unit)

    @property
    def flatness(self) -> Flatness | None:
        """The flat-truncation tests of the last relaxation that had any."""
        return next((a.flatness for a in reversed(self.attempts) if a.flatness is not None), None)

    @cached_property
    def rigorous(self) -> bool:
        """Whether the lower bound is a theorem about `problem` with the numbers that it has.

        An exact identity is proved to exist, or the defect of one is bounded, with every rounding error, on the set of
        all points that are at least as good as the best one (`momentsos.bounds.rigor`, `momentsos.bounds.on_box`), or
        on `region` where that is a box. For losses it is found out when it is first asked for.
        """
        return is_theorem(self) if self.proved is None else self.proved

    def certify(
        self,
        exact: bool = True,
        *,
        bound: float | Fraction | None = None,
        tolerance: float = 1e-4,
        solver: str = "auto",
        time_limit: float | None = 60.0,
    ) -> Any:
        """Prove the bound from the dual side, or one that is named, in rational arithmetic.

        Parameters
        ----------
        exact : bool
            True is the only kind.
        bound : number, optional
            Prove this bound instead, exactly: that the objective is nowhere below it on the feasible set (above it,
            where it is maximised).
        tolerance, solver, time_limit
            As for `momentsos.certificates.certify`: the largest share of the bounds' size by which the bound may be
            lowered, the solver of the programs on the way, seconds after which nothing new is tried.

        Returns
        -------
        Certificate
            Its `bound` is a `fractions.Fraction`: the one named, or slightly beyond that of the result.

        Raises
        ------
        BadOption, SolverUnavailable
            An argument is out of range.
        CertificateError
            There is no bound to certify, or no certificate within the tolerance was found; the bound that was named
            does not hold, or no proof of it was found.
        """
        if exact is not True:
            raise BadOption("certify: exact=True is the only kind; the floating-point bound is in lower_bound")
        return PROVER(self, tolerance, bound=bound, solver=solver, time_limit=time_limit)

    @cached_property
    def certificate(self) -> Any:
        """The exact certificate of the lower bound: what `certify` gives, made when it is first asked for.

        Raises
        ------
        CertificateError
            As `certify`.
        """
        return self.certify()

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the result to a file, from which `momentsos.load` reads it whole, floats to the last bit.

        What is not kept: the arrays of the relaxation (`relaxation`, `solution`, `change`), so that a certificate has
        to be made before, or from a new solution of the problem. A `certificate` that was made is kept. Whether the
        bound is `rigorous` is found out before.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        write_document(path, FORMAT, result_document(self))

    def plot(self, kind: str = "bounds", ax: Any = None) -> Any:
        """Draw the result.

        Parameters
        ----------
        kind : str
            ``"bounds"`` over the orders, ``"singular_values"`` of the moment matrices with the rank decision,
            ``"block_sizes"`` of the deciding relaxation, or the ``"sparsity"`` of the problem: the functions of
            `momentsos.plots`, which have more options.
        ax : matplotlib Axes, optional
            Where to draw; by default on a new figure.

        Returns
        -------
        Axes

        Raises
        ------
        BadOption, InvalidInput, SolverUnavailable
            There is no such kind, nothing to draw, or no matplotlib.
        """
        return PAINTER(self, kind, ax)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of a result; numbers that do not exist are None."""
        return {
            "status": self.status.name,
            "lower_bound": self.lower_bound,
            "upper_bound": self.upper_bound,
            "gap": self.gap,
            "relative_gap": self.relative_gap,
            "minimizers": self.minimizers.tolist(),
            "sense": self.problem.sense.value,
            "order": self.order,
            "method": self.method,
            "solver": self.solver,
            "asked": list(self.asked),
            "region": self.region.as_dict(),
            "rigorous": self.rigorous,
            "coverage": self.coverage,
            "message": self.message,
            "reason": self.reason,
            "seconds": {key: self.seconds.get(key, 0.0) for key in PHASES},
            "sizes": {key: self.sizes.get(key) for key in ("moments", "blocks", "largest_block")},
            "certificate": None,
        }

    def _repr_html_(self) -> str:
        points = "; ".join(np.array2string(point, precision=6, threshold=12) for point in self.minimizers[:3])
        more = len(self.minimizers) - 3
        return table(
            f"{self.status}: {self.message or self.status.meaning_for(self.problem.sense)}",
            [
                ("lower bound", _number(self.lower_bound)),
                ("upper bound", _number(self.upper_bound)),
                ("relative gap", None if self.relative_gap is None else f"{self.relative_gap:.3g}"),
                ("holds over", self.coverage),
                (f"{self.problem.sense.point}s", points + (f" and {more} more" if more > 0 else "")),
                ("order, method, solver", f"{self.order}, {self.method}, {self.solver}"),
                *self._more_rows(),
                ("seconds", f"{self.seconds.get('total', 0.0):.3g}"),
            ],
        )

    def _more_rows(self) -> list[Row]:
        """Return what a notebook shows beside the rows of every result."""
        return []

    def __str__(self) -> str:
        shown = [f"{self.status}: {self.message or self.status.meaning_for(self.problem.sense)}"]
        shown.append(f"  lower bound {_number(self.lower_bound)}, upper bound {_number(self.upper_bound)}")
        shown.append(f"  order {self.order}, method {self.method}, solver {self.solver}, holds over {self.coverage}")
        shown += [f"  {self.problem.sense.point} {np.array2string(point, precision=6)}" for point in self.minimizers]
        return "\n".join(shown)


#: The phases of `Result.seconds`.
PHASES = ("formulate", "relax", "solve", "extract", "total")


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"
