r"""A solved relaxation seen from the user's variables.

Relaxations are solved in variables `t` with :math:`x = a + T t`, and polynomials divided by factors of their own.
Everything here is expanded in `x` again, in twice the working precision (`momentsos.polynomials.affine`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, unchanged
from ..errors import InvalidInput
from ..hierarchy.methods.squares import SquaresRelaxation
from ..hierarchy.result import Result
from ..machine.checks import shown
from ..machine.records import Record
from ..polynomials import Polynomial
from ..polynomials.affine import change_polynomials
from ..polynomials.exponents import Exponents
from ..polynomials.tables import to_table
from ..problem import Problem
from ..problem.matrices import upper_entries
from ..relaxations import Block, BlockKind, Relaxation
from ..relaxations.unfolded import unfolded
from ..sdp import SDPSolution

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Frame(Record):
    """A relaxation, its solution, and the change of variables from the user's problem to the one that is relaxed."""

    relaxation: Relaxation
    solution: SDPSolution
    change: AffineChange

    @property
    def problem(self) -> Problem:
        """What was relaxed, in the user's variables: with a ball or half-spaces where these were added."""
        return self.change.original

    @cached_property
    def only_scales(self) -> bool:
        """Whether variables are neither moved nor mixed."""
        change = self.change
        mixed = (change.matrix != np.diag(np.diag(change.matrix))).any()
        return not (mixed or change.shift.any() or change.fine.any())

    @cached_property
    def _back(self) -> tuple[Floats, Floats, Floats]:
        """The shift, as a sum of two floats, and the matrix of the way from `x` to `t`."""
        change = self.change
        inverse = np.diag(1.0 / np.diag(change.matrix)) if self.only_scales else np.linalg.inv(change.matrix)
        return -inverse @ change.shift, -inverse @ change.fine, np.asarray(inverse, dtype=np.float64)

    def in_scaled(self, rows: Exponents) -> tuple[Exponents, sp.csr_matrix]:
        """Return monomials of `t`, and those of `x` in the given rows as combinations of them."""
        change = self.change
        return self._expanded(rows, change.shift, change.fine, change.matrix)

    def in_user(self, rows: Exponents) -> tuple[Exponents, sp.csr_matrix]:
        """Return monomials of `x`, and those of `t` in the given rows as combinations of them."""
        return self._expanded(rows, *self._back)

    def _expanded(
        self, rows: Exponents, shift: Floats, fine: Floats, matrix: Floats
    ) -> tuple[Exponents, sp.csr_matrix]:
        if self.only_scales:
            return rows, sp.csr_matrix(sp.diags(np.prod(np.diag(matrix) ** rows, axis=1)))
        names = self.problem.variables
        monomials = [Polynomial.from_terms(row[None, :], [1.0], names) for row in rows]
        found, table = to_table(change_polynomials(monomials, shift, matrix, fine))
        return found, sp.csr_matrix(table)

    def polynomial_in_user(self, polynomial: Polynomial) -> Polynomial:
        """Return a polynomial of `t` as one of `x`."""
        rows, table = self.in_user(polynomial.exponents)
        return Polynomial.from_terms(rows, table.T @ polynomial.values, self.problem.variables)

    def polynomial_in_scaled(self, polynomial: Polynomial) -> Polynomial:
        """Return a polynomial of `x` as one of `t`, rounded once."""
        change = self.change
        return change_polynomials([polynomial], change.shift, change.matrix, change.fine)[0]

    # -- blocks --------------------------------------------------------------------------------------------

    def localized(self, block: Block) -> Polynomial:
        """Return the product of constraints that a block without a matrix localises, in the user's units."""
        if block.kind is BlockKind.ZERO:
            return self.problem.equalities[block.factors[0]]
        product = Polynomial.constant(1.0, self.problem.variables)
        for j in block.factors:
            product = product * self.problem.inequalities[j]
        return product

    def localized_entries(self, block: Block) -> tuple[Exponents, Floats]:
        """Return the terms of what a block localises, and the coefficients of its entries, (rows, rows, terms)."""
        if block.matrix is None:
            polynomial = self.localized(block)
            return polynomial.exponents, polynomial.values[None, None, :]
        whole, rows = self.problem.matrix_inequalities[block.matrix.number], block.matrix.rows
        part = tuple(tuple(whole[i][j] for j in rows) for i in rows)
        terms, table = to_table(upper_entries(part))
        first, second = np.triu_indices(len(rows))
        values = np.zeros((len(rows), len(rows), len(terms)))
        values[first, second] = values[second, first] = table
        return terms, values

    def label(self, block: Block) -> str:
        """Return in words what a block says of the feasible set."""
        if block.matrix is not None:
            return f"matrix inequality {block.matrix.number}"
        if not block.factors and block.kind is BlockKind.PSD:
            return "moment matrix"
        relation = "=" if block.kind is BlockKind.ZERO else ">="
        return f"{self.localized(block)!s:.120} {relation} 0"

    # -- scales --------------------------------------------------------------------------------------------

    @cached_property
    def objective_scale(self) -> float:
        """The user's objective, times the denominator, is that of the plan times this."""
        plan = self.relaxation.plan
        return self.change.objective / _ratio(plan.objective, self.change.problem.minimize * plan.normalization)

    def block_scale(self, block: Block) -> float:
        """What a block without a matrix localises is this many times the product of the user's constraints."""
        changed = self.change.problem
        if block.kind is BlockKind.ZERO:
            number = block.factors[0]
            return _ratio(block.polynomial, changed.equalities[number]) / self.change.equalities[number]
        product, own = Polynomial.constant(1.0, changed.variables), 1.0
        for j in block.factors:
            product, own = product * changed.inequalities[j], own * self.change.inequalities[j]
        return _ratio(block.polynomial, product) / own


def frame_of(solved: Result | Relaxation, solution: SDPSolution | None, problem: Problem | None) -> Frame:
    """Return what a result is made of, or the given relaxation of the problem as it is written.

    Raises
    ------
    InvalidInput
        There is none.
    """
    if isinstance(solved, Relaxation):
        if not isinstance(solution, SDPSolution) or not isinstance(problem, Problem):
            raise InvalidInput("of a relaxation: expected (relaxation, solution, problem)")
        return Frame(solved, solution, unchanged(problem.lifted()))
    if not isinstance(solved, Result):
        raise InvalidInput(f"expected a Result, or a Relaxation with its solution, got {shown(solved)}")
    relaxation = solved.relaxation
    if relaxation is None or solved.solution is None or solved.change is None:
        raise InvalidInput(
            f"this result of method {solved.method!r} keeps no relaxation, so it has no moments and multipliers; "
            f"searches of boxes, exact arguments and results read from files have none"
        )
    if isinstance(relaxation, SquaresRelaxation):
        raise InvalidInput(
            "a result of method 'squares' has no moments by monomial: its program is stated in whitened residuals; "
            "take method='dense' or 'partial'"
        )
    return Frame(relaxation, solved.solution, solved.change)


def without_quotient(frame: Frame) -> Frame:
    """Return the frame with the equalities by which monomials were rewritten, and multipliers for them."""
    if frame.relaxation.plan.quotient is None:
        return frame
    relaxation, solution = unfolded(frame.relaxation, frame.solution, frame.change.problem)
    return Frame(relaxation, solution, frame.change)


def _ratio(polynomial: Polynomial, reference: Polynomial) -> float:
    """Return the number that one polynomial is as a multiple of another, by the largest coefficient."""
    if not reference:
        return 1.0
    place = int(np.argmax(np.abs(reference.values)))
    found = float(polynomial.coefficient(reference.exponents[place].tolist()))
    return found / float(reference.values[place])
