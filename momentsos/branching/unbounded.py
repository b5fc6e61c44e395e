r"""Bounds of variables that propagation leaves unbounded: a linear program each, its basis solved in fractions.

Where a column has an infinite bound its remainder has to vanish exactly, which multipliers in floats do not give. The
basis of the program does: its multipliers solve :math:`R_{KB}^T y = c_B`, `K` the rows that are not slack and `B` the
basic columns, and are computed in fractions. Squares of differences to the best point join the constraints, so that an
objective that grows in every direction bounds the variables, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from .model import Model
from .monomials import Exponents
from .node import Worker
from .program import Outcome
from .rows import EQUALITY, PRODUCT, SQUARE, Key
from .start import at_least
from .steps import Bounded, Step

Floats = NDArray[np.float64]

#: Squares are taken around the best point, moved by so many widths.
_MOVES = (0.0, 1.0, -1.0, 8.0, -8.0)
#: The cut is moved up by so much, relatively: programs that no point satisfies bound nothing.
_SLACK = 0.25
#: Systems of more rows are not solved in fractions.
_MOST = 120
#: Rounds over all variables.
_ROUNDS = 3


def bounded_by_programs(
    model: Model, low: Floats, high: Floats, cutoff: float, worker: Worker, centre: Floats, steps: list[Step]
) -> None:
    """Tighten infinite intervals of the variables of the problem in place where linear programs allow it.

    Raises
    ------
    Emptied
        By the propagation that follows.
    """
    n = model.framed.n
    for _ in range(_ROUNDS):
        ends = [(i, up) for i in range(n) for up in (False, True) if not math.isfinite((high if up else low)[i])]
        if not ends or worker.until() <= 0:
            return
        if not _tightened(model, low, high, cutoff + _SLACK * (1 + abs(cutoff)), worker, centre, ends, steps):
            return
        worker.propagate(low, high, cutoff, steps, rounds=40, worth=0.02)


def _tightened(
    model: Model,
    low: Floats,
    high: Floats,
    cutoff: float,
    worker: Worker,
    centre: Floats,
    ends: Sequence[tuple[int, bool]],
    steps: list[Step],
) -> bool:
    workshop = worker.workshop(low, high, cutoff)
    keys, rows = workshop.base()
    squares = _squares(model, low, high, worker, centre)
    if squares:
        keys, rows = [*keys, *squares], rows.joined(workshop.rows(squares))
    if len(keys) > _MOST:
        return False
    program = worker.program
    program.load(np.zeros(len(low)), rows, low, high)
    found = False
    for i, upper in ends:
        program.price(i, -1.0 if upper else 1.0)
        outcome = program.run(worker.until())
        program.price(i, 0.0)
        if outcome is not Outcome.OPTIMAL:
            continue
        step = _exactly(model, keys, rows.equal, cutoff, worker.forms, program.basis_places(), low, high, i, upper)
        if step is not None:
            steps.append(step)
            (high if upper else low)[i] = step.bounds[0].value
            program.bound(i, float(low[i]), float(high[i]))
            found = True
    return found


def _squares(model: Model, low: Floats, high: Floats, worker: Worker, centre: Floats) -> list[Key]:
    """Return squares of differences to the best point, of unbounded lifted variables and of pairs that meet."""
    size = model.size
    centre = model.lifted_point(centre)
    free = [i for i in range(size) if not (math.isfinite(low[i]) and math.isfinite(high[i]))]
    free = [i for i in free if model.column_of[i + 1, i + 1] >= 0]
    at = np.round(centre * 16) / 16
    keys = []
    for i in free:
        for move in _MOVES:
            form = np.zeros(size + 1)
            form[0], form[1 + i] = -(at[i] + move), 1.0
            keys.append(worker.separation.square(form))
    if len(free) <= 6:
        for i, j in combinations(free, 2):
            if model.column_of[i + 1, j + 1] >= 0:
                for sign in (1.0, -1.0):
                    form = np.zeros(size + 1)
                    form[0], form[1 + i], form[1 + j] = -(at[i] + sign * at[j]), 1.0, sign
                    keys.append(worker.separation.square(form))
    return keys


def _exactly(
    model: Model,
    keys: Sequence[Key],
    equal: NDArray[np.bool_],
    cutoff: float,
    forms: Sequence[Floats],
    basis: tuple[NDArray[np.intp], NDArray[np.intp]],
    low: Floats,
    high: Floats,
    i: int,
    upper: bool,
) -> Step | None:
    """Return the step that the basis of a program proves in fractions, None where it proves nothing."""
    columns, places = basis
    if len(columns) != len(places) or not len(places):
        return None
    exact = [_exact_row(model, keys[k], cutoff, forms) for k in places.tolist()]
    sign = Fraction(-1 if upper else 1)
    right = [sign if c == i else Fraction(0) for c in columns.tolist()]
    system = fmpq_mat([[_fmpq(row.get(model.columns[c], Fraction(0))) for row in exact] for c in columns.tolist()])
    try:
        solution = system.solve(fmpq_mat([[_fmpq(value)] for value in right]))
    except ZeroDivisionError:
        return None
    y = [Fraction(int(solution[k, 0].p), int(solution[k, 0].q)) for k in range(len(places))]
    if any(value < 0 and not equal[k] for value, k in zip(y, places.tolist(), strict=True)):
        return None
    rest: dict[Exponents, Fraction] = {model.columns[i]: sign}
    for value, row in zip(y, exact, strict=True):
        for e, c in row.items():
            rest[e] = rest.get(e, Fraction(0)) - value * c
    number = {e: c for c, e in enumerate(model.columns)}
    bound = Fraction(0)
    for e, c in rest.items():
        if not c:
            continue
        if not any(e):
            bound += c
            continue
        end = float(low[number[e]] if c > 0 else high[number[e]])
        if not math.isfinite(end):
            return None
        bound += c * Fraction(end)
    stated = at_least(sign * bound) if upper else -at_least(-sign * bound)
    if not math.isfinite(stated):
        return None
    used = tuple((keys[k], weight) for k, weight in zip(places.tolist(), y, strict=True) if weight)
    return Step(used, (Bounded(i, upper, stated),))


def _exact_row(model: Model, key: Key, cutoff: float, forms: Sequence[Floats]) -> dict[Exponents, Fraction]:
    """Return a row that does not depend on the box, in fractions."""
    framed, one = model.framed, (0,) * model.framed.n
    if key.kind == SQUARE:
        names = one, *model.columns[: model.size]
        form = {e: Fraction(v) for e, v in zip(names, forms[key.a].tolist(), strict=True) if v}
        found: dict[Exponents, Fraction] = {}
        for a, x in form.items():
            for b, y in form.items():
                e = tuple(map(int.__add__, a, b))
                found[e] = found.get(e, Fraction(0)) + x * y
        return found
    if key.kind == EQUALITY:
        scale = Fraction(float(model.scales[model.n_inequalities + key.a]))
        return {e: c / scale for e, c in framed.equalities[key.a].items()}
    assert key.kind == PRODUCT
    place = key.a - 2 * model.size
    if place < model.n_inequalities:
        scale = Fraction(float(model.scales[place]))
        return {e: c / scale for e, c in framed.inequalities[place].items()}
    scale = Fraction(model.objective_scale)
    cut = {e: -c / scale for e, c in framed.objective.items()}
    cut[one] = cut.get(one, Fraction(0)) + Fraction(cutoff)
    return cut


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
