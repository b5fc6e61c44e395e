r"""The same program on its side of moments, one unknown for each product: where there are more syzygies than products.

The moment matrix is taken around a vector `a` near the monomials of a minimiser, the free least-squares solution: with
:math:`v_i = L(m_i - a_i)` and :math:`C_{ij} = L((m_i - a_i)(m_j - a_j))` numbers of the size of the residuals take
the place of differences of large ones. Unknowns are :math:`L(1)`, the `v`, and one `C` for each product.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from .products import Products
from .whitening import Whitened

Floats = NDArray[np.float64]

#: Directions in which pairs change by less than this share of the most are formed exactly.
_TANGENT = 1e-3


@dataclass(frozen=True, eq=False)
class CentredMoments:
    r"""The map from the unknowns to the moment matrix in whitened coordinates, and its adjoint.

    Attributes
    ----------
    root : (K, K) array
        From centred monomials, the constant last, to whitened residuals.
    centre : (K,) array
        The `a`, with 1 at the end.
    place : (K, K) integer array
        The number of the unknown `C` of a pair; that of none where the product is a sum of others, or one with 1.
    count : int
        How many there are.
    dense : (K, K, K) array
        For the `v`, and for :math:`L(1)` at the end, what one unit of them adds to the centred moment matrix.
    """

    root: Floats
    centre: Floats
    place: NDArray[np.intp]
    count: int
    dense: Floats
    turn: Floats
    kept: NDArray[np.intp]
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, whitened: Whitened, products: Products, point: Floats | None = None) -> CentredMoments:
        """Write the map down, around the monomials of a point or else around the free least-squares solution."""
        size = len(whitened.form)
        inverse = whitened.inverse.floats()
        centre = inverse[:, -1] / inverse[-1, -1] if point is None else whitened.form.basis_at(point)
        shift = np.eye(size)
        shift[:-1, -1] = centre[:-1]
        root = (whitened.root_exact @ Dyadic.of(shift)).floats()
        return _written(root, centre, products)

    @cached_property
    def seen(self) -> Floats:
        """The matrices of the `v` and of L(1) in whitened coordinates."""
        return np.asarray(self.root @ self.dense @ self.root.T)

    @cached_property
    def lengths(self) -> Floats:
        """The lengths of all unknowns' matrices in whitened coordinates."""
        inside = self.root.T @ self.root
        rows, columns, places = self.patterns
        found = np.zeros(self.count)
        order = np.argsort(places, kind="stable")
        begins = np.searchsorted(places[order], np.arange(self.count + 1))
        for number, (begin, end) in enumerate(pairwise(begins.tolist())):
            i, j = rows[order[begin:end]], columns[order[begin:end]]
            found[number] = float((inside[np.ix_(j, i)] * inside[np.ix_(i, j)].T).sum())
        return np.concatenate([np.sqrt(np.abs(found)), np.linalg.norm(self.seen, axis=(1, 2))])

    @cached_property
    def patterns(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Rows, columns and places of the entries of the centred matrix that are an unknown `C`."""
        rows, columns = np.nonzero(self.place >= 0)
        return rows, columns, self.place[rows, columns]

    def matrix(self, unknowns: Floats) -> Floats:
        """Return the moment matrix in whitened coordinates."""
        own, rest = unknowns[: self.count], unknowns[self.count :]
        centred = np.zeros_like(self.root)
        rows, columns, places = self.patterns
        centred[rows, columns] = own[places]
        return np.asarray(self.root @ centred @ self.root.T + np.tensordot(rest, self.seen, axes=1))

    def adjoint(self, matrix: Floats) -> Floats:
        """Return the inner products of all unknowns' matrices with a symmetric one."""
        inside = self.root.T @ matrix @ self.root
        rows, columns, places = self.patterns
        own = np.bincount(places, inside[rows, columns], minlength=self.count)
        return np.concatenate([own, np.tensordot(self.seen, matrix, axes=2)])

    def schur(self, left: Floats, right: Floats) -> Floats:
        r"""Return the matrix of all :math:`\langle F_i, X F_j Y \rangle`, for symmetric `X` and `Y`."""
        u, v = self.root.T @ left @ self.root, self.root.T @ right @ self.root
        size, total = len(u), self.count + len(self.dense)
        found = np.zeros((total, total))
        rows, columns, places = self.patterns
        pattern = sp.csr_matrix((np.ones(len(rows)), (places, rows)), shape=(self.count, size))
        order = np.lexsort((rows, places))
        for i in range(size):
            mine = np.flatnonzero(self.place[i] >= 0)
            if not len(mine):
                continue
            pattern.data = v[columns[order], i]
            found[self.place[i, mine], : self.count] += (pattern @ u[:, mine]).T
        products = u @ self.dense @ v
        symmetric = (products + products.transpose(0, 2, 1)) / 2
        cross = np.array([np.bincount(places, part[rows, columns], minlength=self.count) for part in symmetric])
        found[self.count :, : self.count] = cross
        found[: self.count, self.count :] = cross.T
        flat = self.dense.reshape(len(self.dense), -1)
        found[self.count :, self.count :] = flat @ symmetric.reshape(len(symmetric), -1).T
        return (found + found.T) / 2

    def equations(self, coefficients: list[Fraction]) -> Floats:
        """Return what coefficients of the products are as inner products with all unknowns' matrices."""
        bits = max(c.denominator.bit_length() - 1 for c in coefficients)
        whole = [int(c * 2**bits) for c in coefficients]
        a, spare = _integers(self.centre)
        one = 1 << spare
        own, rest = [0] * self.count, [0] * len(self.dense)
        for number, (place, (i, j)) in enumerate(zip(self.kept.tolist(), self.pairs, strict=True)):
            value = whole[place]
            if not value:
                continue
            if number < self.count:
                own[number] = value
                rest[i] += value * a[j] * one
                rest[j] += value * a[i] * one
                rest[-1] += value * a[i] * a[j]
            else:
                if i < len(self.dense) - 1:
                    rest[i] += value * one * one
                rest[-1] += value * a[i] * one
        turn, fine = _integers(self.turn.T.reshape(-1))
        size = len(rest)
        turned = [
            sum(t * x for t, x in zip(turn[row * size : (row + 1) * size], rest, strict=True)) for row in range(size)
        ]
        small, large = Fraction(1, 2**bits), Fraction(1, 2 ** (bits + 2 * spare + fine))
        return np.array([float(small * x) for x in own] + [float(large * x) for x in turned])


def _integers(values: Floats) -> tuple[list[int], int]:
    """Return floats as integers over two to a power that is not negative."""
    exact = Dyadic.of(np.asarray(values)[None, :])
    power = min(exact.exponent, 0)
    return [int(w) << (exact.exponent - power) for w in exact.whole.entries()], -power


def _written(root: Floats, centre: Floats, products: Products) -> CentredMoments:
    size = len(centre)
    last = size - 1
    mixed = dict(products.rewritten)
    linear = {
        int(p): int(i) for i, j, p in zip(products.first, products.second, products.place, strict=True) if j == last
    }
    represented: dict[int, tuple[int, int]] = {}
    number: dict[int, int] = {}
    for i, j, p in zip(products.first.tolist(), products.second.tolist(), products.place.tolist(), strict=True):
        if p not in linear and p not in mixed and p not in represented:
            number[p], represented[p] = len(represented), (i, j)
    a = [Fraction(float(x)) for x in centre]
    dense = np.zeros((size, size, size))
    exact: list[tuple[int, int, dict[int, Fraction]]] = []
    place = np.full((size, size), -1, dtype=np.intp)

    def moment(p: int, share: Fraction, total: dict[int, Fraction]) -> None:
        """Add a share of the moment of a product: the amounts of v, of L(1) at `last`, and of C at size + number."""
        if p in mixed:
            for value, part in mixed[p]:
                moment(part, share * Fraction(value), total)
        elif p in linear:
            i = linear[p]
            total[i] = total.get(i, Fraction(0)) + share
            if i != last:
                total[last] = total.get(last, Fraction(0)) + share * a[i]
        else:
            i, j = represented[p]
            key = size + number[p]
            total[key] = total.get(key, Fraction(0)) + share
            for x, y in ((i, j), (j, i)):
                total[x] = total.get(x, Fraction(0)) + share * a[y]
            total[last] = total.get(last, Fraction(0)) + share * a[i] * a[j]

    for i, j, p in zip(products.first.tolist(), products.second.tolist(), products.place.tolist(), strict=True):
        if j == last:
            dense[i, i, last] = dense[i, last, i] = 1.0
            continue
        total: dict[int, Fraction] = {}
        moment(p, Fraction(1), total)
        for x, y in ((i, j), (j, i)):
            total[x] = total.get(x, Fraction(0)) - a[y]
        total[last] = total.get(last, Fraction(0)) - a[i] * a[j]
        exact.append((i, j, {key: value for key, value in total.items() if key < size and value}))
        for key, value in total.items():
            if key >= size:
                place[i, j] = place[j, i] = key - size
            elif value:
                dense[key, i, j] = dense[key, j, i] = float(value)
    turn = _turned(root, dense, exact)
    kept = [*number, *linear]
    pairs = [*represented.values(), *((i, last) for i in linear.values())]
    return CentredMoments(root, centre, place, len(number), dense, turn, np.array(kept, dtype=np.intp), tuple(pairs))


def _turned(root: Floats, dense: Floats, exact: list[tuple[int, int, dict[int, Fraction]]]) -> Floats:
    """Turn the `v` into directions of which some leave the pairs as they are, to first order: tangents.

    In these large entries cancel, and they are formed exactly. Returns the directions as columns, the one of L(1) too.
    """
    last = len(root) - 1
    inner = root[:last, :last]
    rows, columns = np.triu_indices(last)
    table = np.array([(inner @ part[:last, :last] @ inner.T)[rows, columns] for part in dense[:last]]).T
    _, singular, transposed = np.linalg.svd(table, full_matrices=False)
    turn = np.eye(last + 1)
    turn[:last, :last] = transposed.T
    dense[:] = np.tensordot(turn.T, dense, axes=1)
    near = np.flatnonzero(singular < _TANGENT * singular[0]).tolist()
    bits = max((share.denominator.bit_length() - 1 for _, _, parts in exact for share in parts.values()), default=0)
    amounts, fine = _integers(turn[:, near].T.reshape(-1))
    unit = Fraction(1, 2 ** (bits + fine))
    for i, j, parts in exact:
        listed = [(key, int(share * 2**bits)) for key, share in parts.items() if key < last]
        for number, direction in enumerate(near):
            begin = number * (last + 1)
            value = float(unit * sum(amounts[begin + key] * share for key, share in listed))
            dense[direction, i, j] = dense[direction, j, i] = value
    return turn
