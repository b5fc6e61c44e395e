"""What a certificate proves, in words, and the verdict on a file. Standard library only."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from fractions import Fraction
from os import PathLike
from typing import Any

from ..machine.records import Brief
from .format import Refused, load, need, sense_of
from .orbits import check_half_spaces
from .tree_check import check_tree
from .tree_format import NAME as TREE
from .verify import check

#: What the coefficients of a problem are, and how a certificate says so.
NUMBERS = {
    "floats": "The coefficients are the stored floating-point numbers, taken as the exact binary fractions that they "
    "are; nothing is said about the numbers that were rounded to them.",
    "fractions": "The coefficients are fractions as they were given.",
    "mixed": "Some of the coefficients are fractions as they were given, the others stored floating-point numbers, "
    "taken as the exact binary fractions that they are.",
}


@dataclass(frozen=True, repr=False)
class Verdict(Brief):
    """The outcome of a verification.

    Attributes
    ----------
    holds : bool
    statement : str
        What is proved; empty when the certificate does not hold.
    reason : str
        Why it does not hold; empty when it does.
    bound : Fraction or None
        The proved one.
    lower_bound, upper_bound : Fraction or None
        Both bounds of the optimal value: one of them is `bound`, the other the objective at a feasible point in the
        file, or a bound of it, if there is one.
    """

    holds: bool
    statement: str = field(default="", repr=False)
    reason: str = ""
    bound: Fraction | None = None
    lower_bound: Fraction | None = None
    upper_bound: Fraction | None = None


def verify_file(path: str | PathLike[str], seconds: float = 10.0) -> Verdict:
    """Check a certificate file exactly, within a time limit; every defect ends in a verdict that names it."""
    began = time.monotonic()
    try:
        document = load(path)
    except OSError as error:
        return Verdict(False, reason=f"cannot read {path}: {error.strerror}")
    except Refused as error:
        return Verdict(False, reason=str(error))
    return verify_document(document, seconds - (time.monotonic() - began))


def verify_document(document: Any, seconds: float = 10.0) -> Verdict:
    """Check the content of a certificate file, within a time limit for everything."""
    began = time.monotonic()
    try:
        bound, attained = checked(document, seconds)
        if "symmetry" in document:
            check_half_spaces(document, seconds - (time.monotonic() - began))
        statement = describe(document, bound, attained)
        need(document["statement"] == statement, "the statement in the file is not what is proved")
    except (ValueError, RecursionError) as error:
        return Verdict(False, reason=str(error)[:300])
    return Verdict(True, statement, "", bound, *in_order(document, bound, attained))


def checked(document: Any, seconds: float) -> tuple[Fraction | None, Fraction | None]:
    """Return what a document of either kind proves: the bound, and the value at a feasible point."""
    if isinstance(document, dict) and document.get("format") == TREE:
        return check_tree(document, seconds)
    return check(document, seconds)


def in_order(
    document: dict[str, Any], bound: Fraction | None, attained: Fraction | None
) -> tuple[Fraction | None, Fraction | None]:
    """Return the lower and the upper one of the proved bound and the value at a feasible point."""
    return (bound, attained) if sense_of(document)[1] > 0 else (attained, bound)


def describe(document: dict[str, Any], bound: Fraction | None, attained: Fraction | None) -> str:
    """Return what a document that was checked proves."""
    problem = document["problem"]
    need(document["numbers"] in NUMBERS, f"numbers: expected one of {', '.join(NUMBERS)}")
    halves = len(document["symmetry"]["elements"]) if "symmetry" in document else 0
    total = len(problem["inequalities"])
    counts = [total - halves, len(problem["equalities"])]
    kinds = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in zip(counts, ("inequality constraint", "equality constraint"), strict=True)
        if count
    ]
    where = f"that satisfies the {' and the '.join(kinds)}" if kinds else "of R^n"
    names = ", ".join(problem["variables"])
    side, other = ("at least", "at most") if sense_of(document)[1] > 0 else ("at most", "at least")
    told = (
        f"every point {where} has an objective of {side} {_shown(bound)}" if bound is not None else f"no point {where}"
    )
    lines = [f"For the problem in this file, in the variables {names}: {told.replace('no point that', 'no point')}."]
    added = document.get("added", [])
    first = total - len(added)
    for number, (place, text) in enumerate(added, first):
        need(place == number and text == added[0][1], "added: expected the last inequalities, with one text")
    if added:
        which = f"Inequality {first} was" if first == total - 1 else f"Inequalities {first} to {total - 1} were"
        text = added[0][1]
        lines.append(f"{which} added to the problem, {text!r}; points that violate it are not covered.")
    if halves:
        lines.append(
            f"Of the inequalities in this file {halves}, from number {first - halves} on, are half-spaces: each orbit "
            f"under symmetries of the rest of the problem, which are in this file too, has a point in all of them, so "
            f"that the bound does not depend on them."
        )
    if attained is not None and not document["directions"]:
        lines.append(f"The rational point in this file is feasible and has the objective {_shown(attained)}.")
    elif attained is not None:
        where = "In the box in this file there is a feasible point"
        lines.append(f"{where} with an objective of {other} {_shown(attained)}.")
    lines.append(NUMBERS[document["numbers"]])
    return " ".join(lines)


def _shown(value: Fraction) -> str:
    """Return a number, with a decimal approximation where it is not short, or that alone where it is long."""
    top, bottom = value.numerator.bit_length(), value.denominator.bit_length()
    if max(top, bottom) < 24:
        return str(value)
    about = f"about {float(value):.12g}" if abs(top - bottom) < 1000 else f"about 2^{top - bottom}"
    return f"{value} ({about})" if max(top, bottom) < 1000 else about
