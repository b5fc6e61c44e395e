"""Solving a moment problem: the conic program, a bound that holds, and atomic measures that attain it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bounds.implied import implied_box
from ..bounds.repair import absorb, rounding_errors
from ..errors import BadOption, SolverFailed
from ..hierarchy.gaps import closes
from ..hierarchy.request import check_order, is_number, split_options
from ..hierarchy.status import Status
from ..machine.checks import positive, shown
from ..machine.mappings import ReadOnly
from ..machine.memory import memory_errors_told
from ..machine.threads import limited_threads
from ..polynomials import Polynomial
from ..polynomials.comparison import Relation
from ..research.frame import Frame
from ..research.functional import Moments
from ..sdp import SDPSolution, SDPStatus
from ..sdp.residuals import dual_residual, project_to_cone
from ..solvers import solve_sdp, solver_named
from .assemble import Assembled, assembled
from .atoms import Atomic, feasible_atoms, moments_of_atoms
from .program import MomentProblem
from .result import AtomicMeasure, MomentResult

Floats = NDArray[np.float64]
#: Absorbing a defect may take so many seconds, and this many times as long as the solver took.
_LEAST_SECONDS, _SHARE = 0.5, 2.0
#: By this share a bound may exceed the value of atoms, whose constraints hold to 1e-9; it is lowered to it then.
_MEETS = 1e-7


@dataclass(frozen=True, eq=False)
class Dual:
    """A bound in scaled units, None where there is none, and whether the defect of its identity was absorbed."""

    value: float | None = None
    absorbed: bool = False


def solve_problem(
    problem: MomentProblem,
    order: int | None,
    solver: str,
    tol: float,
    time_limit: float | None,
    solver_options: Mapping[str, Any] | None,
) -> MomentResult:
    """Solve one order; see `MomentProblem.solve`."""
    began = time.perf_counter()
    if not isinstance(solver, str):
        raise BadOption(f"solver: expected a name, got {shown(solver)}")
    if not is_number(tol) or not 0 < tol < 1:
        raise BadOption(f"tol = {shown(tol)}: expected a number between 0 and 1")
    positive(time_limit, "time_limit", "seconds above 0")
    options = replace(split_options(solver_options), time_limit=time_limit)
    solver_named(solver).check_options(options.own)
    k = problem.minimum_order if order is None else check_order(order, "order")
    with memory_errors_told(f"the relaxation of order {k}"):
        program = assembled(problem, k)
    try:
        with limited_threads(options.threads or 1):
            solution = solve_sdp(solver, program.sdp, options)
    except SolverFailed as error:
        return _result(program, k, tol, began, None, Dual(), None, f"the solver failed: {error}")
    dual = _dual(program, solution)
    atoms = None
    if solution.moments is not None:
        noise = 1e-6 if solution.residuals is None else float(np.clip(10 * solution.residuals.worst, 1e-9, 1e-5))
        atoms = feasible_atoms(program, solution.moments, noise)
    return _result(program, k, tol, began, solution, dual, atoms, "")


def _dual(program: Assembled, solution: SDPSolution) -> Dual:
    """Return the bound that the dual vectors prove; nothing that the solver says of itself is used."""
    if solution.gram is None or solution.equality_duals is None:
        return Dual()
    sdp = program.sdp
    until = time.perf_counter() + _LEAST_SECONDS + _SHARE * solution.seconds
    repaired = absorb(sdp, solution.moments, solution.equality_duals, solution.gram, until)
    if repaired.exact:
        return Dual(float(repaired.multipliers[0]), True)
    gram = project_to_cone(solution.gram, sdp)
    defect = np.abs(dual_residual(sdp, solution.equality_duals, gram))
    defect = defect + rounding_errors(sdp, solution.equality_duals, gram)
    sizes = _largest_moments(program)
    with np.errstate(invalid="ignore"):
        correction = float(np.where(defect > 0, defect * sizes, 0.0).sum())
    gamma = float(solution.equality_duals[0])
    return Dual(gamma - correction) if correction <= 1e-2 * max(1.0, abs(gamma)) else Dual()


def _largest_moments(program: Assembled) -> Floats:
    """Return bounds of all unknowns, infinite where constraints on masses and supports give none."""
    masses = _masses(program)
    found = [np.ones(1)]
    for part, mass in zip(program.parts, masses, strict=True):
        box = implied_box(part.change.problem)
        rows = part.relaxation.monomials.rows
        with np.errstate(invalid="ignore", over="ignore"):
            powers = np.where(rows > 0, box.half_widths**rows, 1.0).prod(axis=1)
        found.append(np.asarray(mass * powers, dtype=np.float64) if mass > 0 else np.zeros(len(rows)))
    return np.concatenate(found)


def _masses(program: Assembled) -> Floats:
    r"""Return bounds of the masses, in their unit: infinite where no constraint gives one.

    Looked for are equations and inequalities :math:`\sum_i a_i \mu_i(1) \le c` with nonnegative :math:`a_i`.
    """
    found = np.full(len(program.parts), np.inf)
    for each in program.problem.constraints:
        expression = each.expression
        signs = (1.0, -1.0) if each.relation is Relation.ZERO else (1.0,)
        for sign in signs:
            left = {m: -sign * _constant(p) for m, p in expression.parts.items()}
            if all(p.degree == 0 for p in expression.parts.values()) and all(a >= 0 for a in left.values()):
                for i, part in enumerate(program.parts):
                    a = left.get(part.measure, 0.0)
                    if a > 0:
                        found[i] = min(found[i], max(sign * expression.constant, 0.0) / a / program.mass)
    return found * (1 + 1e-12)


def _constant(polynomial: Polynomial) -> float:
    return float(polynomial.values[~polynomial.exponents.any(axis=1)].sum())


def _proved_infeasible(program: Assembled, solution: SDPSolution) -> bool:
    """Whether a ray proves that there are no such measures: zero would be at least something positive."""
    ray = solution.dual_ray
    if ray is None:
        return False
    sdp = replace(program.sdp, cost=np.zeros(program.sdp.n_moments))
    found = absorb(sdp, sdp.cost, ray.equality_duals, ray.gram)
    return bool(found.exact and found.multipliers[0] > 0)


def _result(
    program: Assembled,
    order: int,
    tol: float,
    began: float,
    solution: SDPSolution | None,
    dual: Dual,
    atoms: Atomic | None,
    words: str,
) -> MomentResult:
    """Return the result, in the user's units and sense."""
    problem = program.problem
    value = None if dual.value is None else program.value(dual.value)
    best = None if atoms is None else program.value(float(program.sdp.cost @ moments_of_atoms(program, atoms)))
    if value is not None and best is not None and value > best:
        if value - best <= _MEETS * max(1.0, abs(best)):
            value = best
        else:  # atoms that meet the constraints to rounding only, where multipliers are that large
            best, atoms = None, None
    lower, upper = problem.sense.bounds(value, best)
    status = _status(program, solution, value, best, closes(lower, upper, 1.0, tol))
    told = words or _message(status, solution)
    return MomentResult(
        status=status,
        lower_bound=lower,
        upper_bound=upper,
        order=order,
        solver="" if solution is None else solution.solver,
        message=told,
        absorbed=dual.absorbed,
        atoms=ReadOnly({} if atoms is None else _named(program, atoms)),
        moments=ReadOnly({} if solution is None or solution.moments is None else _moments(program, solution)),
        multipliers=None if solution is None else _multipliers(program, solution),
        solution=solution,
        problem=problem,
        tol=tol,
        seconds=time.perf_counter() - began,
    )


def _status(
    program: Assembled, solution: SDPSolution | None, value: float | None, best: float | None, closed: bool
) -> Status:
    if solution is not None and best is None and _proved_infeasible(program, solution):
        return Status.INFEASIBLE
    if value is None:
        limit = solution is not None and solution.status is SDPStatus.LIMIT
        return Status.STOPPED if limit else Status.FAILED
    if best is None:
        return Status.LOWER_BOUND_ONLY
    return Status.CERTIFIED if closed else Status.BOUNDED


def _message(status: Status, solution: SDPSolution | None) -> str:
    """Return what to know, in a sentence."""
    if status is Status.CERTIFIED:
        return "atomic measures attain the bound to the tolerance"
    if status is Status.LOWER_BOUND_ONLY:
        return "the bound from the dual side holds for all such measures; raise the order for a better one"
    if status is Status.BOUNDED:
        return "atomic measures were found, and a gap is left; raise the order"
    if status is Status.INFEASIBLE:
        return "no measures meet the constraints: an identity proves it"
    if solution is not None and solution.primal_ray is not None:
        return "the relaxation falls without end: bound masses and supports, or raise the order"
    ended = "" if solution is None else f" ({solution.solver}: {solution.words})"
    return f"no bound is proved{ended}: bound masses and supports, rescale the data, or take another solver"


def _named(program: Assembled, atoms: Atomic) -> dict[str, AtomicMeasure]:
    pairs = zip(program.parts, atoms.points, atoms.weights, strict=True)
    return {
        part.measure.name: AtomicMeasure(part.change.point(points), program.mass * weights)
        for part, points, weights in pairs
    }


def _moments(program: Assembled, solution: SDPSolution) -> dict[str, Moments]:
    assert solution.moments is not None
    found = {}
    for part in program.parts:
        own = replace(solution, moments=program.mass * solution.moments[part.columns], equality_duals=None, gram=None)
        one = Polynomial.constant(1.0, part.measure.support.variables)
        found[part.measure.name] = Moments(part.measure.support, one, Frame(part.relaxation, own, part.change))
    return found


def _multipliers(program: Assembled, solution: SDPSolution) -> Floats | None:
    """Return the multipliers of the constraints in the user's units."""
    if solution.equality_duals is None or solution.gram is None:
        return None
    equation = program.is_equation
    found = np.zeros(len(equation))
    found[equation] = solution.equality_duals[1 : 1 + int(equation.sum())]
    count = int((~equation).sum())
    found[~equation] = solution.gram[len(solution.gram) - count :]
    return np.asarray(found * program.cost / program.row_scale)
