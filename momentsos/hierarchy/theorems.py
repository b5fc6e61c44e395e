"""Which bounds are theorems about the problem as the user gave it: identities in its own numbers, rounded outwards."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..bounds.changed import changed_box, exactly_changed
from ..bounds.dimension import dimension_of, on_a_face
from ..bounds.dual import DualBound, dual_bound
from ..bounds.exact_ray import exactly_empty
from ..bounds.implied import implied_box
from ..bounds.on_box import prove_on_box
from ..bounds.region import Box, Region
from ..bounds.rigor import prove_empty, prove_everywhere
from ..bounds.span import span_of
from ..bounds.spreading import prove_by_spreading
from ..conditioning.affine import AffineChange
from ..problem import Problem
from ..relaxations import Relaxation
from ..sdp import DualRay, SDPSolution
from .methods import Setting

if TYPE_CHECKING:
    from .result import Result


def proved_bound(
    dual: DualBound, setting: Setting, relaxation: Relaxation, solution: SDPSolution, region: Region, upper: float
) -> float | None:
    """Return the bound that is proved on a region, in the units of the objective, None where none is.

    First the identity is made exact (`momentsos.bounds.rigor`); then its defect is bounded on the box of all feasible
    points that are at least as good as the best one, or on the region where that is a box (`momentsos.bounds.on_box`).

    Parameters
    ----------
    dual, setting, relaxation, solution
        The bound, and what it comes from.
    region : Region
    upper : float
        The best value known.
    """
    change = setting.change
    meant = meant_by(change)
    value = _everywhere(dual, change, meant, relaxation, solution)
    if value is None and (region.everything or isinstance(region, Box)):
        value = _on_box(change, meant, relaxation, solution, region, upper)
    return value


def proved_everywhere(dual: DualBound, setting: Setting, relaxation: Relaxation, solution: SDPSolution) -> float | None:
    """Return the bound that is proved wherever the setting holds, in the units of the objective, None if none is."""
    return _everywhere(dual, setting.change, meant_by(setting.change), relaxation, solution)


def proved_empty(setting: Setting, relaxation: Relaxation, ray: DualRay, until: float) -> bool:
    """Return whether a ray proves that no point is feasible."""
    change = setting.change
    meant, span = meant_by(change), span_of(relaxation.plan, change.original, change.matrix)
    return prove_empty(relaxation, meant, ray, span, until) or exactly_empty(relaxation, meant, ray)


def is_theorem(result: Result) -> bool:
    """Return whether the lower bound of a result is proved, from the relaxation that it came from."""
    relaxation, solution, change = result.relaxation, result.solution, result.change
    lower, upper = result.problem.sense.bounds(result.lower_bound, result.upper_bound)
    if relaxation is None or solution is None or change is None or lower is None or upper is None:
        return False
    reach = np.ones(len(change.matrix))
    dual = dual_bound(relaxation, solution, reach)
    if dual is None:
        return False
    value = proved_bound(dual, Setting(change, result.region, reach), relaxation, solution, result.region, upper)
    return value is not None and value >= lower


def meant_by(change: AffineChange) -> Problem:
    """Return the problem that the floats of the changed one stand for."""
    how = change.shift, change.fine, change.matrix, change.objective, change.inequalities, change.equalities
    return exactly_changed(change.original, *how, change.matrices)


def _everywhere(
    dual: DualBound, change: AffineChange, meant: Problem, relaxation: Relaxation, solution: SDPSolution
) -> float | None:
    if dual.near is None:  # the equations were too many, or have no room: the solver's own vectors may have
        spread = prove_by_spreading(relaxation, meant, solution.equality_duals, solution.gram)
        return _in_units(spread.value, change) if spread.proved else None
    plan = relaxation.plan
    span = dimension_of(plan, meant) if on_a_face(plan) else span_of(plan, change.original, change.matrix)
    proof = prove_everywhere(relaxation, meant, dual.near, span)
    return _in_units(proof.value, change) if proof.proved else None


def _on_box(
    change: AffineChange, meant: Problem, relaxation: Relaxation, solution: SDPSolution, region: Region, upper: float
) -> float | None:
    box = implied_box(change.original, upper)
    low, high = box.low, box.high
    if isinstance(region, Box):
        if region.frame is not None:
            return None
        centre, half = np.array(region.centre), np.array(region.half_widths)
        low, high = np.maximum(low, np.nextafter(centre - half, -np.inf)), np.minimum(high, centre + half)
        high = np.nextafter(high, np.inf)
    given = changed_box(low, high, change.shift, change.fine, change.matrix)
    value = math.nextafter(change.inverse_value(upper), math.inf)
    proof = prove_on_box(relaxation, meant, solution.equality_duals, solution.gram, *given, value)
    return _in_units(proof.value, change) if proof.proved else None


def _in_units(value: float, change: AffineChange) -> float:
    """Return a changed bound in the units of the objective, rounded down."""
    exact = Fraction(value) * Fraction(change.objective)
    rounded = float(exact)
    return rounded if Fraction(rounded) <= exact else math.nextafter(rounded, -math.inf)
