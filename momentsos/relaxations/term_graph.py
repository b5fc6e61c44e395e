r"""Term sparsity: which monomials of a basis have to share a block.

A pair :math:`\beta, \gamma` of a block with polynomial `g` is joined when one of the moments
:math:`\beta + \gamma + \operatorname{supp} g` belongs to the support, that at first has the terms of the problem and
the squares of all basis monomials. The connected components become blocks, all of their moments join the support, and
so on until nothing changes. Then setting the moments outside the support to zero makes every matrix block diagonal
without losing feasibility: the bound is that of the undivided matrices.

Source: Wang, Magron and Lasserre, *TSSOS: a moment-SOS hierarchy that exploits term sparsity*, SIAM J. Optim. 31
(2021), sections 3 and 4; for maximal cliques of chordal extensions instead, which may lose something,
*Chordal-TSSOS*, SIAM J. Optim. 31 (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from ..polynomials.exponents import Exponents, unique_keys, word_keys, words_of
from ..sdp.svec import svec_index

Integers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Condition:
    """One block before it is divided, in the variables that it is about.

    Attributes
    ----------
    columns : (w,) integer array
        These variables, in increasing order.
    basis : (size, w) integer array
    terms : (t, w) integer array
        The exponents of the polynomial.
    signs : (t,) array
        The signs of its coefficients.
    square : bool
        Whether it is about all pairs of basis monomials (`PSD`) or about each alone (`ZERO`).
    """

    columns: NDArray[np.int64]
    basis: Exponents
    terms: Exponents
    signs: NDArray[np.float64]
    square: bool


@dataclass(frozen=True, eq=False)
class Products:
    """All products that occur in conditions, by numbers.

    Rows are the basis monomials of all conditions, one after the other, and after them one row that stands for 1 in
    conditions that are about monomials alone.

    Attributes
    ----------
    first, second : (pairs,) arrays
        The two rows of each pair.
    pair, moment : (entries,) arrays
        For each pair and each term of its polynomial, the number of the pair and of the monomial that it makes.
    sign : (entries,) array
    starts : (conditions + 1,) array
        Where the rows of each condition begin.
    ordinary : (pairs,) bool array
        Whether the polynomial of the pair is 1.
    support : (moments,) bool array
        The monomials of the objective and 1.
    constraints : (moments,) bool array
        The monomials of all constraints.
    """

    first: Integers
    second: Integers
    pair: Integers
    moment: Integers
    sign: NDArray[np.float64]
    starts: Integers
    ordinary: NDArray[np.bool_]
    support: NDArray[np.bool_]
    constraints: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        """The number of rows, with the last one."""
        return int(self.starts[-1]) + 1


def products_of(conditions: Sequence[Condition], objective: Exponents) -> Products:
    """Number all products of the conditions; `objective` has the exponents of the objective in all variables."""
    n = objective.shape[1]
    starts = np.concatenate([[0], np.cumsum([len(c.basis) for c in conditions])]).astype(np.intp)
    first, second, keys, heights = [], [], [], []
    length = max([1, *objective.sum(axis=1).tolist(), *map(_degree, conditions)])
    for condition, start in zip(conditions, starts[:-1].tolist(), strict=True):
        size = len(condition.basis)
        if condition.square:
            i, j = svec_index(size)
            rows = condition.basis[i] + condition.basis[j]
        else:
            i, j, rows = np.arange(size), np.full(size, starts[-1] - start), condition.basis
        first.append(i + start)
        second.append(j + start)
        heights.append(len(i))
        shape = len(rows) * len(condition.terms), rows.shape[1]
        products = (rows[:, None, :] + condition.terms[None, :, :]).reshape(shape)
        keys.append(word_keys(words_of(products, length, condition.columns), n))
    terms = [len(c.terms) for c in conditions]
    polynomials = [word_keys(words_of(c.terms, length, c.columns), n) for c in conditions]
    own = word_keys(words_of(np.concatenate([objective, np.zeros((1, n), dtype=np.int64)]), length), n)
    everything = [*keys, *polynomials, own]
    distinct, number = unique_keys(np.concatenate(everything))
    parts = np.split(number, np.cumsum([len(part) for part in everything])[:-1])
    return Products(
        first=np.concatenate(first).astype(np.intp),
        second=np.concatenate(second).astype(np.intp),
        pair=np.repeat(np.arange(sum(heights)), np.repeat(terms, heights)),
        moment=np.concatenate(parts[: len(conditions)]),
        sign=np.concatenate([np.tile(c.signs, h) for c, h in zip(conditions, heights, strict=True)]),
        starts=starts,
        ordinary=np.repeat([c.square and not c.terms.any() for c in conditions], heights),
        support=_marked(len(distinct), parts[-1]),
        constraints=_marked(len(distinct), np.concatenate(parts[len(conditions) : -1])),
    )


def _degree(condition: Condition) -> int:
    degree = int(condition.basis.sum(axis=1).max(initial=0))
    return (1 + condition.square) * degree + int(condition.terms.sum(axis=1).max(initial=0))


def _marked(count: int, places: Integers) -> NDArray[np.bool_]:
    marks = np.zeros(count, dtype=bool)
    marks[places] = True
    return marks


def components(products: Products, alive: NDArray[np.bool_]) -> Integers:
    """Return for each row the number of its block, -1 where it is in none; rows that are not `alive` are left out.

    A row of a condition on monomials alone is in a block when it is in that of the last row.
    """
    kept = alive[products.first] & alive[products.second]
    squares = kept & products.ordinary & (products.first == products.second)
    support = products.support | products.constraints
    support = support | _marked(len(support), products.moment[squares[products.pair]])
    entries = kept[products.pair]
    pair, moment = products.pair[entries], products.moment[entries]
    first, second = products.first[pair], products.second[pair]
    while True:
        joined = support[moment]
        graph = sp.coo_array((joined[joined], (first[joined], second[joined])), (products.rows, products.rows))
        label = connected_components(graph, directed=False)[1].astype(np.intp)
        grown = support | _marked(len(support), moment[label[first] == label[second]])
        if (grown == support).all():
            return np.where(alive, label, -1)
        support = grown
