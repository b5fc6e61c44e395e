"""What momentsos said of a problem, as plain data that can be stored and judged again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from .rational import solve_linear

#: How a question ended: with an answer, with an error of the package's own, with another one, not at all.
ENDS = ("answered", "refused", "crashed", "hung")
#: The word of 0.1 for a bound over everything.
EVERYWHERE = "all of R^n"


@dataclass(frozen=True)
class Claim:
    """An answer: status, bounds of the minimum from both sides, points, and where the lower bound holds.

    Attributes
    ----------
    end : str
        One of `ENDS`; `error` has the words where it is not ``"answered"``.
    status : str
    lower, upper : float or None
    points, fine : lists of rows
        Minimisers, and the digits that floats have not.
    coefficients : list of lists or None
        Of a fit.
    region : mapping or None
        What the region of the lower bound is as a JSON object; None where only words say it, `coverage`.
    strict : bool
        Whether the version has a status of its own for minima in a region, so that CERTIFIED is one over everything.
    rigorous : bool
        Whether the lower bound is said to be a theorem.
    tol : float
    seconds, cpu : float
        Wall and processor time of the call.
    """

    end: str
    status: str = ""
    lower: float | None = None
    upper: float | None = None
    points: Sequence[Sequence[float]] = ()
    fine: Sequence[Sequence[float]] | None = None
    coefficients: Sequence[Sequence[float]] | None = None
    region: Mapping[str, Any] | None = None
    coverage: str = ""
    strict: bool = False
    rigorous: bool = False
    tol: float = 1e-6
    method: str = ""
    order: int | None = None
    message: str = ""
    error: str = ""
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def everywhere(self) -> bool:
        """Whether the lower bound is said to hold on the whole feasible set."""
        if self.strict and self.status == "CERTIFIED":
            return True
        if self.region is not None:
            return self.region["kind"] == "everything"
        return self.coverage in ("", EVERYWHERE)

    def covers(self, point: Sequence[Fraction]) -> bool | None:
        """Whether a point is in the region of the lower bound; None where that is not said in numbers."""
        if self.everywhere:
            return True
        return None if self.region is None else inside(self.region, point)

    def rows(self) -> list[tuple[Fraction, ...]]:
        """Return the minimisers as fractions, the finer digits added."""
        fine = self.fine or [[0.0] * len(row) for row in self.points]
        pairs = zip(self.points, fine, strict=True)
        return [tuple(Fraction(a) + Fraction(b) for a, b in zip(*pair, strict=True)) for pair in pairs]

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON holds."""
        return {key: value for key, value in asdict(self).items() if value is not False and value not in (None, "", ())}


def read(data: Mapping[str, Any]) -> Claim:
    """Return the claim that such a dictionary holds."""
    return Claim(**data)


def from_result(result: Any, maximize: bool, seconds: float, cpu: float) -> Claim:
    """Return what a result says, as one of minimising; fields that a version lacks are left out."""
    lower, upper = result.lower_bound, result.upper_bound
    if maximize:
        lower, upper = _negated(upper), _negated(lower)
    fine, coefficients = getattr(result, "fine", None), getattr(result, "coefficients", None)
    points, region = np.asarray(result.minimizers, dtype=float), getattr(result, "region", None)
    return Claim(
        end="answered",
        status=result.status.name,
        lower=_number(lower),
        upper=_number(upper),
        points=points.tolist(),
        fine=None if fine is None or not np.any(fine) else np.asarray(fine, dtype=float).tolist(),
        coefficients=None if coefficients is None else [np.asarray(c, dtype=float).tolist() for c in coefficients],
        region=None if region is None else region.as_dict(),
        coverage=str(getattr(result, "coverage", "")),
        strict="CERTIFIED_WITHIN" in type(result.status).__members__,
        rigorous=bool(getattr(result, "rigorous", False)),
        tol=float(getattr(result, "tol", 1e-6)),
        method=str(getattr(result, "method", "")),
        order=getattr(result, "order", None),
        message=str(getattr(result, "message", "")),
        seconds=seconds,
        cpu=cpu,
    )


def inside(region: Mapping[str, Any], point: Sequence[Fraction]) -> bool | None:
    """Whether a point lies in a region: ellipsoids, of groups of variables or of all, and boxes, maybe in a frame."""
    kind = region["kind"]
    if kind == "everything":
        return True
    if kind not in ("ball", "balls", "box"):
        return None
    offset = [p - Fraction(c) for p, c in zip(point, region["centre"], strict=True)]
    if kind == "box":
        if region.get("frame") is not None:
            moved = solve_linear([[Fraction(v) for v in row] for row in region["frame"]], offset)
            if moved is None:
                return None
            offset = list(moved)
        return all(math.isinf(w) or abs(t) <= Fraction(w) for t, w in zip(offset, region["half_widths"], strict=True))
    shares = [(t / Fraction(a)) ** 2 for t, a in zip(offset, region["half_axes"], strict=True)]
    groups = region.get("groups", [list(range(len(shares)))])
    return all(sum(shares[i] for i in group) <= 1 for group in groups)


def _negated(value: float | None) -> float | None:
    return None if value is None else -value


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
