r"""A relaxation in CVXPY, to which constraints on moments are added, and the way back to a bound that holds.

With constraints on moments the relaxation bounds :math:`\int f\, d\mu` from below over the probability measures
:math:`\mu` on the feasible set that meet them; without any, that is the minimum of `f`. Added constraints that are
affine in the moments become equations and blocks of the conic program, so that their multipliers are a part of the
identity, whose residuals are recomputed as always (`momentsos.bounds.dual`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..bounds.dual import dual_bound
from ..bounds.implied import implied_box
from ..conditioning.affine import balanced_units, power_of_two, scale_by
from ..errors import InvalidInput, SolverFailed, SolverUnavailable
from ..hierarchy.request import check_order, check_problem
from ..machine.checks import items, shown
from ..machine.records import Brief
from ..polynomials import Polynomial
from ..problem import Problem
from ..problem.given import as_polynomial
from ..relaxations import Relaxation, assemble, dense_plan
from ..sdp import SDP, Residuals, SDPSolution, SDPStatus, svec, svec_index
from ..sdp.svec import svec_weights
from ..solvers import finish
from ..solvers.adapters.cvxpy import duals_of
from .frame import Frame
from .functional import Moments

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class CheckedBound(Brief):
    r"""What a solved CVXPY problem proves.

    Attributes
    ----------
    lower_bound : float or None
        At most :math:`\int f\, d\mu` for every probability measure on the feasible set that meets the added
        constraints, with `f` what is minimised (minus the objective where that is maximised). None where the residuals
        are too large, or the solver gave no dual values.
    absorbed : bool
        Whether an exact identity is known to exist next to the solver's; else the residuals were subtracted, on the
        box that the constraints imply.
    value : float or None
        What the solver says the value is.
    multipliers : tuple of arrays
        One for each added constraint, in its shape and units: multipliers of equations, nonnegative numbers, positive
        semidefinite matrices.
    residuals : Residuals or None
        Of the whole program with the added constraints, recomputed.
    moments : Moments or None
        In the user's variables.
    status : str
        CVXPY's word.
    """

    lower_bound: float | None
    absorbed: bool
    value: float | None
    multipliers: tuple[Floats, ...]
    residuals: Residuals | None
    moments: Moments | None
    status: str


@dataclass(frozen=True, eq=False, repr=False)
class CVXPYRelaxation(Brief):
    """A dense relaxation of a problem, as a CVXPY problem in its moments.

    Attributes
    ----------
    frame : Frame
        The relaxation in scaled variables.
    cvxpy : cvxpy.Problem
        Its objective is that of `frame`, in scaled units; `value` turns values into the user's.
    variable : cvxpy.Variable
        The moments in scaled units.
    """

    frame: Frame
    cvxpy: Any = field(repr=False)
    variable: Any = field(repr=False)

    @property
    def problem(self) -> Problem:
        """What is relaxed."""
        return self.frame.problem

    def moment(self, polynomial: Polynomial) -> Any:
        """Return the CVXPY expression of the moment of a polynomial in the user's variables.

        Raises
        ------
        InvalidInput
            It has a monomial of which the relaxation has no moment.
        """
        given = as_polynomial(polynomial, "moment").over(self.problem.variables)
        scaled = self.frame.polynomial_in_scaled(given)
        relaxation = self.frame.relaxation
        places = relaxation.monomials.find(scaled.exponents)
        if (places < 0).any():
            order = relaxation.plan.order
            raise InvalidInput(f"the relaxation of order {order} has no moments of degree {given.degree}")
        row = np.zeros(relaxation.sdp.n_moments)
        row[places] = scaled.values
        return row @ self.variable

    @cached_property
    def matrices(self) -> tuple[Any, ...]:
        """The moment matrix and the localizing matrices as CVXPY expressions, in the user's units."""
        from cvxpy.atoms.affine.reshape import reshape

        sdp, found = self.frame.relaxation.sdp, []
        for number, block in enumerate(self.frame.relaxation.psd_blocks):
            rows = sdp.operator[sdp.offsets[number] : sdp.offsets[number + 1]]
            units = np.prod(np.diag(self.frame.change.matrix) ** block.basis, axis=1)
            scale = 1.0
            if block.matrix is None:
                scale = 1.0 / self.frame.block_scale(block)
            else:
                divisors = np.array(self.frame.change.matrices[block.matrix.number])[list(block.matrix.rows)]
                units = units * divisors[block.entry_rows]
            size = len(block.basis)
            first, second = svec_index(size)
            place = np.empty((size, size), dtype=np.intp)
            place[first, second] = place[second, first] = np.arange(first.size)
            factors = scale * np.outer(units, units).reshape(-1)
            plain = sp.diags_array(1.0 / svec_weights(size)) @ rows
            square = sp.diags_array(factors) @ plain.tocsr()[place.ravel()]
            found.append(reshape(square @ self.variable, (size, size), order="C"))
        return tuple(found)

    def value(self, scaled: float) -> float:
        """Return a value of the CVXPY problem in the units of what is minimised."""
        return float(scaled) * self.frame.objective_scale

    def solve(self, constraints: Sequence[Any] = (), solver: str = "CLARABEL", **options: Any) -> CheckedBound:
        """Solve with added constraints on moments, and return what that proves.

        Parameters
        ----------
        constraints : sequence of CVXPY constraints
            Affine in `variable`: built from `moment` and `matrices`. CVXPY's solvers see their numbers as they are
            given: divide large ones, ``moment((x / 1e5)**2) <= 1``.
        solver : str
            One of CVXPY's names.
        **options
            Passed on to `cvxpy.Problem.solve`.

        Raises
        ------
        InvalidInput
            As for `checked`.
        SolverFailed
            CVXPY's solver has.
        """
        import cvxpy

        added = items(constraints, "constraints", "a list of CVXPY constraints")
        for i, each in enumerate(added):
            if not isinstance(each, cvxpy.constraints.constraint.Constraint):
                raise InvalidInput(f"constraints[{i}]: expected a CVXPY constraint, got {shown(each)}")
            self._refuse(each)
        problem = cvxpy.Problem(self.cvxpy.objective, [*self.cvxpy.constraints, *added])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "the solution may be inaccurate": the residuals tell
            try:
                problem.solve(solver=solver, **options)
            except cvxpy.error.SolverError as error:
                raise SolverFailed(f"{solver}, reached by cvxpy: {error}") from error
        return self.checked(problem)

    def checked(self, problem: Any) -> CheckedBound:
        """Return what a solved CVXPY problem proves, that has this objective, these constraints, and others.

        Raises
        ------
        InvalidInput
            Another objective, a constraint of the relaxation is missing, an added one is not an equation, inequality
            or semidefinite matrix that is affine in the moments alone, or the problem was not solved.
        """
        if problem.objective is not self.cvxpy.objective:
            raise InvalidInput("checked: expected a problem with the objective of the relaxation")
        own = {each.id for each in self.cvxpy.constraints}
        if not own <= {each.id for each in problem.constraints}:
            raise InvalidInput("checked: a constraint of the relaxation is missing")
        if problem.status is None:
            raise InvalidInput("checked: the CVXPY problem was not solved")
        added = [each for each in problem.constraints if each.id not in own]
        for each in added:
            self._refuse(each)
        return self._checked(str(problem.status), problem.value, added)

    def _refuse(self, constraint: Any) -> None:
        kind = type(constraint).__name__
        if kind not in _KINDS:
            raise InvalidInput(f"a constraint of kind {kind}: expected ==, <=, >= or a semidefinite matrix")
        if not constraint.expr.is_affine():
            raise InvalidInput(f"the constraint {constraint!s:.100} is not affine in the moments")
        foreign = [each for each in constraint.expr.variables() if each is not self.variable]
        if foreign:
            raise InvalidInput(f"the constraint {constraint!s:.100} has another variable, {foreign[0].name()}")

    def _checked(self, status: str, value: float | None, added: list[Any]) -> CheckedBound:
        parts = [*self.cvxpy.constraints, *added]
        if self.variable.value is None or any(each.dual_value is None for each in parts):
            return CheckedBound(None, False, None, (), None, None, status)
        relaxation, moments = self.frame.relaxation, np.asarray(self.variable.value)
        extended = [_affine(each, self.variable) for each in added]
        sdp = _with(relaxation.sdp, extended)
        duals, gram = duals_of(relaxation.sdp, self.cvxpy)
        assert duals is not None and gram is not None
        free = [-np.ravel(e.dual) * e.scale for e in extended if e.kind == "equation"]
        cone = [np.ravel(e.dual) * e.scale for e in extended if e.kind != "equation"]
        duals, gram = np.concatenate([duals, *free]), np.concatenate([gram, *cone])
        solution = finish(sdp, SDPStatus.UNKNOWN, status, moments, duals, gram, solver="cvxpy")
        reach = implied_box(self.frame.change.problem).half_widths
        with np.errstate(invalid="ignore", over="ignore"):
            bound = dual_bound(Relaxation(relaxation.plan, sdp, relaxation.monomials), solution, reach)
        return CheckedBound(
            lower_bound=None if bound is None else self.value(bound.value),
            absorbed=bound is not None and bound.absorbed,
            value=None if value is None or not np.isfinite(value) else self.value(value),
            multipliers=tuple(np.asarray(self.frame.objective_scale * each.dual_value) for each in added),
            residuals=solution.residuals,
            moments=self._moments(solution),
            status=status,
        )

    def _moments(self, solution: SDPSolution) -> Moments:
        frame = Frame(self.frame.relaxation, solution, self.frame.change)
        return Moments(self.problem, Polynomial.constant(1.0, self.problem.variables), frame)


#: CVXPY's kinds of constraints that are taken, each with what it means and the sign of its expression.
_KINDS = {
    "Equality": ("equation", 1.0),
    "Zero": ("equation", 1.0),
    "Inequality": ("numbers", -1.0),
    "NonPos": ("numbers", -1.0),
    "NonNeg": ("numbers", 1.0),
    "PSD": ("matrix", 1.0),
}


@dataclass(frozen=True, eq=False)
class _Affine:
    """Rows over the moments, the constant in the first column, that are zero, nonnegative, or the svec of a matrix."""

    kind: str
    rows: sp.csr_matrix
    dual: Floats
    scale: float
    size: int


def _affine(constraint: Any, variable: Any) -> _Affine:
    """Return a constraint as rows, divided by a power of two near their largest entry."""
    kind, sign = _KINDS[type(constraint).__name__]
    expression, dual = constraint.expr, np.asarray(constraint.dual_value, dtype=np.float64)
    moments = variable.value
    gradient = expression.grad.get(variable)
    slopes = sp.csr_matrix((expression.size, variable.size)) if gradient is None else sp.csr_matrix(gradient).T
    variable.value = np.zeros(variable.size)
    constants = np.asarray(expression.value, dtype=np.float64).reshape(-1, order="F")
    variable.value = moments
    first = sp.csr_matrix(
        (constants, (np.arange(len(constants)), np.zeros(len(constants), dtype=np.intp))), slopes.shape
    )
    rows = sp.csr_matrix(sign * (slopes + first))
    size = expression.shape[0] if kind == "matrix" else 1
    dual = dual.reshape(-1, order="F")
    if kind == "matrix":
        whole = dual.reshape(size, size)
        i, j = svec_index(size)
        rows = sp.diags_array(svec_weights(size) / 2) @ (rows[i * size + j] + rows[j * size + i])
        dual = svec((whole + whole.T) / 2)
    scale = power_of_two(float(abs(rows).max()) if rows.nnz else 1.0)
    return _Affine(kind, sp.csr_matrix(rows / scale), dual, scale, size)


def _with(sdp: SDP, added: list[_Affine]) -> SDP:
    """Return the program with more equations and blocks; the first moment, that of 1, is fixed to 1."""
    equations = [each.rows for each in added if each.kind == "equation"]
    blocks = [each for each in added if each.kind != "equation"]
    sizes = [size for each in blocks for size in ([each.size] if each.kind == "matrix" else [1] * each.rows.shape[0])]
    equalities = sp.vstack([sdp.equalities, *equations], format="csr")
    right = np.concatenate([sdp.right_side, np.zeros(equalities.shape[0] - len(sdp.right_side))])
    operator = sp.vstack([sdp.operator, *(each.rows for each in blocks)], format="csr")
    return SDP(sdp.cost, equalities, right, operator, (*sdp.sizes, *sizes))


def relax_in_cvxpy(problem: Problem, order: int | None = None, memory_limit: int | None = None) -> CVXPYRelaxation:
    """Return a dense relaxation as a CVXPY problem, to which constraints on moments can be added.

    Variables and polynomials are scaled by powers of two; `CVXPYRelaxation.moment` takes the user's.

    Parameters
    ----------
    problem : Problem
    order : int, optional
        By default the lowest one.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.

    Raises
    ------
    BadOption, OrderTooLow, ProblemTooLarge
    SolverUnavailable
        CVXPY is not installed.

    Examples
    --------
    The least mean of `x` over measures on [-1, 1] whose variance about zero is at most 1/4:

    >>> import momentsos as ms
    >>> (x,) = ms.variables("x")
    >>> relaxation = ms.relax_in_cvxpy(ms.Problem(x, bounds={"x": (-1, 1)}), order=2)
    >>> bound = relaxation.solve([relaxation.moment(x**2) <= 0.25])
    >>> round(bound.lower_bound, 6), round(float(bound.multipliers[0]), 4)
    (-0.5, 1.0)
    """
    check_problem(problem)
    lifted = problem.lifted()
    k = lifted.minimum_order if order is None else check_order(order, "order")
    change = scale_by(lifted, balanced_units(lifted))
    relaxation = assemble(dense_plan(change.problem, k, memory_limit, in_quotient=False))
    try:
        convex, variable = relaxation.to_cvxpy()
    except ImportError as error:
        raise SolverUnavailable("cvxpy is not installed: pip install 'momentsos[solvers]'") from error
    unsolved = SDPSolution(SDPStatus.UNKNOWN, "not solved")
    return CVXPYRelaxation(Frame(relaxation, unsolved, change), convex, variable)
