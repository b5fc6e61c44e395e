r"""The defect of an identity between polynomials, in twice the working precision, and a bound of what is not known.

For real symmetric matrices :math:`G_j` and numbers :math:`\lambda_l`, each given by two floats,

.. math::

    r = w (f - \gamma) - \sum_j \langle G_j, g_j B_j B_j^\top \rangle - \sum_l \lambda_l\, h_l x^{\beta_l}

is a polynomial in the monomials of the relaxation. Its coefficients are sums of products, which are formed without
rounding and added up accurately. The :math:`\sqrt 2` of the program takes no part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials.shift import two_product
from ..problem import Problem
from ..relaxations import Relaxation
from ..relaxations.plan import Block, BlockKind
from ..sdp.svec import svec_index, svec_weights
from .accurate import LARGEST, TINY, UNIT, Pair, segmented_sums
from .meaning import Meaning, meaning_of
from .proof import Unproved

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Identity:
    """The terms of all identities of a relaxation, entry by entry.

    Attributes
    ----------
    n : int
        The number of monomials.
    rows, columns : (entries,) arrays
        Which entry of a Gram matrix, by its svec row, meets which monomial.
    factors, errors : (entries,) arrays
        With which coefficient, 2 for the two entries off the diagonal included, and its error.
    free_rows, free_columns, free_factors, free_errors : arrays
        The same for the multipliers of the equalities, the normalisation first.
    cost, cost_errors : (n,) arrays
        The objective.
    unit : (entries,) array of bool
        The entries of blocks whose polynomial is a number: nothing but one monomial meets them.
    blocks : tuple of (Block, errors)
        The semidefinite blocks, with the errors of the coefficients of their polynomials.
    """

    n: int
    rows: Places
    columns: Places
    factors: Floats
    errors: Floats
    free_rows: Places
    free_columns: Places
    free_factors: Floats
    free_errors: Floats
    cost: Floats
    cost_errors: Floats
    unit: NDArray[np.bool_]
    blocks: tuple[tuple[Block, Floats], ...]

    @classmethod
    def of(cls, relaxation: Relaxation, meaning: Meaning) -> Identity | None:
        """Read the terms off; None where the program is not the one that the plan describes, entry by entry."""
        plan, sdp = relaxation.plan, relaxation.sdp
        psd = [(b, e) for b, e in zip(plan.blocks, meaning.blocks, strict=True) if b.kind is BlockKind.PSD]
        zero = [(b, e) for b, e in zip(plan.blocks, meaning.blocks, strict=True) if b.kind is BlockKind.ZERO]
        weights = [svec_weights(len(block.basis)) for block, _ in psd]
        pairs = list(zip(psd, weights, strict=True))
        stored = _flat([np.outer(w, b.polynomial.values) for (b, _), w in pairs])
        if len(stored) != sdp.operator.nnz or not (stored == sdp.operator.data).all():
            return None
        none = np.zeros(len(plan.normalization))
        count = [(plan.normalization.values, none, 1), *((b.polynomial.values, e, len(b.basis)) for b, e in zero)]
        free = _flat([np.tile(values, times) for values, _, times in count])
        if len(free) != sdp.equalities.nnz or not (free == sdp.equalities.data).all():
            return None
        place = relaxation.monomials.find(plan.objective.exponents)
        if (place < 0).any() or not (sdp.cost[place] == plan.objective.values).all():
            return None
        cost_errors = np.zeros(sdp.n_moments)
        cost_errors[place] = meaning.objective
        double = [np.where(w == 1.0, 1.0, 2.0) for w in weights]
        return cls(
            sdp.n_moments,
            np.repeat(np.arange(sdp.operator.shape[0]), np.diff(sdp.operator.indptr)).astype(np.intp),
            sdp.operator.indices.astype(np.intp),
            _flat([np.outer(d, b.polynomial.values) for ((b, _), _), d in zip(pairs, double, strict=True)]),
            _flat([np.outer(d, e) for ((_, e), _), d in zip(pairs, double, strict=True)]),
            np.repeat(np.arange(sdp.equalities.shape[0]), np.diff(sdp.equalities.indptr)).astype(np.intp),
            sdp.equalities.indices.astype(np.intp),
            free,
            _flat([np.tile(errors, times) for _, errors, times in count]),
            sdp.cost,
            cost_errors,
            np.concatenate([np.zeros(0, bool), *(_lone(b.polynomial.exponents, len(w)) for (b, _), w in pairs)]),
            tuple(psd),
        )

    def defect(self, multipliers: Pair, gram: Pair, gram_errors: Floats) -> tuple[Pair, Floats] | None:
        """Return the coefficients of the defect, and bounds of what is not known of them; None where one overflows.

        Parameters
        ----------
        multipliers : pair of (p,) arrays
        gram : pair of (rows,) arrays
            The entries of the Gram matrices in svec order, those off the diagonal not multiplied by anything.
        gram_errors : (rows,) array
            Bounds of their errors.
        """
        sizes = (*multipliers, *gram, self.cost, self.factors, self.free_factors)
        if not all(np.isfinite(v).all() and np.abs(v).max(initial=0.0) <= LARGEST for v in sizes):
            return None
        parts, places = [self.cost], [np.arange(self.n)]
        unknown = self.cost_errors.copy()
        for rows, columns, factors, errors, (high, low), entry_errors in (
            (self.rows, self.columns, self.factors, self.errors, gram, gram_errors),
            (self.free_rows, self.free_columns, self.free_factors, self.free_errors, multipliers, None),
        ):
            product, rest = two_product(factors, high[rows])
            small = factors * low[rows]
            parts += [-product, -rest, -small]
            places += [columns] * 3
            wrong = errors * (np.abs(high[rows]) + np.abs(low[rows])) + UNIT * np.abs(small)
            if entry_errors is not None:
                wrong = wrong + (np.abs(factors) + errors) * entry_errors[rows]
            unknown += np.bincount(columns, wrong, self.n)
        sums, lost = segmented_sums(np.concatenate(parts), np.concatenate(places), self.n)
        # Sums of numbers that are not negative: of `k` of them, all but about `k u` is kept.
        return sums, unknown * (1.0 + 2.0 * UNIT * len(self.columns)) + lost + TINY


def _flat(parts: list[Floats]) -> Floats:
    return np.concatenate([np.zeros(0), *(part.reshape(-1) for part in parts)])


def _lone(exponents: NDArray[np.int64], rows: int) -> NDArray[np.bool_]:
    """Whether the entries of a block, rows by terms, meet one monomial each, with a number as coefficient."""
    return np.full(rows * len(exponents), len(exponents) == 1 and not exponents.any())


def identity_of(relaxation: Relaxation, problem: Problem) -> Identity | Unproved:
    """Return the terms of the identities of a relaxation as they are meant for a problem in its variables."""
    meaning = meaning_of(relaxation.plan, problem)
    if isinstance(meaning, Unproved):
        return meaning
    return Identity.of(relaxation, meaning) or Unproved.OTHER_MONOMIALS


def triangle(matrices: Floats) -> Floats:
    """Return the entries of a stack of symmetric matrices in svec order, shape (..., size (size + 1) / 2)."""
    first, second = svec_index(matrices.shape[-1])
    return np.asarray(matrices[..., first, second])
