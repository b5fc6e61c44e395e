r"""Which activation patterns are possible: the cells of an arrangement of hyperplanes through the origin.

For rows :math:`a_1, \dots, a_n` of rank `D` a cell is an open cone on which no :math:`a_i^\top \theta` changes sign.
The closed cells cover all of space. Each is pointed, so it has an extreme ray, on which `D - 1` independent rows
vanish; and around a ray the cells are those of the rows that vanish there, in one dimension less. So all cells are
found from the rays, also where more rows vanish on a ray than `D - 1`. Signs are decided in integers: floats are
trusted where they are beyond a bound of their rounding errors, all else is computed again exactly.

Source: Edelsbrunner, *Algorithms in Combinatorial Geometry* (1987), section 1.2, for the number of cells.
"""

from __future__ import annotations

from itertools import combinations, product
from math import comb, gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .whitening import whitened

Bools = NDArray[np.bool_]
Ints = NDArray[Any]

_EPS = float(np.finfo(np.float64).eps)
#: Signs of rows on rays that are looked at in one go.
_CHUNK = 6_000_000
#: Products below this may have lost digits to the end of the floats, or all.
_TINY = 1e-280
#: Bits of numbers that 64-bit integers hold without overflow, one for the sign and one to spare.
_BITS = 62


def count_cells(rows: int, dimension: int) -> int:
    """Return the largest number of cells: twice the sum of the binomials (rows - 1 over k), k < dimension."""
    return 2 * sum(comb(max(rows - 1, 0), k) for k in range(dimension))


def cells(rows: list[list[int]]) -> Bools:
    """Return which rows are positive on each cell, up to the sign of the cell.

    Parameters
    ----------
    rows : n lists of D integers, of rank D

    Returns
    -------
    (cells, n) array
        One of each pair of opposite cells; the other one is the complement. A zero row is False in it.
    """
    classes: dict[tuple[int, ...], int] = {}
    place, turned = np.zeros(len(rows), dtype=np.intp), np.zeros(len(rows), dtype=bool)
    zero = np.array([not any(row) for row in rows])
    for i, row in enumerate(rows):
        if not zero[i]:
            common = gcd(*row)
            turned[i] = next(v for v in row if v) < 0
            common = -common if turned[i] else common
            place[i] = classes.setdefault(tuple(v // common for v in row), len(classes))
    found = _cells_of_distinct([list(key) for key in classes])
    return np.where(zero, False, found[:, place] ^ turned)


def _cells_of_distinct(rows: list[list[int]]) -> Bools:
    """Do what `cells` does for rows of which no two are parallel, and none is zero."""
    n, dimension = len(rows), len(rows[0])
    if dimension == 1:
        return np.ones((1, 1), dtype=bool)
    exact = np.array(rows, dtype=object)
    bits = max(abs(v).bit_length() for row in rows for v in row)
    small = dimension * bits + 2 * dimension <= _BITS
    numbers: Any = exact.astype(np.int64) if small else whitened(rows).floats
    chosen = np.array(list(combinations(range(n), dimension - 1)), dtype=np.intp)
    packed, degenerate = [], set[bytes]()
    step = max(64, _CHUNK // n)
    for start in range(0, len(chosen), step):
        part = chosen[start : start + step]
        signs = _signs(numbers, exact, part, small)
        zeros = (signs == 0).sum(axis=1)
        simple = zeros == dimension - 1
        packed.append(_around_simple_rays(signs[simple] > 0, part[simple]))
        for row in np.unique(signs[(zeros >= dimension) & (zeros < n)], axis=0):
            first = row[np.flatnonzero(row)[0]]
            degenerate.add((row * first).tobytes())
    for key in degenerate:
        row = np.frombuffer(key, dtype=np.int8)
        packed.append(_around(row, rows))
    return np.unpackbits(_distinct(np.concatenate(packed)), axis=1, count=n).astype(bool)


def _signs(numbers: Any, exact: Ints, chosen: NDArray[np.intp], small: bool) -> NDArray[np.int8]:
    """Return the sign of every row on the ray of each choice of rows; zeros alone where they are dependent."""
    found, size = normal_vectors(numbers[chosen])
    values = found @ numbers.T
    if small:
        return np.sign(values).astype(np.int8)
    dimension = numbers.shape[1]
    error = 16 * dimension**2 * _EPS * (size @ np.abs(numbers).T)
    signs = np.sign(values).astype(np.int8)
    np.put_along_axis(signs, chosen, 0, axis=1)
    doubtful = np.abs(values) <= error + _TINY
    np.put_along_axis(doubtful, chosen, False, axis=1)
    for start in np.flatnonzero(doubtful.any(axis=1)).reshape(-1, 1):
        again, _ = normal_vectors(exact[chosen[start]])
        signs[start] = np.sign(again @ exact.T).astype(np.int8)
    return signs


def normal_vectors(rows: Any) -> tuple[Any, Any]:
    """Return the vector that is orthogonal to D - 1 rows, and sums of the absolute terms of its entries.

    Entry `j` is (-1)^j times the minor without column `j`.

    Parameters
    ----------
    rows : (m, D - 1, D) array
        Of any kind of numbers.
    """
    dimension = rows.shape[2]
    minors: dict[tuple[int, ...], tuple[Any, Any]] = {
        (j,): (rows[:, 0, j], abs(rows[:, 0, j])) for j in range(dimension)
    }
    for k in range(1, dimension - 1):
        larger = {}
        for columns in combinations(range(dimension), k + 1):
            value: Any = 0
            size: Any = 0
            for position, j in enumerate(columns):
                below, below_size = minors[columns[:position] + columns[position + 1 :]]
                term = rows[:, k, j] * below
                value = value + term if (position + k) % 2 == 0 else value - term
                size = size + abs(rows[:, k, j]) * below_size
            larger[columns] = (value, size)
        minors = larger
    without = [tuple(c for c in range(dimension) if c != j) for j in range(dimension)]
    value = np.stack([minors[c][0] * (1 if j % 2 == 0 else -1) for j, c in enumerate(without)], axis=1)
    return value, np.stack([minors[c][1] for c in without], axis=1)


def _around_simple_rays(positive: Bools, vanishing: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Return the cells around rays on which just these rows vanish: they may have any signs."""
    found = []
    for signs in product((False, True), repeat=vanishing.shape[1]):
        np.put_along_axis(positive, vanishing, np.array(signs), axis=1)
        found.append(np.packbits(np.where(positive[:, :1], positive, ~positive), axis=1))
    return _distinct(np.concatenate(found))


def _around(signs: NDArray[np.int8], rows: list[list[int]]) -> NDArray[np.uint8]:
    """Return the cells around one ray on which more rows vanish than needed."""
    zero = np.flatnonzero(signs == 0)
    vanishing = np.array([rows[i] for i in zero], dtype=object)
    basis = _independent(vanishing)
    ray, _ = normal_vectors(vanishing[basis][None])
    dropped = int(np.flatnonzero(ray[0])[0])
    local = cells([[v for j, v in enumerate(row) if j != dropped] for row in vanishing.tolist()])
    local = np.concatenate([local, ~local])
    found = np.repeat((signs > 0)[None], len(local), axis=0)
    found[:, zero] = local
    return np.packbits(np.where(found[:, :1], found, ~found), axis=1)


def _independent(rows: Ints) -> list[int]:
    """Return as many independent rows as there are, by elimination without fractions."""
    kept: list[int] = []
    reduced: list[tuple[int, list[int]]] = []
    for i, given in enumerate(rows.tolist()):
        row = list(given)
        for pivot, other in reduced:
            if row[pivot]:
                a, b = other[pivot], row[pivot]
                row = [a * v - b * w for v, w in zip(row, other, strict=True)]
        common = gcd(*row)
        if common:
            reduced.append((next(j for j, v in enumerate(row) if v), [v // common for v in row]))
            kept.append(i)
    return kept


def _distinct(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the rows without repetition; a hash sorts them, and what it calls equal is compared."""
    words = -(-packed.shape[1] // 8)
    padded = np.zeros((len(packed), 8 * words), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    keys = padded.view(np.uint64)
    odd = np.random.default_rng(0).integers(1, 2**63, words, dtype=np.uint64) | np.uint64(1)
    mixed = keys * odd
    mixed ^= mixed >> np.uint64(29)
    hashes = (mixed * odd[::-1]).sum(axis=1, dtype=np.uint64)
    order = np.argsort(hashes, kind="stable")
    same_hash = hashes[order][1:] == hashes[order][:-1]
    same = (keys[order][1:] == keys[order][:-1]).all(axis=1)
    if np.any(same_hash & ~same):  # two rows with one hash: rare, and sorted in full
        return np.unique(packed, axis=0)
    return packed[order[np.concatenate([[True], ~same])]] if len(order) else packed
