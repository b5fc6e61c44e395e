"""What a relaxation is made of, before any matrix exists."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import scipy.sparse as sp

from ..machine.records import Record
from ..polynomials import Polynomial, Support
from ..polynomials.exponents import Exponents


class BlockKind(Enum):
    """What a block demands of its localizing matrix `L(g · B Bᵀ)`."""

    PSD = "positive semidefinite"
    ZERO = "zero"


@dataclass(frozen=True, eq=False, repr=False)
class Block(Record):
    r"""One localizing condition on the linear functional `L`.

    `PSD`: the matrix :math:`L(g\, B B^\top)` is positive semidefinite (nonnegative when `B` has one entry).
    `ZERO`: :math:`L(g\, b) = 0` for every `b` in `B`.

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
        equality of this number for `ZERO`.
    """

    polynomial: Polynomial
    monomials: Support
    kind: BlockKind
    factors: tuple[int, ...] = ()
    combinations: sp.csr_matrix | None = None

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
    """

    objective: Polynomial
    normalization: Polynomial
    blocks: tuple[Block, ...]
    order: int
    method: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the unknowns, in the order of the exponent columns."""
        return self.objective.variables
