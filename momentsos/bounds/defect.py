r"""The defect of an identity between polynomials, in twice the working precision, and a bound of what is not known.

For real symmetric matrices :math:`G_j` and numbers :math:`\lambda_l`, each given by two floats,

.. math::

    r = w (f - \gamma) - \sum_j \langle G_j, g_j B_j B_j^\top \rangle - \sum_l \lambda_l\, h_l x^{\beta_l}

is a polynomial in the monomials of the relaxation; in a quotient it is what this polynomial is there. Its coefficients
are sums of products, which are formed without rounding and added up accurately. The :math:`\sqrt 2` of the program
takes no part; where a block is made of combinations :math:`C B`, its matrix is :math:`C^\top G C` here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials.exponents import unique_rows
from ..polynomials.quotient import Quotient
from ..polynomials.shift import two_product
from ..problem import Problem
from ..relaxations import Relaxation
from ..relaxations.plan import Block, BlockKind
from ..sdp import SDP, svec_length
from ..sdp.svec import svec_index, svec_weights
from .accurate import LARGEST, TINY, UNIT, Pair, product_of_pairs, segmented_sums
from .meaning import Meaning, Meant, meaning_of
from .proof import Unproved

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Terms:
    """Products of unknowns and coefficients that add up to the coefficients of monomials.

    Attributes
    ----------
    unknowns, monomials : (terms,) arrays
        Their numbers.
    high, low, errors : (terms,) arrays
        The coefficients, see `Meant`.
    """

    unknowns: Places
    monomials: Places
    high: Floats
    low: Floats
    errors: Floats

    @classmethod
    def joined(cls, parts: Sequence[Terms]) -> Terms:
        """Return all terms, the unknowns of each part numbered as they are."""
        none, empty = np.zeros(0, dtype=np.intp), np.zeros(0)
        return cls(
            np.concatenate([none, *(part.unknowns for part in parts)]),
            np.concatenate([none, *(part.monomials for part in parts)]),
            np.concatenate([empty, *(part.high for part in parts)]),
            np.concatenate([empty, *(part.low for part in parts)]),
            np.concatenate([empty, *(part.errors for part in parts)]),
        )

    def without_zeros(self) -> Terms:
        """Return the terms whose coefficients are not zero."""
        kept = (self.high != 0) | (self.low != 0) | (self.errors != 0)
        parts = (self.unknowns, self.monomials, self.high, self.low, self.errors)
        return Terms(*(part[kept] for part in parts))


@dataclass(frozen=True, eq=False)
class Identity:
    """The terms of all identities of a relaxation.

    Attributes
    ----------
    n : int
        The number of monomials.
    gram : Terms
        The unknowns are the entries of the Gram matrices over the monomials of the blocks, in svec order, those off the
        diagonal counted twice.
    free : Terms
        The unknowns are the multipliers of the equalities, the normalisation first.
    objective : Terms
    unit : (terms,) array of bool
        Which terms of `gram` belong to blocks of monomials whose polynomial is a number that a float holds: nothing but
        one monomial meets their entries.
    blocks : tuple of (Block, Meant)
        The semidefinite blocks, and what their polynomials stand for.
    """

    n: int
    gram: Terms
    free: Terms
    objective: Terms
    unit: NDArray[np.bool_]
    blocks: tuple[tuple[Block, Meant], ...]

    @classmethod
    def of(cls, relaxation: Relaxation, meaning: Meaning, quotient: Quotient | None = None) -> Identity | None:
        """Read the terms off; None where a monomial of them is not one of the relaxation.

        In a quotient its rules are those of the equalities that are meant.
        """
        plan, sdp = relaxation.plan, relaxation.sdp
        known = list(zip(plan.blocks, meaning.blocks, strict=True))
        psd = [(block, meant) for block, meant in known if block.kind is BlockKind.PSD]
        zero = [(block, meant) for block, meant in known if block.kind is BlockKind.ZERO]
        gram, unit, start = [], [np.zeros(0, dtype=bool)], 0
        for number, (block, meant) in enumerate(psd):
            first, second = svec_index(len(block.basis))
            factors = np.where(first == second, 1.0, 2.0)
            same = quotient is None or (quotient.pure and len(meant.rows) == 1)
            columns = _stored(sdp, number, block, meant) if same else None
            if columns is None:
                products = block.basis[first] + block.basis[second]
                gram.append(_terms_of(relaxation, quotient, products, meant, factors, start))
            else:
                gram.append(_terms(columns, meant, factors, start))
            alone = meant.positive_number and block.combinations is None  # entries of C'GC are not free one by one
            unit.append(_single(gram[-1]) if alone else np.zeros(len(gram[-1].unknowns), dtype=bool))
            start += len(first)
        none, free, start = np.zeros((1, plan.objective.exponents.shape[1]), dtype=np.int64), [], 0
        for basis, meant in [(none, Meant.of(plan.normalization)), *((b.basis, meant) for b, meant in zero)]:
            free.append(_terms_of(relaxation, quotient, basis, meant, np.ones(len(basis)), start))
            start += len(basis)
        objective = _terms_of(relaxation, quotient, none, meaning.objective, np.ones(1), 0)
        found = Terms.joined(gram), Terms.joined(free), objective
        if start != sdp.equalities.shape[0] or any((terms.monomials < 0).any() for terms in found):
            return None
        return cls(sdp.n_moments, *found, np.concatenate(unit), tuple(psd))

    def defect(self, multipliers: Pair, gram: Pair, gram_errors: Floats) -> tuple[Pair, Floats] | None:
        """Return the coefficients of the defect, and bounds of what is not known of them; None where one overflows.

        Parameters
        ----------
        multipliers : pair of (p,) arrays
        gram : pair of arrays
            The entries of the Gram matrices over the monomials of the blocks, in svec order.
        gram_errors : array
            Bounds of their errors.
        """
        one = np.ones(1), np.zeros(1)
        unknowns = (self.objective, one, np.zeros(1)), (self.gram, gram, gram_errors), (self.free, multipliers, None)
        sizes = [*gram, *multipliers, *(terms.high for terms, _, _ in unknowns), gram_errors]
        if not all(np.isfinite(v).all() and np.abs(v).max(initial=0.0) <= LARGEST for v in sizes):
            return None
        parts: list[Floats] = []
        places: list[Places] = []
        unknown = np.zeros(self.n)
        for sign, (terms, (high, low), errors) in zip((1.0, -1.0, -1.0), unknowns, strict=True):
            product, rest = two_product(terms.high, high[terms.unknowns])
            small = terms.high * low[terms.unknowns] + terms.low * high[terms.unknowns]
            parts += [sign * product, sign * rest, sign * small]
            places += [terms.monomials] * 3
            size = np.abs(high[terms.unknowns]) + np.abs(low[terms.unknowns])
            wrong = terms.errors * size + 3.0 * UNIT * np.abs(terms.high * low[terms.unknowns])
            wrong = (
                wrong + 3.0 * UNIT * np.abs(terms.low * high[terms.unknowns]) + np.abs(terms.low * low[terms.unknowns])
            )
            if errors is not None:
                wrong = wrong + (np.abs(terms.high) + np.abs(terms.low) + terms.errors) * errors[terms.unknowns]
            unknown += np.bincount(terms.monomials, wrong, self.n)
        values = np.concatenate(parts)
        if not np.isfinite(values).all():
            return None
        sums, lost = segmented_sums(values, np.concatenate(places), self.n)
        # Sums of numbers that are not negative: of `k` of them, all but about `k u` is kept.
        return sums, unknown * (1.0 + 4.0 * UNIT * len(values)) + lost + TINY

    def over_monomials(self, sizes: Sequence[int], gram: Pair, errors: Floats) -> tuple[Pair, Floats]:
        r"""Return entries of Gram matrices over the monomials of the blocks, and their errors: :math:`C^\top G C`.

        Parameters
        ----------
        sizes : sequence of int
            Those of the blocks of the program.
        gram, errors : pair of arrays, array
            The entries in svec order, and bounds of their errors.
        """
        if all(block.combinations is None for block, _ in self.blocks):
            return gram, errors
        high, low, wrong = [], [], []
        ends = np.cumsum([svec_length(size) for size in sizes])
        for (block, _), size, end in zip(self.blocks, sizes, ends, strict=True):
            part = slice(end - svec_length(size), end)
            if block.combinations is None:
                high.append(gram[0][part])
                low.append(gram[1][part])
                wrong.append(errors[part])
                continue
            c = np.asarray(block.combinations.toarray(), dtype=np.float64)
            none, across = np.zeros_like(c), np.abs(c)
            first, lost = product_of_pairs((c.T, none.T), (matrix_of(gram[0][part]), matrix_of(gram[1][part])))
            whole, more = product_of_pairs(first, (c, none))
            more = more + (lost @ across + across.T @ matrix_of(errors[part]) @ across) * (1.0 + 1e-6)
            high.append(triangle(whole[0]))
            low.append(triangle(whole[1]))
            wrong.append(triangle(more))
        return (np.concatenate(high), np.concatenate(low)), np.concatenate(wrong)


def identity_of(relaxation: Relaxation, problem: Problem) -> Identity | Unproved:
    """Return the terms of the identities of a relaxation as they are meant for a problem in its variables."""
    meaning = meaning_of(relaxation.plan, problem)
    if isinstance(meaning, Unproved):
        return meaning
    quotient = relaxation.plan.quotient
    if quotient is not None:
        known = len(problem.equalities) > max(quotient.numbers)
        meant = Quotient.of(problem.equalities, quotient.numbers) if known else None
        if meant is None or not meant.is_like(quotient):
            return Unproved.OTHER_POLYNOMIALS
        quotient = meant
    return Identity.of(relaxation, meaning, quotient) or Unproved.OTHER_POLYNOMIALS


def triangle(matrices: Floats) -> Floats:
    """Return the entries of a stack of symmetric matrices in svec order, shape (..., size (size + 1) / 2)."""
    first, second = svec_index(matrices.shape[-1])
    return np.asarray(matrices[..., first, second])


def matrix_of(entries: Floats) -> Floats:
    """Return the symmetric matrix of entries in svec order."""
    size = int((2 * len(entries)) ** 0.5)
    first, second = svec_index(size)
    matrix = np.zeros((size, size))
    matrix[first, second] = matrix[second, first] = entries
    return matrix


def _stored(sdp: SDP, number: int, block: Block, meant: Meant) -> Places | None:
    """Return the monomials of the terms of a block as the program has them, entries by terms.

    None where it does not have them in this form: where the block is made of combinations, or stands for a polynomial
    with other monomials.
    """
    values = block.polynomial.values
    if (
        block.combinations is not None
        or block.matrix is not None
        or not np.array_equal(meant.rows, block.polynomial.exponents)
    ):
        return None
    start, end = sdp.operator.indptr[sdp.offsets[number]], sdp.operator.indptr[sdp.offsets[number + 1]]
    expected = np.outer(svec_weights(block.size), values)
    if end - start != expected.size or not (sdp.operator.data[start:end] == expected.reshape(-1)).all():
        return None
    return np.asarray(sdp.operator.indices[start:end].reshape(expected.shape), dtype=np.intp)


def _found(relaxation: Relaxation, basis: NDArray[np.int64], rows: NDArray[np.int64]) -> Places:
    """Return the monomials of the products of a basis and of terms, -1 where the relaxation has none."""
    products = (basis[:, None, :] + rows[None, :, :]).reshape(-1, basis.shape[1])
    return relaxation.monomials.find(products).reshape(len(basis), len(rows))


def _terms_of(
    relaxation: Relaxation,
    quotient: Quotient | None,
    basis: NDArray[np.int64],
    meant: Meant,
    factors: Floats,
    start: int,
) -> Terms:
    """Return the terms of a polynomial times each of several monomials, in the monomials of the relaxation."""
    if quotient is None:
        return _terms(_found(relaxation, basis, meant.rows), meant, factors, start)
    products = (basis[:, None, :] + meant.rows[None, :, :]).reshape(-1, basis.shape[1])
    distinct, place = unique_rows(products)
    plain = _terms(place.reshape(len(basis), len(meant.rows)), meant, factors, start)
    forms = quotient.reduced(distinct)
    columns = relaxation.monomials.find(forms.rows)
    begins = np.searchsorted(forms.owner, np.arange(len(distinct) + 1))
    counts = np.diff(begins)[plain.monomials]
    which = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    own = np.arange(len(which)) - np.repeat(ends - counts, counts) + begins[plain.monomials][which]
    value, error = forms.values[own], forms.errors[own]
    high, low = plain.high[which], plain.low[which]
    product, rest = two_product(high, value)
    size = np.abs(high) + np.abs(low)
    wrong = (
        plain.errors[which] * (np.abs(value) + error) + size * error + 2.0 * UNIT * (np.abs(low * value) + np.abs(rest))
    )
    inexact = (low != 0.0) | (error != 0.0) | (plain.errors[which] != 0.0)
    errors = np.where(inexact, wrong * (1.0 + 16.0 * UNIT) + TINY, 0.0)
    return Terms(plain.unknowns[which], columns[own], product, rest + low * value, errors)


def _single(terms: Terms) -> NDArray[np.bool_]:
    """Return which terms are the only one of their unknown, with a positive number that is known exactly."""
    count = np.bincount(terms.unknowns, minlength=1)
    return (count[terms.unknowns] == 1) & (terms.high > 0.0) & (terms.low == 0.0) & (terms.errors == 0.0)


def _terms(columns: Places, meant: Meant, factors: Floats, start: int) -> Terms:
    """Return the terms of a polynomial times each of several monomials, with factors one or two."""
    unknowns = np.repeat(np.arange(start, start + len(factors)), columns.shape[1]).astype(np.intp)
    parts = [(factors[:, None] * part).reshape(-1) for part in (meant.high, meant.low, meant.errors)]
    found = Terms(unknowns, columns.reshape(-1), *parts)
    return found if meant.high.ndim == 1 else found.without_zeros()
