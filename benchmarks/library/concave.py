"""Quadratic programs that are not convex, on polytopes."""

from __future__ import annotations

import momentsos as ms

from .entry import Entry, boxed, dot, unknowns

_FP = "Floudas and Pardalos, A Collection of Test Problems for Constrained Global Optimization (1990)"
_KIND = "concave or indefinite"

_A5 = [
    [-2, -6, -1, 0, -3, -3, -2, -6, -2, -2],
    [6, -5, 8, -3, 0, 1, 3, 8, 9, -3],
    [-5, 6, 5, 3, 8, -8, 9, 2, 0, -9],
    [9, 5, 0, -9, 1, -8, 3, -9, -9, -3],
    [-8, 7, -4, -5, -9, 1, -7, -1, 3, -2],
    [-7, -5, -2, 0, -6, -6, -7, -6, 7, 7],
    [1, -3, -3, -4, -1, 0, -4, 1, 6, 0],
    [1, -2, 6, 9, 0, -7, 9, -9, -6, 4],
    [-4, 6, 7, 2, 2, 0, 6, 6, -7, 4],
    [1] * 10,
    [-1] * 10,
]
_B5 = [-4, 22, -6, -23, -12, -3, 1, 12, 15, 9, -1]
_COST = [[300, 270, 460, 800], [740, 600, 540, 380], [300, 490, 380, 760], [430, 250, 390, 600], [210, 830, 470, 680]]
_COST += [[360, 290, 400, 310]]
_BEND = [[7, 4, 6, 8], [12, 9, 14, 7], [13, 12, 8, 4], [7, 9, 16, 8], [4, 10, 21, 13], [17, 9, 8, 4]]


def knapsack() -> ms.Problem:
    """A knapsack constraint."""
    x = unknowns(5)
    objective = dot([42, 44, 45, 47, 47.5], x) - 50 * sum(v**2 for v in x)
    return ms.Problem(objective, [40 - dot([20, 12, 11, 7, 4], x), *boxed(x, 0, 1)])


def one_linear() -> ms.Problem:
    """Five concave variables and a linear one."""
    *x, y = unknowns(6)
    objective = dot([-10.5, -7.5, -3.5, -2.5, -1.5], x) - 0.5 * sum(v**2 for v in x) - 10 * y
    return ms.Problem(
        objective, [6.5 - dot([6, 3, 3, 2, 1], x), 20 - 10 * x[0] - 10 * x[2] - y, *boxed(x, 0, 1), y, 20 - y]
    )


def thirteen() -> ms.Problem:
    """Thirteen variables, four of them concave."""
    x = unknowns(13)
    a, b, c = x[9], x[10], x[11]
    objective = 5 * sum(x[:4]) - 5 * sum(v**2 for v in x[:4]) - sum(x[4:])
    rows = [10 - 2 * x[0] - 2 * x[1] - a - b, 10 - 2 * x[0] - 2 * x[2] - a - c, 10 - 2 * x[1] - 2 * x[2] - b - c]
    rows += [8 * v - w for v, w in zip(x[:3], (a, b, c), strict=True)]
    rows += [2 * x[3] + x[4] - a, 2 * x[5] + x[6] - b, 2 * x[7] + x[8] - c]
    return ms.Problem(objective, [*rows, *boxed(x, 0, [1] * 9 + [100] * 3 + [1])])


def one_concave() -> ms.Problem:
    """One concave variable among six."""
    x = unknowns(6)
    rows = [[1, 2, 8, 1, 3, 5], [-8, -4, -2, 2, 4, -1], [2, 0.5, 0.2, -3, -1, -4], [0.2, 2, 0.1, -4, 2, 2]]
    rows += [[-0.1, -0.5, 2, 5, -5, 3]]
    right = [16, -1, 24, 12, 3]
    objective = dot([6.5, -1, -2, -3, -2, -1], x) - 0.5 * x[0] ** 2
    return ms.Problem(
        objective, [b - dot(a, x) for a, b in zip(rows, right, strict=True)] + boxed(x, 0, [None, None, None, 1, 1, 2])
    )


def ten_dense() -> ms.Problem:
    """Eleven dense rows."""
    x = unknowns(10)
    objective = dot([-20, -80, -20, -50, -60, -90, 0, 10, 10, 10], x) - 5 * sum(v**2 for v in x[:7])
    return ms.Problem(objective, [b - dot(a, x) for a, b in zip(_A5, _B5, strict=True)] + boxed(x, 0, 1))


def ten_concave() -> ms.Problem:
    """Five dense rows, all variables concave."""
    x = unknowns(10)
    objective = dot([48, 42, 48, 45, 44, 41, 47, 42, 45, 46], x) - 50 * sum(v**2 for v in x)
    return ms.Problem(objective, [b - dot(a, x) for a, b in zip(_A5[:5], _B5[:5], strict=True)] + boxed(x, 0, 1))


def transport() -> ms.Problem:
    """Transport with falling marginal costs."""
    x = unknowns(24)
    objective = dot([c for row in _COST for c in row], x) - sum(
        d * v**2 for d, v in zip([d for row in _BEND for d in row], x, strict=True)
    )
    supply = [sum(x[4 * i : 4 * i + 4]) - b for i, b in enumerate([8, 24, 20, 24, 16, 12])]
    demand = [sum(x[j::4]) - b for j, b in enumerate([29, 41, 13, 21])]
    return ms.Problem(objective, boxed(x, 0, None), [*supply, *demand])


def ten_simplex() -> ms.Problem:
    """A quadratic form on a simplex."""
    x = unknowns(10)
    pairs = [(i, i + 1) for i in range(9)] + [(i, i + 2) for i in range(8)] + [(0, 8), (0, 9), (1, 9), (0, 4), (3, 6)]
    return ms.Problem(-sum(x[i] * x[j] for i, j in pairs), boxed(x, 0, None), [sum(x) - 1])


def two_squares() -> ms.Problem:
    """A concave objective with two parabolas among its constraints."""
    x = unknowns(6)
    centres = [(25, 2), (1, 2), (1, 1), (1, 4), (1, 1), (1, 4)]
    objective = -sum(w * (v - c) ** 2 for (w, c), v in zip(centres, x, strict=True))
    rows = [(x[2] - 3) ** 2 + x[3] - 4, (x[4] - 3) ** 2 + x[5] - 4, 2 - x[0] + 3 * x[1], 2 + x[0] - x[1]]
    rows += [6 - x[0] - x[1], x[0] + x[1] - 2]
    return ms.Problem(objective, [*rows, *boxed(x, [0, 0, 1, 0, 1, 0], [None, None, 5, 6, 5, 10])])


def bilinear_plane() -> ms.Problem:
    """A bilinear objective on a triangle-like set."""
    x, y = unknowns(2)
    return ms.Problem(-x + x * y - y, [3 + 6 * x - 8 * y, 3 - 3 * x + y, *boxed([x, y], 0, 5)])


def hs44() -> ms.Problem:
    """A bilinear objective with six rows."""
    x = unknowns(4)
    objective = x[0] - x[1] - x[2] - x[0] * x[2] + x[0] * x[3] + x[1] * x[2] - x[1] * x[3]
    rows = [([1, 2, 0, 0], 8), ([4, 1, 0, 0], 12), ([3, 4, 0, 0], 12), ([0, 0, 2, 1], 8), ([0, 0, 1, 2], 8)]
    rows += [([0, 0, 1, 1], 5)]
    return ms.Problem(objective, [b - dot(a, x) for a, b in rows] + boxed(x, 0, None))


def clique(n: int, pairs: list[tuple[int, int]]) -> ms.Problem:
    """The quadratic form of a graph on the simplex."""
    x = unknowns(n)
    return ms.Problem(-2 * sum(x[i] * x[j] for i, j in pairs), boxed(x, 0, None), [sum(x) - 1])


def _ring(n: int, *steps: int) -> list[tuple[int, int]]:
    return sorted({(min(i, (i + s) % n), max(i, (i + s) % n)) for i in range(n) for s in steps})


_PETERSEN = _ring(5, 1) + [(i, i + 5) for i in range(5)] + [(5 + i, 5 + (i + 2) % 5) for i in range(5)]
_MOTZKIN = "Motzkin and Straus, Canad. J. Math. 17 (1965): -(1 - 1/w), w the largest clique"

ENTRIES = (
    Entry("fp-2.1", _KIND, f"{_FP}, 2.1", -17.0, knapsack),
    Entry("fp-2.2", _KIND, f"{_FP}, 2.2", -213.0, one_linear),
    Entry("fp-2.3", _KIND, f"{_FP}, 2.3", -15.0, thirteen),
    Entry("fp-2.4", _KIND, f"{_FP}, 2.4", -11.0, one_concave),
    Entry("fp-2.5", _KIND, f"{_FP}, 2.5", -268.014631, ten_dense),
    Entry("fp-2.6", _KIND, f"{_FP}, 2.6", -39.0, ten_concave),
    Entry("fp-2.8", _KIND, f"{_FP}, 2.8", 15639.0, transport),
    Entry("fp-2.9", _KIND, f"{_FP}, 2.9", -0.375, ten_simplex),
    Entry("fp-3.3", _KIND, f"{_FP}, 3.3", -310.0, two_squares),
    Entry("al-khayyal-falk", _KIND, "Al-Khayyal and Falk, Math. Oper. Res. 8 (1983)", -13 / 12, bilinear_plane),
    Entry("hs44", _KIND, "Hock and Schittkowski (1981), 44", -15.0, hs44),
    Entry("clique-ring-5", _KIND, _MOTZKIN, -1 / 2, lambda: clique(5, _ring(5, 1))),
    Entry("clique-ring-7-12", _KIND, _MOTZKIN, -2 / 3, lambda: clique(7, _ring(7, 1, 2))),
    Entry("clique-octahedron", _KIND, _MOTZKIN, -2 / 3, lambda: clique(6, _ring(6, 1, 2))),
    Entry("clique-petersen", _KIND, _MOTZKIN, -1 / 2, lambda: clique(10, _PETERSEN)),
)
