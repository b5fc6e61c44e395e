r"""Pseudo-moments and localizing matrices of a solved relaxation, in the user's variables and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..hierarchy.result import Result
from ..machine.mappings import ReadOnly
from ..machine.records import Record
from ..polynomials import Polynomial, basis_size, monomial_basis
from ..polynomials.exponents import Exponents, unique_rows
from ..problem import Problem
from ..problem.given import as_polynomial
from ..relaxations import Block, Relaxation
from ..sdp import SDPSolution
from .frame import Frame, frame_of

#: Monomials that a quotient rewrites are listed up to so many.
_MOST_LISTED = 5_000


@dataclass(frozen=True, eq=False, repr=False)
class LocalizingMatrix(Record):
    r"""The matrix :math:`L(g\, v v^\top)` of one constraint, or :math:`L(M \otimes v v^\top)` of a matrix of them.

    Attributes
    ----------
    constraint : str
        In words; ``"moment matrix"`` where `g` is 1.
    factors : tuple of int
        `g` is the product of these inequalities of the problem.
    matrix_inequality : int or None
        Which matrix inequality it localizes, then in place of `g`.
    exponents : (size, n) integer array
        The monomials `v`, one a row; for a matrix inequality once for each row of it.
    values : (size, size) array
        NaN where the relaxation does not have a moment.
    variables : tuple of str
    """

    constraint: str
    factors: tuple[int, ...]
    matrix_inequality: int | None
    exponents: Exponents
    values: NDArray[np.float64]
    variables: tuple[str, ...]

    @property
    def basis(self) -> tuple[Polynomial, ...]:
        """The monomials `v` as polynomials."""
        return as_monomials(self.exponents, self.variables)


@dataclass(frozen=True, eq=False, repr=False)
class Moments(Record):
    r"""The linear functional `L` that a relaxation was solved by, on polynomials in the user's variables.

    It minimises :math:`L(f w)` subject to :math:`L(w) = 1` and to the localizing matrices being positive semidefinite.
    The denominator `w` is 1 but for partial relaxations without bounds. At an exact relaxation with one minimiser
    :math:`x^*`, :math:`L(p) = p(x^*) / w(x^*)`.

    Attributes
    ----------
    problem : Problem
        What was relaxed: the user's problem, with a ball or half-spaces where these were added.
    denominator : Polynomial
        The `w`.
    frame : Frame
        The relaxation with its solution, in scaled variables.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> result = ms.solve(ms.Problem(x**2 - x * y + y**2 - 3 * x, constraints=[x**2 + y**2 <= 9]))
    >>> moments = ms.moments(result)
    >>> [round(moments(p), 4) for p in (x, y, x * y)]
    [2.0, 1.0, 2.0]
    """

    problem: Problem
    denominator: Polynomial
    frame: Frame

    def __call__(self, polynomial: Polynomial) -> float:
        """Return :math:`L(p)`.

        Raises
        ------
        InvalidInput
            `p` has a variable that is not the problem's, or a monomial of which the relaxation has no moment.
        """
        given = as_polynomial(polynomial, "moments").over(self.problem.variables)
        if not given:
            return 0.0
        scaled = self.frame.polynomial_in_scaled(given)  # first: far from the origin, moments of monomials cancel
        values = self.frame.relaxation.moments_of(scaled.exponents, self._determined)
        if np.isnan(values).any():
            missing = given.exponents[np.isnan(self.of(given.exponents))]
            monomial = as_monomials(missing[:1], self.problem.variables)[0] if len(missing) else given
            plan = self.frame.relaxation.plan
            raise InvalidInput(f"the {plan.method} relaxation of order {plan.order} has no moment of {monomial!s:.100}")
        return float(scaled.values @ values)

    def expectation(self, polynomial: Polynomial) -> float:
        r"""Return :math:`L(p\, w)`, the expectation of `p` under the probability measure that `L` stands for.

        Raises
        ------
        InvalidInput
            As for `__call__`.
        """
        return self(as_polynomial(polynomial, "moments") * self.denominator)

    def of(self, exponents: Exponents) -> NDArray[np.float64]:
        """Return the moments of monomials, one a row; NaN where there is none."""
        distinct, place = unique_rows(np.asarray(exponents, dtype=np.int64))
        rows, table = self.frame.in_scaled(distinct)
        values = self.frame.relaxation.moments_of(rows, self._determined)
        missing = np.isnan(values)
        found = np.asarray(table @ np.where(missing, 0.0, values))
        found[np.asarray(abs(table) @ missing.astype(float)) > 0] = np.nan
        return found[place]

    @cached_property
    def _determined(self) -> NDArray[np.float64]:
        """The solver's vector, NaN at moments that nothing in the program depends on."""
        sdp, moments = self.frame.relaxation.sdp, self.frame.solution.moments
        assert moments is not None
        seen = sdp.cost != 0
        for matrix in (sdp.equalities, sdp.operator):
            seen |= np.bincount(sp.csr_matrix(matrix).indices, minlength=sdp.n_moments) > 0
        return np.where(seen, moments, np.nan)

    @cached_property
    def by_monomial(self) -> Mapping[Polynomial, float]:
        """All moments that the relaxation has, by monomials in the user's variables."""
        relaxation = self.frame.relaxation
        rows, n = relaxation.monomials.rows, self.problem.n_variables
        degree = int(rows.sum(axis=1).max(initial=0))
        if relaxation.plan.quotient is not None and basis_size(n, degree) <= _MOST_LISTED:
            rows = monomial_basis(n, degree)
        values = self.of(rows)
        known = ~np.isnan(values)
        return ReadOnly(zip(as_monomials(rows[known], self.problem.variables), values[known].tolist(), strict=True))

    @cached_property
    def matrices(self) -> tuple[LocalizingMatrix, ...]:
        """The moment matrix, or moment matrices, and the localizing matrices, as the relaxation has them."""
        return tuple(self._matrix(block) for block in self.frame.relaxation.psd_blocks)

    @property
    def moment_matrix(self) -> LocalizingMatrix:
        """The first moment matrix."""
        return next(each for each in self.matrices if not each.factors and each.matrix_inequality is None)

    def localizing(self, number: int) -> tuple[LocalizingMatrix, ...]:
        """Return the localizing matrices of one inequality of `problem`, several in a sparse relaxation."""
        return tuple(each for each in self.matrices if each.factors == (number,))

    def _matrix(self, block: Block) -> LocalizingMatrix:
        basis, owner = block.basis, block.entry_rows
        terms, coefficients = self.frame.localized_entries(block)
        size = len(basis)
        first, second = np.triu_indices(size)
        rows = (basis[first] + basis[second])[:, None, :] + terms[None, :, :]
        values = self.of(rows.reshape(-1, rows.shape[2])).reshape(rows.shape[:2])
        weights = coefficients[owner[first], owner[second]]
        values = np.where(weights == 0, 0.0, values * np.where(weights == 0, 1.0, weights)).sum(axis=1)
        matrix = np.zeros((size, size))
        matrix[first, second] = matrix[second, first] = values
        number = None if block.matrix is None else block.matrix.number
        return LocalizingMatrix(self.frame.label(block), block.factors, number, basis, matrix, self.problem.variables)


def as_monomials(exponents: Exponents, variables: tuple[str, ...]) -> tuple[Polynomial, ...]:
    """Return monomials as polynomials."""
    return tuple(Polynomial.from_terms(row[None, :], [1.0], variables) for row in exponents)


def moments(
    solved: Result | Relaxation, solution: SDPSolution | None = None, problem: Problem | None = None
) -> Moments:
    """Return the pseudo-moments of a solved relaxation, in the variables and units of the problem.

    Parameters
    ----------
    solved : Result or Relaxation
        What `solve` gave: its deciding relaxation is taken. Or what `relax` gave, with its solution.
    solution, problem : SDPSolution and Problem
        Of a relaxation: what `momentsos.solvers.solve_sdp` gave, and the problem that was relaxed.

    Returns
    -------
    Moments

    Raises
    ------
    InvalidInput
        The result has no relaxation with moments, or the solver gave none.
    """
    frame = frame_of(solved, solution, problem)
    if frame.solution.moments is None:
        raise InvalidInput(f"{frame.solution.solver} gave no moments: {frame.solution.words}")
    return Moments(frame.problem, frame.polynomial_in_user(frame.relaxation.plan.normalization), frame)
