"""The problem in the variables of the identity, in rational arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem
from ..relaxations import BlockKind, Plan
from .errors import CertificateError

Exponent = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Frame:
    r"""The exact substitution :math:`x = a + T t` and the denominator :math:`W = (c + \sum_i l_i(t)^2)^k`.

    Attributes
    ----------
    problem : Problem
    shift : tuple of Fraction
    matrix : tuple of rows of Fraction
    exponent : int
        The `k`.
    squares : tuple of int
        The variables of the denominator.
    constant : int
        The `c`: 1, or 0 where nothing is constrained.
    forms : rows of Fraction or None
        The coefficients of the linear forms `l_i`, None where these are the variables in `squares`.
    """

    problem: Problem
    shift: tuple[Fraction, ...]
    matrix: tuple[tuple[Fraction, ...], ...]
    exponent: int
    squares: tuple[int, ...]
    constant: int = 1
    forms: tuple[tuple[Fraction, ...], ...] | None = None

    @cached_property
    def context(self) -> fmpq_mpoly_ctx:
        """The polynomial ring."""
        return fmpq_mpoly_ctx.get([f"t{i}" for i in range(self.problem.n_variables)], Ordering.deglex)

    @cached_property
    def images(self) -> list[fmpq_mpoly]:
        r"""The polynomials :math:`a_i + \sum_j T_{ij} t_j`."""
        n = self.problem.n_variables
        units = [tuple(int(i == j) for j in range(n)) for i in range(n)]
        rows = zip(self.shift, self.matrix, strict=True)
        return [
            self.polynomial({(0,) * n: a} | {e: v for e, v in zip(units, row, strict=True) if v}) for a, row in rows
        ]

    def polynomial(self, terms: dict[Exponent, Fraction]) -> fmpq_mpoly:
        """Return the polynomial with these terms."""
        return self.context.from_dict({e: rational(v) for e, v in terms.items() if v})

    def changed(self, polynomial: Polynomial) -> fmpq_mpoly:
        """Return the polynomial after the substitution."""
        return self.polynomial(exact_terms(polynomial)).compose(*self.images, ctx=self.context)

    @cached_property
    def objective(self) -> fmpq_mpoly:
        """The objective times the denominator."""
        return self.changed(self.problem.minimize) * self.denominator

    @cached_property
    def inequalities(self) -> list[fmpq_mpoly]:
        """The inequality constraints."""
        return [self.changed(g) for g in self.problem.inequalities]

    @cached_property
    def equalities(self) -> list[fmpq_mpoly]:
        """The equality constraints."""
        return [self.changed(h) for h in self.problem.equalities]

    @cached_property
    def denominator(self) -> fmpq_mpoly:
        """The `W`."""
        gens = self.context.gens()
        total = self.context.constant(self.constant)
        if self.forms is None:
            return sum((gens[i] ** 2 for i in self.squares), start=total) ** self.exponent
        for row in self.forms:
            form = sum((gen * rational(c) for gen, c in zip(gens, row, strict=True)), start=self.context.constant(0))
            total += form**2
        return total**self.exponent

    def product(self, factors: tuple[int, ...]) -> fmpq_mpoly:
        """Return the product of these inequality constraints."""
        result = self.context.constant(1)
        for j in factors:
            result = result * self.inequalities[j]
        return result


def monomials(polynomial: fmpq_mpoly) -> list[Exponent]:
    """Return the exponents of the terms."""
    return [tuple(map(int, row)) for row in polynomial.monoms()]


def rational(value: Fraction) -> fmpq:
    """Convert a fraction."""
    return fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """Convert back."""
    return Fraction(int(value.p), int(value.q))


def exact_terms(polynomial: Polynomial) -> dict[Exponent, Fraction]:
    """Return the terms of a polynomial; floats are the binary fractions that they are."""
    return dict(zip(map(tuple, polynomial.exponents.tolist()), polynomial.exact, strict=True))


def frame_of(plan: Plan, change: Any) -> Frame:
    """Return the frame in which the identity of a relaxation is written.

    Variables that occur in no basis and not in the denominator only label the equations of the identity: any
    invertible affine change of them leaves the Gram matrices valid. They are put back to those of the problem, in
    which the numbers are shortest.
    """
    used = np.zeros(len(plan.variables), dtype=bool)
    for exponents in (plan.normalization.exponents, *(block.basis for block in plan.blocks)):
        used |= exponents.any(axis=0)
    shift, matrix = exact_shift(change), np.array(change.matrix, dtype=float)
    if not matrix[np.ix_(used, ~used)].any():
        shift = [a if kept else Fraction(0) for a, kept in zip(shift, used, strict=True)]
        matrix[~used] = np.eye(len(used))[~used]
    return _frame(plan, change.original, shift, matrix)


def exact_shift(change: Any) -> list[Fraction]:
    """Return the shift of a change of variables, the sum of its two floats, as fractions."""
    return [Fraction(a) + Fraction(b) for a, b in zip(change.shift.tolist(), change.fine.tolist(), strict=True)]


def _frame(plan: Plan, problem: Problem, shift: list[Fraction], matrix: NDArray[np.float64]) -> Frame:
    exponent, squares, constant = _denominator(plan.normalization)
    rows = tuple(tuple(map(Fraction, row)) for row in matrix.tolist())
    return Frame(problem, tuple(shift), rows, exponent, squares, constant)


def correctly_rounded(plan: Plan, change: Any, scales: tuple[float, list[float]]) -> Plan:
    """Return the plan with every coefficient rounded from its exact value.

    A change of variables in floating point may cancel: large data leave small residuals. What is lost there would be
    left for the exact correction to absorb. Terms that the plan does not have are not added.
    """
    frame = _frame(plan, change.original, exact_shift(change), np.asarray(change.matrix))
    objective, factors = scales

    def rounded(own: Polynomial, exact: fmpq_mpoly, scale: float) -> Polynomial:
        terms = dict(zip(monomials(exact), exact.coeffs(), strict=True))
        keys = map(tuple, own.exponents.tolist())
        values = [float(fraction(terms[key])) * scale if key in terms else 0.0 for key in keys]
        return Polynomial.from_terms(own.exponents, values, own.variables)

    blocks = []
    for block, scale in zip(plan.blocks, factors, strict=True):
        zero = block.kind is BlockKind.ZERO
        exact = frame.equalities[block.factors[0]] if zero else frame.product(block.factors)
        blocks.append(replace(block, polynomial=rounded(block.polynomial, exact, scale)))
    return replace(plan, objective=rounded(plan.objective, frame.objective, objective), blocks=tuple(blocks))


def _denominator(normalization: Polynomial) -> tuple[int, tuple[int, ...], int]:
    r"""Return `k`, the variables and `c` for a polynomial that is :math:`(c + \sum_i t_i^2)^k`."""
    squares = tuple(int(i) for i in np.flatnonzero(normalization.exponents.any(axis=0)))
    n, exponent = len(normalization.variables), normalization.degree // 2
    constant = int(bool(normalization.coefficient([0] * n)))
    rows = np.concatenate([np.zeros((constant, n), dtype=np.int64), 2 * np.eye(n, dtype=np.int64)[list(squares)]])
    base = Polynomial.from_terms(rows, np.ones(len(rows)), normalization.variables)
    if base**exponent != normalization:
        raise CertificateError("the normalisation of the relaxation is not a power of one plus a sum of squares")
    return exponent, squares, constant


def block_scales(plan: Plan, change: Any) -> tuple[float, list[float]]:
    """Return what objective and block polynomials of the plan are, as multiples of those of the original problem.

    Raises
    ------
    CertificateError
        A polynomial of the plan is not a multiple of what its factors say.
    """
    changed = change.problem
    objective = _ratio(plan.objective, changed.minimize * plan.normalization, "the objective")
    scales = []
    for number, block in enumerate(plan.blocks):
        expected = Polynomial.constant(1.0, plan.variables)
        if block.kind is BlockKind.ZERO:
            expected, own = changed.equalities[block.factors[0]], change.equalities[block.factors[0]]
        else:
            own = float(np.prod([change.inequalities[j] for j in block.factors]))
            for j in block.factors:
                expected = expected * changed.inequalities[j]
        scales.append(_ratio(block.polynomial, expected, f"block {number}") / own)
    return objective / change.objective, scales


def _ratio(polynomial: Polynomial, reference: Polynomial, what: str) -> float:
    if not reference:
        return 1.0
    place = int(np.argmax(np.abs(reference.values)))
    ratio = float(polynomial.coefficient(reference.exponents[place].tolist())) / float(reference.values[place])
    difference: NDArray[np.float64] = (polynomial - reference * ratio).values
    if not ratio > 0 or np.abs(difference).max(initial=0.0) > 1e-9 * polynomial.scale:
        raise CertificateError(f"{what} of the relaxation is not a multiple of what its factors say")
    return ratio
