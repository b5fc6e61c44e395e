"""Complementarity, and variables that are plus or minus one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import momentsos as ms

from .entry import Entry, boxed, unknowns

_COMPLEMENTARITY, _SIGNS = "complementarity", "signs"
_SCHOLTES = "Scheel and Scholtes, Math. Oper. Res. 25 (2000); Leyffer, MacMPEC (2000)"


def murty(n: int) -> ms.Problem:
    """The linear complementarity problem on which pivoting takes exponentially many steps; its solution is unique."""
    x, w = unknowns(n), unknowns(n, "w")
    rows = [x[i] + 2 * sum(x[i + 1 :], 0 * x[0]) - 1 - w[i] for i in range(n)]
    return _complementary(sum(x), rows, x, w, 2 * n)


def kojima(sign: int) -> ms.Problem:
    """A nonlinear complementarity problem with two solutions."""
    a, b, c, d = x = unknowns(4)
    w = unknowns(4, "w")
    f = [3 * a**2 + 2 * a * b + 2 * b**2 + c + 3 * d - 6, 2 * a**2 + a + b**2 + 10 * c + 2 * d - 2]
    f += [3 * a**2 + a * b + 2 * b**2 + 2 * c + 9 * d - 9, a**2 + 3 * b**2 + 2 * c + 3 * d - 3]
    return _complementary(sign * a, [p - s for p, s in zip(f, w, strict=True)], x, w, 100)


def _complementary(
    objective: Any, equalities: list[Any], x: list[Any], w: list[Any], most: float, further: Sequence[Any] = ()
) -> ms.Problem:
    """Return a problem in which of each pair one is zero, and all are from zero to `most`."""
    products = [u * v for u, v in zip(x, w, strict=True)]
    return ms.Problem(objective, [*boxed([*x, *w], 0, most), *further], [*equalities, *products])


def corner(kind: int) -> ms.Problem:
    """Two or three variables with one vanishing product."""
    x, y, z = ms.variables("x y z")
    if kind == 1:
        return ms.Problem(x + y, [x, y], [x * y])
    if kind == 2:
        return ms.Problem(((x - 1) ** 2 + (y - 1) ** 2) * 0.5, [x, y], [x * y])
    if kind == 3:
        return ms.Problem((x - 1) ** 2 + y**2, [y, z], [z - y + x, y * z])
    return ms.Problem(x + y - z, [x, y, 4 * x - z, 4 * y - z], [x * y])


def bilevel_quadratic() -> ms.Problem:
    """A leader and a follower with a quadratic objective, by the follower's optimality conditions."""
    x, y = ms.variables("x y")
    m, s = unknowns(4, "m"), unknowns(4, "s")
    slacks = [3 * x - y - 3, 4 - x + 0.5 * y, 7 - x - y, y]
    stationary = 2 * (y - 1) - 1.5 * x + m[0] - 0.5 * m[1] + m[2] - m[3]
    equalities = [stationary, *(p - v for p, v in zip(slacks, s, strict=True))]
    return _complementary((x - 5) ** 2 + (2 * y + 1) ** 2, equalities, m, s, 100, [x])


def bilevel_linear() -> ms.Problem:
    """A leader and a follower with linear objectives, by the follower's optimality conditions."""
    x, y = ms.variables("x y")
    m, s = unknowns(4, "m"), unknowns(4, "s")
    slacks = [x + y - 3, 2 * x - y, 12 - 2 * x - y, 4 - 3 * x + 2 * y]
    equalities = [1 - m[0] + m[1] + m[2] - 2 * m[3], *(p - v for p, v in zip(slacks, s, strict=True))]
    return _complementary(x - 4 * y, equalities, m, s, 100, [x, y])


def autocorrelation(n: int) -> ms.Problem:
    """The sum of squared aperiodic autocorrelations of a sequence of signs."""
    s = unknowns(n, "s")
    total = sum(sum(s[i] * s[i + k] for i in range(n - k)) ** 2 for k in range(1, n))
    return ms.Problem(total, [], [v**2 - 1 for v in s])


def cut(n: int, pairs: list[tuple[int, int]]) -> ms.Problem:
    """The largest cut of a graph."""
    s = unknowns(n, "s")
    return ms.Problem(maximize=sum(0.5 - 0.5 * s[i] * s[j] for i, j in pairs), equalities=[v**2 - 1 for v in s])


def _ring(n: int, *steps: int) -> list[tuple[int, int]]:
    return sorted({(min(i, (i + s) % n), max(i, (i + s) % n)) for i in range(n) for s in steps})


_PETERSEN = _ring(5, 1) + [(i, i + 5) for i in range(5)] + [(5 + i, 5 + (i + 2) % 5) for i in range(5)]
_BERNASCONI = "Mertens, J. Phys. A 29 (1996), ground states by enumeration"
_MURTY = "Murty, Math. Program. 15 (1978)"
_KOJIMA = "Kojima and Shindo, J. Oper. Res. Soc. Japan 29 (1986)"

ENTRIES = (
    *(Entry(f"murty-{n}", _COMPLEMENTARITY, _MURTY, 1.0, lambda n=n: murty(n)) for n in (4, 6, 8)),  # type: ignore[misc]
    Entry("kojima-least", _COMPLEMENTARITY, _KOJIMA, 1.0, lambda: kojima(1)),
    Entry("kojima-most", _COMPLEMENTARITY, _KOJIMA, -(6**0.5) / 2, lambda: kojima(-1)),
    Entry("corner-1", _COMPLEMENTARITY, _SCHOLTES, 0.0, lambda: corner(1)),
    Entry("corner-2", _COMPLEMENTARITY, _SCHOLTES, 0.5, lambda: corner(2)),
    Entry("corner-3", _COMPLEMENTARITY, _SCHOLTES, 0.5, lambda: corner(3)),
    Entry("corner-4", _COMPLEMENTARITY, _SCHOLTES, 0.0, lambda: corner(4)),
    Entry("bard-quadratic", _COMPLEMENTARITY, "Bard, Math. Program. 40 (1988)", 17.0, bilevel_quadratic),
    Entry("bard-linear", _COMPLEMENTARITY, "Clark and Westerberg, Comput. Chem. Eng. 14 (1990)", -12.0, bilevel_linear),
    *(
        Entry(f"signs-{n}", _SIGNS, _BERNASCONI, value, lambda n=n: autocorrelation(n))  # type: ignore[misc]
        for n, value in ((5, 2.0), (6, 7.0), (7, 3.0), (8, 8.0))
    ),
    Entry("cut-k5", _SIGNS, "the largest cut of a complete graph: 2 against 3", 6.0, lambda: cut(5, _ring(5, 1, 2))),
    Entry("cut-ring-7", _SIGNS, "an odd ring loses one edge", 6.0, lambda: cut(7, _ring(7, 1))),
    Entry("cut-petersen", _SIGNS, "Petersen's graph: 12 of 15 edges", 12.0, lambda: cut(10, _PETERSEN)),
)
