"""From what was found to the record of the result."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificates import CertificateError
from ..hierarchy.status import Status
from ..polynomials import Polynomial
from ..sdp import SDPSolution, smat
from ..sdp.residuals import dual_residual
from .assemble import Assembled
from .certificate import ProgramCertificate, proved
from .check import BOUND, FEASIBLE, INFEASIBLE, OPTIMAL
from .document import objective_at, proved_bounds
from .exact import Exact
from .interior import Floats, Solved
from .program import SOSProgram
from .prove import Prover
from .result import EqualityMultiplier, GramMatrix, SOSResult, Values
from .unknowns import Coefficient


@dataclass(frozen=True, eq=False)
class Found:
    """What is known at the end."""

    deep: Solved | None = None
    sharp: SDPSolution | None = None
    solution: Exact | None = None
    moments: list[Fraction] | None = None


def result_of(program: SOSProgram, prover: Prover, found: Found, status: Status, why: str, began: float) -> SOSResult:
    """Return the record of what was found; a status that its certificate does not bear out is lowered to FAILED."""
    layout = prover.face
    certificate, why = _certificate(program, prover, found, status, why)
    if certificate is None:
        status = Status.STOPPED if status is Status.STOPPED or prover.is_late() else Status.FAILED
    numeric = _numeric(found)
    if status is Status.INFEASIBLE:
        numeric = None  # what the solver found there is a solution of nothing
    numbers, grams = _numbers(layout, found, numeric)
    value = None
    if numbers is not None:
        value = objective_at(program, numbers)
    lower, upper = proved_bounds(program, certificate)
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
    program: SOSProgram, prover: Prover, found: Found, status: Status, why: str
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
    seconds = prover.seconds + 1.0
    try:
        return proved(program, prover.layout, found.solution, prover.face, moments, claim, seconds), why
    except CertificateError as error:
        return None, f"the proof did not pass its check: {error}"


def _numeric(found: Found) -> tuple[Floats, Floats] | None:
    """Return multipliers and Gram rows in floats, of the sharp answer where there is one."""
    if found.sharp is not None and found.sharp.gram is not None and found.sharp.equality_duals is not None:
        return found.sharp.equality_duals, found.sharp.gram
    return None if found.deep is None else (found.deep.duals, found.deep.gram)


def _numbers(
    layout: Assembled, found: Found, numeric: tuple[Floats, Floats] | None
) -> tuple[dict[Coefficient, Any] | None, list[Floats]]:
    """Return the values of the unknowns and the Gram matrices, exact ones where they are proved."""
    if found.solution is not None:
        exact = dict(zip(layout.unknowns, found.solution.numbers, strict=False))
        return exact, [_full(lower) for lower in found.solution.grams]
    if numeric is None:
        return None, []
    duals, gram = numeric
    values = (duals * layout.row_scale).tolist()
    rows = _matrices(layout, gram)
    return dict(zip(layout.unknowns, values, strict=False)), rows


def _matrices(layout: Assembled, gram: Floats) -> list[Floats]:
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
    layout: Assembled, found: Found, numeric: tuple[Floats, Floats] | None
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


def _message(program: SOSProgram, status: Status, why: str, residual: float | None, lower: float, upper: float) -> str:
    """Say what came out, and what to do next."""
    if status is Status.CERTIFIED:
        what = "the unknowns satisfy every constraint exactly, in rational numbers"
        return f"{what}." if program.sense == "find" else f"{what}, and no better value is possible to the tolerance."
    if status is Status.BOUNDED:
        open_end = math.isinf(lower) or math.isinf(upper)
        rest = "no bound of what others could reach was proved" if open_end else "a gap to the proved bound is left"
        return (
            f"the unknowns satisfy every constraint exactly; {rest}. For the optimum, bound the unknowns, raise tol, "
            f"or try another solver."
        )
    if status is Status.INFEASIBLE:
        return (
            "no choice of the unknowns satisfies the constraints with multipliers of these degrees, proved by exact "
            "functionals. Raise the degree of the unknowns or degree=... of sos, add products=True, or relax one."
        )
    if status is Status.UNBOUNDED:
        return "the objective improves without end along feasible unknowns. Bound an unknown."
    if status is Status.LOWER_BOUND_ONLY:
        return (
            f"the bound of the objective is proved; the unknowns are numbers with an error of {residual or 0:.0e}, not "
            f"proved: {why or 'they could not be rounded'}. Leave some slack in the constraints."
        )
    if status is Status.STOPPED:
        return "the time was over before anything was proved. Raise time_limit, or lower degrees."
    told = "" if residual is None else f" The values are numbers that satisfy the identities to {residual:.0e}."
    return (
        f"neither a solution nor its absence could be proved: {why or 'rounding failed'}.{told} Leave some "
        f"slack in the constraints (such as V - 1e-3*(x**2 + y**2)), give fractions where decimals stand "
        f"for them, or raise the degree."
    )
