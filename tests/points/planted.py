"""Random problems of hostile kinds, with the truth about them known beforehand, in exact arithmetic.

Coefficients are floats or fractions that hold the planted data without rounding: data are drawn as binary fractions
with few digits, and expanded in fractions where products would round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

import momentsos as ms

Random = np.random.Generator


@dataclass(frozen=True)
class Planted:
    """A problem and what is true of it.

    Attributes
    ----------
    kind : str
    problem : ms.Problem
    minimizers : list of (n,) arrays
        Rounded; empty where the feasible set is.
    impossible : callable
        Whether no feasible point has a value of this size or less.
    regular : bool
        Whether points near the minimisers are to be accepted.
    """

    kind: str
    problem: ms.Problem
    minimizers: list[np.ndarray]
    impossible: Callable[[Fraction], bool]
    regular: bool


def nothing(value: Fraction) -> bool:
    """Every value is impossible: the set is empty."""
    return True


def at_least(minimum: Fraction) -> Callable[[Fraction], bool]:
    return lambda value: value < minimum


def at_least_root(square: Fraction) -> Callable[[Fraction], bool]:
    r"""The minimum is :math:`-\sqrt{s}`."""
    return lambda value: value < 0 and value * value > square


def binary(rng: Random, low: int = -64, high: int = 64, below: int = 16) -> Fraction:
    """A binary fraction with few digits."""
    return Fraction(int(rng.integers(low, high + 1)), below)


def power_of_ten(rng: Random, most: int = 8) -> Fraction:
    return Fraction(10) ** int(rng.integers(-most, most + 1))


def positive(rng: Random) -> Fraction:
    return Fraction(int(rng.integers(1, 33)), 8)


def names(n: int) -> tuple[ms.Polynomial, ...]:
    return ms.variables(" ".join(f"x{i}" for i in range(n)))


def exact(p: ms.Polynomial) -> ms.Polynomial:
    return p * Fraction(1)


# -- kinds -------------------------------------------------------------------------------------------------


def epigraph(rng: Random) -> Planted:
    """y >= c (x - a)^2k, a minimum so flat that violations hide in it."""
    x, y = map(exact, names(2))
    a, c, k, low = binary(rng), positive(rng) * power_of_ten(rng, 3), int(rng.integers(1, 5)), positive(rng)
    problem = ms.Problem(y, [y - c * (x - a) ** (2 * k), y + low])
    return Planted("epigraph", problem, [np.array([float(a), 0.0])], at_least(Fraction(0)), True)


def hyperbola(rng: Random) -> Planted:
    """x y^k >= 1, x >= 0, y <= b: what violates it is far out."""
    x, y = names(2)
    k, b = int(rng.integers(1, 5)), 2.0 ** int(rng.integers(-3, 4))
    if k % 2 == 0:
        k += 1
    problem = ms.Problem(x, [x * y**k - 1, x, b - y])
    return Planted("hyperbola", problem, [np.array([b**-k, b])], at_least(Fraction(b) ** -k), True)


def empty_hyperbola(rng: Random) -> Planted:
    x, y = names(2)
    k = 2 * int(rng.integers(0, 3)) + 1
    return Planted("empty hyperbola", ms.Problem(x, [x, -1 - y], [x * y**k - 1]), [], nothing, False)


def cusp(rng: Random) -> Planted:
    """(x - a)^3 = (y - b)^2, whose tip is the minimum; with rational a and b the tip stays where it is."""
    x, y = map(exact, names(2))
    a, b, c = Fraction(int(rng.integers(-30, 30)), 3), binary(rng), positive(rng)
    curve = c * (x - a) ** 3 - (y - b) ** 2
    problem = ms.Problem(x, [], [curve]) if rng.random() < 0.5 else ms.Problem(x, [curve])
    return Planted("cusp", problem, [np.array([float(a), float(b)])], at_least(a), False)


def tangency(rng: Random) -> Planted:
    """x - a >= (y - b)^2k and x <= a: one point, and near it violations of high order."""
    x, y = map(exact, names(2))
    a, b, k = binary(rng), binary(rng), int(rng.integers(1, 4))
    problem = ms.Problem(y, [x - a - (y - b) ** (2 * k), a - x])
    return Planted("tangency", problem, [np.array([float(a), float(b)])], at_least(b), False)


def single_point(rng: Random) -> Planted:
    """A sum of squares that is zero, or at most zero."""
    n = int(rng.integers(1, 5))
    xs = [exact(v) for v in names(n)]
    a = [Fraction(int(rng.integers(-20, 20)), int(rng.integers(1, 9))) for _ in xs]
    total = sum(positive(rng) * (v - c) ** 2 for v, c in zip(xs, a, strict=True))
    objective = xs[0] + sum(xs)
    problem = ms.Problem(objective, [], [total]) if rng.random() < 0.5 else ms.Problem(objective, [-total])
    return Planted("single point", problem, [np.array(a, dtype=float)], at_least(a[0] + sum(a)), False)


def squared_circle(rng: Random) -> Planted:
    """A power of the equation of a sphere, as an equality or a negative square."""
    n, r = int(rng.integers(2, 5)), positive(rng)
    xs = [exact(v) for v in names(n)]
    sphere = sum(v**2 for v in xs) - r
    c = [Fraction(int(rng.integers(1, 9))) for _ in xs]
    objective = sum(a * v for a, v in zip(c, xs, strict=True))
    kinds = [([-(sphere**2)], []), ([], [sphere**2]), ([], [sphere**3]), ([-(sphere**3)], [])]
    inequalities, equalities = kinds[int(rng.integers(4))]
    norm = np.sqrt(float(sum(a * a for a in c)))
    best = -np.array(c, dtype=float) * np.sqrt(float(r)) / norm
    impossible = at_least_root(r * sum(a * a for a in c))
    return Planted("squared sphere", ms.Problem(objective, inequalities, equalities), [best], impossible, True)


def sphere(rng: Random) -> Planted:
    """A linear function on a sphere, in units between 1e-8 and 1e8 and shifted by up to 1e4."""
    n = int(rng.integers(2, 6))
    xs = [exact(v) for v in names(n)]
    unit, r = power_of_ten(rng), positive(rng)
    shift = [binary(rng) * Fraction(10) ** int(rng.integers(0, 4)) * unit for _ in xs]
    c = [Fraction(int(rng.integers(1, 9))) for _ in xs]
    moved = [v - s for v, s in zip(xs, shift, strict=True)]
    ball = r * unit**2 - sum(v**2 for v in moved)
    objective = sum(a * v for a, v in zip(c, moved, strict=True))
    length = np.sqrt(float(r)) * float(unit)
    norm = np.sqrt(float(sum(a * a for a in c)))
    best = np.array(shift, dtype=float) - np.array(c, dtype=float) * length / norm
    problem = ms.Problem(objective, [ball]) if rng.random() < 0.5 else ms.Problem(objective, [], [ball])
    return Planted("sphere", problem, [best], at_least_root(r * unit**2 * sum(a * a for a in c)), True)


def box(rng: Random) -> Planted:
    """A linear function on a box, its corner active in every constraint, some of them twice and in other units."""
    n = int(rng.integers(1, 8))
    xs = names(n)
    low = [float(binary(rng)) for _ in xs]
    sides = [v - a for v, a in zip(xs, low, strict=True)]
    doubled = [sides[int(rng.integers(n))] * float(rng.integers(1, 9)) for _ in range(3)]
    thirds = [exact(sides[int(rng.integers(n))]) / 3]
    joint = [sum(sides)]
    c = [float(rng.integers(1, 9)) for _ in xs]
    problem = ms.Problem(sum(a * v for a, v in zip(c, xs, strict=True)), [*sides, *doubled, *thirds, *joint])
    minimum = sum((Fraction(a) * Fraction(b) for a, b in zip(c, low, strict=True)), Fraction(0))
    return Planted("box", problem, [np.array(low)], at_least(minimum), True)


def opposite(rng: Random) -> Planted:
    """An equation written as two inequalities in other units, or twice as itself."""
    x, y = names(2)
    a, b, c = float(positive(rng)), float(positive(rng)), float(rng.integers(1, 9))
    line = a * x + b * y - c
    factor = float(rng.integers(2, 9))
    kinds = [([line, -factor * line], []), ([], [line, -line * factor]), ([exact(line) / 3, -line], [])]
    inequalities, equalities = kinds[int(rng.integers(3))]
    t = c / (a * a + b * b)
    minimum = Fraction(c) ** 2 / (Fraction(a) ** 2 + Fraction(b) ** 2)
    problem = ms.Problem(exact(x) ** 2 + y**2, inequalities, equalities)
    return Planted("opposite", problem, [np.array([a * t, b * t])], at_least(minimum), True)


def thin(rng: Random) -> Planted:
    """0 <= y - x^2 <= 1e-6 to 1e-14, and x >= a."""
    x, y = map(exact, names(2))
    a, width = positive(rng), Fraction(1, 10 ** int(rng.integers(6, 15)))
    problem = ms.Problem(y, [y - x**2, x**2 + width - y, x - a])
    return Planted("thin", problem, [np.array([float(a), float(a * a)])], at_least(a * a), True)


def empty_by_little(rng: Random) -> Planted:
    """Sets that are empty by a margin of 1e-9 to 1e-15."""
    x, y = map(exact, names(2))
    a, margin = binary(rng), Fraction(1, 10 ** int(rng.integers(9, 16)))
    circle = (x - a) ** 2 + y**2 - 1
    kinds = [
        ([-((x - a) ** 2) - y**2 - margin], []),
        ([x - a, a - margin - x], []),
        ([-(circle**2) - margin**2], []),
        ([], [circle, x - a - 1 - margin]),
        ([-circle], [y - 1 - margin]),
        ([], [x + y - a, 2 * x + 2 * y - 2 * a - margin]),
        ([y - (x - a) ** 2, -y - margin], []),
        ([], [(x - a) ** 2 + (x * y - 1) ** 2 + margin]),
        ([], [x * y - 1, y - a, (x * y - 1) * (x + 3) + margin]),
    ]
    inequalities, equalities = kinds[int(rng.integers(len(kinds)))]
    near = [np.array([float(a), 0.0]), np.array([float(a) + 1.0, 0.0]), np.array([float(a), 1.0])]
    if a:
        near += [np.array([float(1 / a), float(a)]), np.array([float(a), float(1 / a)])]
    return Planted("empty by little", ms.Problem(x + y, inequalities, equalities), near, nothing, False)


def fractions(rng: Random) -> Planted:
    """A parabola far out whose coefficients no floats hold."""
    (x,) = map(exact, names(1))
    far, part = Fraction(10) ** int(rng.integers(3, 9)), Fraction(1, int(rng.integers(3, 30)))
    p = (x - far + part) ** 2 - part / 10
    return Planted("fractions", ms.Problem(p), [np.array([float(far - part)])], at_least(-part / 10), True)


def large_constant(rng: Random) -> Planted:
    x, y = map(exact, names(2))
    constant = Fraction(10) ** int(rng.integers(6, 14))
    p = constant + (y - x**2) ** 2 + Fraction(1, 10**8) * (x - 1) ** 2
    return Planted("large constant", ms.Problem(p), [np.array([1.0, 1.0])], at_least(constant), True)


def high_degree(rng: Random) -> Planted:
    """x^d + y^d <= 1 with d up to 40: corners that are nearly square."""
    x, y = names(2)
    d = 2 * int(rng.integers(5, 21))
    problem = ms.Problem(x, [1 - x**d - y**d])
    return Planted("high degree", problem, [np.array([-1.0, 0.0])], at_least(Fraction(-1)), True)


def dependent(rng: Random) -> Planted:
    """Equalities one of which follows from the others, but is no multiple of one of them."""
    x, y, z = map(exact, names(3))
    r, a = positive(rng), binary(rng)
    first, second = x**2 + y**2 - r, z - a
    third = first * (x + 3) + second if rng.random() < 0.5 else first + 2 * second
    best = -np.sqrt(float(r))
    problem = ms.Problem(x, [], [first, second, third])
    return Planted("dependent", problem, [np.array([best, 0.0, float(a)])], at_least_root(r), True)


def corner(rng: Random) -> Planted:
    """Many constraints that meet in one point, curved inwards, and an objective in the cone of their normals."""
    n = int(rng.integers(1, 6))
    xs = [exact(v) for v in names(n)]
    at = [binary(rng) for _ in xs]
    moved = [v - a for v, a in zip(xs, at, strict=True)]
    square = sum(v**2 for v in moved)
    walls, objective = [], binary(rng) + 0 * xs[0]
    for _ in range(n + int(rng.integers(0, 3))):
        normal = [Fraction(int(rng.integers(-9, 10))) for _ in xs]
        normal[int(rng.integers(n))] += 10
        form = sum(a * v for a, v in zip(normal, moved, strict=True))
        walls.append(form - Fraction(int(rng.integers(0, 4)), 4) * square)
        objective = objective + positive(rng) * form
    minimum = Fraction(value_at_planted(objective, at))
    equalities = [walls.pop()] if rng.random() < 0.3 and len(walls) > 1 else []
    problem = ms.Problem(objective + positive(rng) * square, walls, equalities)
    return Planted("corner", problem, [np.array(at, dtype=float)], at_least(minimum), True)


def crossing(rng: Random) -> Planted:
    """Random surfaces through a point, which is the nearest to itself, with other constraints that hold there."""
    n = int(rng.integers(2, 7))
    xs = [exact(v) for v in names(n)]
    at = [binary(rng, -24, 24) for _ in xs]

    def through() -> ms.Polynomial:
        p = sum(
            Fraction(int(rng.integers(-9, 10))) * xs[int(rng.integers(n))] * xs[int(rng.integers(n))] ** int(k)
            for k in rng.integers(0, 3, size=4)
        )
        p = p + sum(Fraction(int(rng.integers(1, 9))) * v for v in xs)
        return p - value_at_planted(p, at)

    surfaces = [through() for _ in range(int(rng.integers(1, n)))]
    sides = [through() + int(rng.integers(0, 2)) for _ in range(int(rng.integers(0, 3)))]
    distance = sum((v - a) ** 2 for v, a in zip(xs, at, strict=True))
    problem = ms.Problem(distance, [s for s in sides if s.degree], surfaces)
    return Planted("crossing", problem, [np.array(at, dtype=float)], at_least(Fraction(0)), True)


def value_at_planted(p: ms.Polynomial, at: list[Fraction]) -> Fraction:
    value = p.substitute(dict(zip(p.variables[: len(at)], at, strict=True)))
    return Fraction(value.coefficients[0]) if value else Fraction(0)


def in_other_units(planted: Planted, rng: Random) -> Planted:
    """The same problem for variables in units between 1e-6 and 1e6, from another origin, in fractions."""
    variables = planted.problem.variables
    xs = [exact(v) for v in ms.variables(*variables)]
    unit = [power_of_ten(rng, 6) * Fraction(int(rng.integers(1, 9)), 7) for _ in xs]
    shift = [Fraction(int(rng.integers(-1000, 1000)), 9) for _ in xs]
    change = {name: u * x + s for name, u, x, s in zip(variables, unit, xs, shift, strict=True)}

    def changed(p: ms.Polynomial) -> ms.Polynomial:
        return exact(p).substitute(change).over(variables)

    old = planted.problem
    problem = ms.Problem(
        changed(old.minimize), [changed(g) for g in old.inequalities], [changed(h) for h in old.equalities], variables
    )
    points = [
        np.array([float((Fraction(x) - s) / u) for x, u, s in zip(point.tolist(), unit, shift, strict=True)])
        for point in planted.minimizers
    ]
    return Planted(f"{planted.kind} in other units", problem, points, planted.impossible, planted.regular)


KINDS = [
    corner,
    crossing,
    epigraph,
    hyperbola,
    empty_hyperbola,
    cusp,
    tangency,
    single_point,
    squared_circle,
    sphere,
    box,
    opposite,
    thin,
    empty_by_little,
    fractions,
    large_constant,
    high_degree,
    dependent,
]


def hostile_points(planted: Planted, rng: Random) -> list[np.ndarray]:
    """Points that look feasible, or far out, or like nothing."""
    n = planted.problem.n_variables
    bases = planted.minimizers or [np.zeros(n)]
    found = []
    for base in bases:
        size = np.maximum(np.abs(base), float(rng.choice([1.0, 1e-3])))
        for exponent in (-16, -13, -11, -9, -8.1, -7, -5, -3, -1):
            found.append(base + 10.0**exponent * size * rng.normal(size=n))
            only = np.zeros(n)
            only[rng.integers(n)] = -(10.0**exponent)
            found.append(base + only * size)
    for exponent in (3, 8, 12, 16, 22):
        found.append(10.0**exponent * rng.normal(size=n))
        far = np.zeros(n)
        far[rng.integers(n)] = float(rng.choice([-1.0, 1.0])) * 10.0**exponent
        found.append(far)
        if n == 2:
            found.append(np.array([10.0**-exponent, 10.0**exponent]) * rng.choice([-1.0, 1.0], size=2))
    return found
