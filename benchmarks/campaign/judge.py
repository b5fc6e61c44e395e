"""Holds a claim against the truth, in rational arithmetic; a class of fault for each way of being false.

What is fair:

- The decimals of an answer are floats, so a bound may miss the infimum by `ROUNDING` of it, or of the objective's own
  unit where that is larger. Any lower bound further above is false, whatever the status; one that is above by more
  than `GROSS`, the default tolerance, is counted apart from one that is above by less.
- A point may be 1e-8 away from the feasible set, relative to its coordinates and units. So a value below the infimum
  by no more than the objective changes by over such a distance is only as false as its point; below by less than
  `GROSS` it misses by little.
- A bound whose words or numbers limit it to a region is false where a known feasible point of that region lies below
  it. Where the region has no numbers it is a class of its own.
- A relative gap is one against the upper bound, or 1, and a hundred times the tolerance against the objective's own
  unit where that is below 1: for this is known here up to a factor only. Where the user names the unit, it is that.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .case import Case
from .claim import Claim
from .points import ALLOWED, standing
from .rational import Point, Poly

ROUNDING = Fraction(1, 10**12)
GROSS = Fraction(1, 10**6)
#: Statuses that say that the bounds meet.
CERTIFIED = ("CERTIFIED", "CERTIFIED_WITHIN")

#: Every class of fault, and whether it is a false claim or a small miss.
CLASSES = {
    "theorem that does not hold": "false",
    "lower bound above the infimum": "false",
    "lower bound above the infimum, of a region without numbers": "false",
    "upper bound below the infimum": "false",
    "point that is not feasible": "false",
    "value that its point has not": "false",
    "certified with a gap": "false",
    "wrong status": "false",
    "crash": "crash",
    "hang": "hang",
    "over the time limit": "overrun",
    "lower bound slightly above the infimum": "slight",
    "upper bound slightly below the infimum": "slight",
    "point that misses by little": "slight",
    "value a little below its point's": "slight",
    "value a little above its point's": "loose",
    "small gap left": "slight",
    "minimum outside the region": "outside",
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a claim: its class, how far it is off relatively, and words."""

    name: str
    size: float = 0.0
    words: str = ""

    @property
    def kind(self) -> str:
        """Whether it is false, slight, a crash, a hang, or over the limit."""
        return CLASSES[self.name]


def ended(claim: Claim, limit: float) -> list[Fault]:
    """Return what is wrong with how a question ended: crashes, hangs, overruns by a tenth and a second."""
    if claim.end == "crashed":
        return [Fault("crash", words=claim.error)]
    if claim.end == "hung":
        return [Fault("hang", words=claim.error)]
    taken = min(claim.seconds, claim.cpu + 0.5)  # the machine is shared: waiting for it is no fault
    if taken > 1.1 * limit + 1:
        return [Fault("over the time limit", taken / limit, f"{taken:.1f} s of {limit:g}")]
    return []


def judge(case: Case, claim: Claim) -> list[Fault]:
    """Return what is false in an answer to a polynomial problem; empty for what was refused."""
    if claim.end != "answered":
        return []
    faults = _status(case, claim)
    if case.truth.kind != "empty":
        faults += _lower(case, claim)
    if claim.upper is not None:
        faults += _upper(case, claim)
        named = case.options.get("unit")
        faults += gap(claim, min(Fraction(1), case.unit), None if named is None else Fraction(named))
    return faults + _points(case, claim)


def _status(case: Case, claim: Claim) -> list[Fault]:
    """Statuses that exclude what is the case."""
    kind, status = case.truth.kind, claim.status
    wrong = {
        "INFEASIBLE": kind != "empty",
        "UNBOUNDED": kind != "unbounded",
        "AT_INFINITY": kind != "approached",
        "CERTIFIED": kind in ("empty", "unbounded"),
        "CERTIFIED_WITHIN": kind == "empty",
    }
    return [Fault("wrong status", words=f"{status}, it is {kind}")] if wrong.get(status, False) else []


def _lower(case: Case, claim: Claim) -> list[Fault]:
    """The lower bound against the infimum, or against known points of its region."""
    if claim.lower is None:
        return []
    truth, lower = case.truth, Fraction(claim.lower)
    unit = min(Fraction(1), case.unit)
    if truth.kind == "unbounded":
        below = [p for p in truth.points if claim.covers(p) is not False and case.objective(p) < lower]
        if not below:
            return []
        name = "lower bound above the infimum"
        return [Fault(name if claim.covers(below[0]) else f"{name}, of a region without numbers", words="unbounded")]
    size = max(abs(truth.high), unit)
    excess = (lower - truth.high) / size
    if claim.rigorous and excess > 0:
        if claim.everywhere or any(claim.covers(p) and case.objective(p) < lower for p in truth.points):
            return [Fault("theorem that does not hold", float(excess), f"{claim.lower!r} > {float(truth.high)!r}")]
    if excess <= ROUNDING:
        return []
    if not claim.everywhere and claim.region is not None:
        inside = [p for p in truth.points if claim.covers(p)]
        if not any(case.objective(p) < lower - ROUNDING * size for p in inside):
            return [Fault("minimum outside the region", float(excess))]
    if excess <= GROSS:
        return [Fault("lower bound slightly above the infimum", float(excess))]
    words = "" if claim.everywhere or claim.region else ", of a region without numbers"
    return [Fault(f"lower bound above the infimum{words}", float(excess), f"{claim.lower!r} > {float(truth.high)!r}")]


def _upper(case: Case, claim: Claim) -> list[Fault]:
    """The upper bound against the infimum."""
    assert claim.upper is not None
    truth = case.truth
    if truth.kind in ("empty", "unbounded"):
        return []  # its point is judged
    size = max(abs(truth.low), min(Fraction(1), case.unit))
    miss = (truth.low - Fraction(claim.upper)) / size
    if miss <= ROUNDING:
        return []
    rows = claim.rows()
    reach = _change(case.objective, rows[0], case.units) / size if rows else Fraction(0)
    gross = miss > max(GROSS, reach)
    name = "upper bound below the infimum" if gross else "upper bound slightly below the infimum"
    return [Fault(name, float(miss), f"{claim.upper!r} < {float(truth.low)!r}")]


def _change(objective: Poly, point: Point, units: tuple[Fraction, ...]) -> Fraction:
    """Return a bound of what the objective changes by where coordinates move by 1e-8 of their sizes."""
    radii = tuple(ALLOWED * max(abs(p), u) for p, u in zip(point, units, strict=True))
    return sum((abs(v) for power, v in objective.around(point, radii).terms.items() if any(power)), start=Fraction(0))


def gap(claim: Claim, unit: Fraction, named: Fraction | None = None) -> list[Fault]:
    """Whether a certified gap is within the tolerance, in the objective's own unit, or in one that the user named."""
    if claim.status not in CERTIFIED:
        return []
    if claim.lower is None or claim.upper is None:
        return [Fault("certified with a gap", words="a bound is missing")]
    left, upper = Fraction(claim.upper) - Fraction(claim.lower), abs(Fraction(claim.upper))
    tol = Fraction(claim.tol) * (1 + ROUNDING)
    most = max(upper, Fraction(1) if named is None else named)
    if left > tol * most:
        return [Fault("certified with a gap", float(left / most))]
    if named is None and left > 100 * tol * max(upper, unit):
        return [Fault("small gap left", float(left / max(upper, unit)))]
    return []


def _points(case: Case, claim: Claim) -> list[Fault]:
    """The minimisers: feasible, and of the value that is said."""
    faults: list[Fault] = []
    rows = claim.rows()[:4]
    for number, row in enumerate(rows):
        if len(row) != case.n:
            return [Fault("point that is not feasible", words=f"{len(row)} coordinates for {case.n} variables")]
        found = standing(case.judged_inequalities, case.equalities, row, case.units)
        if found.word in ("false", "missed"):
            name = "point that is not feasible" if found.word == "false" else "point that misses by little"
            faults.append(Fault(name, found.distance, f"row {number}"))
            break
    if rows and claim.upper is not None:
        faults += value(claim.upper, case.objective(rows[0]), min(Fraction(1), case.unit))
    return faults


def value(said: float, real: Fraction, unit: Fraction) -> list[Fault]:
    """Whether an upper bound is the value at its point, up to rounding; above it, it is none the less a bound."""
    size = max(abs(real), unit)
    miss = (Fraction(said) - real) / size
    if abs(miss) <= ROUNDING:
        return []
    name = "value a little above its point's" if miss > 0 else "value a little below its point's"
    name = "value that its point has not" if abs(miss) > GROSS else name
    return [Fault(name, float(abs(miss)), f"{said!r}, it is {float(real)!r}")]
