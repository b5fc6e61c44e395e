"""Complementarity, and variables that are plus or minus one."""

from __future__ import annotations

import momentsos as ms

from .entry import Entry, boxed, unknowns

_COMPLEMENTARITY, _SIGNS = "complementarity", "signs"
_SCHOLTES = "Scheel and Scholtes, Math. Oper. Res. 25 (2000); Leyffer, MacMPEC (2000)"


def murty(n: int) -> ms.Problem:
    """The linear complementarity problem on which pivoting takes exponentially many steps; its solution is unique."""
    x = unknowns(n)
    w = [x[i] + 2 * sum(x[i + 1 :], 0 * x[0]) - 1 for i in range(n)]
    return ms.Problem(sum(x), [*w, *boxed(x, 0, None), n - sum(x)], [v * u for v, u in zip(w, x, strict=True)])


def kojima(sign: int) -> ms.Problem:
    """A nonlinear complementarity problem with two solutions."""
    a, b, c, d = x = unknowns(4)
    f = [3 * a**2 + 2 * a * b + 2 * b**2 + c + 3 * d - 6, 2 * a**2 + a + b**2 + 10 * c + 2 * d - 2]
    f += [3 * a**2 + a * b + 2 * b**2 + 2 * c + 9 * d - 9, a**2 + 3 * b**2 + 2 * c + 3 * d - 3]
    return ms.Problem(sign * a, [*f, *boxed(x, 0, 10)], [v * u for v, u in zip(x, f, strict=True)])


def corner(kind: int) -> ms.Problem:
    """Two or three variables with one vanishing product."""
    x, y, z = ms.variables("x y z")
    if kind == 1:
        return ms.Problem(x + y, [x, y], [x * y])
    if kind == 2:
        return ms.Problem(((x - 1) ** 2 + (y - 1) ** 2) * 0.5, [x, y], [x * y])
    if kind == 3:
        return ms.Problem((x - 1) ** 2 + y**2, [y, y - x], [y * (y - x)])
    return ms.Problem(x + y - z, [x, y, 4 * x - z, 4 * y - z], [x * y])


def bilevel_quadratic() -> ms.Problem:
    """A leader and a follower with a quadratic objective, by the follower's optimality conditions."""
    x, y, a, b, c, d = ms.variables("x y a b c d")
    slacks = [3 * x - y - 3, 4 - x + 0.5 * y, 7 - x - y, y]
    stationary = 2 * (y - 1) - 1.5 * x + a - 0.5 * b + c - d
    products = [m * s for m, s in zip((a, b, c, d), slacks, strict=True)]
    return ms.Problem(
        (x - 5) ** 2 + (2 * y + 1) ** 2, [*slacks, x, *boxed([a, b, c, d], 0, 100)], [stationary, *products]
    )


def bilevel_linear() -> ms.Problem:
    """A leader and a follower with linear objectives, by the follower's optimality conditions."""
    x, y, a, b, c, d = ms.variables("x y a b c d")
    slacks = [x + y - 3, 2 * x - y, 12 - 2 * x - y, 4 - 3 * x + 2 * y]
    stationary = 1 - a + b + c - 2 * d
    products = [m * s for m, s in zip((a, b, c, d), slacks, strict=True)]
    return ms.Problem(x - 4 * y, [*slacks, x, y, *boxed([a, b, c, d], 0, 100)], [stationary, *products])


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
