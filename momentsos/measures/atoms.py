"""Measures with finitely many atoms, read off moments and mended until the constraints hold to rounding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..extraction import RankRule, extract_atoms, test_flatness
from ..polynomials import Polynomial
from .assemble import Assembled, Part

Floats = NDArray[np.float64]

#: A measure with less than this share of the unit of mass has no atoms.
_EMPTY = 1e-7
#: Constraints of supports are taken to hold with equality at an atom where they are below this; inequalities as well.
_ACTIVE = 1e-4
#: What constraints and supports may be violated by, relative to the sizes of their terms.
FEASIBLE = 1e-9
#: Newton steps, and atoms of one measure at most.
_STEPS, _MOST = 12, 64


@dataclass(frozen=True, eq=False)
class Atomic:
    """Atoms of each measure in scaled variables, with weights in units of mass."""

    points: tuple[Floats, ...]
    weights: tuple[Floats, ...]


def feasible_atoms(program: Assembled, moments: Floats, noise: float) -> Atomic | None:
    """Return atomic measures near the moments that meet all constraints, None where none are found."""
    points, weights = [], []
    for part in program.parts:
        found = _read(part, moments[part.columns], noise)
        if found is None:
            return None
        points.append(found[0])
        weights.append(found[1])
    mended = _mended(program, Atomic(tuple(points), tuple(weights)))
    return mended if _holds(program, mended) else None


def _read(part: Part, moments: Floats, noise: float) -> tuple[Floats, Floats] | None:
    """Return atoms and weights of a measure where its moments are flat."""
    matrix, basis = part.relaxation.moment_matrix(moments)
    mass = float(matrix[0, 0])
    n = basis.shape[1]
    if not mass > _EMPTY:
        return np.zeros((0, n)), np.zeros(0)
    support = part.change.problem
    step = max(1, -(-support.degree // 2))
    flatness = test_flatness(matrix / mass, basis.sum(axis=1), step, step, RankRule(noise=noise))
    for test in sorted(flatness.tests, key=lambda t: (not t.flat, t.doubtful, -t.degree)):
        if test.flat and test.rank.value <= _MOST:
            atoms = extract_atoms(matrix / mass, basis, test.degree, test.rank.value)
            if atoms is not None:
                return atoms.points, mass * atoms.weights
    return None


# -- mending -----------------------------------------------------------------------------------------------


def _mended(program: Assembled, atoms: Atomic) -> Atomic:
    """Return atoms after Newton steps, the shortest ones, towards what holds with equality there."""
    active = _active(program, atoms)
    for _ in range(_STEPS):
        values, slopes = _conditions(program, atoms, active)
        if not len(values) or not np.isfinite(slopes).all():
            break
        step = np.linalg.lstsq(slopes, -values, rcond=1e-12)[0]
        atoms = _moved(atoms, np.asarray(step, dtype=np.float64))
        if np.abs(step).max(initial=0.0) <= 1e-16:
            break
    return replace(atoms, weights=tuple(np.maximum(each, 0.0) for each in atoms.weights))


def _active(program: Assembled, atoms: Atomic) -> tuple[NDArray[np.bool_], list[list[list[Polynomial]]]]:
    """Return which constraints hold with equality, and for each atom what its support asks with equality."""
    equal = program.is_equation | (np.abs(_values(program, atoms)) <= _ACTIVE)
    asked = []
    for part, points in zip(program.parts, atoms.points, strict=True):
        support = part.change.problem
        asked.append(
            [[*support.equalities, *(g for g in support.inequalities if abs(g(point)) <= _ACTIVE)] for point in points]
        )
    return equal, asked


def _values(program: Assembled, atoms: Atomic) -> Floats:
    """Return the scaled values of all constraints."""
    return np.asarray(program.rows @ moments_of_atoms(program, atoms))


def moments_of_atoms(program: Assembled, atoms: Atomic) -> Floats:
    """Return the unknowns of the program that atomic measures are."""
    parts = [np.ones(1)]
    for part, points, weights in zip(program.parts, atoms.points, atoms.weights, strict=True):
        rows = part.relaxation.monomials.rows
        powers = np.prod(points[:, None, :] ** rows[None, :, :], axis=2)
        parts.append(weights @ powers if len(points) else np.zeros(len(rows)))
    return np.concatenate(parts)


def _conditions(
    program: Assembled, atoms: Atomic, active: tuple[NDArray[np.bool_], list[list[list[Polynomial]]]]
) -> tuple[Floats, Floats]:
    """Return the values that are to vanish, and their derivatives by all points and weights."""
    equal, asked = active
    rows = program.rows[equal]
    columns, start, entries = [], 0, sum(p.size for p in atoms.points) + sum(w.size for w in atoms.weights)
    lines, values = [], [np.asarray(rows @ moments_of_atoms(program, atoms))]
    for part, points, weights, conditions in zip(program.parts, atoms.points, atoms.weights, asked, strict=True):
        exponents = part.relaxation.monomials.rows
        own = rows[:, part.columns]
        for point, weight, polynomials in zip(points, weights, conditions, strict=True):
            powers, slopes = _powers(exponents, point)
            columns.append(np.asarray(own @ np.column_stack([weight * slopes, powers])))
            for polynomial in polynomials:
                line = np.zeros(entries)
                line[start : start + len(point)] = [p(point) for p in polynomial.gradient()]
                lines.append(line)
                values.append(np.array([polynomial(point)]))
            start += len(point) + 1
    whole = np.column_stack(columns) if columns else np.zeros((rows.shape[0], 0))
    return np.concatenate(values), np.vstack([whole, *lines])


def _powers(exponents: NDArray[np.int64], point: Floats) -> tuple[Floats, Floats]:
    """Return monomials at a point, and their derivatives, (monomials, n)."""
    slopes = []
    for i in range(len(point)):
        lower = exponents.copy()
        lower[:, i] = np.maximum(lower[:, i] - 1, 0)
        slopes.append(exponents[:, i] * np.prod(point**lower, axis=1))
    return np.prod(point**exponents, axis=1), np.column_stack(slopes)


def _moved(atoms: Atomic, step: Floats) -> Atomic:
    steps, points, weights = _split(step, atoms.points), [], []
    for old, mass, own in zip(atoms.points, atoms.weights, steps, strict=True):
        points.append(old + own[:, :-1])
        weights.append(mass + own[:, -1])
    return Atomic(tuple(points), tuple(weights))


def _split(step: Floats, points: Sequence[Floats]) -> Iterator[Floats]:
    start = 0
    for each in points:
        end = start + each.shape[0] * (each.shape[1] + 1)
        yield step[start:end].reshape(each.shape[0], each.shape[1] + 1)
        start = end


def _holds(program: Assembled, atoms: Atomic) -> bool:
    """Whether supports and constraints hold to rounding."""
    for part, points in zip(program.parts, atoms.points, strict=True):
        if not np.isfinite(points).all() or any(part.change.problem.violation(p) > FEASIBLE for p in points):
            return False
    moments = moments_of_atoms(program, atoms)
    values, sizes = program.rows @ moments, abs(program.rows) @ np.abs(moments)
    wrong = np.where(program.is_equation, np.abs(values), np.maximum(-values, 0.0))
    return bool((wrong <= FEASIBLE * np.maximum(sizes, 1e-300)).all())
