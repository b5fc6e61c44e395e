"""Solving a sum-of-squares program: numbers first, then what can be proved of them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ..errors import BadOption, SolverFailed
from ..hierarchy.request import is_number, split_options
from ..hierarchy.status import Status
from ..machine.checks import positive, shown
from ..polynomials import Polynomial
from ..sdp import SDPStatus
from ..solvers import SolverOptions, solve_sdp, solver_named
from .certificate import layout_of
from .constraints import SOS, Identity, identity
from .exact import Exact
from .faces import exposed
from .interior import Solved, deepest
from .program import SOSProgram, exact_objective
from .prove import Prover, evident_contradiction
from .report import Found, result_of
from .result import SOSResult
from .unknowns import UnknownPolynomial

#: Answers of the solver with a worse residual than this hint at an objective without bound.
_DOUBTFUL = 1e-5
#: The tolerance of a program without an objective, which has no use for one.
_ANY = 0.5
#: Faces with a margin below this hold no solution; and so many are looked at.
_EMPTY, _FACES = -1e-6, 24


def solve_program(
    program: SOSProgram, solver: str, tol: float, time_limit: float | None, solver_options: Mapping[str, Any] | None
) -> SOSResult:
    """Solve and prove; see `SOSProgram.solve`."""
    began = time.perf_counter()
    options = _checked_options(solver, tol, time_limit, solver_options)
    return _solved(program, solver, options, tol, math.inf if time_limit is None else began + time_limit)


def _solved(program: SOSProgram, solver: str, options: SolverOptions, tol: float, until: float) -> SOSResult:
    began = time.perf_counter()
    layout = layout_of(program)
    _, weights = exact_objective(program)
    sign = -1 if program.sense == "minimize" else 1
    gains = [sign * weights.get(each, Fraction(0)) for each in layout.unknowns]
    gains += [Fraction(0)] * (len(layout.columns) - len(gains))
    prover = Prover(layout, layout, gains, solver, options, until)
    evident = evident_contradiction(layout)
    if evident is not None:
        return result_of(program, prover, Found(moments=evident), Status.INFEASIBLE, "", began)
    try:
        deep = deepest(layout.sdp, solver, prover.limited)
        if isinstance(deep, SDPStatus):
            ended = Status.STOPPED if deep is SDPStatus.LIMIT else Status.FAILED
            return result_of(program, prover, Found(), ended, "the solver gave no answer", began)
        return _climb(program, prover, deep, tol, began)
    except SolverFailed as error:
        return result_of(program, prover, Found(), Status.FAILED, f"the solver failed: {error}", began)


def _checked_options(
    solver: object, tol: object, time_limit: object, solver_options: Mapping[str, Any] | None
) -> SolverOptions:
    if not isinstance(solver, str):
        raise BadOption(f"solver: expected a name, got {shown(solver)}")
    if not is_number(tol) or not 0 < tol < 1:
        raise BadOption(f"tol = {shown(tol)}: expected a number between 0 and 1")
    positive(time_limit, "time_limit", "seconds above 0")
    options = split_options(solver_options)
    solver_named(solver).check_options(options.own)
    return options


def _climb(program: SOSProgram, prover: Prover, deep: Solved, tol: float, began: float) -> SOSResult:
    """From a solution from the inside, or the lack of one, to a proved one, to a bound, to the result."""
    inner = prover.feasible(deep)
    if inner is None and deep.margin < 0 and deep.moments is not None:
        moments = prover.contradiction(deep.moments)
        if moments is not None:
            return result_of(program, prover, Found(deep, moments=moments), Status.INFEASIBLE, "", began)
    if inner is None:
        prover, deep, inner = _on_faces(prover, deep)
    if program.sense == "find":
        status = Status.CERTIFIED if inner is not None else Status.FAILED
        return result_of(program, prover, Found(deep, solution=inner), status, _why(deep), began)
    sharp = solve_sdp(prover.solver, prover.face.sdp, prover.limited)
    worst = math.inf if sharp.residuals is None else sharp.residuals.worst
    if inner is not None and not worst <= _DOUBTFUL and _is_unbounded(program, prover):
        return result_of(program, prover, Found(deep, None, inner), Status.UNBOUNDED, "", began)
    solution = prover.feasible(deep, sharp) or inner
    whole = sharp if prover.face is prover.layout else solve_sdp(prover.solver, prover.layout.sdp, prover.limited)
    found = Found(deep, sharp, solution, prover.bound(whole))
    return result_of(program, prover, found, _status_of(program, prover, found, tol), _why(deep), began)


def _on_faces(prover: Prover, deep: Solved) -> tuple[Prover, Solved, Exact | None]:
    """Go down to smaller faces, best guesses first, until one has a solution that can be rounded, or none is left."""
    open_ends: list[tuple[Prover, Solved]] = [(prover, deep)]
    solved = 0
    while open_ends:
        above, margin = open_ends.pop()
        below: list[tuple[Prover, Solved]] = []
        for face in () if margin.moments is None else exposed(above.face, margin.moments):
            if solved == _FACES or time.perf_counter() > prover.until:
                return prover, deep, None
            found, solved = deepest(face.sdp, prover.solver, prover.limited), solved + 1
            if isinstance(found, SDPStatus) or found.margin < _EMPTY:
                continue
            lower = replace(prover, face=face)
            inner = lower.feasible(found)
            if inner is not None:
                return lower, found, inner
            below.append((lower, found))
        open_ends += reversed(below)
    return prover, deep, None


def _status_of(program: SOSProgram, prover: Prover, found: Found, tol: float) -> Status:
    """Return what exact unknowns and exact moments say together."""
    if found.solution is None:
        return Status.FAILED if found.moments is None else Status.LOWER_BOUND_ONLY
    if found.moments is None:
        return Status.BOUNDED
    constant, weights = exact_objective(program)
    values = dict(zip(prover.layout.unknowns, found.solution.numbers, strict=False))
    value = constant + sum((weight * values[each] for each, weight in weights.items()), Fraction(0))
    known = sum((a * b for a, b in zip(prover.layout.constants, found.moments, strict=True)), Fraction(0))
    gap = (value - constant if program.sense == "minimize" else constant - value) + known
    return Status.CERTIFIED if gap <= Fraction(tol) * max(Fraction(1), abs(value)) else Status.BOUNDED


def _is_unbounded(program: SOSProgram, prover: Prover) -> bool:
    """Whether there is, proved, a direction of the feasible set in which the objective improves without end."""
    sign = 1 if program.sense == "minimize" else -1
    constraints: list[SOS | Identity] = []
    for each in program.constraints:
        if isinstance(each, SOS):
            rows = tuple(tuple(_homogeneous(entry) for entry in row) for row in each.entries)
            constraints.append(replace(each, entries=rows))
        else:
            constraints.append(Identity(_homogeneous(each.polynomial)))
    constraints.append(identity(sign * _homogeneous(program.objective), -1))
    found = _solved(SOSProgram(constraints), prover.solver, prover.options, _ANY, prover.until)
    return found.status is Status.CERTIFIED


def _homogeneous(polynomial: UnknownPolynomial) -> UnknownPolynomial:
    return UnknownPolynomial(Polynomial.constant(0.0, polynomial.known.variables), polynomial.parts)


def _why(deep: Solved) -> str:
    if deep.margin > 0:
        return ""
    return (
        f"no solution has Gram matrices with room around them (the best margin is {deep.margin:.1e}), "
        "so that rounding has nothing to work with"
    )
