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
from types import MappingProxyType

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from ..polynomials.exponents import Exponents, unique_keys, word_keys, words_of
from ..sdp.svec import svec_index
from .cliques import chordal_cliques

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


def term_blocks(products: Products, alive: NDArray[np.bool_], terms: str) -> list[Integers]:
    """Return the blocks as sets of rows, in order; rows that are not `alive` are in none.

    A row of a condition on monomials alone counts when it shares a block with the last row.

    Parameters
    ----------
    products : Products
    alive : (rows,) bool array
    terms : str
        A key of `DIVISIONS`.
    """
    kept = alive[products.first] & alive[products.second]
    squares = kept & products.ordinary & (products.first == products.second)
    support = products.support | products.constraints
    support = support | _marked(len(support), products.moment[squares[products.pair]])
    entries = kept[products.pair]
    pair, moment = products.pair[entries], products.moment[entries]
    while True:
        joined = np.zeros(len(products.first), dtype=bool)
        joined[pair[support[moment]]] = True
        blocks, together = DIVISIONS[terms](products, joined)
        grown = support | _marked(len(support), moment[together[pair]])
        if (grown == support).all():
            left = (rows[alive[rows]] for rows in blocks)
            return sorted((rows for rows in left if len(rows)), key=lambda rows: int(rows[0]))
        support = grown


Division = tuple[list[Integers], NDArray[np.bool_]]


def _by_components(products: Products, joined: NDArray[np.bool_]) -> Division:
    """Return the connected components, and which pairs lie in one."""
    ends = products.first[joined], products.second[joined]
    graph = sp.coo_array((np.ones(len(ends[0]), dtype=bool), ends), (products.rows, products.rows))
    return _by_label(products, connected_components(graph, directed=False)[1])


def _by_cliques(products: Products, joined: NDArray[np.bool_]) -> Division:
    """Return the maximal cliques of a chordal extension, and which pairs lie in one."""
    near: list[set[int]] = [set() for _ in range(products.rows)]
    for i, j in zip(products.first[joined].tolist(), products.second[joined].tolist(), strict=True):
        near[i].add(j)
        near[j].add(i)
    blocks = [np.array(clique, dtype=np.intp) for clique in chordal_cliques(near)]
    inside = [np.add.outer(rows * products.rows, rows).reshape(-1) for rows in blocks]
    return blocks, np.isin(products.first * products.rows + products.second, np.concatenate(inside))


def _undivided(products: Products, joined: NDArray[np.bool_]) -> Division:
    """Return one block for each condition."""
    label = np.repeat(np.arange(len(products.starts)), np.diff(np.append(products.starts, products.rows)))
    alone = products.second == products.rows - 1
    label[products.first[alone]] = label[-1]
    return _by_label(products, label)


def _by_label(products: Products, label: NDArray[np.integer]) -> Division:
    order = np.argsort(label, kind="stable").astype(np.intp)
    ends = np.flatnonzero(np.diff(label[order])) + 1
    return np.split(order, ends), label[products.first] == label[products.second]


#: Ways to divide the rows of a condition.
DIVISIONS = MappingProxyType({"components": _by_components, "cliques": _by_cliques, "undivided": _undivided})
