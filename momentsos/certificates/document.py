"""The document of a certificate: written as the format says, sealed once the verifier has accepted it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..conditioning.symmetry import HalfSpaces
from ..polynomials import Polynomial
from ..problem import Problem, Sense
from .enclosure import enclosed_point
from .format import NAME, SYMMETRIC, VERSION, WITH_FORMS, Refused, digest, read_certificate, sense_of, write_number
from .frame import Frame, exact_terms, fraction
from .orbits import check_half_spaces
from .points import feasible_point
from .rounding import ExactGram
from .shape import Shape
from .statement import describe
from .tree_check import read_tree
from .tree_format import NAME as TREE
from .verify import check

if TYPE_CHECKING:
    from ..hierarchy.result import Result

#: What was added where the result's coverage is not restricted by it.
IMPLIED = "a ball that the bounds on single variables imply"
#: What was added to a problem with symmetries.
HALVED = "half-spaces that hold a point of each orbit under the symmetries of the problem"
#: Seconds that the verifier may take for a certificate that has just been made.
_CHECK_SECONDS = 120.0


def sealed(result: Result, shape: Shape, exact: ExactGram, bound: Fraction) -> tuple[dict[str, Any], Fraction | None]:
    """Return the complete document, and the value at a feasible point that it proves.

    Raises
    ------
    Refused
        By the verifier; the message names the defect.
    """
    frame = shape.frame
    identity = Identity(
        {
            "shift": list(map(str, frame.shift)),
            "matrix": [list(map(str, row)) for row in frame.matrix],
        },
        _denominator(frame),
        bound,
        _blocks(shape, exact),
        _multipliers(shape, exact),
    )
    return sealed_identity(result, frame.problem, identity)


def _denominator(frame: Frame) -> dict[str, Any]:
    if frame.constant and frame.forms is None:
        return {"exponent": frame.exponent, "variables": list(frame.squares)}
    n = frame.problem.n_variables
    units = [[Fraction(int(i == j)) for j in range(n)] for i in frame.squares]
    forms = units if frame.forms is None else frame.forms
    rows = [list(map(write_number, row)) for row in forms]
    return {"constant": frame.constant, "exponent": frame.exponent, "forms": rows}


@dataclass(frozen=True, eq=False)
class Identity:
    """The parts of a document that are the proof, as the format writes them.

    Attributes
    ----------
    change, denominator : dict
    bound : Fraction
        Of what is minimised.
    blocks, multipliers : list of dict
    """

    change: dict[str, Any]
    denominator: dict[str, Any]
    bound: Fraction
    blocks: list[dict[str, Any]]
    multipliers: list[dict[str, Any]]


def sealed_identity(result: Result, problem: Problem, identity: Identity) -> tuple[dict[str, Any], Fraction | None]:
    """Return the complete document of an identity for a problem, that of the result with what was added to it.

    Raises
    ------
    Refused
        As `sealed`.
    """
    body = {**_body(result, problem, identity), "statement": "", "digest": ""}
    proved, upper = check(body, _CHECK_SECONDS)
    if result.symmetry is not None and body["version"] == VERSION:
        body = _with_symmetry(body, result.symmetry)
    body["statement"] = describe(body, proved, upper)
    return {**body, "digest": digest(body)}, upper


def _with_symmetry(body: dict[str, Any], used: HalfSpaces) -> dict[str, Any]:
    """Return the document with the symmetries that the half-spaces come from; as it is where the rest has them not."""
    symmetry = {
        "middles": list(map(write_number, used.middles)),
        "centre": list(map(write_number, used.centre)),
        "elements": [[[j, str(s)] for j, s in element] for element in used.elements],
    }
    rest = [[place, IMPLIED] for place, _ in body["added"][len(used) :]]
    symmetric = {**body, "version": SYMMETRIC, "added": rest, "symmetry": symmetry}
    try:
        check_half_spaces(symmetric, _CHECK_SECONDS)
    except Refused:
        return body
    return symmetric


def _body(result: Result, problem: Problem, identity: Identity) -> dict[str, Any]:
    extra = len(problem.inequalities) - len(result.problem.inequalities)
    added = IMPLIED if result.region.everything else result.coverage
    if result.symmetry is not None:
        added = HALVED if extra == len(result.symmetry) else f"{HALVED}; {added}"
    point, directions = _feasible(problem, result)
    return {
        "format": NAME,
        "version": WITH_FORMS if "forms" in identity.denominator else VERSION,
        "numbers": numbers_of(result.problem),
        "added": [[len(result.problem.inequalities) + i, added] for i in range(extra)],
        "problem": problem_document(problem, result.problem.sense),
        "change": identity.change,
        "denominator": identity.denominator,
        "bound": str(result.problem.sense.turned(identity.bound)),
        "blocks": identity.blocks,
        "multipliers": identity.multipliers,
        "point": list(map(write_number, point)),
        "directions": [list(map(write_number, row)) for row in directions],
    }


def _feasible(problem: Problem, result: Result) -> tuple[Sequence[Fraction], Sequence[Sequence[Fraction]]]:
    """Return a rational feasible point without directions, or the enclosure of one, or nothing."""
    point = feasible_point(problem, result.minimizers)
    if point is not None:
        return point, ()
    around = enclosed_point(problem, result.minimizers)
    return ((), ()) if around is None else (around.center, around.directions)


def _blocks(shape: Shape, exact: ExactGram) -> list[dict[str, Any]]:
    blocks = []
    for block, gram in zip(shape.blocks, exact.gram, strict=True):
        singles = [list(single) for single in block.singles if single is not None]
        plain = len(singles) == block.size
        blocks.append(
            {
                "factors": list(block.factors),
                "basis": singles if plain else block.basis.tolist(),
                "combination": [] if plain else [list(map(write_number, row)) for row in block.combination],
                "gram": [[write_number(fraction(value)) for value in row] for row in gram],
            }
        )
    return blocks


def _multipliers(shape: Shape, exact: ExactGram) -> list[dict[str, Any]]:
    found = []
    for multiplier, values in zip(shape.multipliers, exact.multipliers, strict=True):
        basis = multiplier.basis.tolist()
        coefficients = [write_number(fraction(values[tuple(row)])) for row in basis]
        found.append({"equality": multiplier.equality, "basis": basis, "coefficients": coefficients})
    return found


def problem_document(problem: Problem, sense: Sense) -> dict[str, Any]:
    """Return the problem as the format writes it, its objective in the given sense: every coefficient a fraction."""

    def terms(polynomial: Polynomial) -> list[Any]:
        return [[str(value), list(row)] for row, value in exact_terms(polynomial).items()]

    return {
        "variables": list(problem.variables),
        sense.value: terms(sense.turned(problem.minimize)),
        "inequalities": [terms(g) for g in problem.inequalities],
        "equalities": [terms(h) for h in problem.equalities],
    }


def numbers_of(problem: Problem) -> str:
    """Return whether the coefficients are floats, fractions or mixed.

    A polynomial with a fraction among its coefficients holds all of them as fractions. Those that look like a rounded
    float, a long numerator over a power of two, count as floats.
    """
    listed = [p for p in (problem.minimize, *problem.inequalities, *problem.equalities) if len(p)]
    exact = [p.is_exact for p in listed]
    rounded = any(_looks_rounded(value) for p in listed if p.is_exact for value in p.exact)
    return "fractions" if exact and all(exact) and not rounded else "mixed" if any(exact) else "floats"


def _looks_rounded(value: Fraction) -> bool:
    top, bottom = abs(value.numerator), value.denominator
    return bottom & (bottom - 1) == 0 and top > (2**20 if bottom > 1 else 2**53)


def different(document: dict[str, Any], problem: Problem) -> str:
    """Return how the problem of a document differs from `problem`, added inequality apart; or nothing."""
    if problem.matrix_inequalities:
        return "the problem has matrix inequalities, which no certificate states"
    if problem.ratios:
        return "the problem has ratios, which no certificate states"
    reader = read_tree if document.get("format") == TREE else read_certificate
    own, given = reader(document)["problem"], problem_document(problem, problem.sense)
    senses = sense_of(document)[0], problem.sense.value
    if senses[0] != senses[1]:
        return f"the objective is one to {senses[0]}, not to {senses[1]}"
    if own["variables"] != given["variables"]:
        return f"variables {own['variables']}, not {given['variables']}"
    halves = len(document["symmetry"]["elements"]) if "symmetry" in document else 0
    inequalities = own["inequalities"][: len(own["inequalities"]) - len(document.get("added", ())) - halves]
    pairs = {
        senses[1]: ([own[senses[1]]], [given[senses[1]]]),
        "inequalities": (inequalities, given["inequalities"]),
        "equalities": (own["equalities"], given["equalities"]),
    }
    for key, (ours, theirs) in pairs.items():
        if len(ours) != len(theirs):
            return f"{len(ours)} {key}, not {len(theirs)}"
        for number, (p, q) in enumerate(zip(ours, theirs, strict=True)):
            if {tuple(row): c for c, row in p} != {tuple(row): Fraction(c) for c, row in q}:
                return f"{key}[{number}] has other coefficients"
    return ""
