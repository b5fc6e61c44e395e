"""Polynomials with rational coefficients: what families build, and what answers are judged with.

Nothing of momentsos is used here, so that a fault there cannot hide itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import comb, prod

Exponents = tuple[int, ...]
Point = tuple[Fraction, ...]


class Poly:
    """A polynomial in `n` variables: a mapping from exponents to nonzero fractions. Never changed once made."""

    __slots__ = ("n", "terms")

    def __init__(self, n: int, terms: dict[Exponents, Fraction]) -> None:
        self.n = n
        self.terms = {power: value for power, value in terms.items() if value}

    def __add__(self, other: Poly | Fraction | int) -> Poly:
        right = other if isinstance(other, Poly) else constant(self.n, other)
        terms = dict(self.terms)
        for power, value in right.terms.items():
            terms[power] = terms.get(power, Fraction(0)) + value
        return Poly(self.n, terms)

    __radd__ = __add__

    def __neg__(self) -> Poly:
        return Poly(self.n, {power: -value for power, value in self.terms.items()})

    def __sub__(self, other: Poly | Fraction | int) -> Poly:
        return self + (-other)

    def __rsub__(self, other: Fraction | int) -> Poly:
        return -self + other

    def __mul__(self, other: Poly | Fraction | int) -> Poly:
        if not isinstance(other, Poly):
            return Poly(self.n, {power: value * other for power, value in self.terms.items()})
        terms: dict[Exponents, Fraction] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                power = tuple(map(sum, zip(left, right, strict=True)))
                terms[power] = terms.get(power, Fraction(0)) + a * b
        return Poly(self.n, terms)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Poly:
        result = constant(self.n, 1)
        for _ in range(exponent):
            result = result * self
        return result

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.n == other.n and self.terms == other.terms

    __hash__ = None  # type: ignore[assignment]  # a mapping inside

    def __call__(self, point: Sequence[Fraction]) -> Fraction:
        """Return the value at a rational point, exactly."""
        powers: list[dict[int, Fraction]] = [{0: Fraction(1)} for _ in range(self.n)]
        total = Fraction(0)
        for exponents, value in self.terms.items():
            for i, e in enumerate(exponents):
                if e:
                    if e not in powers[i]:
                        powers[i][e] = point[i] ** e
                    value *= powers[i][e]
            total += value
        return total

    @property
    def degree(self) -> int:
        """The total degree, 0 for constants."""
        return max((sum(power) for power in self.terms), default=0)

    def derivative(self, i: int) -> Poly:
        """Return the partial derivative by variable `i`."""
        lower = {}
        for power, value in self.terms.items():
            if power[i]:
                lower[(*power[:i], power[i] - 1, *power[i + 1 :])] = value * power[i]
        return Poly(self.n, lower)

    def at(self, images: Sequence[Poly]) -> Poly:
        """Return the polynomial with each variable replaced by a polynomial."""
        n = images[0].n
        powers: list[list[Poly]] = [[constant(n, 1)] for _ in images]
        result: dict[Exponents, Fraction] = {}
        for exponents, value in self.terms.items():
            product = constant(n, value)
            for i, e in enumerate(exponents):
                while len(powers[i]) <= e:
                    powers[i].append(powers[i][-1] * images[i])
                if e:
                    product = product * powers[i][e]
            for power, coefficient in product.terms.items():
                result[power] = result.get(power, Fraction(0)) + coefficient
        return Poly(n, result)

    def around(self, point: Point, radii: Point) -> Poly:
        """Return the polynomial in `t`, where the variables are ``point + radii * t``: an exact Taylor expansion."""
        terms: dict[Exponents, Fraction] = self.terms
        for i, (centre, radius) in enumerate(zip(point, radii, strict=True)):
            moved: dict[Exponents, Fraction] = {}
            for power, value in terms.items():
                for k in range(power[i] + 1):
                    low = value * comb(power[i], k) * centre ** (power[i] - k) * radius**k
                    if low:
                        key = (*power[:i], k, *power[i + 1 :])
                        moved[key] = moved.get(key, Fraction(0)) + low
            terms = moved
        return Poly(self.n, terms)


def constant(n: int, value: Fraction | int) -> Poly:
    """Return a constant in `n` variables."""
    return Poly(n, {(0,) * n: Fraction(value)})


def unknowns(n: int) -> list[Poly]:
    """Return the `n` variables."""
    return [Poly(n, {tuple(int(i == j) for j in range(n)): Fraction(1)}) for i in range(n)]


def total(polynomials: Iterable[Poly], n: int) -> Poly:
    """Return the sum, zero in `n` variables where there is nothing to add."""
    result = constant(n, 0)
    for each in polynomials:
        result = result + each
    return result


def affine(coefficients: Sequence[Fraction | int], offset: Fraction | int = 0) -> Poly:
    """Return the affine form with these coefficients."""
    n = len(coefficients)
    terms = {tuple(int(i == j) for j in range(n)): Fraction(c) for i, c in enumerate(coefficients)}
    terms[(0,) * n] = Fraction(offset)
    return Poly(n, terms)


def product_of(factors: Iterable[Poly], n: int) -> Poly:
    """Return the product, one in `n` variables where there are no factors."""
    return prod(factors, start=constant(n, 1))


def squared_norm(n: int, centre: Sequence[Fraction | int] | None = None) -> Poly:
    """Return the squared distance to a point, by default the origin."""
    places = centre or [Fraction(0)] * n
    return total(((x - Fraction(c)) ** 2 for x, c in zip(unknowns(n), places, strict=True)), n)


def solve_linear(matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> Point | None:
    """Return the solution of a square system by elimination in fractions, None where it is singular."""
    n = len(right)
    rows = [[*map(Fraction, row), Fraction(b)] for row, b in zip(matrix, right, strict=True)]
    for i in range(n):
        pivot = next((k for k in range(i, n) if rows[k][i]), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for k in range(n):
            if k != i and rows[k][i]:
                factor = rows[k][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return tuple(row[n] for row in rows)
