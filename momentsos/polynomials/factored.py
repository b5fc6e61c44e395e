"""A sum of squares of polynomials that is remembered as one: a matrix times a list of monomials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import names, real_array
from ..machine.records import Record
from .dyadic import Dyadic
from .exponents import MAX_DEGREE, Exponents, unique_rows
from .polynomial import Polynomial

if TYPE_CHECKING:  # a problem is made without SciPy
    import scipy.sparse as sp


@dataclass(frozen=True, eq=False, repr=False)
class Factor(Record):
    r"""The polynomials :math:`r(z) = R\,(b(z), -1)`, whose squares are added up.

    Attributes
    ----------
    exponents : (M, n) integer array
        Monomials :math:`m`.
    matrix : (rows, T + 1) array
        The `R`.
    variables : tuple of str
    combination : (T, M) sparse matrix or None
        The `C` of :math:`b = C m`; without it `b` are the monomials.
    """

    exponents: Exponents
    matrix: NDArray[np.float64]
    variables: tuple[str, ...]
    combination: sp.csr_matrix | None = None

    @classmethod
    def of(cls, exponents: ArrayLike, matrix: ArrayLike, variables: Sequence[str], combination: Any = None) -> Factor:
        """Check what is given and return the record.

        Raises
        ------
        InvalidInput
            Shapes that do not fit, exponents that are no nonnegative integers, numbers that are not finite.
        """
        over = names(variables, "names")
        rows = real_array(exponents, "exponents", "rows of nonnegative integers")
        if rows.ndim != 2 or rows.shape[1] != len(over) or not len(rows):
            raise InvalidInput(f"exponents of shape {rows.shape}: expected (terms, {len(over)}), one column a variable")
        if not ((rows >= 0) & (rows == np.floor(rows)) & (rows <= MAX_DEGREE)).all():
            raise InvalidInput(f"exponents: expected integers from 0 to {MAX_DEGREE}")
        values = real_array(matrix, "R", "an array of shape (rows, terms + 1)")
        mixed = None if combination is None else _as_rows(combination)
        terms = len(rows) if mixed is None else mixed.shape[0]
        if values.ndim != 2 or values.shape[1] != terms + 1 or not len(values):
            raise InvalidInput(f"R of shape {values.shape}: expected (rows, {terms + 1}), the last column for -1")
        if not np.isfinite(values).all() or (mixed is not None and not np.isfinite(mixed.data).all()):
            raise InvalidInput("R holds numbers that are not finite")
        whole = rows.astype(np.int64)
        whole.setflags(write=False)
        values = values.copy()
        values.setflags(write=False)
        return cls(whole, values, over, mixed)

    @cached_property
    def _rows(self) -> tuple[Exponents, Dyadic]:
        """Distinct monomials in graded order, and the coefficients of all `r` exactly."""
        constant = np.zeros((1, len(self.variables)), dtype=np.int64)
        rows, place = unique_rows(np.concatenate([self.exponents, constant]))
        spread = np.zeros((len(self.exponents) + 1, len(rows)))
        spread[np.arange(len(place)), place] = 1.0
        spread[-1] *= -1.0
        whole = Dyadic.of(self.matrix)
        if self.combination is not None:
            mixed = np.zeros((self.combination.shape[0] + 1, self.combination.shape[1] + 1))
            mixed[:-1, :-1], mixed[-1, -1] = self.combination.toarray(), 1.0
            whole = whole @ Dyadic.of(mixed)
        return rows, whole @ Dyadic.of(spread)

    @cached_property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """The `r`, exactly: in fractions where floats are not enough; those that are zero are left out."""
        rows, whole = self._rows
        values = whole.floats()
        if (Dyadic.of(values) - whole).is_zero:
            found = [Polynomial.from_terms(rows, row, self.variables) for row in values]
        else:
            found = [Polynomial.from_terms(rows, row, self.variables) for row in whole.fractions()]
        return tuple(r for r in found if r) or (found[0],)

    @cached_property
    def expanded(self) -> Polynomial:
        """The sum of the squares of the `r`, exactly."""
        rows, whole = self._rows
        gram = whole.transposed() @ whole
        first, second = np.triu_indices(len(rows))
        products, place = unique_rows(rows[first] + rows[second])
        sums = gram.sums(first, second, place, len(products))
        unit = Fraction(2) ** gram.exponent
        return Polynomial.from_terms(products, [unit * s for s in sums], self.variables)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as a JSON object."""
        mixed = None if self.combination is None else self.combination.toarray().tolist()
        return {"exponents": self.exponents.tolist(), "matrix": self.matrix.tolist(), "combination": mixed}


def _as_rows(combination: Any) -> sp.csr_matrix:
    import scipy.sparse as sp

    return sp.csr_matrix(combination, dtype=np.float64)
