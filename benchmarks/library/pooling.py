"""Pooling, blending, and other problems with products of flows and qualities."""

from __future__ import annotations

import momentsos as ms

from .entry import Entry, boxed, unknowns

_HAVERLY = "Haverly, ACM SIGMAP Bulletin 25 (1978)"
_KIND = "pooling"


def haverly(cost: float, most: float, flows: bool = False) -> ms.Problem:
    """Two feeds into a pool, a third one beside it, two products; qualities of the pool, or shares of the feeds."""
    if flows:
        return _haverly_by_shares(cost, most)
    a, b, cx, cy, px, py, p = ms.variables("a b cx cy px py p")
    objective = 6 * a + cost * b + 10 * (cx + cy) - 9 * (px + cx) - 15 * (py + cy)
    inequalities = [2.5 * (px + cx) - p * px - 2 * cx, 1.5 * (py + cy) - p * py - 2 * cy, most - px - cx, 200 - py - cy]
    return ms.Problem(
        objective,
        [*inequalities, *boxed([a, b, cx, cy, px, py], 0, None), p - 1, 3 - p],
        [a + b - px - py, p * (px + py) - 3 * a - b],
    )


def _haverly_by_shares(cost: float, most: float) -> ms.Problem:
    q, px, py, cx, cy = ms.variables("q px py cx cy")  # the share of the first feed in the pool
    price = 6 * q + cost * (1 - q)
    objective = (price - 9) * px + (price - 15) * py + cx - 5 * cy
    quality = 1 + 2 * q
    inequalities = [2.5 * (px + cx) - quality * px - 2 * cx, 1.5 * (py + cy) - quality * py - 2 * cy]
    inequalities += [most - px - cx, 200 - py - cy, *boxed([px, py, cx, cy], 0, None), q, 1 - q]
    return ms.Problem(objective, inequalities)


def ben_tal() -> ms.Problem:
    """Three feeds into a pool, one beside it, in shares."""
    a, b, c, y1, y2, z1, z2 = ms.variables("a b c y1 y2 z1 z2")
    price = 6 * a + 16 * b + 15 * c
    objective = (price - 9) * y1 + (price - 15) * y2 + z1 - 5 * z2
    quality = 3 * a + b + c
    inequalities = [50 - c * (y1 + y2), 100 - y1 - z1, 200 - y2 - z2]
    inequalities += [(2.5 - quality) * y1 + 0.5 * z1, (1.5 - quality) * y2 - 0.5 * z2]
    return ms.Problem(
        objective,
        [*inequalities, *boxed([a, b, c], 0, 1), *boxed([y1, z1], 0, 100), *boxed([y2, z2], 0, 200)],
        [a + b + c - 1],
    )


def hyperbola() -> ms.Problem:
    """Below a hyperbola."""
    x, y = unknowns(2)
    return ms.Problem(-x - y, [4 - x * y, *boxed([x, y], 0, [6, 4])])


def above_hyperbola() -> ms.Problem:
    """Above a hyperbola and outside a circle."""
    x, y = unknowns(2)
    return ms.Problem(2 * x + y, [16 * x * y - 1, 4 * x**2 + 4 * y**2 - 1, *boxed([x, y], 0, 1)])


def product_plane() -> ms.Problem:
    """A product under a constraint with a product."""
    x, y = unknowns(2)
    return ms.Problem(-2 * x * y, [3 - 4 * x * y - 2 * x - 2 * y, *boxed([x, y], 0, 1)])


def hs41() -> ms.Problem:
    """A product of three in a box."""
    x = unknowns(4)
    return ms.Problem(2 - x[0] * x[1] * x[2], boxed(x, 0, [1, 1, 1, 2]), [x[0] + 2 * x[1] + 2 * x[2] - x[3]])


def hs36(most: float = 11.0) -> ms.Problem:
    """A parcel of largest volume."""
    x = unknowns(3)
    return ms.Problem(-x[0] * x[1] * x[2], [72 - x[0] - 2 * x[1] - 2 * x[2], *boxed(x, 0, [20, most, 42])])


def hs37() -> ms.Problem:
    """A parcel of largest volume with a smallest girth."""
    x = unknowns(3)
    girth = x[0] + 2 * x[1] + 2 * x[2]
    return ms.Problem(-x[0] * x[1] * x[2], [72 - girth, girth, *boxed(x, 0, 42)])


def hs29() -> ms.Problem:
    """A product of three in an ellipsoid."""
    x, y, z = unknowns(3)
    return ms.Problem(-x * y * z, [48 - x**2 - 2 * y**2 - 4 * z**2])


_HS = "Hock and Schittkowski, Test Examples for Nonlinear Programming Codes (1981)"
_NLP = "Tawarmalani and Sahinidis, Convexification and Global Optimization (2002)"

ENTRIES = (
    Entry("haverly-1", _KIND, _HAVERLY, -400.0, lambda: haverly(16, 100)),
    Entry("haverly-2", _KIND, _HAVERLY, -600.0, lambda: haverly(16, 600)),
    Entry("haverly-3", _KIND, _HAVERLY, -750.0, lambda: haverly(13, 100)),
    Entry("haverly-1-shares", _KIND, _HAVERLY, -400.0, lambda: haverly(16, 100, True)),
    Entry("haverly-2-shares", _KIND, _HAVERLY, -600.0, lambda: haverly(16, 600, True)),
    Entry("haverly-3-shares", _KIND, _HAVERLY, -750.0, lambda: haverly(13, 100, True)),
    Entry("ben-tal-4", _KIND, "Ben-Tal, Eiger and Gershovitz, Math. Program. 63 (1994)", -450.0, ben_tal),
    Entry("below-hyperbola", _KIND, f"{_NLP}, e01", -20 / 3, hyperbola),
    Entry("above-hyperbola", _KIND, f"{_NLP}, e08", 0.741781958, above_hyperbola),
    Entry("product-plane", _KIND, f"{_NLP}, e09", -0.5, product_plane),
    Entry("hs29", _KIND, f"{_HS}, 29", -16 * 2**0.5, hs29),
    Entry("hs36", _KIND, f"{_HS}, 36", -3300.0, hs36),
    Entry("hs37", _KIND, f"{_HS}, 37", -3456.0, hs37),
    Entry("hs41", _KIND, f"{_HS}, 41", 52 / 27, hs41),
)
