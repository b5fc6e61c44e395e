"""Solving a sum-of-squares program: numbers first, then what can be proved of them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificates import CertificateError
from ..errors import BadOption, SolverFailed
from ..hierarchy.request import is_number, split_options
from ..hierarchy.status import Status
from ..machine.checks import positive, shown
from ..polynomials import Polynomial
from ..sdp import SDPSolution, smat
from ..sdp.residuals import dual_residual
from ..solvers import SolverOptions, solve_sdp, solver_named
from .assemble import Assembled
from .certificate import ProgramCertificate, layout_of, proved
from .check import BOUND, FEASIBLE, INFEASIBLE, OPTIMAL
from .constraints import SOS, Identity, identity
from .exact import Exact
from .faces import exposed
from .interior import Floats, Solved, deepest
from .program import SOSProgram, exact_objective
from .prove import Prover, evident_contradiction
from .result import EqualityMultiplier, GramMatrix, SOSResult, Values
from .unknown import Coefficient, UnknownPolynomial

#: Answers of the solver with a worse residual than this hint at an objective without bound.
_DOUBTFUL = 1e-5


@dataclass(frozen=True, eq=False)
class _Found:
    """What is known at the end."""

    deep: Solved | None = None
    sharp: SDPSolution | None = None
    solution: Exact | None = None
    moments: list[Fraction] | None = None


def solve_program(
    program: SOSProgram, solver: str, tol: float, time_limit: float | None, solver_options: Mapping[str, Any] | None
) -> SOSResult:
    """Solve and prove; see `SOSProgram.solve`."""
    began = time.perf_counter()
    options = _checked_options(solver, tol, time_limit, solver_options)
    until = math.inf if time_limit is None else began + time_limit
    layout = layout_of(program)
    _, weights = exact_objective(program)
    sign = -1 if program.sense == "minimize" else 1
    gains = [sign * weights.get(each, Fraction(0)) for each in layout.unknowns]
    gains += [Fraction(0)] * (len(layout.columns) - len(gains))
    prover = Prover(layout, layout, gains, solver, options, until)
    evident = evident_contradiction(layout)
    if evident is not None:
        return _result(program, prover, _Found(moments=evident), Status.INFEASIBLE, "", began)
    try:
        deep = deepest(layout.sdp, solver, _within(prover))
        if deep is None:
            status = Status.STOPPED if time.perf_counter() > until else Status.FAILED
            return _result(program, prover, _Found(), status, "the solver gave no answer", began)
        return _climb(program, prover, deep, tol, began)
    except SolverFailed as error:
        return _result(program, prover, _Found(), Status.FAILED, f"the solver failed: {error}", began)


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


def _within(prover: Prover) -> SolverOptions:
    """Return the options with what is left of the time."""
    return prover.options if math.isinf(prover.until) else replace(prover.options, time_limit=prover.seconds)


def _climb(program: SOSProgram, prover: Prover, deep: Solved, tol: float, began: float) -> SOSResult:
    """From a solution from the inside, or the lack of one, to a proved one, to a bound, to the result."""
    inner = prover.feasible(deep)
    if inner is None and deep.margin < 0 and deep.moments is not None:
        moments = prover.contradiction(deep.moments)
        if moments is not None:
            return _result(program, prover, _Found(deep, moments=moments), Status.INFEASIBLE, "", began)
    if inner is None:
        prover, deep, inner = _on_faces(prover, deep)
    if program.sense == "find":
        status = Status.CERTIFIED if inner is not None else Status.FAILED
        return _result(program, prover, _Found(deep, solution=inner), status, _why(deep), began)
    sharp = solve_sdp(prover.solver, prover.face.sdp, _within(prover))
    worst = math.inf if sharp.residuals is None else sharp.residuals.worst
    if inner is not None and not worst <= _DOUBTFUL and _is_unbounded(program, prover):
        return _result(program, prover, _Found(deep, None, inner), Status.UNBOUNDED, "", began)
    solution = prover.feasible(deep, sharp) or inner
    whole = sharp if prover.face is prover.layout else solve_sdp(prover.solver, prover.layout.sdp, _within(prover))
    found = _Found(deep, sharp, solution, prover.bound(whole))
    status = _status_of(found)
    result = _result(program, prover, found, status, _why(deep), began)
    unit = max(1.0, abs(result.value or 0.0))
    if status is Status.BOUNDED and result.gap <= tol * unit:
        return _result(program, prover, found, Status.CERTIFIED, "", began)
    return result


def _on_faces(prover: Prover, deep: Solved) -> tuple[Prover, Solved, Exact | None]:
    """Go down to smaller faces until one has a solution with room, or none is smaller."""
    while deep.moments is not None and time.perf_counter() < prover.until:
        face = exposed(prover.face, deep.moments)
        found = None if face is None else deepest(face.sdp, prover.solver, _within(prover))
        if face is None or found is None:
            break
        prover, deep = replace(prover, face=face), found
        inner = prover.feasible(deep)
        if inner is not None:
            return prover, deep, inner
    return prover, deep, None


def _status_of(found: _Found) -> Status:
    if found.solution is not None:
        return Status.BOUNDED
    return Status.FAILED if found.moments is None else Status.LOWER_BOUND_ONLY


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
    left = None if math.isinf(prover.until) else prover.seconds
    options = {**prover.options.own}
    found = solve_program(SOSProgram(constraints), prover.solver, 1e-6, left, options)
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


# -- the record --------------------------------------------------------------------------------------------


def _result(
    program: SOSProgram, prover: Prover, found: _Found, status: Status, why: str, began: float
) -> SOSResult:
    layout = prover.face
    certificate, why = _certificate(program, prover, found, status, why)
    if certificate is None and status not in (Status.FAILED, Status.STOPPED):
        status = Status.FAILED
    numeric = _numeric(found)
    numbers, grams = _numbers(layout, found, numeric)
    value = None
    if numbers is not None:
        constant, weights = exact_objective(program)
        value = float(constant + sum(Fraction(numbers[each]) * weight for each, weight in weights.items()))
    lower, upper = _bounds(program, certificate, status)
    residual, least = _measured(layout, numeric)
    return SOSResult(
        program,
        status,
        value,
        lower,
        upper,
        Values(numbers or {}),
        _gram_matrices(layout, grams),
        _multipliers(layout, found, numeric),
        residual,
        least,
        certificate,
        _message(program, status, why, residual, lower, upper),
        found.sharp.solver if found.sharp else found.deep.answer.solver if found.deep else "",
        layout.sdp.sizes,
        time.perf_counter() - began,
    )


def _certificate(
    program: SOSProgram, prover: Prover, found: _Found, status: Status, why: str
) -> tuple[ProgramCertificate | None, str]:
    """Return the certificate, checked from the beginning, and why there is none."""
    claim = {
        Status.INFEASIBLE: INFEASIBLE,
        Status.LOWER_BOUND_ONLY: BOUND,
        Status.CERTIFIED: FEASIBLE if found.moments is None else OPTIMAL,
        Status.BOUNDED: FEASIBLE if found.moments is None else OPTIMAL,
        Status.UNBOUNDED: FEASIBLE,
    }.get(status)
    if claim is None:
        return None, why
    moments = None if claim == FEASIBLE else found.moments
    seconds = 60.0 if math.isinf(prover.until) else prover.seconds + 1.0
    try:
        return proved(program, prover.layout, found.solution, prover.face, moments, claim, seconds), why
    except CertificateError as error:
        return None, f"the proof did not pass its check: {error}"


def _numeric(found: _Found) -> tuple[Floats, Floats] | None:
    """Return multipliers and Gram rows in floats, of the sharp answer where there is one."""
    if found.sharp is not None and found.sharp.gram is not None and found.sharp.equality_duals is not None:
        return found.sharp.equality_duals, found.sharp.gram
    return None if found.deep is None else (found.deep.duals, found.deep.gram)


def _numbers(
    layout: Assembled, found: _Found, numeric: tuple[Floats, Floats] | None
) -> tuple[dict[Coefficient, Any] | None, list[Floats]]:
    """Return the values of the unknowns and the Gram matrices, exact ones where they are proved."""
    if found.solution is not None:
        exact = dict(zip(layout.unknowns, found.solution.numbers, strict=False))
        return exact, [_full(lower) for lower in found.solution.grams]
    if numeric is None or found.moments is not None and found.sharp is None:
        return None, []
    duals, gram = numeric
    values = (duals * layout.row_scale).tolist()
    rows = smats(layout, gram)
    return dict(zip(layout.unknowns, values, strict=False)), rows


def smats(layout: Assembled, gram: Floats) -> list[Floats]:
    """Return the Gram matrices of scaled rows in the units of the user."""
    scaled = gram * layout.entry_scale
    return [smat(block) for block in layout.sdp.split(scaled)] if layout.sdp.sizes else []


def _full(lower: list[list[Fraction]]) -> Floats:
    size = len(lower)
    return np.array([[float(lower[max(i, j)][min(i, j)]) for j in range(size)] for i in range(size)])


def _gram_matrices(layout: Assembled, grams: list[Floats]) -> tuple[GramMatrix, ...]:
    found = []
    for (k, j), matrix in zip(layout.blocks, grams, strict=bool(grams)):
        frame, gram = layout.frames[k], layout.frames[k].grams[j]
        if gram.combination is not None:
            rows = np.array([[float(value) for value in row] for row in gram.combination])
            matrix = rows.T @ matrix @ rows
        found.append(GramMatrix(k, gram.which, frame.names, gram.basis, matrix))
    return tuple(found)


def _multipliers(
    layout: Assembled, found: _Found, numeric: tuple[Floats, Floats] | None
) -> tuple[EqualityMultiplier, ...]:
    if found.solution is not None:
        numbers: list[Any] = list(found.solution.numbers)
    elif numeric is not None:
        numbers = (numeric[0] * layout.row_scale).tolist()
    else:
        return ()
    place, listed = len(layout.unknowns), []
    for k, frame in enumerate(layout.frames):
        for multiplier in frame.multipliers:
            values = numbers[place : place + len(multiplier.basis)]
            place += len(values)
            polynomial = Polynomial.from_terms(multiplier.basis, values, frame.names)
            listed.append(EqualityMultiplier(k, multiplier.equality, polynomial))
    return tuple(listed)


def _bounds(
    program: SOSProgram, certificate: ProgramCertificate | None, status: Status
) -> tuple[float, float]:
    """Return what is proved of the optimal value."""
    low, high = -math.inf, math.inf
    if certificate is None or program.sense == "find":
        return low, high
    value = None if certificate.value is None else float(certificate.value)
    bound = None if certificate.bound is None else float(certificate.bound)
    if program.sense == "maximize":
        low, high = high if status is Status.INFEASIBLE else low, high
        return (-math.inf if value is None else value), (math.inf if bound is None else bound)
    return (-math.inf if bound is None else bound), (math.inf if value is None else value)


def _measured(layout: Assembled, numeric: tuple[Floats, Floats] | None) -> tuple[float | None, float | None]:
    """Return the error of the identities and the least eigenvalue of the solver's numbers, as shares."""
    if numeric is None:
        return None, None
    duals, gram = numeric
    size = 1.0 + float(np.abs(layout.sdp.cost).max(initial=0.0))
    residual = float(np.abs(dual_residual(layout.sdp, duals, gram)).max(initial=0.0)) / size
    values = [np.linalg.eigvalsh(smat(block)) for block in layout.sdp.split(gram)] if layout.sdp.sizes else []
    largest = max((float(np.abs(each).max()) for each in values), default=1.0)
    return residual, min((float(each[0]) for each in values), default=0.0) / max(largest, 1e-300)


def _message(
    program: SOSProgram, status: Status, why: str, residual: float | None, lower: float, upper: float
) -> str:
    """Say what came out, and what to do next."""
    if status is Status.CERTIFIED:
        what = "the unknowns satisfy every constraint exactly, in rational numbers"
        return f"{what}." if program.sense == "find" else f"{what}, and no better value is possible to the tolerance."
    if status is Status.BOUNDED:
        open_end = math.isinf(lower) or math.isinf(upper)
        rest = "no bound of what others could reach was proved" if open_end else "a gap to the proved bound is left"
        return (
            f"the unknowns satisfy every constraint exactly; {rest}. For the optimum, bound the unknowns, raise tol, or "
            f"try another solver."
        )
    if status is Status.INFEASIBLE:
        return (
            "no choice of the unknowns satisfies the constraints with multipliers of these degrees, proved by exact "
            "functionals. Raise the degree of the unknowns or degree=... of sos, add products=True, or relax a constraint."
        )
    if status is Status.UNBOUNDED:
        return "the objective improves without end along feasible unknowns. Bound an unknown."
    if status is Status.LOWER_BOUND_ONLY:
        return (
            f"the bound of the objective is proved; the unknowns are numbers with an error of {residual or 0:.0e}, not "
            f"proved: {why or 'they could not be rounded'}. Leave some slack in the constraints."
        )
    if status is Status.STOPPED:
        return f"the time was over: {why}. Raise time_limit, or lower degrees."
    told = "" if residual is None else f" The values are numbers that satisfy the identities to {residual:.0e}."
    return (
        f"neither a solution nor its absence could be proved: {why or 'rounding failed'}.{told} Leave some slack in the "
        f"constraints (such as V - 1e-3*(x**2 + y**2)), raise the degree, or try another solver."
    )
