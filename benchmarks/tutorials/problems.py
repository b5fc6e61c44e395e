"""Examples that ask for the minimum of a polynomial problem."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import momentsos as ms

from .example import Example

TSSOS, JULIA, SOSTOOLS, GLOPTIPOLY = "TSSOS", "SumOfSquares.jl", "SOSTOOLS", "GloptiPoly 3"


def _quartic() -> ms.Result:
    x, y, z = ms.variables("x y z")
    return ms.solve(ms.Problem(minimize=2 + x**4 + y**4 + z**4 - 3 * x * y * z + z))


def _on_a_circle() -> ms.Result:
    x, y, z = ms.variables("x y z")
    objective = 2 + x**4 + y**4 + z**4 - 3 * x * y * z + z
    return ms.solve(ms.Problem(objective, constraints=[2 * x**2 + y**2 <= 1, ms.equal(x**2 + z**2, 1)]))


def _two_cliques() -> ms.Result:
    x = ms.variables([f"x{i}" for i in range(7)])
    triples = [(0, 1, 2), (1, 2, 3), (3, 4, 5), (4, 5, 6), (3, 5, 6)]
    objective = sum((x[i] * x[j] * x[k] for i, j, k in triples), sum(each**4 for each in x) + x[0] - x[6])
    balls = [sum(each**2 for each in x[:4]) <= 1, sum(each**2 for each in x[3:]) <= 1]
    return ms.solve(ms.Problem(objective, constraints=balls), method="sparse")


def _signs() -> ms.Result:
    rng = np.random.default_rng(4)
    s, weights = ms.variables([f"s{i}" for i in range(10)]), rng.integers(-5, 6, (10, 10))
    objective = sum(float(weights[i, j]) * s[i] * s[j] for i in range(10) for j in range(i))
    return ms.solve(ms.Problem(objective, domains={f"s{i}": "sign" for i in range(10)}))


def _ratios() -> ms.Result:
    x, y = ms.variables("x y")
    objective = ms.ratio(x**2 - x * y, 1 + x**2 + 2 * y**2) + ms.ratio(y**2 + x, 2 + x**2 + y**2)
    return ms.solve(ms.Problem(objective, constraints=[x**2 + y**2 <= 1]))


def _matrix() -> ms.Result:
    x, y, t = ms.variables("x y t")
    entries = [[x**2 - t, x * y], [x * y, y - t]]
    region = [[1 - x**2, y], [y, 2 - y**2]]
    return ms.solve(ms.Problem(maximize=t, constraints=[t >= -5, t <= 5], matrix_inequalities=[entries, region]))


def _complex() -> ms.Result:
    """With z = a + ib and w = c + id: the least 2 - |z|^2 + Re(z conj(w)^2) for |z|^2 + |w|^2 = 2, Re(w) >= 0."""
    a, b, c, d = ms.variables("a b c d")
    cross = a * (c**2 - d**2) + 2 * b * c * d
    sphere = ms.equal(a**2 + b**2 + c**2 + d**2, 2)
    return ms.solve(ms.Problem(2 - a**2 - b**2 + cross, constraints=[sphere, c >= 0, ms.equal(d, 0)]))


def _on_a_polyhedron() -> ms.Result:
    x, y = ms.variables("x y")
    objective = x**3 + y**3 - 2 * x**2 - 2 * y**2 + 4 * x * y
    return ms.solve(ms.Problem(objective, constraints=[x >= 0, y >= 0, x + y >= 2]))


def _goldstein_price() -> ms.Result:
    x, y = ms.variables("x y")
    one = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    two = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return ms.solve(ms.Problem(one * two))


def _cut() -> ms.Result:
    s = ms.variables([f"s{i}" for i in range(7)])
    cut = sum(Fraction(1, 2) * (1 - s[i] * s[(i + 1) % 7]) for i in range(7))
    return ms.solve(ms.Problem(maximize=cut, domains={f"s{i}": "sign" for i in range(7)}))


def _camel() -> ms.Result:
    x, y = ms.variables("x y")
    return ms.solve(
        ms.Problem(4 * x**2 - 2.1 * x**4 + Fraction(1, 3) * x**6 + x * y - 4 * y**2 + 4 * y**4),
    )


def _quadratics() -> ms.Result:
    x, y, z = ms.variables("x y z")
    outside = 2 * (x - 1) ** 2 + 2 * (y - 1) ** 2 + 2 * z**2 >= 3
    bounds = {"x": (0, 2), "y": (0, 2), "z": (0, 1)}
    return ms.solve(ms.Problem(-x - 2 * y + z, constraints=[outside, x + y + z <= 3], bounds=bounds))


def _binaries() -> ms.Result:
    b = ms.variables("b1 b2 b3 b4")
    value = 3 * b[0] + 4 * b[1] + 2 * b[2] + 5 * b[3] - 3 * b[1] * b[3] - b[0] * b[2]
    fits = 2 * b[0] + 3 * b[1] + b[2] + 4 * b[3] <= 6
    return ms.solve(
        ms.Problem(maximize=value, constraints=[fits], domains=dict.fromkeys(["b1", "b2", "b3", "b4"], "binary"))
    )


def _rational() -> ms.Result:
    (x,) = ms.variables("x")
    return ms.solve(ms.Problem(ms.ratio(x**2 - 2 * x, x**2 + 1)))


PROBLEMS = (
    Example(TSSOS, "readme: no constraints", "least value of a quartic in three variables", _quartic),
    Example(TSSOS, "readme: constraints", "the same in an elliptic cylinder, on a circle", _on_a_circle),
    Example(TSSOS, "correlative sparsity", "a quartic in seven variables, two balls that share one", _two_cliques),
    Example(TSSOS, "binary variables", "a quadratic form in ten signs", _signs, known=-62.0),
    Example(TSSOS, "sum of ratios", "two ratios on the unit disc", _ratios),
    Example(TSSOS, "matrices", "least eigenvalue of a polynomial matrix where another is semidefinite", _matrix),
    Example(TSSOS, "complex variables", "two complex variables on a sphere, in real and imaginary parts", _complex),
    Example(JULIA, "polynomial optimization", "a cubic on a polyhedron, two minimisers", _on_a_polyhedron, known=0.0),
    Example(
        SOSTOOLS, "3, bound of a minimum", "Goldstein and Price's function in the plane", _goldstein_price, known=3.0
    ),
    Example(SOSTOOLS, "6, maximum cut", "largest cut of a ring of seven nodes", _cut, known=6.0),
    Example(GLOPTIPOLY, "six-hump camel", "least value in the plane", _camel, known=-1.0316284535),
    Example(GLOPTIPOLY, "quadratic problem", "a linear function outside a ball, in a polytope", _quadratics),
    Example(GLOPTIPOLY, "0-1 problem", "a quadratic knapsack of four things", _binaries, known=8.0),
    Example(GLOPTIPOLY, "rational function", "least value of a ratio on the line", _rational, known=(1 - 5**0.5) / 2),
)
