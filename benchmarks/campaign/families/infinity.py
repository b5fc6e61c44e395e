"""Objectives that fall without end, and infima that no point has."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, approached, unbounded
from ..family import dyadic, family, nonzero, place, positive
from ..images import lifted, moved, sheared
from ..rational import affine, squared_norm, total, unknowns

FAR = [Fraction(2) ** (8 * k) for k in range(1, 14)]


def _tiny(draw: Random) -> Fraction:
    return draw.choice((Fraction(1), Fraction(1, 2**10), Fraction(1, 2**20), Fraction(1, 2**36)))


@family("unbounded")
def odd_leading_term(draw: Random) -> Case:
    """A cubic or quintic with a leading coefficient down to 1e-11, with even powers of other variables."""
    n, k = draw.choice((1, 1, 2)), draw.choice((3, 3, 5))
    x = unknowns(n)
    lower = total((nonzero(draw, 2) * x[0] ** e for e in range(1, k)), n)
    objective = draw.choice((-1, 1)) * _tiny(draw) * x[0] ** k + lower
    if n > 1:
        objective = objective + positive(draw) * x[1] ** 2 + dyadic(draw, -2, 2) * x[1]
    sign = -1 if objective([-(Fraction(2) ** 80), *([Fraction(0)] * (n - 1))]) < 0 else 1
    return Case(objective, (), (), unbounded(*((sign * far, *([Fraction(0)] * (n - 1))) for far in FAR)))


@family("unbounded")
def falling_quartic(draw: Random) -> Case:
    """A convex quartic form in other directions, and `-ε l⁴` or `-ε l²` along a line where they vanish."""
    n = draw.choice((2, 2, 3))
    while True:
        forms = [affine([Fraction(draw.randint(-3, 3)) for _ in range(n)]) for _ in range(n - 1)]
        direction = _normal(forms, n)
        if any(direction):
            break
    down = affine(direction)
    objective = total((positive(draw) * form ** draw.choice((2, 4)) for form in forms), n)
    objective = objective - _tiny(draw) * down ** draw.choice((2, 3, 4)) + affine(place(draw, n))
    points = [tuple(far * d for d in direction) for far in FAR]
    return Case(objective, (), (), unbounded(*points))


def _normal(forms: list, n: int) -> tuple[Fraction, ...]:
    """Return the cross product of n - 1 forms: where all of them vanish."""
    origin = [Fraction(0)] * n
    rows = [[form.derivative(i)(origin) for i in range(n)] for form in forms]
    if n == 2:
        return (-rows[0][1], rows[0][0])
    (a, b, c), (d, e, f) = rows
    return (b * f - c * e, c * d - a * f, a * e - b * d)


@family("unbounded")
def falling_along_a_curve(draw: Random) -> Case:
    """Minimise `-y` and more along `y = β x²` or inside it, or `x` along the left of a hyperbola."""
    x, y = unknowns(2)
    kind = draw.randrange(3)
    b, slope = positive(draw, 2), positive(draw)
    if kind == 0:
        points = [(far, b * far**2) for far in FAR]
        curve = y - b * x**2
        case = Case(-slope * y + nonzero(draw) * x, (curve,), (), unbounded(*points))
        case = Case(case.objective, (), (curve,), case.truth) if draw.random() < 0.5 else case
    elif kind == 1:
        points = [(-far, -b / far) for far in FAR]
        case = Case(slope * x, (x * y - b,), (), unbounded(*points))
    else:
        points = [(-(far**2), far**3) for far in FAR]
        case = Case(slope * x, (), (x**3 + y**2,), unbounded(*points))
    return moved(case, place(draw, 2)) if draw.random() < 0.4 else case


@family("unbounded")
def unbounded_cone(draw: Random) -> Case:
    """A linear or concave objective over a cone or a half-space that holds a direction of descent."""
    n = draw.choice((2, 3))
    direction = tuple(Fraction(draw.randint(1, 3)) for _ in range(n))
    rows = []
    for _ in range(draw.randint(1, n)):
        row = affine(place(draw, n))
        rows.append((row if row(direction) >= 0 else -row) + dyadic(draw, 0, 2))
    objective = -affine([_tiny(draw) * positive(draw) for _ in range(n)])
    objective = objective - _tiny(draw) * affine(direction) ** 2 if draw.random() < 0.3 else objective
    return Case(objective, tuple(rows), (), unbounded(*(tuple(far * d for d in direction) for far in FAR)))


@family("not attained")
def squares_at_infinity(draw: Random) -> Case:
    """`(x y - c)² + x²`, and with higher powers: the infimum 0 is reached with `x → 0`, `y = c / x` only."""
    x, y = unknowns(2)
    c, k = positive(draw, 2), draw.choice((1, 1, 2))
    objective = (x * y**k - c) ** 2 + positive(draw) * x ** draw.choice((2, 2, 4))
    case = Case(objective, (), (), approached(0, *((c / far**k, far) for far in FAR[:5])))
    case = sheared(case, draw, 1) if draw.random() < 0.3 else case
    case = moved(case, place(draw, 2)) if draw.random() < 0.3 else case
    return lifted(case, dyadic(draw, -3, 3)) if draw.random() < 0.5 else case


@family("not attained")
def hyperbola_to_the_axis(draw: Random) -> Case:
    """Minimise `a x` where `x y^k ≥ c` and `x ≥ 0`, or `x y² = c`: towards 0, never there."""
    x, y = unknowns(2)
    a, c, k = positive(draw), positive(draw), draw.choice((1, 1, 2, 3))
    curve = x * y**k - c
    truth = approached(0, *((c / far**k, far) for far in FAR[:5]))
    if k == 2 and draw.random() < 0.5:
        return Case(a * x, (), (curve,), truth)
    case = Case(a * x, (curve, x), (), truth)
    return lifted(case, draw.randint(-3, 3)) if draw.random() < 0.5 else case


@family("not attained")
def half_open_square(draw: Random) -> Case:
    """`(1 - x y)² + y²` and others with a free variable more: the infimum is 0 plus what the rest has as minimum."""
    n = 3
    x, y, z = unknowns(n)
    p = place(draw, 1)[0]
    objective = (1 - x * y) ** 2 + positive(draw) * y**2 + positive(draw) * (z - p) ** draw.choice((2, 4))
    points = [(far, 1 / far, p) for far in FAR[:5]]
    bound = (100 - z**2,) if draw.random() < 0.3 else ()
    return Case(objective, bound, (), approached(0, *points))


@family("not attained")
def slope_that_fades(draw: Random) -> Case:
    """Minimise `t` where `t (1 + |x|²) ≥ 1`: `t > 0` always, and towards 0 as `x` grows."""
    n = draw.choice((1, 2))
    x = unknowns(n + 1)
    around = 1 + squared_norm(n + 1) - x[-1] ** 2
    a = positive(draw)
    points = [(far, *([Fraction(0)] * (n - 1)), a / (1 + far**2)) for far in FAR[:5]]
    return Case(x[-1], (x[-1] * around - a,), (), approached(0, *points))
