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

from ..polynomials.dyadic import Dyadic, nearest
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
    entries : tuple of (entries,) arrays
        Rows, columns, unknowns `C` and shares of these in the centred moment matrix, by rows.
    count : int
        How many `C` there are.
    dense : (K, K, K) array
        For the `v`, and for :math:`L(1)` at the end, what one unit of them adds to the centred moment matrix.
    """

    root: Floats
    centre: Floats
    entries: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Floats]
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

    @classmethod
    def plain(cls, root: Floats, products: Products) -> CentredMoments:
        """Write down the map around the origin, for a diagonal root."""
        return _written(root, np.eye(1, len(root), len(root) - 1)[0], products)

    @cached_property
    def seen(self) -> Floats:
        """The matrices of the `v` and of L(1) in whitened coordinates."""
        return np.asarray(self.root @ self.dense @ self.root.T)

    @cached_property
    def lengths(self) -> Floats:
        """The lengths of all unknowns' matrices in whitened coordinates."""
        inside = self.root.T @ self.root
        rows, columns, places, shares = self.entries
        order = np.argsort(places, kind="stable")
        found = np.zeros(self.count)
        begins = np.searchsorted(places[order], np.arange(self.count + 1))
        for number, (begin, end) in enumerate(pairwise(begins.tolist())):
            chosen = order[begin:end]
            i, j, c = rows[chosen], columns[chosen], shares[chosen]
            found[number] = float(c @ (inside[np.ix_(j, i)] * inside[np.ix_(i, j)].T) @ c)
        return np.concatenate([np.sqrt(np.abs(found)), np.linalg.norm(self.seen, axis=(1, 2))])

    def matrix(self, unknowns: Floats) -> Floats:
        """Return the moment matrix in whitened coordinates."""
        own, rest = unknowns[: self.count], unknowns[self.count :]
        rows, columns, places, shares = self.entries
        size = len(self.root)
        centred = np.bincount(rows * size + columns, shares * own[places], minlength=size * size)
        return np.asarray(self.root @ centred.reshape(size, size) @ self.root.T + np.tensordot(rest, self.seen, axes=1))

    def adjoint(self, matrix: Floats) -> Floats:
        """Return the inner products of all unknowns' matrices with a symmetric one."""
        own = self._sums(self.root.T @ matrix @ self.root)
        return np.concatenate([own, np.tensordot(self.seen, matrix, axes=2)])

    def _sums(self, inside: Floats) -> Floats:
        rows, columns, places, shares = self.entries
        return np.asarray(np.bincount(places, shares * inside[rows, columns], minlength=self.count), dtype=np.float64)

    def schur(self, left: Floats, right: Floats) -> Floats:
        r"""Return the matrix of all :math:`\langle F_i, X F_j Y \rangle`, for symmetric `X` and `Y`."""
        u, v = self.root.T @ left @ self.root, self.root.T @ right @ self.root
        size, total = len(u), self.count + len(self.dense)
        found = np.zeros((total, total))
        rows, columns, places, shares = self.entries
        ends = np.searchsorted(rows, np.arange(size + 1))
        shape = self.count, size
        for i, (begin, end) in enumerate(pairwise(ends.tolist())):
            if begin < end:
                inner = sp.csr_matrix((shares * v[columns, i], (places, rows)), shape=shape)
                mine = slice(begin, end)
                outer = sp.csr_matrix((shares[mine], (places[mine], columns[mine])), shape=shape)
                found[: self.count, : self.count] += outer @ (inner @ u).T
        products = u @ self.dense @ v
        symmetric = (products + products.transpose(0, 2, 1)) / 2
        cross = np.array([self._sums(part) for part in symmetric])
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
    size, last = len(centre), len(centre) - 1
    amounts = _Amounts.of(centre, products)
    dense = np.zeros((size, size, size))
    exact: list[tuple[int, int, dict[int, int]]] = []
    entries: list[tuple[int, int, int, float]] = []
    for i, j, p in zip(products.first.tolist(), products.second.tolist(), products.place.tolist(), strict=True):
        if j == last:
            dense[i, i, last] = dense[i, last, i] = 1.0
            continue
        total = amounts.centred(i, j, p)
        for key, share in total.items():
            if key >= size:
                value = nearest(share, -amounts.fine)
                entries += {(i, j, key - size, value), (j, i, key - size, value)}
        listed = {key: value for key, value in total.items() if key < size and value}
        exact.append((i, j, listed))
        for key, value in listed.items():
            dense[key, i, j] = dense[key, j, i] = nearest(value, -amounts.bits)
    turn = _turned(root, dense, exact, amounts.bits)
    kept = [*amounts.number, *amounts.linear]
    pairs = [*amounts.represented.values(), *((i, last) for i in amounts.linear.values())]
    where = np.array(kept, dtype=np.intp)
    rows, columns, places, shares = zip(*sorted(entries), strict=True) if entries else ((), (), (), ())
    listed_entries = (
        np.array(rows, dtype=np.intp),
        np.array(columns, dtype=np.intp),
        np.array(places, dtype=np.intp),
        np.array(shares, dtype=np.float64),
    )
    return CentredMoments(root, centre, listed_entries, len(amounts.number), dense, turn, where, tuple(pairs))


@dataclass(frozen=True, eq=False)
class _Amounts:
    r"""What the moments of products are in the unknowns, in integers over two to a power.

    The unknowns are numbered: the `v` by their monomials, L(1) as the constant, the `C` behind them.
    """

    a: list[int]
    one: int
    bits: int
    fine: int
    linear: dict[int, int]
    number: dict[int, int]
    represented: dict[int, tuple[int, int]]
    mixed: dict[int, list[tuple[int, int]]]

    @classmethod
    def of(cls, centre: Floats, products: Products) -> _Amounts:
        a, spare = _integers(centre)
        last = len(centre) - 1
        values = [value for _, parts in products.rewritten for value, _ in parts]
        whole, fine = _integers(np.array(values)) if values else ([], 0)
        taken = iter(whole)
        mixed = {place: [(next(taken), part) for _, part in parts] for place, parts in products.rewritten}
        listed = list(zip(products.first.tolist(), products.second.tolist(), products.place.tolist(), strict=True))
        linear = {p: i for i, j, p in listed if j == last}
        represented: dict[int, tuple[int, int]] = {}
        for i, j, p in listed:
            if p not in linear and p not in mixed:
                represented.setdefault(p, (i, j))
        number = {p: place for place, p in enumerate(represented)}
        return cls(a, 1 << spare, 2 * spare + fine, fine, linear, number, represented, mixed)

    def centred(self, i: int, j: int, place: int) -> dict[int, int]:
        """Return the amounts of the unknowns in the centred moment of a pair with that product."""
        total: dict[int, int] = {}
        for value, part in self.mixed.get(place, [(1 << self.fine, place)]):
            self._add(part, value, total)
        self._spread(i, j, -(1 << self.fine), total)
        return total

    def _add(self, place: int, share: int, total: dict[int, int]) -> None:
        last = len(self.a) - 1
        if place in self.linear:
            i = self.linear[place]
            total[i] = total.get(i, 0) + share * self.one * self.one
            if i != last:
                total[last] = total.get(last, 0) + share * self.a[i] * self.one
            return
        key = len(self.a) + self.number[place]
        total[key] = total.get(key, 0) + share
        self._spread(*self.represented[place], share, total)

    def _spread(self, i: int, j: int, share: int, total: dict[int, int]) -> None:
        """Add what a pair's moment has beside its centred one."""
        a, last = self.a, len(self.a) - 1
        total[i] = total.get(i, 0) + share * a[j] * self.one
        total[j] = total.get(j, 0) + share * a[i] * self.one
        total[last] = total.get(last, 0) + share * a[i] * a[j]


def _turned(root: Floats, dense: Floats, exact: list[tuple[int, int, dict[int, int]]], bits: int) -> Floats:
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
    amounts, fine = _integers(turn[:, near].T.reshape(-1))
    for i, j, parts in exact:
        listed = [(key, share) for key, share in parts.items() if key < last]
        for number, direction in enumerate(near):
            begin = number * (last + 1)
            value = nearest(sum([amounts[begin + key] * share for key, share in listed]), -bits - fine)
            dense[direction, i, j] = dense[direction, j, i] = value
    return turn
