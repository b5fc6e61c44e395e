"""The JSON of a program's result, both ways: the program, what was found, and the certificate that proves it.

Numbers that are exact are fractions in strings, as certificates write them; floats are numbers, or have a name where
they are not finite. An unknown number is its place in the list ``unknowns``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificates import CertificateError
from ..certificates.format import Refused, digest, read, write_number
from ..errors import InvalidInput, ProblemTooLarge
from ..hierarchy.status import Status
from ..machine.documents import Part, number, numbers
from ..machine.mappings import ReadOnly
from ..polynomials import Polynomial
from ..polynomials.exponents import MAX_DEGREE
from .certificate import ProgramCertificate, certificate_of, different
from .check import BOUND, FEASIBLE, INFEASIBLE, OPTIMAL
from .constraints import SOS, Identity, sos
from .program import SOSProgram, exact_objective
from .result import EqualityMultiplier, GramMatrix, SOSResult, Values
from .unknowns import Coefficient, UnknownPolynomial

FORMAT = "momentsos program result"
#: What a certificate has to claim for a status; those that are not here have none.
CLAIMS = {
    Status.CERTIFIED: (FEASIBLE, OPTIMAL),
    Status.BOUNDED: (FEASIBLE, OPTIMAL),
    Status.UNBOUNDED: (FEASIBLE,),
    Status.INFEASIBLE: (INFEASIBLE,),
    Status.LOWER_BOUND_ONLY: (BOUND,),
}
#: Largest degree of an identity that is read, as for `momentsos.sos`.
_MOST = 200


def result_document(result: SOSResult) -> dict[str, Any]:
    """Return a result as a JSON object."""
    listed = result.program.unknowns
    place = {each: i for i, each in enumerate(listed)}
    return {
        "program": _program_document(result.program, place),
        "status": result.status.name,
        "value": number(result.value),
        "lower_bound": number(result.lower_bound),
        "upper_bound": number(result.upper_bound),
        "values": [[place[each], _number(value)] for each, value in result.values.numbers.items()],
        "grams": [
            {
                "constraint": int(each.constraint),
                "factors": [int(j) for j in each.factors],
                "variables": list(each.variables),
                "basis": each.basis.tolist(),
                "matrix": numbers(each.matrix),
            }
            for each in result.grams
        ],
        "multipliers": [
            {
                "constraint": int(each.constraint),
                "equality": int(each.equality),
                "polynomial": _polynomial(each.polynomial),
            }
            for each in result.multipliers
        ],
        "residual": number(result.residual),
        "least_eigenvalue": number(result.least_eigenvalue),
        "certificate": None if result.certificate is None else result.certificate.document,
        "message": result.message,
        "solver": result.solver,
        "sizes": [int(size) for size in result.sizes],
        "seconds": number(result.seconds),
    }


def result_of_document(part: Part) -> SOSResult:
    """Return the result of a JSON object, after its certificate was checked and compared with what it is said to prove.

    Raises
    ------
    InvalidInput
        A part is not as the format says, the certificate does not hold or is about another program, or status, bounds
        and values are not what it proves; the message says which.
    """
    program, unknowns = _program(part["program"])
    status = part["status"].member(Status)
    pairs = [each.pair() for each in part["values"].parts()]
    values = {_pick(which, unknowns): _number_of(value) for which, value in pairs}
    certificate = part["certificate"].maybe(lambda own: _certificate(own, program))
    result = SOSResult(
        program,
        status,
        part["value"].maybe(Part.number),
        part["lower_bound"].number(),
        part["upper_bound"].number(),
        Values(values),
        tuple(_gram(each) for each in part["grams"].parts()),
        tuple(
            EqualityMultiplier(
                each["constraint"].integer(), each["equality"].integer(), _polynomial_of(each["polynomial"])
            )
            for each in part["multipliers"].parts()
        ),
        part["residual"].maybe(Part.number),
        part["least_eigenvalue"].maybe(Part.number),
        certificate,
        part["message"].text(),
        part["solver"].text(),
        tuple(each.integer() for each in part["sizes"].parts()),
        part["seconds"].number(),
    )
    _compare(result, part)
    return result


def proved_bounds(program: SOSProgram, certificate: ProgramCertificate | None) -> tuple[float, float]:
    """Return what a certificate proves of the optimal value, rounded outwards; infinite where it proves nothing."""
    if certificate is None or program.sense == "find":
        return -math.inf, math.inf
    low, high = certificate.bound, certificate.value
    if program.sense == "maximize":
        low, high = high, low
    return _outward(low, -math.inf), _outward(high, math.inf)


def objective_at(program: SOSProgram, values: Mapping[Coefficient, Fraction | float]) -> float:
    """Return the objective of a program at values of its unknowns, summed in fractions."""
    constant, weights = exact_objective(program)
    return float(constant + sum(Fraction(values[each]) * weight for each, weight in weights.items()))


def _outward(value: Fraction | None, end: float) -> float:
    """Return the nearest float that is not on the inner side of a fraction, and the end where there is none."""
    if value is None:
        return end
    near = float(value)
    return near if near == value or (near < value) == (end < 0) else math.nextafter(near, end)


# -- the program ---------------------------------------------------------------------------------------------


def _program_document(program: SOSProgram, place: Mapping[Coefficient, int]) -> dict[str, Any]:
    return {
        "sense": program.sense,
        "unknowns": [
            {"name": each.name, "variables": list(each.variables), "exponents": list(each.exponents)} for each in place
        ],
        "objective": None if program.sense == "find" else _affine(program.objective, place),
        "constraints": [_constraint_document(each, place) for each in program.constraints],
    }


def _constraint_document(constraint: SOS | Identity, place: Mapping[Coefficient, int]) -> dict[str, Any]:
    if isinstance(constraint, Identity):
        return {"kind": "identity", "polynomial": _affine(constraint.polynomial, place)}
    pairs = zip(constraint.on, constraint.factors, strict=True)
    return {
        "kind": "sos",
        "entries": [[_affine(each, place) for each in row] for row in constraint.entries],
        "on": [_polynomial(g) for g, which in pairs if len(which) == 1],
        "products": any(len(which) > 1 for which in constraint.factors),
        "equalities": [_polynomial(h) for h in constraint.equalities],
        "degree": int(constraint.degree),
    }


def _program(part: Part) -> tuple[SOSProgram, list[Coefficient]]:
    """Return the program and the list of its unknowns, in the order of the file."""
    unknowns = [_unknown(each) for each in part["unknowns"].parts()]
    sense = part["sense"].text()
    if sense not in ("minimize", "maximize", "find"):
        raise part["sense"].wrong("minimize, maximize or find")
    constraints = [_constraint(each, unknowns) for each in part["constraints"].parts()]
    objective = {} if sense == "find" else {sense: _affine_of(part["objective"], unknowns)}
    return SOSProgram(constraints, **objective), unknowns


def _constraint(part: Part, unknowns: Sequence[Coefficient]) -> SOS | Identity:
    kind = part["kind"].text()
    if kind == "identity":
        return Identity(_affine_of(part["polynomial"], unknowns))
    if kind != "sos":
        raise part["kind"].wrong("sos or identity")
    degree = part["degree"].integer()
    if not 0 <= degree <= _MOST:
        raise part["degree"].wrong(f"an integer from 0 to {_MOST}")
    return sos(
        [[_affine_of(each, unknowns) for each in row.parts()] for row in part["entries"].parts()],
        on=[_polynomial_of(each) for each in part["on"].parts()],
        equalities=[_polynomial_of(each) for each in part["equalities"].parts()],
        degree=degree,
        products=part["products"].flag(),
    )


def _unknown(part: Part) -> Coefficient:
    name, variables = part["name"].text(), tuple(each.text() for each in part["variables"].parts())
    return Coefficient(name, variables, _exponents(part["exponents"], len(variables)))


def _affine(polynomial: UnknownPolynomial, place: Mapping[Coefficient, int]) -> dict[str, Any]:
    parts = [[place[each], _polynomial(own)] for each, own in polynomial.parts.items()]
    return {"known": _polynomial(polynomial.known), "parts": parts}


def _affine_of(part: Part, unknowns: Sequence[Coefficient]) -> UnknownPolynomial:
    pairs = [each.pair() for each in part["parts"].parts()]
    parts = {_pick(which, unknowns): _polynomial_of(own) for which, own in pairs}
    return UnknownPolynomial(_polynomial_of(part["known"]), ReadOnly(parts))


# -- what was found ------------------------------------------------------------------------------------------


def _gram(part: Part) -> GramMatrix:
    variables = tuple(each.text() for each in part["variables"].parts())
    rows = [_exponents(each, len(variables)) for each in part["basis"].parts()]
    matrix = part["matrix"].matrix(len(rows))
    if len(matrix) != len(rows):
        raise part["matrix"].wrong(f"a square matrix of {len(rows)} rows")
    return GramMatrix(
        part["constraint"].integer(),
        tuple(each.integer() for each in part["factors"].parts()),
        variables,
        np.array(rows, dtype=np.int64).reshape(len(rows), len(variables)),
        matrix,
    )


def _certificate(part: Part, program: SOSProgram) -> ProgramCertificate:
    document = part.value
    if not isinstance(document, dict):
        raise part.wrong("an object")
    try:
        certificate = certificate_of(document)
        other = different(document, program)
    except (CertificateError, ProblemTooLarge) as error:
        raise InvalidInput(f"{part.where}: {error}") from error
    if other or document["digest"] != digest(document):
        raise InvalidInput(f"{part.where}: {'about another program: ' + other if other else 'not as its digest'}")
    return certificate


def _compare(result: SOSResult, part: Part) -> None:
    """Refuse a status, bounds or values that the certificate does not bear out."""
    certificate, claims = result.certificate, CLAIMS.get(result.status)
    if (certificate is None) != (claims is None) or (certificate is not None and certificate.claim not in claims):  # type: ignore[operator]
        claim = "none" if certificate is None else f"one of the claim {certificate.claim!r}"
        raise InvalidInput(f"{part.where}.certificate: {claim} does not go with the status {result.status.name}")
    if (result.lower_bound, result.upper_bound) != proved_bounds(result.program, certificate):
        raise InvalidInput(f"{part.where}: the bounds are not those that are proved")
    numbers = result.values.numbers
    if numbers and set(numbers) != set(result.program.unknowns):
        raise part["values"].wrong("a value for each unknown, or for none")
    if certificate is not None and certificate.document["values"]:
        proved = [write_number(Fraction(numbers[each])) for each in result.program.unknowns] if numbers else []
        if proved != certificate.document["values"]:
            raise InvalidInput(f"{part.where}.values: they are not those that are proved")
    if numbers and all(map(math.isfinite, numbers.values())):
        if result.value != objective_at(result.program, numbers):
            raise InvalidInput(f"{part.where}.value: it is not the objective at the values")


# -- numbers and polynomials ---------------------------------------------------------------------------------


def _number(value: Fraction | float) -> str | float:
    return write_number(value) if isinstance(value, Fraction) else number(value)


def _number_of(part: Part) -> Fraction | float:
    """Return a float that is a number or has a name, or the fraction in a string."""
    if not isinstance(part.value, str) or part.value.lstrip("-") in ("inf", "nan"):
        return part.number()
    try:
        return Fraction(read(part.value, "number", part.where))
    except Refused as error:
        raise part.wrong("a number, or a fraction such as '1/3'") from error


def _polynomial(polynomial: Polynomial) -> dict[str, Any]:
    terms = zip(polynomial.coefficients.tolist(), polynomial.exponents.tolist(), strict=True)
    return {"variables": list(polynomial.variables), "terms": [[_number(value), row] for value, row in terms]}


def _polynomial_of(part: Part) -> Polynomial:
    variables = [each.text() for each in part["variables"].parts()]
    pairs = [each.pair() for each in part["terms"].parts()]
    rows = [_exponents(row, len(variables)) for _, row in pairs]
    exponents = np.array(rows, dtype=np.int64).reshape(len(rows), len(variables))
    return Polynomial.from_terms(exponents, [_number_of(value) for value, _ in pairs], variables)


def _exponents(part: Part, length: int) -> tuple[int, ...]:
    row = tuple(each.integer() for each in part.parts())
    if len(row) != length or not all(0 <= power <= MAX_DEGREE for power in row):
        raise part.wrong(f"{length} exponents from 0 to {MAX_DEGREE}")
    return row


def _pick(part: Part, unknowns: Sequence[Coefficient]) -> Coefficient:
    which = part.integer()
    if not 0 <= which < len(unknowns):
        raise part.wrong(f"the number of an unknown, below {len(unknowns)}")
    return unknowns[which]
