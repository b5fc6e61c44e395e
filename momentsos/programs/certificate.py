"""The certificate of a sum-of-squares program: an immutable record around the document that a file holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from os import PathLike
from typing import Any

import numpy as np

from ..certificates import CertificateError, Verdict
from ..certificates.certificate import document_at
from ..certificates.format import digest, write_number
from ..errors import InvalidInput
from ..machine.checks import positive, shown
from ..machine.files import write_whole
from ..machine.records import Record
from ..polynomials import Polynomial
from .assemble import Assembled, assembled
from .check import BOUND, FEASIBLE, INFEASIBLE, NAME, OPTIMAL, VERSION, check
from .constraints import SOS
from .exact import Exact
from .frames import Frame, frame_of
from .program import SOSProgram, exact_objective

#: What each claim says, in words; the numbers are put in.
_WORDS = {
    FEASIBLE: "The values satisfy all {k} constraints exactly; the objective there is {value}.",
    OPTIMAL: "The values satisfy all {k} constraints exactly; the objective there is {value}, and no choice of the "
    "unknowns with Gram matrices in these bases has one better than {bound}.",
    BOUND: "No choice of the unknowns with Gram matrices in these bases has an objective better than {bound}.",
    INFEASIBLE: "No choice of the unknowns satisfies all {k} constraints with Gram matrices in these bases.",
}


@dataclass(frozen=True, eq=False, repr=False)
class ProgramCertificate(Record):
    """A proof in rational numbers about a sum-of-squares program.

    Attributes
    ----------
    document : dict
        What `to_json` writes; not to be changed.
    claim : str
        ``"feasible"``, ``"optimal"`` (values and a bound), ``"bound"`` or ``"infeasible"``.
    value, bound : Fraction or None
        The objective at the values, and the proved bound of it.
    """

    document: dict[str, Any] = field(repr=False)
    claim: str
    value: Fraction | None
    bound: Fraction | None

    @property
    def statement(self) -> str:
        """What is proved, in words."""
        return str(self.document["statement"])

    def __str__(self) -> str:
        return self.statement

    def verify(self, program: SOSProgram | None = None, seconds: float = 10.0) -> Verdict:
        """Check the proof from the beginning without a solver, and that it is about `program` if one is given.

        For a bound, the bases for which it holds are then compared with those of the program too.

        Raises
        ------
        CertificateError
            The certificate does not hold or is about another program; the message says why.
        """
        if program is not None and not isinstance(program, SOSProgram):
            raise InvalidInput(f"program: expected a momentsos.SOSProgram or None, got {shown(program)}")
        positive(seconds, "seconds", "a number above 0")
        if self.document.get("digest") != digest(self.document):
            raise CertificateError("the content does not fit the digest: the certificate was changed")
        value, bound = certified(self.document, seconds)
        if program is not None:
            difference = different(self.document, program)
            if difference:
                raise CertificateError(f"the certificate is about another program: {difference}")
        return Verdict(True, _statement(self.document, value, bound), "", bound, value)

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the certificate to a file; the file appears whole or not at all."""
        write_whole(path, json.dumps(self.document, allow_nan=False) + "\n")

    @classmethod
    def from_json(cls, path: str | PathLike[str], seconds: float = 10.0) -> ProgramCertificate:
        """Read a certificate from a file and check it.

        Raises
        ------
        CertificateError
            The file cannot be read, is not in the format, or does not hold.
        """
        return certificate_of(document_at(path), seconds)


def checked(document: dict[str, Any], seconds: float) -> tuple[Fraction | None, Fraction | None]:
    """Return value and bound of a document that holds; raise `CertificateError` otherwise."""
    try:
        return check(document, seconds)
    except (ValueError, RecursionError, OverflowError) as error:
        raise CertificateError(f"the certificate does not hold: {error}") from error


def certified(document: dict[str, Any], seconds: float) -> tuple[Fraction | None, Fraction | None]:
    """Return value and bound of a document that holds and says in words what it proves."""
    value, bound = checked(document, seconds)
    if document["statement"] != _statement(document, value, bound):
        raise CertificateError("the statement is not what is proved")
    return value, bound


def certificate_of(document: dict[str, Any], seconds: float = 10.0) -> ProgramCertificate:
    """Return the certificate of a document after checking it."""
    return _made(document, *certified(document, seconds))


def _made(document: dict[str, Any], value: Fraction | None, bound: Fraction | None) -> ProgramCertificate:
    claim = document["claim"]
    return ProgramCertificate(document, claim, value, None if claim == INFEASIBLE else bound)


def proved(
    program: SOSProgram,
    layout: Assembled,
    solution: Exact | None,
    face: Assembled,
    moments: Sequence[Fraction] | None,
    claim: str,
    seconds: float,
) -> ProgramCertificate:
    """Return the certificate of an exact solution of `face`, of exact moments of `layout`, or of both.

    Raises
    ------
    CertificateError
        It does not hold, or is beyond the limits of the format.
    """
    body: dict[str, Any] = {
        "format": NAME,
        "version": VERSION,
        "digest": "",
        "statement": "",
        "program": program_document(program, layout.frames),
        "claim": claim,
        "values": [] if solution is None else [write_number(v) for v in solution.numbers[: len(layout.unknowns)]],
        "proofs": [] if solution is None else _proofs(face, solution),
        "functionals": [] if moments is None else _functionals(layout, moments),
    }
    value, bound = checked(body, seconds)
    body["statement"] = _statement(body, value, bound)
    return _made({**body, "digest": digest(body)}, value, bound)


def _statement(document: dict[str, Any], value: Fraction | None, bound: Fraction | None) -> str:
    shown_value, shown_bound = ("none" if v is None else f"{float(v):.12g}" for v in (value, bound))
    words = _WORDS[document["claim"]]
    return words.format(k=len(document["program"]["constraints"]), value=shown_value, bound=shown_bound)


def program_document(program: SOSProgram, frames: Sequence[Frame]) -> dict[str, Any]:
    """Return the program as the format writes it."""
    unknowns = program.unknowns
    number = {each: i for i, each in enumerate(unknowns)}
    constant, weights = exact_objective(program)
    constraints = []
    for constraint, frame in zip(program.constraints, frames, strict=True):
        names = frame.names
        stated: dict[str, Any] = {"kind": "identity", "degree": frame.known.degree, "on": [], "equalities": []}
        if isinstance(constraint, SOS):
            pairs = zip(constraint.on, constraint.factors, strict=True)
            stated = {
                "kind": "sos",
                "degree": constraint.degree,
                "on": [_terms(g.over(names)) for g, which in pairs if len(which) == 1],
                "equalities": [_terms(h.over(names)) for h in constraint.equalities],
            }
        stated |= {"variables": list(names), "rows": frame.rows, "known": _terms(frame.known)}
        stated["parts"] = [[number[each], _terms(part)] for each, part in frame.parts.items()]
        constraints.append(stated)
    return {
        "sense": program.sense,
        "unknowns": [
            {"name": each.name, "variables": list(each.variables), "exponents": list(each.exponents)}
            for each in unknowns
        ],
        "objective": {
            "constant": write_number(constant),
            "terms": [[number[each], write_number(value)] for each, value in weights.items()],
        },
        "constraints": constraints,
    }


def layout_of(program: SOSProgram) -> Assembled:
    """Return the conic program of a sum-of-squares program; the same one every time."""
    frames = [frame_of(constraint, place) for place, constraint in enumerate(program.constraints)]
    _, weights = exact_objective(program)
    sign = -1.0 if program.sense == "minimize" else 1.0
    gains = np.array([sign * float(weights.get(each, Fraction(0))) for each in program.unknowns])
    return assembled(frames, program.unknowns, gains)


def _terms(polynomial: Polynomial) -> list[Any]:
    pairs = zip(polynomial.exact, polynomial.exponents.tolist(), strict=True)
    return [[write_number(value), row] for value, row in pairs]


def _proofs(layout: Assembled, solution: Exact) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"grams": [], "multipliers": []} for _ in layout.frames]
    for (k, j), lower in zip(layout.blocks, solution.grams, strict=True):
        gram = layout.frames[k].grams[j]
        found[k]["grams"].append(
            {
                "factors": list(gram.which),
                "basis": gram.basis.tolist(),
                "combination": [list(map(write_number, row)) for row in gram.combination or ()],
                "gram": [[write_number(value) for value in row] for row in lower],
            }
        )
    place = len(layout.unknowns)
    for k, frame in enumerate(layout.frames):
        for multiplier in frame.multipliers:
            values = solution.numbers[place : place + len(multiplier.basis)]
            place += len(multiplier.basis)
            found[k]["multipliers"].append(
                {
                    "equality": multiplier.equality,
                    "basis": multiplier.basis.tolist(),
                    "coefficients": [write_number(value) for value in values],
                }
            )
    return found


def _functionals(layout: Assembled, moments: Sequence[Fraction]) -> list[dict[str, Any]]:
    return [
        {
            "monomials": layout.monomials[k].rows.tolist(),
            "values": [write_number(value) for value in moments[layout.starts[k] : layout.starts[k + 1]]],
            **_bases(frame),
        }
        for k, frame in enumerate(layout.frames)
    ]


def _bases(frame: Frame) -> dict[str, Any]:
    return {
        "grams": [{"factors": list(gram.which), "basis": gram.basis.tolist()} for gram in frame.grams],
        "multipliers": [{"equality": m.equality, "basis": m.basis.tolist()} for m in frame.multipliers],
    }


def different(document: dict[str, Any], program: SOSProgram) -> str:
    """Return how the program of a document differs from `program`, or nothing."""
    layout = layout_of(program)
    given, own = program_document(program, layout.frames), document["program"]
    for key in ("sense", "unknowns", "objective"):
        if own[key] != given[key]:
            return f"another {key}"
    if len(own["constraints"]) != len(given["constraints"]):
        return f"{len(own['constraints'])} constraints, not {len(given['constraints'])}"
    for k, (one, other) in enumerate(zip(own["constraints"], given["constraints"], strict=True)):
        if json.loads(json.dumps(one)) != json.loads(json.dumps(other)):
            return f"constraints[{k}] differs"
    for k, (functional, frame) in enumerate(zip(document["functionals"], layout.frames, strict=False)):
        bases = _bases(frame)
        if (functional["grams"], functional["multipliers"]) != (bases["grams"], bases["multipliers"]):
            return f"the bound is for other bases of constraints[{k}]"
    return ""
