r"""Points from moments without odd ones: atoms that changes of sign have spread over their orbits.

A relaxation of a problem that changes of sign leave as it is has a solution that they leave as it is too, the mean over
the orbits of the minimisers: its odd moments are zero, or are left out altogether, and the mean of each variable says
nothing. What is left are products. Two variables are of one class where the moment of their product may be nonzero; in
each class :math:`L(x x^\top)` of a single orbit is :math:`x x^\top`, whatever the signs. With several orbits,
multiplication by the products :math:`x_i x_j` maps even monomials to even ones; the joint eigenvalues of these matrices
are the products at one point of each orbit.

Where neither is determined, normal variables with these second moments are drawn, as Goemans and Williamson do.

Source: Riener, Theobald, Andrén and Lasserre, *Exploiting symmetries in SDP-relaxations for polynomial optimization*,
Math. Oper. Res. 38 (2013), section 3; Goemans and Williamson, J. ACM 42 (1995).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..polynomials import ExponentIndex
from ..polynomials.exponents import Exponents
from .ranks import RankRule

Floats = NDArray[np.float64]
#: A mean below this share of the root of the second moment counts as zero, and so does a product.
_ODD = 1e-4
#: What solvers leave of eigenvalues that are zero, as a share of the largest: ranks are tried for both.
_NOISES = (1e-6, 1e-9)
#: Points that are drawn, and orbits that are looked for at most.
_DRAWN, _MOST_ORBITS = 12, 32


def orbit_points(matrix: Floats, basis: Exponents, seed: int = 0) -> list[Floats]:
    """Return candidate points for a moment matrix whose means vanish, one of each orbit; none where they do not.

    Parameters
    ----------
    matrix : (size, size) array
        The moment matrix, of mass one; moments that are not known are zero.
    basis : (size, n) integer array
        Its monomials, the constant and all variables among them.
    seed : int
        For the points that are drawn.

    Returns
    -------
    list of (n,) arrays
        Points of extracted orbits first.
    """
    n = basis.shape[1]
    places = ExponentIndex.of(basis)
    row_of = np.empty(len(basis), dtype=np.intp)
    row_of[places.find(basis)] = np.arange(len(basis))
    linear = places.find(np.eye(n, dtype=np.int64))
    constant = int(places.find(np.zeros((1, n), dtype=np.int64))[0])
    if (linear < 0).any() or constant < 0:
        return []
    rows = row_of[linear]
    second = matrix[np.ix_(rows, rows)]
    sizes = np.sqrt(np.maximum(np.diag(second), 0.0))
    means = matrix[row_of[constant], rows]
    odd = (np.abs(means) <= _ODD * sizes) & (sizes > 0)
    if not odd.any():
        return []
    classes = _classes(second, sizes, odd)
    found = _extracted(matrix, basis, classes, means)
    leading = means.copy()
    for members in classes:
        values, vectors = np.linalg.eigh(second[np.ix_(members, members)])
        leading[members] = np.sqrt(max(values[-1], 0.0)) * vectors[:, -1]
    found.append(leading)
    if any(_rank(second[np.ix_(members, members)]) > 1 for members in classes):
        found += _drawn(second, means, classes, np.random.default_rng(seed))
    return found


def _classes(second: Floats, sizes: Floats, odd: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the odd variables by classes: those that nonzero products join."""
    joined = (np.abs(second) > _ODD * np.outer(sizes, sizes)) & np.outer(odd, odd)
    left, classes = set(np.flatnonzero(odd).tolist()), []
    while left:
        members, border = set[int](), [min(left)]
        while border:
            i = border.pop()
            members.add(i)
            border += [j for j in np.flatnonzero(joined[i]).tolist() if j not in members and j not in border]
        classes.append(np.array(sorted(members)))
        left -= members
    return classes


def _rank(matrix: Floats, noise: float = _NOISES[0]) -> int:
    return RankRule(noise=noise)(matrix).value


def _drawn(second: Floats, means: Floats, classes: list[NDArray[np.intp]], rng: np.random.Generator) -> list[Floats]:
    """Return points whose signs are those of normal variables, and whose sizes are the second moments."""
    points = []
    for _ in range(_DRAWN):
        point = means.copy()
        for members in classes:
            values, vectors = np.linalg.eigh(second[np.ix_(members, members)])
            drawn = vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(len(values)))
            length = np.linalg.norm(drawn)
            point[members] = drawn * (np.sqrt(max(values.sum(), 0.0)) / length if length > 0 else 0.0)
        points.append(point)
    return points


def _extracted(matrix: Floats, basis: Exponents, classes: list[NDArray[np.intp]], means: Floats) -> list[Floats]:
    """Return a point of each orbit, from multiplication by products; none where that fails.

    Products map monomials that are even in each class to such, and those that are odd in one class to such.
    """
    indicator = np.zeros((len(classes), basis.shape[1]), dtype=np.int64)
    for number, members in enumerate(classes):
        indicator[number, members] = 1
    parities = basis @ indicator.T % 2
    found: list[Floats] = []
    for parity in (np.zeros(len(classes), dtype=np.int64), *np.eye(len(classes), dtype=np.int64)):
        rows = np.flatnonzero((parities == parity).all(axis=1))
        if len(rows) and not found:
            block = matrix[np.ix_(rows, rows)]
            for rank in dict.fromkeys(_rank(block, noise) for noise in _NOISES):
                found += _of_block(block, basis[rows], rank, classes, means)
    return found


def _of_block(block: Floats, own: Exponents, rank: int, classes: list[NDArray[np.intp]], means: Floats) -> list[Floats]:
    """Return a point of each orbit from the moments of products of some monomials."""
    n, totals = own.shape[1], own.sum(axis=1)
    values, vectors = np.linalg.eigh(block)
    rank = min(rank, int((values > 0).sum()))
    low = np.flatnonzero(totals <= totals.max() - 2)
    if not 0 < rank <= min(len(low), _MOST_ORBITS):
        return []
    factor = vectors[:, -rank:] * np.sqrt(values[-rank:])
    singular = np.linalg.svd(factor[low], compute_uv=False)
    if singular[-1] <= 1e-7 * singular[0]:
        return []
    index = ExponentIndex.of(own)
    row_of = np.empty(len(own), dtype=np.intp)
    row_of[index.find(own)] = np.arange(len(own))

    def multiplication(by: Exponents) -> Floats:
        shifted = own[low] + by
        product = np.linalg.lstsq(factor[low], factor[row_of[index.find(shifted)]], rcond=None)[0]
        return np.asarray((product + product.T) / 2)

    unit = np.eye(n, dtype=np.int64)
    plain = [i for i in range(n) if not any(i in members for members in classes)]
    pairs = [(i, j) for members in classes for i in members.tolist() for j in members.tolist() if i <= j]
    by = [*(unit[i] for i in plain), *(unit[i] + unit[j] for i, j in pairs)]
    matrices = np.array([multiplication(each) for each in by])
    mix = np.random.default_rng(0).standard_normal(len(matrices))
    _, common = np.linalg.eigh(np.tensordot(mix, matrices, axes=1))
    values_at = np.einsum("ijj->ji", common.T @ matrices @ common)
    return [_point(row, plain, pairs, classes, means) for row in values_at]


def _point(
    row: Floats, plain: list[int], pairs: list[tuple[int, int]], classes: list[NDArray[np.intp]], means: Floats
) -> Floats:
    """Return a point with given values of some variables, and of products of the others."""
    point = means.copy()
    point[plain] = row[: len(plain)]
    products = np.zeros((len(means), len(means)))
    for (i, j), value in zip(pairs, row[len(plain) :], strict=True):
        products[i, j] = products[j, i] = value
    for members in classes:
        values, vectors = np.linalg.eigh(products[np.ix_(members, members)])
        point[members] = np.sqrt(max(values[-1], 0.0)) * vectors[:, -1]
    return point
