"""Minima by enumeration, in rational arithmetic or in balls that enclose them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, product

import flint

from .rational import Point, Poly, solve_linear

#: Bits in which roots are enclosed.
_BITS = 600


def real_roots(coefficients: Sequence[Fraction]) -> list[tuple[Fraction, Fraction]]:
    """Return enclosures of all real roots of a polynomial in one variable, coefficients in rising powers.

    Its squarefree part is taken first; the roots are isolated by Arb, which returns real ones with no imaginary part.
    """
    polynomial = _flint(coefficients)
    if polynomial.degree() < 1:
        return []
    whole = (polynomial // polynomial.gcd(polynomial.derivative())).numer()
    old, flint.ctx.prec = flint.ctx.prec, _BITS
    try:
        roots = [root.real for root, _ in whole.complex_roots() if root.imag == 0]
    finally:
        flint.ctx.prec = old
    return sorted(_ends(root) for root in roots)


def univariate(
    coefficients: Sequence[Fraction], low: Fraction | None = None, high: Fraction | None = None
) -> tuple[Fraction, Fraction, tuple[Fraction, Fraction]]:
    """Return an enclosure of the minimum over an interval, and one of a minimiser; unlimited ends must rise."""
    polynomial = _flint(coefficients)
    slopes = [k * c for k, c in enumerate(coefficients)][1:]
    places = [(end, end) for end in (low, high) if end is not None]
    for left, right in real_roots(slopes):
        if (low is None or right >= low) and (high is None or left <= high):
            places.append((left, right))
    old, flint.ctx.prec = flint.ctx.prec, _BITS
    try:
        values = [(_ends(flint.arb_poly(polynomial)(_ball(*place))), place) for place in places]
    finally:
        flint.ctx.prec = old
    best = min(values, key=lambda each: each[0][1])
    return min(value[0] for value, _ in values), best[0][1], best[1]


def _flint(coefficients: Sequence[Fraction]) -> flint.fmpq_poly:
    return flint.fmpq_poly([flint.fmpq(c.numerator, c.denominator) for c in map(Fraction, coefficients)])


def _ball(left: Fraction, right: Fraction) -> flint.arb:
    ends = [flint.arb(flint.fmpq(end.numerator, end.denominator)) for end in (left, right)]
    return ends[0].union(ends[1])


def _ends(ball: flint.arb) -> tuple[Fraction, Fraction]:
    middle, radius = _fraction(ball.mid()), _fraction(ball.rad())
    return middle - radius, middle + radius


def _fraction(exact: flint.arb) -> Fraction:
    mantissa, exponent = exact.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _stationary(objective: Poly, fixed: dict[int, Fraction]) -> Point | None:
    """Return the point where a quadratic is stationary with some coordinates fixed, None unless there is just one."""
    free = [i for i in range(objective.n) if i not in fixed]
    start = [fixed.get(i, Fraction(0)) for i in range(objective.n)]
    slopes = [objective.derivative(i) for i in free]
    matrix = [[slope.derivative(j)(start) for j in free] for slope in slopes]
    found = solve_linear(matrix, [-slope(start) for slope in slopes])
    if found is None:
        return None
    for i, value in zip(free, found, strict=True):
        start[i] = value
    return tuple(start)


def quadratic_on_box(objective: Poly, low: Point, high: Point) -> tuple[Fraction, Point]:
    """Return the minimum of a quadratic over a box, over all faces.

    A minimiser on a face of least dimension is the only stationary point there: where the Hessian of the face were
    singular, the objective would be constant along a line in it, which reaches a smaller face.
    """
    best: tuple[Fraction, Point] | None = None
    for sides in product((None, 0, 1), repeat=objective.n):
        fixed = {i: (low[i], high[i])[side] for i, side in enumerate(sides) if side is not None}
        point = _stationary(objective, fixed)
        if point is None or any(not a <= p <= b for a, p, b in zip(low, point, high, strict=True)):
            continue
        value = objective(point)
        if best is None or value < best[0]:
            best = value, point
    assert best is not None  # corners are always among them
    return best


def quadratic_on_simplex(objective: Poly) -> tuple[Fraction, Point]:
    """Return the minimum of a quadratic over the standard simplex, over all supports, as for a box."""
    n = objective.n
    best: tuple[Fraction, Point] | None = None
    for size in range(1, n + 1):
        for support in combinations(range(n), size):
            origin = [Fraction(0)] * n
            slopes = [objective.derivative(i) for i in support]
            rows = [[*(s.derivative(j)(origin) for j in support), Fraction(-1)] for s in slopes]
            rows.append([*([Fraction(1)] * size), Fraction(0)])
            found = solve_linear(rows, [*(-s(origin) for s in slopes), Fraction(1)])
            if found is None or any(v < 0 for v in found[:size]):
                continue
            point = list(origin)
            for i, value in zip(support, found, strict=False):
                point[i] = value
            value = objective(point)
            if best is None or value < best[0]:
                best = value, tuple(point)
    assert best is not None
    return best


def vertices(rows: Sequence[Poly]) -> Iterator[Point]:
    """Yield the vertices of the polytope where affine functions are nonnegative."""
    n = rows[0].n
    origin = [Fraction(0)] * n
    normals = [[row.derivative(i)(origin) for i in range(n)] for row in rows]
    for chosen in combinations(range(len(rows)), n):
        point = solve_linear([normals[k] for k in chosen], [-rows[k](origin) for k in chosen])
        if point is not None and all(row(point) >= 0 for row in rows):
            yield point


def least(objective: Poly, points: Iterator[Point] | Sequence[Point]) -> tuple[Fraction, Point]:
    """Return the smallest value over finitely many points, and where it is."""
    return min(((objective(point), point) for point in points), key=lambda each: each[0])
