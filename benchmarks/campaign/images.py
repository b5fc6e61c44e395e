"""The same problem in other words: shifted, scaled, mixed, with constraints doubled; the truth goes with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

from .case import Case, Truth
from .rational import Point, Poly, affine, unknowns


def _carried(case: Case, images: Sequence[Poly], way: Callable[[Point], Point]) -> Case:
    """Return the case in new variables: `images` are the old ones in them, `way` takes points along."""
    truth = replace(case.truth, points=tuple(way(point) for point in case.truth.points))
    return replace(
        case,
        objective=case.objective.at(images),
        inequalities=tuple(g.at(images) for g in case.inequalities),
        equalities=tuple(h.at(images) for h in case.equalities),
        truth=truth,
    )


def moved(case: Case, shift: Sequence[Fraction | int]) -> Case:
    """Return the case with its origin at `shift`."""
    images = [x - Fraction(s) for x, s in zip(unknowns(case.n), shift, strict=True)]
    return _carried(case, images, lambda point: tuple(p + s for p, s in zip(point, shift, strict=True)))


def stretched(case: Case, factors: Sequence[Fraction]) -> Case:
    """Return the case with each variable multiplied by a positive factor."""
    images = [x * (1 / Fraction(s)) for x, s in zip(unknowns(case.n), factors, strict=True)]
    wide = _carried(case, images, lambda point: tuple(p * s for p, s in zip(point, factors, strict=True)))
    return replace(wide, units=tuple(u * s for u, s in zip(case.units, factors, strict=True)))


def sheared(case: Case, draw: Random, steps: int = 2) -> Case:
    """Return the case after adding whole multiples of variables to others, an invertible map."""
    for _ in range(steps if case.n > 1 else 0):
        i, j = draw.sample(range(case.n), 2)
        k = draw.choice((-2, -1, 1, 2))
        images = unknowns(case.n)
        images[i] = images[i] - k * images[j]

        def way(point: Point, i: int = i, j: int = j, k: int = k) -> Point:
            return (*point[:i], point[i] + k * point[j], *point[i + 1 :])

        case = _carried(case, images, way)
    return case


def weighted(case: Case, factor: Fraction, constraints: Sequence[Fraction] = ()) -> Case:
    """Return the case with the objective, and the constraints in turn, multiplied by positive factors."""
    by = [constraints[k % len(constraints)] if constraints else Fraction(1) for k in range(100)]
    return replace(
        case,
        objective=case.objective * factor,
        inequalities=tuple(g * f for g, f in zip(case.inequalities, by, strict=False)),
        equalities=tuple(h * f for h, f in zip(case.equalities, by, strict=False)),
        truth=replace(case.truth, low=case.truth.low * factor, high=case.truth.high * factor),
        unit=case.unit * factor,
    )


def lifted(case: Case, offset: Fraction | int) -> Case:
    """Return the case with a constant added to the objective."""
    truth = replace(case.truth, low=case.truth.low + offset, high=case.truth.high + offset)
    return replace(case, objective=case.objective + Fraction(offset), truth=truth)


def doubled(case: Case, draw: Random) -> Case:
    """Return the case with constraints said more than once: as copies, multiples, sums, products, and as `g`, `-g`."""
    left, equal = list(case.inequalities), list(case.equalities)
    for g in case.inequalities:
        more = [g * draw.randint(2, 5), g, g * Fraction(1, 3), g + draw.choice(case.inequalities), g * g * g]
        left += draw.sample(more, draw.randint(1, 2))
    for h in case.equalities:
        more = [h, h * Fraction(-2), h * Fraction(1, 3), h + draw.choice(case.equalities), h * affine([1] * case.n, 5)]
        equal += draw.sample(more, draw.randint(1, 2))
        if draw.random() < 0.5:
            equal.remove(h)
            left += [h, -h]
            equal.append(h * h) if draw.random() < 0.2 else None
    draw.shuffle(left)
    draw.shuffle(equal)
    return replace(case, inequalities=tuple(left), equalities=tuple(equal))


def known(truth: Truth, *points: Point) -> Truth:
    """Return the truth with more feasible points."""
    return replace(truth, points=(*truth.points, *points))
