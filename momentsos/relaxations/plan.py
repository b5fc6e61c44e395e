"""What a relaxation is made of, before any matrix exists."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..machine.records import Record
from ..polynomials import Polynomial, Support
from ..polynomials.exponents import Exponents
from ..polynomials.quotient import Quotient


class BlockKind(Enum):
    """What a block demands of its localizing matrix `L(g · B Bᵀ)`."""

    PSD = "positive semidefinite"
    ZERO = "zero"


@dataclass(frozen=True, eq=False, repr=False)
class MatrixPart(Record):
    r"""The matrix of polynomials that a block localises, in place of one polynomial.

    Attributes
    ----------
    number : int
        Of the matrix inequality of the problem.
    rows : tuple of int
        The rows, and columns, of it: a block on its diagonal.
    values : (rows, rows, terms) array
        The coefficients of its entries; the terms are those of the block's polynomial.
    """

    number: int
    rows: tuple[int, ...]
    values: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Block(Record):
    r"""One localizing condition on the linear functional `L`.

    `PSD`: the matrix :math:`L(g\, B B^\top)` is positive semidefinite (nonnegative when `B` has one entry).
    `ZERO`: :math:`L(g\, b) = 0` for every `b` in `B`.
    With a `matrix` `M` of `m` rows, `PSD` says that the matrix :math:`L(M \otimes b b^\top)` of Kronecker form is
    positive semidefinite: `B` lists the monomials `b` once for each row, and :math:`M_{ij}` belongs to the products of
    the i-th and the j-th list.

    Attributes
    ----------
    polynomial : Polynomial
        The `g`; 1 for a moment matrix.
    monomials : Support
        The `B`. Blocks that share it, and the support of their polynomials, differ in coefficients only.
    kind : BlockKind
    combinations : (rows, size) sparse matrix or None
        When given, the condition is on :math:`L(g\, (C B)(C B)^\top)`: the rows of `C` are the polynomials that
        the block is made of.
    factors : tuple of int
        Where `g` comes from: the product of these inequalities of the problem (none: 1) for `PSD`, the one
        equality of this number for `ZERO`. None where there is a `matrix`.
    matrix : MatrixPart or None
        The polynomial then only lists the terms of its entries, with their largest coefficients.
    """

    polynomial: Polynomial
    monomials: Support
    kind: BlockKind
    factors: tuple[int, ...] = ()
    combinations: sp.csr_matrix | None = None
    matrix: MatrixPart | None = None

    @property
    def entry_rows(self) -> NDArray[np.intp]:
        """Which row of its `matrix` each monomial belongs to, zeros without one, shape (monomials,)."""
        size = 1 if self.matrix is None else len(self.matrix.rows)
        return np.repeat(np.arange(size, dtype=np.intp), len(self.monomials) // size)

    @property
    def basis(self) -> Exponents:
        """The exponents of the monomials `B`, shape (monomials, n)."""
        return self.monomials.rows

    @property
    def size(self) -> int:
        """The number of rows of the block's matrix."""
        return len(self.monomials) if self.combinations is None else int(self.combinations.shape[0])


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Record):
    r"""A relaxation in the language of moments: :math:`\min L(f)` subject to :math:`L(w) = 1` and the blocks.

    Attributes
    ----------
    objective : Polynomial
        The `f`, already multiplied by the denominator where there is one.
    normalization : Polynomial
        The `w`: 1 for the dense hierarchy, a power of :math:`1 + \|u\|^2` for the partial one.
    blocks : tuple of Block
    order : int
    method : str
        Which planner made it.
    quotient : Quotient or None
        Where it is given, monomials are rewritten by these equalities, which then have no block: the bases have
        standard monomials, and there are no moments of others.
    """

    objective: Polynomial
    normalization: Polynomial
    blocks: tuple[Block, ...]
    order: int
    method: str
    quotient: Quotient | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the unknowns, in the order of the exponent columns."""
        return self.objective.variables
