r"""Tabu search where every variable has two values: signs, binaries, or any two roots of a quadratic equality.

In signs :math:`s_i` the objective is :math:`\sum_k c_k \prod_{i \in T_k} s_i`; to flip :math:`s_i` changes it by
:math:`-2 \sum_{k : i \in T_k} v_k` with the terms' values `v`. The best flip is made that was not made lately, also
where it leads up; one that leads below everything seen is always made.

Source: Glover and Laguna, *Tabu Search* (1997); Palubeckis, *Multistart tabu search strategies for the unconstrained
binary quadratic optimization problem*, Ann. Oper. Res. 131 (2004).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.affine import change_polynomials
from ..polynomials.exponents import combine
from ..problem import Problem

Floats = NDArray[np.float64]
#: Starts at most, flips of each a variable, how often the best value is to be found, and the seconds in all.
_STARTS, _FLIPS, _ENOUGH, _SECONDS = 40, 60, 5, 2.0
#: Values closer than this share are one.
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class _Signs:
    """The objective in signs.

    Attributes
    ----------
    values : (terms,) array
        The coefficients.
    holds : (n, terms) CSR matrix
        Ones where a term has a variable.
    members : list of arrays
        The terms of each variable.
    """

    values: Floats
    holds: sp.csr_matrix
    members: list[NDArray[np.intp]]


def two_valued_points(problem: Problem, seed: int, until: float) -> Floats | None:
    """Return the best points that tabu search finds, None where not every variable has two values, or more is asked.

    Parameters
    ----------
    problem : Problem
    seed : int
    until : float
        When the search ends, by `time.perf_counter`; it ends after two seconds in any case.

    Returns
    -------
    (r, n) array or None
        Best first.
    """
    roots = _two_values(problem)
    if roots is None:
        return None
    low, high = roots
    middle, half = (low + high) / 2, (high - low) / 2
    signs = _in_signs(problem.minimize, middle, half)
    rng, until = np.random.default_rng(seed), min(until, time.perf_counter() + _SECONDS)
    found: list[tuple[float, Floats]] = []
    for _ in range(_STARTS):
        found.append(_descended(signs, rng.choice([-1.0, 1.0], len(low)), rng, until))
        best = min(value for value, _ in found)
        hits = sum(value <= best + _SAME * (1.0 + abs(best)) for value, _ in found)
        if hits >= _ENOUGH or time.perf_counter() > until:
            break
    order = sorted(range(len(found)), key=lambda i: found[i][0])
    points = np.array([np.where(found[i][1] > 0.0, high, low) for i in order])
    _, first = np.unique(points, axis=0, return_index=True)
    return np.asarray(points[np.sort(first)])


def nearest_two_valued(problem: Problem, points: Floats) -> Floats | None:
    """Return where flips lead down from the nearest points at which variables have their two values, or None.

    Parameters
    ----------
    problem : Problem
    points : (r, n) array
    """
    roots = _two_values(problem)
    if roots is None:
        return None
    low, high = roots
    signs = _in_signs(problem.minimize, (low + high) / 2, (high - low) / 2)
    rng, starts = np.random.default_rng(0), np.where(points >= (low + high) / 2, 1.0, -1.0)
    ends = [_descended(signs, start, rng, np.inf, 2 * len(low))[1] for start in starts]
    return np.where(np.array(ends) > 0.0, high, low)


def _two_values(problem: Problem) -> tuple[Floats, Floats] | None:
    """Return the two values of each variable, when that is all that the constraints say."""
    n = problem.n_variables
    if len(problem.equalities) != n or problem.inequalities or problem.matrix_inequalities:
        return None
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    for h in problem.equalities:
        used = np.flatnonzero(h.exponents.any(axis=0))
        if len(used) != 1 or h.degree != 2 or not np.isnan(low[used[0]]):
            return None
        powers = dict(zip(h.exponents[:, used[0]].tolist(), map(Fraction, h.coefficients.tolist()), strict=True))
        a, b, c = powers[2], powers.get(1, Fraction(0)), powers.get(0, Fraction(0))
        inside = b * b - 4 * a * c
        if inside <= 0:
            return None
        root = float(inside) ** 0.5
        ends = sorted((-float(b) + sign * root) / (2.0 * float(a)) for sign in (-1.0, 1.0))
        low[used[0]], high[used[0]] = ends
    return low, high


def _in_signs(objective: Polynomial, middle: Floats, half: Floats) -> _Signs:
    """Return the objective after `x = middle + half s`, even powers of signs being one."""
    moved = change_polynomials((objective,), middle, np.diag(half))[0]
    rows, values = combine(moved.exponents % 2, moved.values)
    kept = rows.any(axis=1)
    rows, values = rows[kept], values[kept]
    holds = sp.csr_matrix(rows.T.astype(np.float64))
    return _Signs(np.asarray(values, dtype=np.float64), holds, [np.flatnonzero(column) for column in rows.T])


def _descended(
    signs: _Signs, start: Floats, rng: np.random.Generator, until: float, flips: int | None = None
) -> tuple[float, Floats]:
    """Return the best value, without its constant, and the signs where one run of the search was best."""
    n, point = len(start), start.copy()
    terms = signs.values.copy()
    for members, value in zip(signs.members, point.tolist(), strict=True):
        if value < 0:
            terms[members] *= -1.0
    value = float(terms.sum())
    best, where = value, point.copy()
    free_at, least = np.zeros(n, dtype=np.int64), max(1, n // 6)
    for step in range(_FLIPS * n if flips is None else flips):
        changes = -2.0 * (signs.holds @ terms)
        held = (free_at > step) & (value + changes >= best)
        changes[held] = np.inf
        i = int(changes.argmin())
        if not np.isfinite(changes[i]):
            continue
        point[i] *= -1.0
        terms[signs.members[i]] *= -1.0
        value += float(changes[i])
        free_at[i] = step + least + int(rng.integers(0, 6))
        if value < best - _SAME * (1.0 + abs(best)):
            best, where = value, point.copy()
        if step % 64 == 0 and time.perf_counter() > until:
            break
    return best, where
