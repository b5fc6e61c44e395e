"""Newton's method in ball arithmetic: to a feasible point next to a given one, or to the reason why there is none.

Slopes are floats: each step then takes away all but some 1e-15 of what was missing, and the digits of the point and of
the values, which are balls, do the rest. Constraints are compared by distance: a value divided by its slope, in units.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from flint import arb, ctx

from .compiled import Compiled
from .krawczyk import MOST, REACH, Neighbourhood
from .looks import Look, lengths_of, look_at
from .records import Feasibility, Floats, Refusal
from .steps import least_step
from .wide_steps import wide_step

#: Bits of the first look, and of the second one at what seems to have converged; more where coefficients are long.
_BITS, _MORE_BITS, _MOST_BITS = 256, 600, 20_000
#: Distances and last steps at which the second look begins, and where a proof is tried.
_FIRST, _LAST, _PROVE = 1e-25, 1e-15, 1e-34
#: Proofs that are tried: the second one at a point that is closer.
_PROOFS = 2
#: The distance and the last step at the end of the second look; less where coefficients are long.
_SECOND, _SECOND_LAST = 1e-120, 1e-60
#: Inequalities within this distance, or this many limits, join.
_NEAR, _LIMITS = 1e-6, 100.0
#: How far inequalities are mended beyond zero, in the first steps.
_MARGIN, _MARGIN_STEPS = 1e-28, 7
#: Distances and steps that do not fall to this share over three steps lead nowhere.
_FALLING = 0.3
#: The number of steps at which a step has to be much smaller than three steps before.
_LINEAR, _FAST = 6, 0.05
_STEPS = 80
#: Entries of the rows that a step looks at, from which on it is found by sparse means.
_WIDE = 60_000
#: Coordinates smaller than this are zero: their powers would underflow.
_ZERO = 1e-150


@dataclass(frozen=True, eq=False)
class Landing:
    """Where Newton's method ended.

    Attributes
    ----------
    feasibility : Feasibility or None
        None where there is no feasible point in reach.
    point : list of arb
        The last point, binary fractions.
    moved : float
        In units.
    radius : float
        A feasible point is within this, in units, of the last one, where one is proved to exist.
    reason : Refusal or None
    steps : int
        How many were taken.
    """

    feasibility: Feasibility | None
    point: list[arb]
    moved: float
    radius: float = 0.0
    reason: Refusal | None = None
    steps: int = 0


def land(
    compiled: Compiled, start: list[arb], units: Floats, limit: float, until: float, multiple: bool = False
) -> Landing:
    """Follow Newton's method from a point of binary fractions.

    Parameters
    ----------
    compiled : Compiled
    start : list of arb
    units : (n,) array
        Sizes of the coordinates.
    limit : float
        The longest move, in units.
    until : float
        When to stop, on the clock of `time.perf_counter`.
    multiple : bool
        Whether to go on, with longer steps, where errors fall as they do at a multiple root.
    """
    point, moved, precision, proofs = start, 0.0, _BITS, 0
    past: list[tuple[float, float]] = []
    for k in range(_STEPS + 1):
        if time.perf_counter() > until:
            return Landing(None, point, moved, reason=Refusal.NO_TIME)
        look = look_at(compiled, point, units, max(_NEAR, _LIMITS * limit), precision)
        if look is None:
            return Landing(None, point, moved, reason=Refusal.DEGENERATE)
        proofs += look.distance <= _PROVE
        feasibility, radius = _accepted(compiled, look, point, units, proofs <= _PROOFS, until)
        last = past[-1][1] if past else 0.0
        if precision == _BITS and look.distance <= _FIRST and last <= _LAST:
            precision = min(_MORE_BITS + 4 * compiled.bits, _MOST_BITS)
        elif precision > _BITS and look.distance <= _goal(compiled) and last <= _SECOND_LAST:
            if feasibility is None and not _is_regular(compiled, look, units):
                break
            feasibility = feasibility or Feasibility.CONVERGED
        if feasibility is not None and moved > limit:
            return Landing(None, point, moved, reason=Refusal.TOO_FAR, steps=k + 1)
        if feasibility is not None:
            return Landing(feasibility, point, moved, radius, steps=k)
        step = _step(compiled, look, _MARGIN if k < _MARGIN_STEPS else 0.0, limit)
        size = float(np.abs(step).max(initial=0.0)) if step is not None else np.inf
        past.append((look.distance, size))
        if step is None or not moved + size <= 3.0 * limit:
            return Landing(None, point, moved + size, reason=Refusal.TOO_FAR, steps=k)
        longer = _multiplicity(past)
        if (size == 0.0 and look.distance > 0.0) or _stalls(past) or (longer > 1.0 and not multiple):
            break
        point = _moved(point, step * (longer * units), precision)
        moved = _distance(point, start, units)
    return Landing(None, point, moved, reason=Refusal.STALLED, steps=k)


def _accepted(
    compiled: Compiled, look: Look, point: list[arb], units: Floats, proves: bool, until: float
) -> tuple[Feasibility | None, float]:
    """Return what is known of a point, and the radius of a proof."""
    if look.holds:
        return Feasibility.EXACT, 0.0
    if look.distance == 0.0 and compiled.holds(point, compiled.tables.at(look.x), until):
        return Feasibility.EXACT, 0.0
    radius = _proved(compiled, look, units) if proves and look.distance <= _PROVE else None
    return (None, 0.0) if radius is None else (Feasibility.PROVED, radius)


def _goal(compiled: Compiled) -> float:
    """Return the distance at the end of the second look: constants may hide in the last digits of long fractions."""
    return max(_SECOND * 2.0 ** -min(2.0 * max(compiled.bits - 53, 0), 600.0), 1e-290)


def _step(compiled: Compiled, look: Look, margin: float, limit: float) -> Floats | None:
    """Return the step, in units, that mends what is violated."""
    m = compiled.n_equalities
    flat = look.lengths[look.chosen] == 0.0  # what holds and has no slope has no say
    kept = [place for place, skip in enumerate(flat.tolist()) if not skip]
    split = sum(place < m for place in kept)
    chosen = [look.chosen[place] for place in kept]
    residuals = look.residuals[kept]
    rows = sp.diags_array(1.0 / look.lengths[chosen]) @ look.rows[chosen]
    if rows.shape[0] * rows.shape[1] > _WIDE:
        rows = sp.csr_array(rows)
        return wide_step(rows[:split], residuals[:split], rows[split:], residuals[split:], margin)
    rows = rows if isinstance(rows, np.ndarray) else rows.toarray()
    try:
        return least_step(rows[:split], residuals[:split], rows[split:], residuals[split:], margin, limit)
    except np.linalg.LinAlgError:
        return None


def _proved(compiled: Compiled, look: Look, units: Floats) -> float | None:
    """Return a radius, in units, within which there is a feasible point; None where this is not proved.

    First for a zero of the equalities at which the inequalities hold, then for one of the inequalities too that are
    zero to all digits.
    """
    m = compiled.n_equalities
    around = Neighbourhood.of(compiled.tables, look.x, units, look.rows, look.rounding)
    if around is None:
        return None
    signs = compiled.tables.at(look.x)
    least = signs.values - signs.errors
    least[look.chosen] = [float(value.lower()) * (1.0 - 1e-9) for value in look.values]
    value_of = dict(zip(look.chosen, look.values, strict=True))
    equations = list(range(m))
    for _ in range(2):
        if len(equations) > MOST:
            return None
        try:
            radius = around.radius(equations, [value_of[j] for j in equations]) if equations else 0.0
        except np.linalg.LinAlgError:
            return None
        if radius is None:
            return None
        wanting = np.flatnonzero(~(least[m:] > around.changes(radius)[m:])) + m
        further = [j for j in wanting.tolist() if j not in equations]
        if not further:
            return radius
        if any(j not in value_of for j in further):
            return None
        equations += further
    return None


def _is_regular(compiled: Compiled, look: Look, units: Floats) -> bool:
    """Whether slopes are known well enough for a distance to mean something."""
    with np.errstate(all="ignore"):
        sizes = lengths_of(compiled.tables.steepest(np.abs(look.x) + REACH * units, units))
        known = look.lengths > 50.0 * look.rounding * sizes
    zero = np.array([value.is_zero() for value in look.values])
    return bool((known[look.chosen] | zero).all())


def _stalls(past: list[tuple[float, float]]) -> bool:
    if len(past) < 4:
        return False
    (distance, size), (before, size_before) = past[-1], past[-4]
    slow = distance > _FALLING * before and size > _FALLING * size_before
    return slow or (len(past) > _LINEAR and size > _FAST * size_before)


def _multiplicity(past: list[tuple[float, float]]) -> float:
    """Return by how much to lengthen a step: at an `m`-fold root the error falls to `1 - 1/m` of itself in each.

    Source: Ostrowski, *Solution of Equations and Systems of Equations*, 1966, chapter 8.
    """
    sizes = [size for _, size in past[-3:]]
    if len(sizes) < 3 or min(sizes) == 0.0:
        return 1.0
    before, now = sizes[1] / sizes[0], sizes[2] / sizes[1]
    if not 0.4 < now < 0.9 or abs(now - before) > 0.02:
        return 1.0
    return float(round(1.0 / (1.0 - now)))


def _moved(point: list[arb], step: Floats, precision: int) -> list[arb]:
    with ctx.workprec(precision):
        moved = [(x + d).mid() if d else x for x, d in zip(point, step.tolist(), strict=True)]
    return [x if abs(float(x)) >= _ZERO else arb(0) for x in moved]


def _distance(point: list[arb], start: list[arb], units: Floats) -> float:
    with ctx.workprec(_BITS):
        moves = np.array([float(abs(a - b).upper()) for a, b in zip(point, start, strict=True)])
    return float((moves / units).max(initial=0.0)) * (1.0 + 1e-12)
