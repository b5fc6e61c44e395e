"""Process and geometric design, and small polynomial problems with several local minima."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import momentsos as ms

from .entry import Entry, boxed, dot, unknowns

_KIND = "process and geometry"
_HS = "Hock and Schittkowski, Test Examples for Nonlinear Programming Codes (1981)"
_FP = "Floudas et al., Handbook of Test Problems in Local and Global Optimization (1999)"


def exchangers() -> ms.Problem:
    """Three heat exchangers in a row."""
    x = unknowns(8)
    rows = [1 - 0.0025 * (x[3] + x[5]), 1 - 0.0025 * (x[4] + x[6] - x[3]), 1 - 0.01 * (x[7] - x[4])]
    rows += [x[0] * x[5] - 833.33252 * x[3] - 100 * x[0] + 83333.333]
    rows += [x[1] * x[6] - 1250 * x[4] - x[1] * x[3] + 1250 * x[3]]
    rows += [x[2] * x[7] - 1250000 - x[2] * x[4] + 2500 * x[4]]
    return ms.Problem(x[0] + x[1] + x[2], [*rows, *boxed(x, [100, 1000, 1000] + [10] * 5, [10000] * 3 + [1000] * 5)])


def colville() -> ms.Problem:
    """Five variables, three quadratic forms in intervals."""
    x = unknowns(5)
    forms = [
        85.334407 + 0.0056858 * x[1] * x[4] + 0.0006262 * x[0] * x[3] - 0.0022053 * x[2] * x[4],
        80.51249 + 0.0071317 * x[1] * x[4] + 0.0029955 * x[0] * x[1] + 0.0021813 * x[2] ** 2,
        9.300961 + 0.0047026 * x[2] * x[4] + 0.0012547 * x[0] * x[2] + 0.0019085 * x[2] * x[3],
    ]
    ends = [(0, 92), (90, 110), (20, 25)]
    rows = [side for form, (a, b) in zip(forms, ends, strict=True) for side in (form - a, b - form)]
    objective = 5.3578547 * x[2] ** 2 + 0.8356891 * x[0] * x[4] + 37.293239 * x[0] - 40792.141
    return ms.Problem(objective, [*rows, *boxed(x, [78, 33, 27, 27, 27], [102, 45, 45, 45, 45])])


def outside_ellipsoid() -> ms.Problem:
    """A linear objective outside an ellipsoid."""
    x, y, z = unknowns(3)
    q = 24 - 20 * x + 9 * y - 13 * z + 4 * x**2 - 4 * x * y + 4 * x * z + 2 * y**2 - 2 * y * z + 2 * z**2
    return ms.Problem(-2 * x + y - z, [q, 4 - x - y - z, 6 - 3 * y - z, x, 2 - x, y, 2 - y, z, 3 - z])


def reactors() -> ms.Problem:
    """Two reactors in a row; square roots of their volumes are the variables."""
    a, b, c, d, s, t = ms.variables("a b c d s t")
    equalities = [0.09755988 * a * s**2 + a - 1, 0.0965842812 * b * t**2 + b - a]
    equalities += [0.0391908 * c * s**2 + c + a - 1, 0.03527172 * d * t**2 + d - a + b - c]
    return ms.Problem(-d, [4 - s - t, *boxed([a, b, c, d], 0, 1), *boxed([s, t], 0, 4)], equalities)


def hs95(right: list[float]) -> ms.Problem:
    """A dose problem: six variables, four forms with products."""
    x = unknowns(6)
    forms = [
        dot([17.1, 38.2, 204.2, 212.3, 623.4, 1495.5], x)
        - 169 * x[0] * x[2]
        - 3580 * x[2] * x[4]
        - 3810 * x[3] * x[4]
        - 18500 * x[3] * x[5]
        - 24300 * x[4] * x[5],
        dot([17.9, 36.8, 113.9, 169.7, 337.8, 1385.2], x)
        - 139 * x[0] * x[2]
        - 2450 * x[3] * x[4]
        - 16600 * x[3] * x[5]
        - 17200 * x[4] * x[5],
        dot([0, -273, 0, -70, -819, 0], x) + 26000 * x[3] * x[4],
        dot([159.9, -311, 0, 587, 391, 2198], x) - 14000 * x[0] * x[5],
    ]
    objective = dot([4.3, 31.8, 63.3, 15.8, 68.5, 4.7], x)
    most = [0.31, 0.046, 0.068, 0.042, 0.028, 0.0134]
    return ms.Problem(objective, [f - b for f, b in zip(forms, right, strict=True)] + boxed(x, 0, most))


def two_quartics() -> ms.Problem:
    """Under two quartic curves."""
    x, y = unknowns(2)
    rows = [2 * x**4 - 8 * x**3 + 8 * x**2 + 2 - y, 4 * x**4 - 32 * x**3 + 88 * x**2 - 96 * x + 36 - y]
    return ms.Problem(-x - y, [*rows, *boxed([x, y], 0, [3, 4])])


def on_quartic() -> ms.Problem:
    """On a quartic curve."""
    x, y = unknowns(2)
    return ms.Problem(-12 * x - 7 * y + y**2, boxed([x, y], 0, [2, 3]), [2 - 2 * x**4 - y])


def ring() -> ms.Problem:
    """A strip of a ring."""
    x, y = unknowns(2)
    r = x**2 + y**2
    return ms.Problem(x + y, [4 - r, r - 1, 1 - x + y, 1 + x - y, *boxed([x, y], -2, 2)])


def quartic_below_parabola() -> ms.Problem:
    """A quartic and a concave square."""
    x, y = unknowns(2)
    rows = [8 + x - y, x**2 + 2 * x - 2 - y]
    return ms.Problem(x**4 - 14 * x**2 + 24 * x - y**2, [*rows, *boxed([x, y], [-8, 0], [10, 10])])


def one_variable(coefficients: list[float], low: float, high: float) -> ms.Problem:
    """A polynomial in one variable, ascending powers."""
    (x,) = unknowns(1)
    return ms.Problem(sum((c * x**k for k, c in enumerate(coefficients)), 0 * x), [x - low, high - x])


def camel() -> ms.Problem:
    """Six humps."""
    x, y = unknowns(2)
    objective = 4 * x**2 - 2.1 * x**4 + x**6 * (1 / 3) + x * y - 4 * y**2 + 4 * y**4
    return ms.Problem(objective, boxed([x, y], [-3, -2], [3, 2]))


def wright() -> ms.Problem:
    """Five variables on three surfaces."""
    x = unknowns(5)
    objective = (x[0] - 1) ** 2 + (x[0] - x[1]) ** 2 + (x[1] - x[2]) ** 3 + (x[2] - x[3]) ** 4 + (x[3] - x[4]) ** 4
    equalities = [x[0] + x[1] ** 2 + x[2] ** 3 - 3 * sqrt(2) - 2, x[1] - x[2] ** 2 + x[3] - 2 * sqrt(2) + 2]
    return ms.Problem(objective, boxed(x, -5, 5), [*equalities, x[0] * x[4] - 2])


def hs33() -> ms.Problem:
    """Between a sphere and a cone."""
    x, y, z = unknowns(3)
    rows = [z**2 - x**2 - y**2, x**2 + y**2 + z**2 - 4, *boxed([x, y, z], 0, [None, None, 5])]
    return ms.Problem((x - 1) * (x - 2) * (x - 3) + z, rows)


def hs31() -> ms.Problem:
    """Above a hyperbola."""
    x, y, z = unknowns(3)
    return ms.Problem(9 * x**2 + y**2 + 9 * z**2, [x * y - 1, *boxed([x, y, z], [-10, 1, -10], [10, 10, 1])])


def hs71() -> ms.Problem:
    """A product of four, and a sphere."""
    x = unknowns(4)
    product = x[0] * x[1] * x[2] * x[3]
    return ms.Problem(
        x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2], [product - 25, *boxed(x, 1, 5)], [sum(v**2 for v in x) - 40]
    )


def points_in_square(n: int) -> ms.Problem:
    """The largest least squared distance of points in the unit square."""
    x, y = unknowns(n), unknowns(n, "y")
    (d,) = ms.variables(
        "d",
    )
    rows = [(x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 - d for i, j in combinations(range(n), 2)]
    order = [x[i + 1] - x[i] for i in range(n - 1)]
    return ms.Problem(maximize=d, inequalities=[*rows, *order, *boxed([*x, *y], 0, 1), d, 2 - d])


_SIXTH = [0.1, -1, -79 / 20, 71 / 10, 39 / 80, -52 / 25, 1]

ENTRIES = (
    Entry("hs106", _KIND, f"{_HS}, 106", 7049.248, exchangers),
    Entry("hs83", _KIND, f"{_HS}, 83", -30665.53867, colville),
    Entry("fp-3.4", _KIND, f"{_FP}, 3.4", -4.0, outside_ellipsoid),
    Entry("reactors", _KIND, f"{_FP}, 8.1.8", -0.38881, reactors),
    Entry("hs95", _KIND, f"{_HS}, 95", 0.0156196, lambda: hs95([4.97, -1.88, -29.08, -78.02])),
    Entry("hs96", _KIND, f"{_HS}, 96", 0.0156196, lambda: hs95([4.97, -1.88, -69.08, -118.02])),
    Entry("hs97", _KIND, f"{_HS}, 97", 3.1358091, lambda: hs95([32.97, 25.12, -29.08, -78.02])),
    Entry("hs98", _KIND, f"{_HS}, 98", 3.1358091, lambda: hs95([32.97, 25.12, -124.08, -173.02])),
    Entry("two-quartics", _KIND, f"{_FP}, 4.1.9", -5.50801327, two_quartics),
    Entry("on-quartic", _KIND, f"{_FP}, 4.1.8", -16.7388932, on_quartic),
    Entry("ring", _KIND, f"{_FP}, 4.3.2", -2 * sqrt(2), ring),
    Entry("quartic-parabola", _KIND, "Tawarmalani and Sahinidis (2002), e19", -118.704860, quartic_below_parabola),
    Entry("sixth-degree", _KIND, f"{_FP}, 4.1.1", -7.4873, lambda: one_variable(_SIXTH, -2, 11)),
    Entry("double-well", _KIND, f"{_FP}, 4.1.6", 7.0, lambda: one_variable([250, 0, 27, 0, -15, 0, 1], -5, 5)),
    Entry("quartic-line", _KIND, f"{_FP}, 4.1.7", -7.5, lambda: one_variable([0, 10, -1.5, -3, 1], -5, 5)),
    Entry("six-humps", _KIND, f"{_FP}, 8.1.5", -1.0316284535, camel),
    Entry("wright", _KIND, f"{_FP}, 8.1.7", 0.0293108307, wright),
    Entry("hs31", _KIND, f"{_HS}, 31", 6.0, hs31),
    Entry("hs33", _KIND, f"{_HS}, 33", sqrt(2) - 6, hs33),
    Entry("hs71", _KIND, f"{_HS}, 71", 17.0140173, hs71),
    Entry("points-2", _KIND, "Schaer, Canad. Math. Bull. 8 (1965)", 2.0, lambda: points_in_square(2)),
    Entry("points-3", _KIND, "Schaer, Canad. Math. Bull. 8 (1965)", 8 - 4 * sqrt(3), lambda: points_in_square(3)),
    Entry("points-4", _KIND, "Schaer, Canad. Math. Bull. 8 (1965)", 1.0, lambda: points_in_square(4)),
)
