"""Holds a fit against losses that are known to be reached; see `judge` for what is fair."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .claim import Claim
from .judge import GROSS, ROUNDING, Fault, gap
from .training import Training

#: The share of the targets' own loss below which a loss counts as zero.
ZERO = Fraction(1, 10**8)


def judge_fit(case: Training, claim: Claim, divided: bool) -> list[Fault]:
    """Return what is false in an answer to a training problem.

    `divided` says whether the squared loss is a mean over the outputs too. Losses are never negative, and the known
    coefficients show that they can be met, so only bounded statuses can be true.
    """
    if claim.end != "answered":
        return []
    faults = []
    if claim.status in ("INFEASIBLE", "UNBOUNDED"):
        faults.append(Fault("wrong status", words=claim.status))
    unit = ZERO * case.size(divided)
    if claim.lower is not None:
        faults += _lower(case, claim, unit, divided)
    if claim.coefficients is not None and claim.upper is not None:
        faults += value_of_fit(case, claim.upper, case.value(claim.coefficients, divided), divided)
    if claim.upper is not None and claim.upper < 0:
        miss = -Fraction(claim.upper) / unit
        faults.append(Fault(f"upper bound {'' if miss > GROSS else 'slightly '}below the infimum", float(miss)))
    return faults + gap_of_fit(claim, unit)


def _lower(case: Training, claim: Claim, unit: Fraction, divided: bool) -> list[Fault]:
    """The lower bound against the smallest known loss, or against those in its region."""
    assert claim.lower is not None
    losses = [(case.value(own, divided), own) for own in case.known]
    known, best = min(losses, key=lambda each: each[0])
    excess = (Fraction(claim.lower) - known) / max(known, unit)
    if excess <= ROUNDING:
        return []
    if excess <= GROSS:
        return [Fault("lower bound slightly above the infimum", float(excess))]
    words = f"{claim.lower!r} > {float(known)!r} at {[list(layer) for layer in best]}"
    if claim.everywhere:
        return [Fault("lower bound above the infimum", float(excess), words)]
    covered = [_covered(claim, own) for value, own in losses if Fraction(claim.lower) > value]
    if any(covered):
        return [Fault("lower bound above the infimum", float(excess), words)]
    if None in covered:
        return [Fault("lower bound above the infimum, of a region without numbers", float(excess), words)]
    return [Fault("minimum outside the region", float(excess), words)]


def _covered(claim: Claim, coefficients: Sequence[Sequence[float]]) -> bool | None:
    """Whether coefficients lie in the region of a bound: it is one in those that are free, in order, if it has as many.

    The constants of the inner layers are fixed to 1, or free.
    """
    *inner, last = coefficients
    normalised = [Fraction(c) for layer in inner for c in layer[1:]] + [Fraction(c) for c in last]
    for free in (normalised, [Fraction(c) for layer in coefficients for c in layer]):
        if claim.region is not None and len(claim.region["centre"]) == len(free):
            return claim.covers(free)
    return None


def gap_of_fit(claim: Claim, unit: Fraction) -> list[Fault]:
    """Whether a certified gap is within the tolerance, relative to the loss or to the targets."""
    if claim.lower is None or claim.upper is None:
        return gap(claim, unit)
    left = Fraction(claim.upper) - Fraction(claim.lower)
    size = max(abs(Fraction(claim.upper)), unit)
    if claim.status.startswith("CERTIFIED") and left > Fraction(claim.tol) * (1 + ROUNDING) * size:
        name = "certified with a gap" if left > 100 * Fraction(claim.tol) * size else "small gap left"
        return [Fault(name, float(left / size))]
    return []


def value_of_fit(case: Training, said: float, real: Fraction, divided: bool) -> list[Fault]:
    """Whether the loss is that at the coefficients, to 1e-12 of the targets: their floats are rounded too.

    Squared losses are compared by their roots.
    """
    squared = case.loss == "mse"
    ours, theirs, targets = (abs(float(v)) ** (0.5 if squared else 1.0) for v in (real, said, case.size(divided)))
    miss = (theirs - ours) / max(targets, ours)
    if abs(miss) <= float(ROUNDING):
        return []
    name = "value a little above its point's" if miss > 0 else "value a little below its point's"
    name = "value that its point has not" if abs(miss) > float(ZERO) else name
    return [Fault(name, abs(miss), f"{said!r}, it is {float(real)!r}")]
