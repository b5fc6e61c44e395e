"""Polynomials that are nonnegative and no sums of squares, everywhere, on balls and on boxes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, place, positive
from ..images import lifted, moved, sheared, stretched
from ..rational import Point, Poly, product_of, squared_norm, total, unknowns


def motzkin() -> Poly:
    """Return `x⁴y² + x²y⁴ - 3x²y² + 1`, zero where `x² = y² = 1` (Motzkin 1967)."""
    x, y = unknowns(2)
    return x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1


def robinson() -> Poly:
    """Return Robinson's form with `z = 1`, zero at `(±1, ±1)`, `(±1, 0)` and `(0, ±1)` (Robinson 1969)."""
    x, y = unknowns(2)
    mixed = x**4 * y**2 + x**4 + y**4 * x**2 + y**4 + x**2 + y**2
    return x**6 + y**6 + 1 - mixed + 3 * x**2 * y**2


def choi_lam() -> Poly:
    """Return `1 + x²y² + y²z² + z²x² - 4xyz`, zero at `(1, 1, 1)` (Choi and Lam 1977)."""
    x, y, z = unknowns(3)
    return 1 + x**2 * y**2 + y**2 * z**2 + z**2 * x**2 - 4 * x * y * z


def choi_lam_sextic() -> Poly:
    """Return `x⁴y² + y⁴z² + z⁴x² - 3x²y²z²`, zero at `(1, 1, 1)` (Choi and Lam 1977)."""
    x, y, z = unknowns(3)
    return x**4 * y**2 + y**4 * z**2 + z**4 * x**2 - 3 * x**2 * y**2 * z**2


def horn() -> Poly:
    """Return Horn's copositive form in squares, `(Σ x_i²)² - 4 Σ x_i² x_{i+1}²`, zero at `(1, 1, 0, 0, 0)`."""
    x = unknowns(5)
    return squared_norm(5) ** 2 - 4 * total((x[i] ** 2 * x[i - 1] ** 2 for i in range(5)), 5)


def means(draw: Random) -> tuple[Poly, Point]:
    """Return an arithmetic mean of monomials in squares minus their geometric one (Reznick's agiforms).

    The exponent of the geometric mean is the mean of the others; zero at `(1, ..., 1)`.
    """
    n, k = draw.choice((2, 3)), draw.choice((2, 3, 4))
    while True:
        rows = [[2 * draw.randint(0, 3) for _ in range(n)] for _ in range(k)]
        middle = [sum(column) for column in zip(*rows, strict=True)]
        if all(m % k == 0 for m in middle) and len(set(map(tuple, rows))) == k and max(map(sum, rows)) <= 8:
            break
    x = unknowns(n)

    def monomial(row: list[int]) -> Poly:
        return product_of((v**e for v, e in zip(x, row, strict=True)), n)

    whole = total(map(monomial, rows), n) - k * monomial([m // k for m in middle])
    return whole, (Fraction(1),) * n


def _drawn(draw: Random) -> tuple[Poly, Point]:
    one = Fraction(1)
    named = [
        (motzkin(), (one, one)),
        (robinson(), draw.choice(((one, one), (one, Fraction(0))))),
        (choi_lam(), (one, one, one)),
        (choi_lam_sextic(), (one, one, one)),
        means(draw),
    ]
    return draw.choice(named)


def _image(draw: Random, case: Case) -> Case:
    """Return an affine image: stretched, sheared, moved, multiplied, with a constant."""
    if draw.random() < 0.6:
        case = stretched(
            case, [draw.choice((Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2))) for _ in case.names]
        )
        case = replace(case, units=())
    case = sheared(case, draw, 1) if draw.random() < 0.4 else case
    case = moved(case, place(draw, case.n)) if draw.random() < 0.5 else case
    return lifted(case, dyadic(draw, -3, 3)) if draw.random() < 0.4 else case


@family("nonnegative, no squares")
def nonnegative_everywhere(draw: Random) -> Case:
    """One of the polynomials over the whole space, or an affine image of it."""
    polynomial, zero = _drawn(draw)
    return _image(draw, Case(polynomial, (), (), attained(0, zero)))


@family("nonnegative, no squares")
def nonnegative_on_a_ball(draw: Random) -> Case:
    """The same in a ball that holds a zero, inside or on its sphere."""
    polynomial, zero = _drawn(draw)
    centre = place(draw, len(zero), 1)
    least = squared_norm(len(zero), centre)(zero)
    ball = least + draw.choice((Fraction(0), positive(draw, 4))) - squared_norm(len(zero), centre)
    return _image(draw, Case(polynomial, (ball,), (), attained(0, zero)))


@family("nonnegative, no squares")
def nonnegative_on_a_box(draw: Random) -> Case:
    """The same in a box that holds a zero, with squared or linear walls."""
    polynomial, zero = _drawn(draw)
    x = unknowns(len(zero))
    if draw.random() < 0.5:
        wide = draw.choice((Fraction(1), Fraction(3, 2), Fraction(2)))
        walls = [wide**2 - v**2 for v in x]
    else:
        walls = [v - z + draw.choice((0, 1, 2)) for v, z in zip(x, zero, strict=True)]
        walls += [z + draw.choice((0, 1, 2)) - v for v, z in zip(x, zero, strict=True)]
    return _image(draw, Case(polynomial, tuple(walls), (), attained(0, zero)))


@family("nonnegative, no squares")
def form_on_a_sphere(draw: Random) -> Case:
    """Horn's form in squares, or a homogenised one, on a sphere or in a ball; zero is the minimum."""
    if draw.random() < 0.3:
        polynomial, zero = horn(), (Fraction(1), Fraction(1), *([Fraction(0)] * 3))
    else:
        base, at = draw.choice(((choi_lam(), 1), (motzkin(), 1), (robinson(), 1), (choi_lam_sextic(), 1)))
        zero = (Fraction(at),) * base.n
        if base.degree > 4 and base.n == 2:  # homogenised with a third variable
            polynomial = Poly(3, {(*p, 6 - sum(p)): v for p, v in base.terms.items()})
            zero = (*zero, Fraction(1))
        else:
            polynomial = base
    ball = squared_norm(len(zero))(zero) - squared_norm(len(zero))
    case = stretched(Case(polynomial * positive(draw), (), (ball,), attained(0, zero)), [positive(draw, 2)] * len(zero))
    return lifted(replace(case, units=()), dyadic(draw, -2, 2))


@family("nonnegative, no squares")
def copositive(draw: Random) -> Case:
    """A quadratic form with Horn's matrix, rows scaled, on the simplex: zero at one half of two neighbours."""
    n = 5
    x = unknowns(n)
    form = total(x, n) ** 2 - 4 * total((x[i] * x[i - 1] for i in range(n)), n)
    spread = total((x[i] * x[j] for i, j in combinations(range(n), 2) if (j - i) % 5 in (2, 3)), n)
    form = form + dyadic(draw, 0, 1) * spread
    half = Fraction(1, 2)
    walls = tuple(x)
    return Case(form, walls, (total(x, n) - 1,), attained(0, (half, half, *([Fraction(0)] * 3))))
