"""What solving a moment problem gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..hierarchy.gaps import absolute_gap, relative_gap
from ..hierarchy.status import Status
from ..machine.records import Brief, Record
from ..polynomials import Polynomial
from ..research.functional import Moments
from ..sdp import SDPSolution
from .expressions import Measure
from .program import MomentProblem


@dataclass(frozen=True, eq=False, repr=False)
class AtomicMeasure(Record):
    """A measure with finitely many atoms.

    Attributes
    ----------
    points : (atoms, n) array
    weights : (atoms,) array
        Their masses.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class MomentResult(Brief):
    r"""The answer to a moment problem, at one order.

    Attributes
    ----------
    status : Status
        `CERTIFIED`: atomic measures attain the bound to the tolerance. `BOUNDED`: some were found, and a gap is left.
        `LOWER_BOUND_ONLY`: the bound from the dual side, an upper one where the objective is maximised, holds for all
        measures, and none were found. `INFEASIBLE`: there are no such measures. `FAILED`: no bound was proved.
    lower_bound, upper_bound : float or None
        The one from the dual side is corrected for the residuals of the solver's identity. The other one is the value
        of `atoms`, which meet the constraints to 1e-9 of the sizes of their terms.
    order : int
    solver, message : str
    absorbed : bool
        Whether the residuals of the identity were absorbed, so that an exact one exists next to it; else what they
        can amount to on supports in a box, with masses that the constraints bound, was subtracted.
    atoms : mapping from names of measures to AtomicMeasure
        Empty where none were found.
    moments : mapping from names of measures to Moments
        The pseudo-moments of each measure, in the user's variables: ``result.moments["mu"](x**2)``.
    multipliers : (constraints,) array or None
        The multiplier :math:`\lambda_k` of each constraint of what is minimised: nonnegative for inequalities.
    solution : SDPSolution or None
        Of the conic program, in scaled units.
    problem : MomentProblem
    tol : float
    seconds : float
    """

    status: Status
    lower_bound: float | None
    upper_bound: float | None
    order: int
    solver: str
    message: str
    absorbed: bool
    atoms: Mapping[str, AtomicMeasure]
    moments: Mapping[str, Moments]
    multipliers: NDArray[np.float64] | None
    solution: SDPSolution | None
    problem: MomentProblem
    tol: float
    seconds: float

    @property
    def gap(self) -> float | None:
        """The upper minus the lower bound, None where one is missing."""
        return absolute_gap(self.lower_bound, self.upper_bound)

    @property
    def relative_gap(self) -> float | None:
        """The gap divided by the absolute upper bound, or by 1 where that is larger."""
        return relative_gap(self.lower_bound, self.upper_bound, 1.0)

    def dual_polynomial(self, measure: Measure) -> Polynomial:
        r"""Return :math:`p_0 - \sum_k \lambda_k p_k` of a measure: up to the residuals nonnegative on its support.

        Raises
        ------
        KeyError
            It is none of the problem's.
        """
        if measure not in self.problem.measures:
            raise KeyError(measure.name)
        zero = Polynomial.constant(0.0, measure.support.variables)
        found = self.problem.sense.turned(self.problem.objective.parts.get(measure, zero))
        for each, value in zip(
            self.problem.constraints, [] if self.multipliers is None else self.multipliers, strict=False
        ):
            found = found - each.expression.parts.get(measure, zero) * float(value)
        return found

    def __str__(self) -> str:
        lines = [f"{self.status}: {self.message}", f"  lower bound {self.lower_bound}, upper bound {self.upper_bound}"]
        lines.append(f"  order {self.order}, solver {self.solver}")
        for name, each in self.atoms.items():
            lines += [
                f"  {name}: {weight:.6g} at {np.array2string(point, precision=6)}"
                for point, weight in zip(each.points, each.weights, strict=True)
            ]
        return "\n".join(lines)
