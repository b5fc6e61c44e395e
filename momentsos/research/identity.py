r"""The dual side of a solved relaxation: sums of squares and free multipliers, in the user's variables and units.

.. math::

    (f - \gamma)\, w = \sum_j \sigma_j\, g_j + \sum_l \lambda_l h_l + r, \qquad
    \sigma_j = v_j^\top X_j v_j, \quad X_j \succeq 0,

with products of constraints among the `g_j` where the relaxation has them, and :math:`\langle X, M \otimes v
v^\top\rangle` for a matrix inequality.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..hierarchy.result import Result
from ..machine.records import Record
from ..polynomials import Polynomial
from ..polynomials.exponents import Exponents
from ..problem import Problem
from ..relaxations import Block, BlockKind, Relaxation
from ..sdp import SDPSolution, smat
from ..sdp.residuals import project_to_cone
from .frame import Frame, frame_of, without_quotient
from .functional import as_monomials


@dataclass(frozen=True, eq=False, repr=False)
class SOSMultiplier(Record):
    r"""The sum of squares :math:`\sigma = v^\top X v` that an inequality is multiplied with.

    Attributes
    ----------
    constraint : str
        In words; ``"moment matrix"`` for the one without a factor, :math:`\sigma_0`.
    factors : tuple of int
        It multiplies the product of these inequalities of the problem.
    matrix_inequality : int or None
        Which matrix inequality `M` it belongs to, then in place of `factors`.
    exponents : (size, n) integer array
        The monomials `v`, one a row; for a matrix inequality once for each row of `M`.
    gram : (size, size) array
        The Gram matrix `X`, positive semidefinite up to rounding.
    product : Polynomial
        What it contributes to the identity: :math:`\sigma g`, or :math:`\langle X, M \otimes v v^\top\rangle`.
    variables : tuple of str
    rows : int
        The number of rows of `M` that it belongs to, 1 without a matrix.
    """

    constraint: str
    factors: tuple[int, ...]
    matrix_inequality: int | None
    exponents: Exponents
    gram: NDArray[np.float64]
    product: Polynomial
    variables: tuple[str, ...]
    rows: int = 1

    @property
    def basis(self) -> tuple[Polynomial, ...]:
        """The monomials `v` as polynomials."""
        return as_monomials(self.exponents, self.variables)

    @cached_property
    def polynomial(self) -> Polynomial:
        r"""The :math:`\sigma`; of a matrix inequality the trace of the matrix of polynomials `entries`."""
        return sum((self.entries[i][i] for i in range(self.rows)), Polynomial.constant(0.0, self.variables))

    @cached_property
    def entries(self) -> tuple[tuple[Polynomial, ...], ...]:
        r"""The polynomials :math:`v^\top X_{ij} v`, one for each entry of `M`; one entry without a matrix."""
        size = len(self.exponents) // self.rows
        basis = self.exponents[:size]
        products = (basis[:, None, :] + basis[None, :, :]).reshape(-1, basis.shape[1])
        blocks = self.gram.reshape(self.rows, size, self.rows, size)
        return tuple(
            tuple(
                Polynomial.from_terms(products, blocks[i, :, j].reshape(-1), self.variables) for j in range(self.rows)
            )
            for i in range(self.rows)
        )


@dataclass(frozen=True, eq=False, repr=False)
class FreeMultiplier(Record):
    r"""The polynomial :math:`\lambda` that an equality is multiplied with.

    Attributes
    ----------
    constraint : str
    number : int
        Of the equality of the problem.
    polynomial : Polynomial
    product : Polynomial
        Its product with the equality.
    """

    constraint: str
    number: int
    polynomial: Polynomial
    product: Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class Multipliers(Record):
    r"""The identity :math:`(f - \gamma) w = \sum_j \sigma_j g_j + \sum_l \lambda_l h_l + r` of a solved relaxation.

    Where the objective is maximised, `f` is minus the objective.

    Attributes
    ----------
    problem : Problem
        What was relaxed, in the user's variables: with a ball or half-spaces where these were added.
    bound : float
        The :math:`\gamma`, in the units of `f`. `Result.lower_bound` takes account of `r`, this number does not.
    denominator : Polynomial
        The `w`, 1 but for partial relaxations without bounds.
    squares : tuple of SOSMultiplier
        One for each block of the relaxation, those of the moment matrices first.
    free : tuple of FreeMultiplier
    """

    problem: Problem
    bound: float
    denominator: Polynomial
    squares: tuple[SOSMultiplier, ...]
    free: tuple[FreeMultiplier, ...]

    @property
    def _products(self) -> list[Polynomial]:
        return [*(each.product for each in self.squares), *(each.product for each in self.free)]

    @cached_property
    def residual(self) -> Polynomial:
        """The `r`, computed from the other parts in floats."""
        left = (self.problem.minimize - self.bound) * self.denominator
        for product in self._products:
            left = left - product
        return left

    @property
    def relative_residual(self) -> float:
        """The largest coefficient of `r`, over the largest one of the parts of the identity."""
        parts = (self.problem.minimize * self.denominator, *self._products)
        return self.residual.scale / max(part.scale for part in parts)

    @property
    def sigma_0(self) -> Polynomial:
        """The sum of squares without a factor, the sum of all of them in a sparse relaxation."""
        own = [each.polynomial for each in self.squares if not each.factors and each.matrix_inequality is None]
        return sum(own, Polynomial.constant(0.0, self.problem.variables))

    def sigma(self, number: int) -> Polynomial:
        """Return the sum of squares that one inequality of `problem` is multiplied with, zero where there is none."""
        own = [each.polynomial for each in self.squares if each.factors == (number,)]
        return sum(own, Polynomial.constant(0.0, self.problem.variables))

    def lam(self, number: int) -> Polynomial:
        """Return the polynomial that one equality of `problem` is multiplied with, zero where there is none."""
        own = [each.polynomial for each in self.free if each.number == number]
        return sum(own, Polynomial.constant(0.0, self.problem.variables))


def multipliers(
    solved: Result | Relaxation, solution: SDPSolution | None = None, problem: Problem | None = None
) -> Multipliers:
    """Return the Gram matrices and multipliers of a solved relaxation, in the variables and units of the problem.

    Gram matrices are the solver's, projected to the positive semidefinite ones.

    Parameters
    ----------
    solved, solution, problem
        As for `moments`.

    Raises
    ------
    InvalidInput
        The result has no relaxation, or the solver gave no dual vectors.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> identity = ms.multipliers(ms.solve(ms.Problem(x * y, constraints=[x**2 + y**2 <= 2])))
    >>> round(identity.bound, 6), round(identity.sigma(0)([0.0, 0.0]), 6), identity.relative_residual < 1e-8
    (-1.0, 0.5, True)
    """
    frame = without_quotient(frame_of(solved, solution, problem))
    gram, duals = frame.solution.gram, frame.solution.equality_duals
    if gram is None or duals is None:
        raise InvalidInput(f"{frame.solution.solver} gave no multipliers: {frame.solution.words}")
    relaxation = frame.relaxation
    sdp, unit = relaxation.sdp, frame.objective_scale
    matrices = sdp.split(project_to_cone(gram, sdp))
    squares = [_squares(frame, block, smat(own)) for block, own in zip(relaxation.psd_blocks, matrices, strict=True)]
    free, start = [], 1
    for block in relaxation.plan.blocks:
        if block.kind is BlockKind.ZERO:
            end = start + len(block.monomials)
            free.append(_free(frame, block, duals[start:end]))
            start = end
    denominator = frame.polynomial_in_user(relaxation.plan.normalization)
    return Multipliers(frame.problem, float(unit * duals[0]), denominator, tuple(squares), tuple(free))


def _squares(frame: Frame, block: Block, gram: NDArray[np.float64]) -> SOSMultiplier:
    """Return the multiplier of a block: its Gram matrix on monomials of the user's variables."""
    if block.combinations is not None:
        rows = block.combinations
        gram = np.asarray(rows.T @ np.asarray(rows.T @ gram).T)
    size = 1 if block.matrix is None else len(block.matrix.rows)
    basis, table = frame.in_user(block.basis[: len(block.basis) // size])
    scale = frame.objective_scale
    if block.matrix is None:
        scale *= frame.block_scale(block)
    else:
        divisors = np.array(frame.change.matrices[block.matrix.number])[list(block.matrix.rows)]
        table = sp.kron(sp.diags(1.0 / divisors), table, format="csr")
    found = scale * np.asarray(table.T @ np.asarray(table.T @ gram).T)
    found = (found + found.T) / 2
    exponents = np.tile(basis, (size, 1))
    names = frame.problem.variables
    number = None if block.matrix is None else block.matrix.number
    product = _product(frame, block, basis, found, size)
    return SOSMultiplier(frame.label(block), block.factors, number, exponents, found, product, names, size)


def _product(frame: Frame, block: Block, basis: Exponents, gram: NDArray[np.float64], size: int) -> Polynomial:
    terms, coefficients = frame.localized_entries(block)
    whole = (basis[:, None, :] + basis[None, :, :]).reshape(-1, 1, basis.shape[1]) + terms[None, :, :]
    blocks = gram.reshape(size, len(basis), size, len(basis))
    values = np.einsum("iajb,ijt->abt", blocks, coefficients)
    return Polynomial.from_terms(whole.reshape(-1, basis.shape[1]), values.reshape(-1), frame.problem.variables)


def _free(frame: Frame, block: Block, duals: NDArray[np.float64]) -> FreeMultiplier:
    own = Polynomial.from_terms(block.basis, duals, frame.problem.variables)
    polynomial = frame.polynomial_in_user(own) * (frame.objective_scale * frame.block_scale(block))
    number = block.factors[0]
    return FreeMultiplier(frame.label(block), number, polynomial, polynomial * frame.problem.equalities[number])
