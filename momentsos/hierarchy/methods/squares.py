"""Sums of squares of given polynomials over all of R^n, by the residuals themselves; see `momentsos.squares`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...bounds.dual import DualBound
from ...bounds.region import EVERYTHING
from ...conditioning.affine import AffineChange, unchanged
from ...conditioning.split import quadratic_split
from ...errors import BadOption
from ...points.judge import rounded_up
from ...points.known import Known
from ...points.least_squares import least_squares_ends
from ...polynomials import ExponentIndex, Polynomial, Support
from ...polynomials.factored import Factor
from ...problem import Problem
from ...relaxations import Block, BlockKind, Plan, Relaxation
from ...sdp import SDPSolution
from ...squares.bound import BoundProgram
from ...squares.form import Form, form_of, raised
from ...squares.size import refuse_if_too_large
from ...squares.whitening import whitened
from ..request import Request
from .base import Candidates, Method, Next, Progress, Setting

#: The denominator is as wide as the best point's coordinates, or as this.
_WIDTH = 0.1


@dataclass(frozen=True, eq=False, repr=False)
class SquaresRelaxation(Relaxation):
    """A relaxation whose program is stated in whitened residuals; its unknowns are no moments of `monomials`.

    Attributes
    ----------
    program : BoundProgram
    """

    program: BoundProgram

    def moments_of(self, exponents: NDArray[np.int64], moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return NaN: the solution has no moments by name."""
        return np.full(len(exponents), np.nan)


@dataclass(frozen=True, eq=False)
class Around(Setting):
    """A setting with the point that the denominator is centred at, in the units of the problem."""

    centre: NDArray[np.float64] | None = None


class Squares(Method):
    """The bound by syzygies of the residuals' monomials; see `momentsos.squares`."""

    name: ClassVar[str] = "squares"
    resolution: ClassVar[float] = 1.0

    def lowest_order(self, problem: Problem) -> int:
        """Return 0."""
        factor_of(problem)
        return 0

    def check(self, problem: Problem, order: int, memory_limit: int | None = None) -> None:
        """Raise `ProblemTooLarge` from counts of monomials and products alone."""
        refuse_if_too_large(self._form(problem, order, None).exponents, memory_limit)

    def plan(self, given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the same relaxation in moments, with the denominator around the origin."""
        problem = given.original if isinstance(given, AffineChange) else given
        form = self._form(problem, order, None)
        refuse_if_too_large(form.exponents, memory_limit)
        return _plan(problem, form, order, np.zeros(problem.n_variables))

    def propose(self, progress: Progress) -> Next:
        """Return the problem as it is, with the denominator around the best point."""
        known = progress.known
        n = known.problem.n_variables
        centre = np.zeros(n) if known.best is None else known.optimum[0]
        return Next(known, (Around(unchanged(known.problem), EVERYTHING, np.ones(n), 0.0, centre),), last=True)

    def relax(self, setting: Setting, order: int, request: Request) -> Relaxation | None:
        """Return the program in whitened residuals, None where the data do not determine enough."""
        problem = setting.change.original
        centre = setting.centre if isinstance(setting, Around) else None
        form = self._form(problem, order, centre)
        refuse_if_too_large(form.exponents, request.memory_limit)
        white = whitened(form)
        if white is None:
            return None
        program = BoundProgram.of(white)
        plan = _plan(problem, form, order, np.zeros(problem.n_variables) if centre is None else centre)
        rows, _ = ExponentIndex.numbering(program.products.rows)
        return SquaresRelaxation(plan, program.sdp, rows, program)

    def bound(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, until: float
    ) -> tuple[DualBound | None, float | None]:
        """Return the bound that is proved in exact arithmetic, rounded down."""
        assert isinstance(relaxation, SquaresRelaxation)
        proof = relaxation.program.proof(solution)
        if proof is None:
            return None, None
        value = -rounded_up(-proof.bound)
        return DualBound(value, None, relaxation.monomials.rows, setting.reach), value

    def candidates(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, known: Known, closed: bool
    ) -> Candidates:
        """Read a point off the dual matrix, and search from it and from random points."""
        if closed or solution.gram is None:
            return Candidates(None, (), ())
        assert isinstance(relaxation, SquaresRelaxation)
        problem = setting.change.original
        seen = relaxation.program.point(solution, problem.n_variables)
        further = [] if seen is None else [seen]
        ends = least_squares_ends(problem, known.options.seed + 1, known.options.until, further)
        points = [known.local.polish(known.change.inverse_point(end)) for end in ends]
        return Candidates(None, tuple(point for point in points if point.feasible), ())

    def _form(self, problem: Problem, order: int, centre: NDArray[np.float64] | None) -> Form:
        form, inner = form_of(factor_of(problem)), quadratic_split(problem).inner
        middle = np.zeros(problem.n_variables) if centre is None else centre
        for _ in range(order):
            form = raised(form, inner, middle[list(inner)], widths_of(middle)[list(inner)])
        return form


def factor_of(problem: Problem) -> Factor:
    """Return the factor of the objective.

    Raises
    ------
    BadOption
        When the problem has constraints, or is not given as a sum of squares.
    """
    if problem.squares is None or problem.inequalities or problem.equalities:
        raise BadOption("method 'squares': expected a problem made by Problem.least_squares, without constraints")
    return problem.squares


def widths_of(centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how wide a denominator around a point is, in each variable: powers of two."""
    return np.asarray(2.0 ** np.round(np.log2(np.maximum(np.abs(centre), _WIDTH))))


def _plan(problem: Problem, form: Form, order: int, centre: NDArray[np.float64]) -> Plan:
    """Return the plan of the relaxation in moments."""
    names, n = problem.variables, problem.n_variables
    one = Polynomial.constant(1.0, names)
    denominator, widths = one, widths_of(centre)
    for i in quadratic_split(problem).inner:
        row = np.eye(1, n, i, dtype=np.int64)
        x = Polynomial.from_terms(row, [1.0], names)
        denominator = denominator + ((x - float(centre[i])) * float(1.0 / widths[i])) ** 2
    weight = one
    for _ in range(order):
        weight = weight * denominator
    basis = form.exponents[:, :n]
    extra = form.exponents.shape[1] > n
    block = Block(one, Support(np.unique(basis, axis=0) if extra else basis), BlockKind.PSD)
    return Plan(problem.minimize * weight, weight, (block,), order, Squares.name)
