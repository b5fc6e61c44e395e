"""From the moments of a solved relaxation to checked feasible points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .extraction import Flatness, RankRule, extract_atoms, first_moments, test_flatness
from .local import LocalPoint, LocalSearch
from .problem import Problem
from .relaxations import Relaxation
from .sdp import SDPSolution

#: Points closer than this, relative to their size, are one point.
SAME_POINT = 1e-5
#: No more than this many atoms of one moment matrix are looked at.
MOST_ATOMS = 64


@dataclass(frozen=True, eq=False)
class Candidates:
    """What the moments of one relaxation say about minimisers.

    Attributes
    ----------
    flatness : Flatness or None
    points : tuple of LocalPoint
        Feasible points, polished, best first.
    dropped : tuple of str
        What was not kept, and why.
    """

    flatness: Flatness | None
    points: tuple[LocalPoint, ...]
    dropped: tuple[str, ...]


def dense_candidates(
    problem: Problem, relaxation: Relaxation, solution: SDPSolution, search: LocalSearch
) -> Candidates:
    """Test flatness, extract atoms at every inner degree that allows it, polish and check each.

    The mean of the moments is a candidate too. Every point is kept only if it is feasible after polishing.
    """
    if solution.moments is None:
        return Candidates(None, (), ())
    matrix = relaxation.matrix(0, solution.moments)
    basis = relaxation.psd_blocks[0].basis
    mass = matrix[0, 0]
    if not np.isfinite(matrix).all() or mass <= 0:
        return Candidates(None, (), ("the moment matrix has no positive mass",))
    matrix, units = _in_own_units(matrix / mass, basis)
    constraints = (*problem.inequalities, *problem.equalities)
    step = max([1, *(-(-g.degree // 2) for g in constraints)])
    lowest = max(step, -(-problem.minimize.degree // 2))
    noise = max(1e-9, min(1e-5, 10 * solution.residuals.worst)) if solution.residuals else 1e-6
    flatness = test_flatness(matrix, basis.sum(axis=1), lowest, step, RankRule(noise=noise))
    starts, dropped = _starts(matrix, basis, flatness)
    kept: list[LocalPoint] = []
    for name, start in starts:
        point = improve(search, start * units)
        if not point.feasible:
            dropped.append(
                f"{name}: violates a constraint by {point.violation:.1e} of its terms after polishing"
            )
        else:
            kept.append(point)
    return Candidates(flatness, tuple(sorted(kept, key=lambda p: p.value)), tuple(dropped))


def _in_own_units(
    matrix: NDArray[np.float64], basis: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Divide by powers of the second moments of the variables where these exceed one, so that no entry is large."""
    n = basis.shape[1]
    units = np.ones(n)
    for i in range(n):
        row = np.flatnonzero((basis.sum(axis=1) == 1) & (basis[:, i] == 1))
        if row.size:
            units[i] = max(1.0, float(np.sqrt(max(matrix[row[0], row[0]], 0.0))))
    weights = np.prod(units**basis, axis=1)
    return matrix / np.outer(weights, weights), units


def _starts(
    matrix: NDArray[np.float64], basis: NDArray[np.int64], flatness: Flatness
) -> tuple[list[tuple[str, NDArray[np.float64]]], list[str]]:
    """Return named candidate points: atoms (flat degrees first, then the others), then the mean."""
    starts: list[tuple[str, NDArray[np.float64]]] = []
    dropped: list[str] = []
    tests = sorted(flatness.tests, key=lambda t: (not t.flat, t.doubtful, -t.degree))
    for test in tests:
        if test.rank.value > MOST_ATOMS:
            dropped.append(f"degree {test.degree}: rank {test.rank.value} is more than {MOST_ATOMS} atoms")
            continue
        atoms = extract_atoms(matrix, basis, test.degree, test.rank.value)
        if atoms is None:
            dropped.append(f"degree {test.degree}: no atoms, the rows of lower degree do not span")
            continue
        starts += [(f"atom {i} at degree {test.degree}", point) for i, point in enumerate(atoms.points)]
        if test.flat and not test.doubtful:
            break
    totals = basis.sum(axis=1)
    mean = np.array(
        [matrix[0, np.flatnonzero((totals == 1) & (basis[:, i] == 1))[0]] for i in range(basis.shape[1])]
    )
    return [*starts, ("the mean of the moments", first_moments(mean, float(matrix[0, 0])))], dropped


def improve(search: LocalSearch, start: NDArray[np.float64]) -> LocalPoint:
    """Polish a candidate; where that leaves it infeasible or moves nothing, descend from it and take the better."""
    polished = search.polish(start)
    descended = search.descend(start)
    pair = [point for point in (polished, descended) if point.feasible]
    return (
        min(pair, key=lambda point: point.value)
        if pair
        else min(polished, descended, key=lambda p: p.violation)
    )


def distinct(points: Sequence[LocalPoint], value: float, slack: float) -> list[LocalPoint]:
    """Return the points whose value is within `slack` of `value`, near duplicates merged, best first."""
    kept: list[LocalPoint] = []
    for point in sorted(points, key=lambda p: p.value):
        if point.value > value + slack:
            break
        near = (
            np.abs(point.point - other.point).max() <= SAME_POINT * (1 + np.abs(other.point).max())
            for other in kept
        )
        if not any(near):
            kept.append(point)
    return kept
