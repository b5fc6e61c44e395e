"""Sums of squares of given polynomials over all of R^n, by the residuals themselves; see `momentsos.squares`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
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
from ...relaxations import Block, BlockKind, Plan, Relaxation, assemble
from ...sdp import SDPSolution
from ...solvers import KnownPoints
from ...solvers.native.options import NativeOptions
from ...squares.bound import BoundProgram, MomentProgram, SyzygyProgram
from ...squares.definite import definite
from ...squares.form import Form, form_of, raised
from ...squares.products import Products
from ...squares.size import refuse_if_too_large, size_of
from ...squares.touching import TouchingProgram, touching
from ...squares.whitening import whitened
from ..request import Request
from .base import Candidates, Method, Next, Progress, Setting, Tried

Floats = NDArray[np.float64]

#: With these solvers the program in moments is solved by a method of its own.
_OWN = ("auto", "native")
#: Syzygies up to which their side is asked where that of moments fails.
_AFFORDABLE = 1_500
#: Products up to which a matrix is looked for that is definite where there are fewer residuals than monomials.
_FEW = 2_500
#: A bound that exceeds that of free least squares by no more than this share rests on no syzygies.
_NO_MORE = 1e-9
#: The denominator is as wide as the best point's coordinates, or as this.
_WIDTH = 0.1


@dataclass(frozen=True, eq=False, repr=False)
class SquaresRelaxation(Relaxation):
    r"""A relaxation whose program is stated in whitened residuals; its unknowns are no moments of `monomials`.

    Attributes
    ----------
    program : BoundProgram
    centre, widths : (n,) arrays
        The denominator is :math:`1 + \sum_i ((u_i - a_i) / s_i)^2`, its power the order.
    inner : tuple of int
        Which variables the `u` are.
    """

    program: BoundProgram
    centre: Floats
    widths: Floats
    inner: tuple[int, ...]

    def moments_of(self, exponents: NDArray[np.int64], moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return NaN: the solution has no moments by name."""
        return np.full(len(exponents), np.nan)


@dataclass(frozen=True, eq=False)
class Around(Setting):
    """A setting with the point that the denominator is centred at, in the units of the problem.

    `solved` asks for a program that is solved, whatever least squares say at the point, and `syzygies` for that side.
    """

    centre: Floats = field(default_factory=lambda: np.zeros(0))
    solved: bool = False
    syzygies: bool = False


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
        refuse_if_too_large(_plain(problem, order)[0], memory_limit)

    def plan(self, given: Problem | AffineChange, order: int, memory_limit: int | None = None) -> Plan:
        """Plan the same relaxation in moments, with the denominator around the origin."""
        problem = given.original if isinstance(given, AffineChange) else given
        form, plan = _plain(problem, order)
        refuse_if_too_large(form, memory_limit)
        return plan

    def predicted(self, problem: Problem, order: int) -> int | None:
        """Return the smaller one of the counts of products and syzygies."""
        size = size_of(_plain(problem, order)[0])
        return min(size.products, size.syzygies)

    def propose(self, progress: Progress) -> Next:
        """Return the problem as it is, with the denominator around the best point.

        Where least squares at that point leave a gap, the program is solved; where its side of moments has not even
        given the free least-squares bound, that of syzygies is asked.
        """
        known, problem = progress.known, progress.request.problem  # a ball of the user's leaves the bound as it is
        n = problem.n_variables
        centre = np.zeros(n) if known.best is None else known.optimum[0]
        around = Around(unchanged(problem), EVERYTHING, np.ones(n), 0.0, centre)
        if not progress.rounds:
            return Next(known, (around,))
        tried = progress.rounds[-1][-1] if progress.rounds[-1] else None
        if tried is None or not isinstance(tried.setting, Around) or tried.setting.syzygies:
            return Next(known, last=True)
        if isinstance(tried.relaxation, SquaresRelaxation) and isinstance(tried.relaxation.program, TouchingProgram):
            return Next(known, (replace(around, solved=True),))
        return Next(known, (replace(around, solved=True, syzygies=True),) if _fell_short(tried) else (), last=True)

    def relax(self, setting: Setting, order: int, request: Request) -> Relaxation | None:
        """Return the program in whitened residuals, None where the data do not determine enough."""
        problem = setting.change.original
        if request.solver in _OWN:
            NativeOptions.from_mapping(request.options.own)  # unknown names are refused, whoever solves the program
        n, inner = problem.n_variables, quadratic_split(problem).inner
        centre, widths = np.zeros(n), np.ones(n)
        if order and isinstance(setting, Around):
            centre, widths = setting.centre, widths_of(setting.centre)
        form = raised_form(problem, order, inner, centre, widths)
        refuse_if_too_large(form, request.memory_limit)
        products = Products.of(form.exponents, form.extra)
        white = whitened(form)
        if white is None and size_of(form).products <= _FEW:
            strict = definite(form, products, request.until)
            white = None if strict is None else whitened(*strict)
        if white is None:
            return None
        form = white.form
        near = setting.centre if isinstance(setting, Around) and setting.centre.any() else None
        plan = _plan(problem, form, order, inner, centre, widths)
        rows, _ = ExponentIndex.numbering(products.rows)
        if near is not None and request.solver in _OWN and not (isinstance(setting, Around) and setting.solved):
            touched = touching(white, products, near, request.until)
            if touched is not None:
                return SquaresRelaxation(plan, assemble(plan).sdp, rows, touched, centre, widths, inner)
        asked = isinstance(setting, Around) and setting.syzygies
        if size_of(form).in_moments and not asked and request.solver in _OWN:
            program: BoundProgram = MomentProgram.of(white, products, near)
            return SquaresRelaxation(plan, assemble(plan).sdp, rows, program, centre, widths, inner)
        stated = SyzygyProgram.of(white, products)
        return SquaresRelaxation(plan, stated.sdp, rows, stated, centre, widths, inner)

    def solve(self, relaxation: Relaxation, request: Request, points: KnownPoints | None = None) -> SDPSolution:
        """Solve the program, on the side on which it is stated."""
        assert isinstance(relaxation, SquaresRelaxation)
        if isinstance(relaxation.program, TouchingProgram):
            return relaxation.program.solve()
        if isinstance(relaxation.program, MomentProgram):
            return relaxation.program.solve(request.until)
        return request.solve(relaxation.sdp)

    def bound(
        self, setting: Setting, relaxation: Relaxation, solution: SDPSolution, until: float
    ) -> tuple[DualBound | None, float | None]:
        """Return the bound that is proved in exact arithmetic, rounded down."""
        assert isinstance(relaxation, SquaresRelaxation)
        proof = relaxation.program.best(solution)
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


def _fell_short(tried: Tried) -> bool:
    """Whether the side of moments has given less than free least squares, and the other side is affordable."""
    relaxation = tried.relaxation
    if not isinstance(relaxation, SquaresRelaxation) or not isinstance(relaxation.program, MomentProgram):
        return False
    form, floor = relaxation.program.whitened.form, relaxation.program.whitened.floor
    short = tried.lower is None or tried.lower <= floor * (1 + _NO_MORE)
    return short and size_of(form).syzygies <= _AFFORDABLE


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


def widths_of(centre: Floats) -> Floats:
    """Return how wide a denominator around a point is, in each variable: powers of two."""
    return np.asarray(2.0 ** np.round(np.log2(np.maximum(np.abs(centre), _WIDTH))))


def raised_form(problem: Problem, order: int, inner: tuple[int, ...], centre: Floats, widths: Floats) -> Form:
    """Return the form of an order, with the denominator around a centre."""
    form, places = form_of(factor_of(problem)), list(inner)
    for _ in range(order):
        form = raised(form, inner, centre[places], widths[places])
    return form


def _plain(problem: Problem, order: int) -> tuple[Form, Plan]:
    """Return form and plan with the denominator around the origin."""
    n, inner = problem.n_variables, quadratic_split(problem).inner
    form = raised_form(problem, order, inner, np.zeros(n), np.ones(n))
    return form, _plan(problem, form, order, inner, np.zeros(n), np.ones(n))


def _plan(problem: Problem, form: Form, order: int, inner: tuple[int, ...], centre: Floats, widths: Floats) -> Plan:
    """Return the plan of the relaxation in moments; polynomials in the basis are left out."""
    names, n = problem.variables, problem.n_variables
    one = Polynomial.constant(1.0, names)
    denominator = one
    for i in inner:
        x = Polynomial.from_terms(np.eye(1, n, i, dtype=np.int64), [1.0], names)
        denominator = denominator + ((x - Fraction(centre[i])) * Fraction(1.0 / widths[i])) ** 2
    weight = one
    for _ in range(order):
        weight = weight * denominator
    plain = form.exponents[~form.exponents[:, n:].any(axis=1), :n]
    block = Block(one, Support(plain), BlockKind.PSD)
    return Plan(problem.minimize * weight, weight, (block,), order, Squares.name)
