"""Which variables a problem is affine in: the split into inner variables `u` and linear ones `v`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..machine.caches import kept_beside
from ..polynomials import Polynomial, basis_size
from ..polynomials.tables import distinct_supports
from ..problem import Problem

#: Up to this many variables the best independent set is found exactly, beyond it greedily.
_EXACT = 24
#: Up to this many variables all subsets are tried.
_EXHAUSTIVE = 14


@dataclass(frozen=True)
class Split:
    """A split of the variables by position.

    Attributes
    ----------
    inner : tuple of int
        The variables `u`.
    linear : tuple of int
        The variables `v`: every monomial of the problem has at most one of them, to the first power.
    """

    inner: tuple[int, ...]
    linear: tuple[int, ...]


@kept_beside()
def affine_split(problem: Problem) -> Split:
    """Return the split whose partial relaxation is smallest.

    Two variables conflict when they meet in a monomial; a variable that occurs to a higher power is never
    linear. Linear sets are the independent sets of this graph. Among them the one with the fewest moments in the
    inner variables wins: fewest inner variables first, then the lowest degrees in them.
    """
    everything = problem.minimize, *problem.inequalities, *problem.equalities
    rows = np.concatenate([support.rows for support in distinct_supports(everything)])
    n = problem.n_variables
    possible = [i for i in range(n) if rows[:, i].max(initial=0) <= 1]
    present = (rows > 0).astype(np.float64)  # counts are exact, and their products are fast
    meets = (present.T @ present) > 0
    neighbours = {i: {j for j in possible if j != i and meets[i, j]} for i in possible}
    degree = rows.max(axis=0, initial=0)
    chosen = _independent(possible, neighbours, degree) if len(possible) <= _EXACT else _greedy(possible, neighbours)
    linear = tuple(sorted(chosen))
    return Split(tuple(i for i in range(n) if i not in chosen), linear)


@kept_beside()
def quadratic_split(problem: Problem) -> Split:
    """Return the largest set of variables in which the objective has degree at most two, and no constraint occurs.

    Among the largest sets the one with the latest variables wins.
    """
    rows = problem.minimize.exponents
    n = problem.n_variables
    constrained = np.zeros(n, dtype=bool)
    for g in (*problem.inequalities, *problem.equalities):
        constrained |= g.support.occurs
    possible = [i for i in range(n) if not constrained[i] and rows[:, i].max(initial=0) <= 2]
    if len(possible) <= _EXHAUSTIVE:
        chosen: tuple[int, ...] = ()
        for size in range(len(possible), 0, -1):
            fits = [c for c in combinations(possible, size) if rows[:, list(c)].sum(axis=1).max(initial=0) <= 2]
            if fits:
                chosen = max(fits)
                break
    else:
        chosen, total = (), np.zeros(len(rows), dtype=np.int64)
        for i in reversed(possible):
            if (total + rows[:, i]).max(initial=0) <= 2:
                chosen, total = (*chosen, i), total + rows[:, i]
    linear = tuple(sorted(chosen))
    return Split(tuple(i for i in range(n) if i not in linear), linear)


def _independent(possible: list[int], neighbours: dict[int, set[int]], degree: NDArray[np.int64]) -> frozenset[int]:
    """Return a largest independent set; among those, the one that later variables are in (outer layers, epigraphs)."""
    best: tuple[int, tuple[int, ...]] = (0, ())

    def extend(taken: tuple[int, ...], rest: list[int]) -> None:
        nonlocal best
        if len(taken) + len(rest) < best[0]:
            return
        if not rest:
            key = (len(taken), tuple(sorted(taken, reverse=True)))
            best = max(best, key)
            return
        # A variable without conflicts left is always taken; otherwise branch on the one with the most.
        free = [i for i in rest if not neighbours[i] & set(rest)]
        if free:
            extend((*taken, *free), [i for i in rest if i not in free])
            return
        pivot = max(rest, key=lambda i: (len(neighbours[i] & set(rest)), -i))
        extend((*taken, pivot), [i for i in rest if i != pivot and i not in neighbours[pivot]])
        extend(taken, [i for i in rest if i != pivot])

    extend((), possible)
    return frozenset(best[1])


def _greedy(possible: list[int], neighbours: dict[int, set[int]]) -> frozenset[int]:
    """Return an independent set by taking the variable with the fewest remaining conflicts again and again."""
    rest, taken = set(possible), set()
    left = {i: neighbours[i] & rest for i in rest}
    while rest:
        best = min(rest, key=lambda i: (len(left[i]), -i))
        taken.add(best)
        gone = left[best] | {best}
        rest -= gone
        for i in {j for k in gone for j in left[k]} & rest:
            left[i] = left[i] - gone
    return frozenset(taken)


def inner_degree(polynomial: Polynomial, split: Split) -> int:
    """Return the degree in the inner variables."""
    return int(polynomial.exponents[:, list(split.inner)].sum(axis=1).max(initial=0))


def inner_degrees(polynomials: Sequence[Polynomial], split: Split) -> tuple[int, ...]:
    """Return the degrees in the inner variables."""
    alike = {p.support: p for p in polynomials}
    highest = {support: inner_degree(p, split) for support, p in alike.items()}
    return tuple(highest[p.support] for p in polynomials)


def is_inner(polynomial: Polynomial, split: Split) -> bool:
    """Whether no linear variable occurs."""
    return not polynomial.exponents[:, list(split.linear)].any()


def inner_basis_size(split: Split, degree: int) -> int:
    """Return the number of monomials in the inner variables up to `degree`."""
    return basis_size(len(split.inner), degree)
