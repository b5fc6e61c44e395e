"""What is false in a certificate with symmetries: a judge that shares nothing with the verifier.

It looks at values at random rational points, where polynomials that differ do so almost surely, and at exact pivots of
Gram matrices.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

Document = dict[str, Any]
Point = list[Fraction]
Terms = dict[tuple[int, ...], Fraction]
#: Values at so many points stand for a polynomial.
POINTS = 4


def defect(document: Document, rng: np.random.Generator) -> str:
    """Return what is false in a file, nothing where all of it holds; its shape is taken as right."""
    problem, symmetry = document["problem"], document["symmetry"]
    n, sign = len(problem["variables"]), -1 if "maximize" in problem else 1
    f = _read(problem["maximize" if sign < 0 else "minimize"], sign)
    g, h = [_read(p) for p in problem["inequalities"]], [_read(p) for p in problem["equalities"]]
    last = len(g) - len(document["added"])
    first, middles, centre = last - len(symmetry["elements"]), symmetry["middles"], symmetry["centre"]
    middles, centre = list(map(Fraction, middles)), list(map(Fraction, centre))
    points = [[Fraction(int(v), 97) for v in rng.integers(-500, 500, n)] for _ in range(POINTS)]
    for number, element in enumerate(symmetry["elements"]):
        pairs = [(int(j), Fraction(s)) for j, s in element]
        if {j for j, _ in pairs} != set(range(n)) or any(s * s != 1 for _, s in pairs):
            return "no signed permutation"
        moved = [image_of(pairs, middles, x) for x in points]
        if [_at(f, x) for x in points] != [_at(f, x) for x in moved]:
            return "another objective"
        rest = [*g[:first], *g[last:]]
        if not _same_sets(rest, points, moved, 1) or not _same_sets(h, points, moved, -1):
            return "other constraints"
        image = image_of(pairs, middles, centre)
        own = [_at(g[first + number], x) for x in points]
        wanted = [_distance(x, image) - _distance(x, centre) for x in points]
        if not any(wanted) or not _positive_multiple(own, wanted):
            return "another half-space"
    return _identity_defect(document, (f, g, h), sign, rng)


def _identity_defect(document: Document, fgh: Any, sign: int, rng: np.random.Generator) -> str:
    _, g, h = fgh
    n, bound = len(document["problem"]["variables"]), sign * Fraction(document["bound"])
    T = [list(map(Fraction, row)) for row in document["change"]["matrix"]]
    if _least_pivot([[sum(a * b for a, b in zip(r, s, strict=True)) for s in T] for r in T]) <= 0:
        return "a change of variables that is not invertible"
    for block in document["blocks"]:
        if _least_pivot(_symmetric(block["gram"])) < 0:
            return "a Gram matrix that is not semidefinite"
    for _ in range(2):
        t = [Fraction(int(v), 89) for v in rng.integers(-300, 300, n)]
        moved = [sum(v * w for v, w in zip(row, t, strict=True)) for row in T]
        x = [Fraction(a) + v for a, v in zip(document["change"]["shift"], moved, strict=True)]
        if _two_sides(document, fgh, bound, x, t):
            return "an identity that does not hold"
    point = list(map(Fraction, document["point"]))
    if point and not document["directions"] and (any(_at(p, point) < 0 for p in g) or any(_at(p, point) for p in h)):
        return "a point that is not feasible"
    return ""


def _two_sides(document: Document, fgh: Any, bound: Fraction, x: Point, t: Point) -> Fraction:
    """Return the difference of both sides of the identity at a point."""
    f, g, h = fgh
    weight = document["denominator"]
    total = (_at(f, x) - bound) * (1 + sum(t[i] ** 2 for i in weight["variables"])) ** weight["exponent"]
    for block in document["blocks"]:
        b = [_at({tuple(e): Fraction(1)}, t) for e in block["basis"]]
        if block["combination"]:
            b = [sum(Fraction(c) * v for c, v in zip(row, b, strict=True)) for row in block["combination"]]
        X = _symmetric(block["gram"])
        value = sum(b[i] * X[i][j] * b[j] for i in range(len(b)) for j in range(len(b)))
        for j in block["factors"]:
            value *= _at(g[j], x)
        total -= value
    for each in document["multipliers"]:
        pairs = zip(each["coefficients"], each["basis"], strict=True)
        p = sum(Fraction(c) * _at({tuple(e): Fraction(1)}, t) for c, e in pairs)
        total -= p * _at(h[each["equality"]], x)
    return total


# -- polynomials as mappings -------------------------------------------------------------------------------


def image_of(element: Any, middles: Point, x: Point) -> Point:
    """Return the image of a point."""
    return [Fraction(s) * (x[j] - middles[j]) + m for (j, s), m in zip(element, middles, strict=True)]


def half_space(element: Any, middles: Point, centre: Point) -> Terms:
    """Return how much farther points are from the image of the centre than from the centre, squared."""
    n, image = len(centre), image_of(element, middles, centre)
    terms = {unit(n, i): 2 * (c - e) for i, (c, e) in enumerate(zip(centre, image, strict=True))}
    return terms | {(0,) * n: sum((e * e - c * c for c, e in zip(centre, image, strict=True)), Fraction(0))}


def _read(rows: Any, sign: int = 1) -> Terms:
    return {tuple(e): sign * Fraction(c) for c, e in rows}


def unit(n: int, i: int, power: int = 1) -> tuple[int, ...]:
    return tuple(power * (i == j) for j in range(n))


def _at(p: Terms, x: Point) -> Fraction:
    total = Fraction(0)
    for powers, value in p.items():
        for v, k in zip(x, powers, strict=True):
            value *= v**k
        total += value
    return total


def _distance(x: Point, y: Point) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(x, y, strict=True)), Fraction(0))


def _positive_multiple(own: Point, wanted: Point, least: int = 1) -> bool:
    """Whether values are those of a multiple of what was wanted: a positive one, or any but zero for `least` -1."""
    ratios = {a / b for a, b in zip(own, wanted, strict=True) if b}
    both_vanish = all(not a for a, b in zip(own, wanted, strict=True) if not b)
    return both_vanish and len(ratios) <= 1 and all(ratio > 0 or (least < 0 and ratio) for ratio in ratios)


def _same_sets(polynomials: Any, points: list[Point], moved: list[Point], least: int) -> bool:
    """Whether polynomials after a map are the same up to their order and multiples, each taken once."""
    left = [[_at(p, x) for x in points] for p in polynomials]
    for p in polynomials:
        values = [_at(p, x) for x in moved]
        match = next((i for i, own in enumerate(left) if _positive_multiple(values, own, least)), None)
        if match is None:
            return False
        left.pop(match)
    return True


def _symmetric(lower: Any) -> list[Point]:
    return [[Fraction(lower[max(i, j)][min(i, j)]) for j in range(len(lower))] for i in range(len(lower))]


def _least_pivot(X: list[Point]) -> Fraction:
    """Return the least pivot of a symmetric matrix, below zero where it is not semidefinite; exact."""
    X, least = [row.copy() for row in X], Fraction(1)
    for i in range(len(X)):
        least = min(least, X[i][i])
        if X[i][i] < 0 or (not X[i][i] and any(X[i][i:])):
            return Fraction(-1)
        for row in X[i + 1 :] if X[i][i] else []:
            share = row[i] / X[i][i]
            row[i:] = [a - share * b for a, b in zip(row[i:], X[i][i:], strict=True)]
    return least
