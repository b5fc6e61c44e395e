"""What a family makes: a problem in rational numbers, and what is known about its infimum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .rational import Point, Poly, squared_norm

#: How an infimum is reached.
KINDS = ("attained", "approached", "unbounded", "empty")


@dataclass(frozen=True)
class Truth:
    """What is known, each part by construction or by an enumeration of its own.

    Attributes
    ----------
    kind : str
        ``"attained"``; ``"approached"``: the infimum is finite and no point has it; ``"unbounded"``: it is minus
        infinity; ``"empty"``: no point is feasible.
    low, high : Fraction
        They enclose the infimum; equal where it is rational. Zero for the last two kinds.
    points : tuple of points
        Feasible ones, exactly. Far ones with falling values where the infimum is not attained.
    exact : bool
        Whether the first point is a minimiser.
    """

    kind: str
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(0)
    points: tuple[Point, ...] = ()
    exact: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r}: expected one of {', '.join(KINDS)}")


def attained(value: Fraction | int, *points: Point) -> Truth:
    """Return that the minimum is `value`; the first point has it."""
    return Truth("attained", Fraction(value), Fraction(value), points, exact=True)


def enclosed(low: Fraction, high: Fraction, *points: Point) -> Truth:
    """Return that the minimum is attained between two fractions."""
    return Truth("attained", low, high, points)


def approached(value: Fraction | int, *points: Point) -> Truth:
    """Return that the infimum is `value`, without a point that has it."""
    return Truth("approached", Fraction(value), Fraction(value), points)


def unbounded(*points: Point) -> Truth:
    """Return that the objective falls without end, as it does along these points."""
    return Truth("unbounded", points=points)


EMPTY = Truth("empty")


@dataclass(frozen=True)
class Case:
    """A polynomial problem with its truth.

    Attributes
    ----------
    objective : Poly
    inequalities, equalities : tuple of Poly
    truth : Truth
    units : tuple of Fraction
        The sizes that are natural for the variables, 1 by default: distances are relative to the larger of these and
        of the coordinates.
    unit : Fraction
        What the objective varies by over such sizes: misses are relative to the larger of this and the infimum, this
        being 1 at most.
    radius : Fraction or None
        Of a ball around the origin that the user gives, ``bound=``: a part of the problem.
    maximize : bool
        Whether the problem is put to the solver as one of maximising minus the objective.
    options : mapping
        Further arguments of `momentsos.solve`.
    """

    objective: Poly
    inequalities: tuple[Poly, ...] = ()
    equalities: tuple[Poly, ...] = ()
    truth: Truth = EMPTY
    units: tuple[Fraction, ...] = ()
    unit: Fraction = Fraction(1)
    radius: Fraction | None = None
    maximize: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inequalities", tuple(self.inequalities))
        object.__setattr__(self, "equalities", tuple(self.equalities))
        object.__setattr__(self, "units", tuple(self.units) or (Fraction(1),) * self.n)

    @property
    def n(self) -> int:
        """The number of variables."""
        return self.objective.n

    @property
    def names(self) -> list[str]:
        """The names under which the variables are put to the solver."""
        return [f"x{i + 1}" for i in range(self.n)]

    @property
    def judged_inequalities(self) -> tuple[Poly, ...]:
        """The inequalities, with the ball that the user gave."""
        if self.radius is None:
            return self.inequalities
        return (*self.inequalities, self.radius**2 - squared_norm(self.n))

    def feasible(self, point: Point) -> bool:
        """Whether a rational point satisfies every constraint, exactly."""
        return all(g(point) >= 0 for g in self.judged_inequalities) and not any(h(point) for h in self.equalities)


def written(case: Case) -> dict[str, Any]:
    """Return the problem as momentsos reads it from JSON: floats where they are exact, fractions as strings."""
    return {
        "variables": case.names,
        "minimize": terms(case.objective),
        "inequalities": [terms(g) for g in case.inequalities],
        "equalities": [terms(h) for h in case.equalities],
    }


def terms(polynomial: Poly) -> list[list[Any]]:
    """Return a polynomial as JSON holds it."""
    return [[number(value), list(power)] for power, value in polynomial.terms.items()]


def number(value: Fraction) -> float | str:
    """Return the float that is this number, or its fraction as text where there is none."""
    try:
        near = float(value)
    except OverflowError:
        return str(value)
    return near if Fraction(near) == value else str(value)
