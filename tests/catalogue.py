"""Classical polynomial optimisation problems with their known optima.

Two tables are offered to tests and benchmarks:

``CASES``
    Problems on which the plain dense Moment-SOS (Lasserre) hierarchy is tight at a small order.
``HARD``
    Problems on which it is not, or cannot be: infeasible, unbounded, infimum approached only at
    infinity, nonnegative polynomials that are not sums of squares, constraint descriptions that slow the
    hierarchy down.

``BY_NAME`` maps the name of every entry of either table to the entry.

Attributes of a ``Case``
------------------------
name : str
    Unique, snake_case; also the name of the function that builds the problem.
problem : callable
    Called without arguments, returns a fresh ``momentsos.Problem``.
optimum : float
    The global minimum, rounded to double precision. Closed form wherever there is one.
minimizers : tuple of tuple of float
    *All* global minimisers, each in the order of the variables of the problem; empty exactly when there are
    infinitely many (tag ``minimiser_continuum``).
order : int
    The smallest order at which the dense relaxation, with nothing added, was measured to have a bound
    within 1e-6 of the optimum, relative to ``max(1, |optimum|)`` (to the scale of the values for the
    rescaled cases). Equality constraints are multiplied there by all monomials up to degree
    ``2 * order - deg h``.
source : str
    Where the problem comes from, and where the optimum comes from when that is not the same place.
tags : frozenset of str
    ``unconstrained``; ``equalities``; ``several_minimisers``; ``minimiser_continuum``; ``compact`` or
    ``unbounded_set`` (the feasible set); ``interior`` (no equalities, feasible set full-dimensional, so
    that the moment relaxation of every order has a strictly feasible point); ``linear`` (a linear
    program); ``convex``; ``nonconvex_qp`` (quadratic data, not convex); ``binary``; ``badly_scaled``.

Attributes of a ``HardCase``
----------------------------
name, problem, source, tags
    As above.
infimum : float
    The true infimum: ``inf`` for an infeasible problem, ``-inf`` for an unbounded one.
expected : str
    What is true of the problem: ``INFEASIBLE``, ``UNBOUNDED``, ``AT_INFINITY`` (the infimum is finite
    and not attained) or ``NOT_TIGHT`` (the minimum exists, and no sum of squares of order ``order``
    certifies it: ``bound`` is smaller, or is reached as a supremum only). Whether a relaxation of low
    order can tell is said in the comment at the entry.
order : int
    The order that ``bound`` belongs to, and the order at which a test should run.
bound : float
    Value of the dense relaxation of order ``order``: ``inf`` where the moment relaxation is infeasible,
    ``-inf`` where it is unbounded. Zeros, infinities and fractions are exact, other values were measured
    in double precision and are good to about three digits.

Notes
-----
What can be relied on: every listed minimiser satisfies the constraints and attains the optimum to
within 1e-9 of the scale of the data, and seeded multistart local searches found no better point and no
further minimiser. Every ``order`` was measured with an independent implementation of the dense
relaxation, its variables rescaled to the size of the minimisers, and was not tight one order below
where that order exists. Multiplying equalities only up to degree ``2 * (order - ceil(deg h / 2))``
gives the same orders. In double precision four bounds miss 1e-6: rosenbrock_4 (1.3e-6), floudas_2_1_1
(6e-6), freudenstein_roth (1.4e-5) and goldstein_price (1.7e-5). The first and third are sums of squares
as written; the other two came within 4e-7 after moving the origin and rescaling. Numbers without a
closed form were polished with Newton's method on the optimality conditions in 40 digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import cos, inf, pi, sin, sqrt
from typing import Any

import momentsos as ms

__all__ = ["BY_NAME", "CASES", "HARD", "Case", "HardCase"]


@dataclass(frozen=True)
class Case:
    """A problem on which the dense hierarchy is tight at a small order; fields in the module docstring."""

    name: str
    problem: Callable[[], Any]
    optimum: float
    minimizers: tuple[tuple[float, ...], ...]
    order: int
    source: str
    tags: frozenset[str]


@dataclass(frozen=True)
class HardCase:
    """A problem without a tight relaxation of low order; fields in the module docstring."""

    name: str
    problem: Callable[[], Any]
    infimum: float
    expected: str
    order: int
    bound: float
    source: str
    tags: frozenset[str]


_cases: list[Case] = []
_hard: list[HardCase] = []


def _case(
    optimum: float, minimizers: Iterable[tuple[float, ...]], *, order: int, source: str, tags: str
) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register the decorated builder in ``CASES`` under its own name."""

    def register(build: Callable[[], Any]) -> Callable[[], Any]:
        points = tuple(tuple(float(value) for value in point) for point in minimizers)
        labels = set(tags.split())
        if len(points) > 1:
            labels.add("several_minimisers")
        _cases.append(Case(build.__name__, build, float(optimum), points, order, source, frozenset(labels)))
        return build

    return register


def _hard_case(
    infimum: float, expected: str, *, order: int, bound: float, source: str, tags: str
) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register the decorated builder in ``HARD`` under its own name."""

    def register(build: Callable[[], Any]) -> Callable[[], Any]:
        labels = frozenset(tags.split())
        _hard.append(HardCase(build.__name__, build, infimum, expected, order, bound, source, labels))
        return build

    return register


def _box(variables: Iterable[Any], low: float, high: float) -> list[Any]:
    """Bounds as linear inequalities, lower and upper bound in turn."""
    return [side for v in variables for side in (v - low, high - v)]


def _signs(count: int) -> list[tuple[int, ...]]:
    """All sign vectors of the given length."""
    vectors: list[tuple[int, ...]] = [()]
    for _ in range(count):
        vectors = [(*v, s) for v in vectors for s in (1, -1)]
    return vectors


_FREE = "unconstrained unbounded_set interior"
_FLOUDAS = "Floudas et al., Handbook of Test Problems in Local and Global Optimization, Kluwer 1999, "
_HS = "Hock, Schittkowski, Test Examples for Nonlinear Programming Codes, LNEMS 187, Springer 1981, "
_MGH = "More, Garbow, Hillstrom, Testing Unconstrained Optimization Software, ACM TOMS 7 (1981), "
_LASSERRE = "Lasserre, Global Optimization with Polynomials and the Problem of Moments, SIAM J. Optim. 11 (2001), "
_JAMIL = "Jamil, Yang, A Literature Survey of Benchmark Functions, Int. J. Math. Model. Numer. Optim. 4 (2013), "
_TEXTBOOK = "Textbook exercise; closed form, see comment"


# --- Unconstrained, two variables --------------------


_CAMEL = ((0.08984201310031806, -0.7126564030207396), (-0.08984201310031806, 0.7126564030207396))


def _camel(x: Any, y: Any) -> Any:
    return 4 * x**2 - 2.1 * x**4 + (1 / 3) * x**6 + x * y - 4 * y**2 + 4 * y**4


@_case(
    -1.0316284534898774,
    _CAMEL,
    order=3,
    source="Dixon, Szego, Towards Global Optimisation 2, North-Holland 1978; Henrion, Lasserre, "
    "Detecting Global Optimality and Extracting Solutions in GloptiPoly, 2005 (also the first "
    "GloptiPoly example); polished",
    tags=_FREE,
)
def six_hump_camel() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=_camel(x, y))


_HIMMELBLAU = (
    (3.0, 2.0),
    (-2.805118086952745, 3.131312518250573),
    (-3.779310253377747, -3.283185991286169),
    (3.584428340330492, -1.848126526964404),
)


def _himmelblau(x: Any, y: Any) -> Any:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


@_case(
    0.0,
    _HIMMELBLAU,
    order=2,
    source="Himmelblau, Applied Nonlinear Programming, McGraw-Hill 1972; optimum: sum of two squares "
    "with four common real zeros, polished",
    tags=_FREE,
)
def himmelblau() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=_himmelblau(x, y))


@_case(
    3.0,
    [(0.0, -1.0)],
    order=4,
    source="Goldstein, Price, On Descent from Local Minima, Math. Comp. 25 (1971)",
    tags=_FREE + " badly_scaled",
)
def goldstein_price() -> Any:
    # Coefficients of the expanded polynomial run from 1 to several 10^4.
    x, y = ms.variables("x", "y")
    first = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    second = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return ms.Problem(minimize=first * second)


@_case(0.0, [(1.0, 1.0)], order=2, source=_MGH + "problem 1 (Rosenbrock); sum of squares", tags=_FREE)
def rosenbrock_2() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=100 * (y - x**2) ** 2 + (1 - x) ** 2)


@_case(0.0, [(1.0, 3.0)], order=1, source=_JAMIL + "function Booth; sum of squares", tags=_FREE + " convex")
def booth() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2)


@_case(
    0.0,
    [(0.0, 0.0)],
    order=1,
    source=_JAMIL + "function Matyas; positive definite form",
    tags=_FREE + " convex",
)
def matyas() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=0.26 * (x**2 + y**2) - 0.48 * x * y)


@_case(0.0, [(3.0, 0.5)], order=4, source=_MGH + "problem 5 (Beale); sum of squares", tags=_FREE)
def beale() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=sum((c - x * (1 - y**i)) ** 2 for i, c in ((1, 1.5), (2, 2.25), (3, 2.625))))


@_case(0.0, [(0.0, 0.0)], order=3, source=_JAMIL + "function Camel, three hump", tags=_FREE)
def three_hump_camel() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=2 * x**2 - 1.05 * x**4 + (1 / 6) * x**6 + x * y + y**2)


# Styblinski-Tang is separable: each coordinate is the least root of 4 x^3 - 32 x + 5.
_STYBLINSKI = (-2.903534027771177, -39.166165703771415)


@_case(
    2 * _STYBLINSKI[1],
    [(_STYBLINSKI[0],) * 2],
    order=2,
    source="Styblinski, Tang, Neural Networks 3 (1990); root of a cubic",
    tags=_FREE,
)
def styblinski_tang_2() -> Any:
    xs = ms.variables("x1", "x2")
    return ms.Problem(minimize=sum(0.5 * x**4 - 8 * x**2 + 2.5 * x for x in xs))


@_case(
    0.0,
    [(1.0, sqrt(0.5)), (1.0, -sqrt(0.5))],
    order=2,
    source="Dixon, Price, Truncated Newton Method for Sparse Unconstrained Optimization, JOTA 60 (1989); closed form",
    tags=_FREE,
)
def dixon_price_2() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x - 1) ** 2 + 2 * (2 * y**2 - x) ** 2)


@_case(
    -0.003791237220468898,
    [(-0.029895985050660384, 0.0)],
    order=2,
    source="Schwefel, Evolution and Optimum Seeking, Wiley 1995 (Zettl); polished",
    tags=_FREE,
)
def zettl() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x**2 + y**2 - 2 * x) ** 2 + 0.25 * x)


@_case(0.0, [(5.0, 4.0)], order=3, source=_MGH + "problem 2 (Freudenstein, Roth)", tags=_FREE + " badly_scaled")
def freudenstein_roth() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x - 13 + ((5 - y) * y - 2) * y) ** 2 + (x - 29 + ((y + 1) * y - 14) * y) ** 2)


@_case(
    0.0,
    [(1.0, 1.0)],
    order=3,
    source="Leon, in Lavi, Vogl (eds), Recent Advances in Optimization, 1966",
    tags=_FREE,
)
def leon() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=100 * (y - x**3) ** 2 + (1 - x) ** 2)


@_case(
    2.507365345132309,
    [(-0.2428397325854809,) * 2],
    order=2,
    source=_LASSERRE + "Example 1 (which drops the constant 3); both coordinates solve 2 t^3 + 4 t + 1 = 0",
    tags=_FREE + " convex",
)
def lasserre_2001_example_1() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x**2 + 1) ** 2 + (y**2 + 1) ** 2 + (x + y + 1) ** 2)


@_case(
    -11.458063075961862,
    [(1.324717957244746,) * 2],
    order=2,
    source=_LASSERRE + "Example 2; both coordinates are the real root of t^3 = t + 1",
    tags=_FREE,
)
def lasserre_2001_example_2() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x**2 + 1) ** 2 + (y**2 + 1) ** 2 - 2 * (x + y + 1) ** 2)


@_case(0.0, _signs(2), order=2, source=_TEXTBOOK, tags=_FREE)
def four_wells() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x**2 - 1) ** 2 + (y**2 - 1) ** 2)


@_case(0.0, [], order=2, source=_TEXTBOOK, tags=_FREE + " minimiser_continuum")
def mexican_hat() -> Any:
    # Every point of the unit circle is a minimiser: no extraction by flatness is possible.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=(x**2 + y**2 - 1) ** 2)


# --- Unconstrained, three to six variables --------------------


@_case(
    0.0,
    [(1.0,) * 4],
    order=2,
    source=_MGH + "problem 1 (Rosenbrock), chained over four variables",
    tags=_FREE,
)
def rosenbrock_4() -> Any:
    x = ms.variables("x1", "x2", "x3", "x4")
    return ms.Problem(minimize=sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(3)))


@_case(
    3 * _STYBLINSKI[1],
    [(_STYBLINSKI[0],) * 3],
    order=2,
    source="Styblinski, Tang, Neural Networks 3 (1990); root of a cubic",
    tags=_FREE,
)
def styblinski_tang_3() -> Any:
    xs = ms.variables("x1", "x2", "x3")
    return ms.Problem(minimize=sum(0.5 * x**4 - 8 * x**2 + 2.5 * x for x in xs))


@_case(
    -50.0,
    [tuple(i * (7 - i) for i in range(1, 7))],
    order=1,
    source="Neumaier's Trid function, n = 6: minimum -n (n + 4) (n - 1) / 6 at x_i = i (n + 1 - i)",
    tags=_FREE + " convex",
)
def trid_6() -> Any:
    x = ms.variables("x1", "x2", "x3", "x4", "x5", "x6")
    return ms.Problem(minimize=sum((v - 1) ** 2 for v in x) - sum(x[i] * x[i - 1] for i in range(1, 6)))


@_case(0.0, [(0.0,) * 4], order=2, source=_MGH + "problem 13 (Powell singular)", tags=_FREE + " convex")
def powell_singular() -> Any:
    # The Hessian at the minimiser has rank two, so points with a tiny value may be far from it.
    a, b, c, d = ms.variables("x1", "x2", "x3", "x4")
    return ms.Problem(minimize=(a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4)


@_case(0.0, [(1.0,) * 4], order=2, source=_MGH + "problem 14 (Wood, also called Colville)", tags=_FREE)
def wood() -> Any:
    a, b, c, d = ms.variables("x1", "x2", "x3", "x4")
    valleys = 100 * (b - a**2) ** 2 + (1 - a) ** 2 + 90 * (d - c**2) ** 2 + (1 - c) ** 2
    return ms.Problem(minimize=valleys + 10 * (b + d - 2) ** 2 + 0.1 * (b - d) ** 2)


@_case(
    -8.495490826457376,
    [(1.795709202184506, -1.7827837917805841, -1.5924710208983147)],
    order=2,
    source="In the style of Parrilo, Sturmfels, Minimizing Polynomial Functions, DIMACS 60 (2003): "
    "sum of fourth powers plus lower-degree terms; coefficients chosen here, polished",
    tags=_FREE,
)
def parrilo_sturmfels_quartic_3() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    lower = -4 * x * y * z + 2 * x**2 * y - 3 * y * z + x - 2 * z
    return ms.Problem(minimize=x**4 + y**4 + z**4 + lower)


@_case(
    -1.9126439045512469,
    [(-0.749510227513993, -0.6703929043087977)],
    order=3,
    source="As parrilo_sturmfels_quartic_3, with sixth powers in two variables; polished",
    tags=_FREE,
)
def parrilo_sturmfels_sextic_2() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x**6 + y**6 - 3 * x**3 * y**2 + 2 * x**2 * y - 4 * x * y + 3 * y**4 - x + 2 * y)


# --- One variable --------------------


@_case(
    -1.0,
    [(cos(k * pi / 8),) for k in (1, 3, 5, 7)],
    order=4,
    source="Chebyshev polynomial T_8; closed form: T_8(cos t) = cos 8t",
    tags=_FREE,
)
def chebyshev_8() -> Any:
    (x,) = ms.variables("x")
    return ms.Problem(minimize=128 * x**8 - 256 * x**6 + 160 * x**4 - 32 * x**2 + 1)


@_case(
    -7.487312364902363,
    [(-1.1912998141879903,)],
    order=3,
    source=_FLOUDAS + "GLOBALLib ex4_1_1 (Wingo); polished",
    tags="compact interior badly_scaled",
)
def floudas_4_1_1() -> Any:
    (x,) = ms.variables("x")
    terms = x**6 - (52 / 25) * x**5 + (39 / 80) * x**4 + 7.1 * x**3 - (79 / 20) * x**2 - x + 0.1
    return ms.Problem(minimize=terms, inequalities=_box([x], -2, 11))


@_case(
    -443.6717047411244,
    [(6.325654093354385,)],
    order=3,
    source=_FLOUDAS + "GLOBALLib ex4_1_3; polished",
    tags="compact interior badly_scaled",
)
def floudas_4_1_3() -> Any:
    # One coefficient is 9e-5, the minimum is -4e2.
    (x,) = ms.variables("x")
    terms = 0.000089248 * x - 0.0218343 * x**2 + 0.998266 * x**3 - 1.6995 * x**4 + 0.2 * x**5
    return ms.Problem(minimize=terms, inequalities=_box([x], 0, 10))


@_case(
    0.0,
    [(0.0,), (2.0,)],
    order=2,
    source=_FLOUDAS + "GLOBALLib ex4_1_4; x^2 (x - 2)^2",
    tags="compact interior",
)
def floudas_4_1_4() -> Any:
    (x,) = ms.variables("x")
    return ms.Problem(minimize=4 * x**2 - 4 * x**3 + x**4, inequalities=_box([x], -5, 5))


@_case(
    7.0,
    [(3.0,), (-3.0,)],
    order=3,
    source=_FLOUDAS + "GLOBALLib ex4_1_6",
    tags="compact interior badly_scaled",
)
def floudas_4_1_6() -> Any:
    (x,) = ms.variables("x")
    return ms.Problem(minimize=x**6 - 15 * x**4 + 27 * x**2 + 250, inequalities=_box([x], -5, 5))


@_case(-7.5, [(-1.0,)], order=2, source=_FLOUDAS + "GLOBALLib ex4_1_7", tags="compact interior")
def floudas_4_1_7() -> Any:
    (x,) = ms.variables("x")
    return ms.Problem(minimize=x**4 - 3 * x**3 - 1.5 * x**2 + 10 * x, inequalities=_box([x], -5, 5))


@_case(0.64, [(1.0,)], order=1, source=_TEXTBOOK, tags="unbounded_set interior nonconvex_qp")
def outside_an_interval() -> Any:
    # The nearest point to 0.2 with |x| >= 1; the feasible set has two pieces.
    (x,) = ms.variables("x")
    return ms.Problem(minimize=(x - 0.2) ** 2, inequalities=[x**2 - 1])


# --- Linear and quadratic programs --------------------


@_case(
    -36.0,
    [(2.0, 6.0)],
    order=1,
    source="Hillier, Lieberman, Introduction to Operations Research, Chapter 3 (Wyndor Glass)",
    tags="compact interior linear convex",
)
def linear_program() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=-3 * x - 5 * y, inequalities=[x, y, 4 - x, 12 - 2 * y, 18 - 3 * x - 2 * y])


@_case(1 / 9, [(4 / 3, 7 / 9, 4 / 9)], order=1, source=_HS + "problem 35 (Beale)", tags="compact interior convex")
def hock_schittkowski_35() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    convex = 9 - 8 * x - 6 * y - 4 * z + 2 * x**2 + 2 * y**2 + z**2 + 2 * x * y + 2 * x * z
    return ms.Problem(minimize=convex, inequalities=[x, y, z, 3 - x - y - 2 * z])


@_case(
    -103 / 22,
    [(3 / 11, 23 / 11, 0.0, 6 / 11)],
    order=1,
    source=_HS + "problem 76",
    tags="compact interior convex",
)
def hock_schittkowski_76() -> Any:
    a, b, c, d = x = ms.variables("x1", "x2", "x3", "x4")
    convex = a**2 + 0.5 * b**2 + c**2 + 0.5 * d**2 - a * c + c * d - a - 3 * b + c - d
    rows = [5 - a - 2 * b - c - d, 4 - 3 * a - b - 2 * c + d, b + 4 * c - 1.5]
    return ms.Problem(minimize=convex, inequalities=rows + list(x))


_ROSEN_SUZUKI = ((0.0, 1.0, 2.0, -1.0),)


def _rosen_suzuki() -> tuple[Any, list[Any]]:
    a, b, c, d = ms.variables("x1", "x2", "x3", "x4")
    value = a**2 + b**2 + 2 * c**2 + d**2 - 5 * a - 5 * b - 21 * c + 7 * d
    rows = [
        8 - a**2 - b**2 - c**2 - d**2 - a + b - c + d,
        10 - a**2 - 2 * b**2 - c**2 - 2 * d**2 + a + d,
        5 - 2 * a**2 - b**2 - c**2 - 2 * a + b + d,
    ]
    return value, rows


@_case(-44.0, _ROSEN_SUZUKI, order=1, source=_HS + "problem 43 (Rosen, Suzuki)", tags="compact interior convex")
def rosen_suzuki() -> Any:
    value, rows = _rosen_suzuki()
    return ms.Problem(minimize=value, inequalities=rows)


@_case(-15.0, [(0.0, 3.0, 0.0, 4.0)], order=2, source=_HS + "problem 44", tags="compact interior nonconvex_qp")
def hock_schittkowski_44() -> Any:
    a, b, c, d = x = ms.variables("x1", "x2", "x3", "x4")
    rows = [8 - a - 2 * b, 12 - 4 * a - b, 12 - 3 * a - 4 * b, 8 - 2 * c - d, 8 - c - 2 * d, 5 - c - d]
    return ms.Problem(minimize=a - b - c - a * c + a * d + b * c - b * d, inequalities=rows + list(x))


@_case(
    -17.0,
    [(1.0, 1.0, 0.0, 1.0, 0.0)],
    order=3,
    source=_FLOUDAS + "GLOBALLib ex2_1_1",
    tags="compact interior nonconvex_qp",
)
def floudas_2_1_1() -> Any:
    x = ms.variables("x1", "x2", "x3", "x4", "x5")
    value = sum(c * v - 50 * v**2 for c, v in zip((42, 44, 45, 47, 47.5), x, strict=True))
    budget = 40 - sum(w * v for w, v in zip((20, 12, 11, 7, 4), x, strict=True))
    return ms.Problem(minimize=value, inequalities=[budget, *_box(x, 0, 1)])


@_case(
    -213.0,
    [(0.0, 1.0, 0.0, 1.0, 1.0, 20.0)],
    order=2,
    source=_FLOUDAS + "GLOBALLib ex2_1_2",
    tags="compact interior nonconvex_qp",
)
def floudas_2_1_2() -> Any:
    *x, y = ms.variables("x1", "x2", "x3", "x4", "x5", "x6")
    value = -10 * y - sum(c * v + 0.5 * v**2 for c, v in zip((10.5, 7.5, 3.5, 2.5, 1.5), x, strict=True))
    rows = [6.5 - 6 * x[0] - 3 * x[1] - 3 * x[2] - 2 * x[3] - x[4], 20 - 10 * x[0] - 10 * x[2] - y, y]
    return ms.Problem(minimize=value, inequalities=rows + _box(x, 0, 1))


@_case(
    -13 / 12,
    [(7 / 6, 1 / 2)],
    order=2,
    source="Al-Khayyal, Falk, Jointly Constrained Biconvex Programming, Math. Oper. Res. 8 (1983)",
    tags="compact interior nonconvex_qp",
)
def bilinear_program() -> Any:
    x, y = ms.variables("x", "y")
    rows = [3 + 6 * x - 8 * y, 3 - 3 * x + y, *_box([x, y], 0, 5)]
    return ms.Problem(minimize=-x + x * y - y, inequalities=rows)


@_case(
    -85.0,
    [(7.0, 3.0)],
    order=2,
    source="MINLPLib st_e22 (Tawarmalani, Sahinidis collection); optimum: the best of the vertices",
    tags="compact interior nonconvex_qp",
)
def concave_at_a_vertex() -> Any:
    x, y = ms.variables("x", "y")
    rows = [10 - x - y, 22 - x - 5 * y, 2 + 3 * x - 2 * y, x + 4 * y - 4, 4 - x + 2 * y, 8 - x, 4 - y, x, y]
    return ms.Problem(minimize=-(x**2) - 4 * y**2, inequalities=rows)


@_case(
    -2.0,
    [(1.0, 2.0), (2.0, 2.0), (2.0, 3.0)],
    order=2,
    source=_LASSERRE + "Example 5; also Henrion, Lasserre, Detecting Global Optimality ..., 2005, Section 2.3",
    tags="compact interior nonconvex_qp",
)
def lasserre_2001_example_5() -> Any:
    x, y = ms.variables("x", "y")
    squares = [(x - 1) ** 2, (x - y) ** 2, (y - 3) ** 2]
    return ms.Problem(minimize=-sum(squares), inequalities=[1 - s for s in squares])


# With H = diag(-2, 0) and g = (0, 1) the multiplier is 2, y = -1/2, and x is free up to sign: the hard case.
@_case(
    -1.25,
    [(sqrt(0.75), -0.5), (-sqrt(0.75), -0.5)],
    order=1,
    source="Trust-region subproblem in the hard case; closed form, see comment",
    tags="compact interior nonconvex_qp",
)
def trust_region_hard_case() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=-(x**2) + y, inequalities=[1 - x**2 - y**2])


@_case(
    -3.6218875301701093,
    [(-0.8862193457414969, 0.43929543463872144, -0.14708770288195436)],
    order=1,
    source="Trust-region subproblem, indefinite Hessian, data chosen here; polished",
    tags="compact interior nonconvex_qp",
)
def trust_region_3() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    value = -2 * x**2 - y**2 + z**2 + x * y - 2 * y * z + x - y + 2 * z
    return ms.Problem(minimize=value, inequalities=[1 - x**2 - y**2 - z**2])


@_case(
    6 / 11,
    [(6 / 11, 3 / 11, 2 / 11)],
    order=1,
    source=_TEXTBOOK,
    tags="compact equalities convex",
)
def quadratic_on_simplex() -> Any:
    # Lagrange: the coordinates are proportional to 1, 1/2, 1/3.
    x, y, z = ms.variables("x", "y", "z")
    return ms.Problem(minimize=x**2 + 2 * y**2 + 3 * z**2, inequalities=[x, y, z], equalities=[x + y + z - 1])


# --- Nonconvex feasible sets --------------------


@_case(0.25, [(1.0, 0.0)], order=1, source=_TEXTBOOK, tags="compact interior nonconvex_qp")
def nearest_in_annulus() -> Any:
    # The point (1/2, 0) lies in the hole of 1 <= |x|^2 <= 4.
    x, y = ms.variables("x", "y")
    r = x**2 + y**2
    return ms.Problem(minimize=(x - 0.5) ** 2 + y**2, inequalities=[r - 1, 4 - r])


@_case(
    -8.0,
    [(sqrt(2), sqrt(2)), (-sqrt(2), -sqrt(2)), (sqrt(2), -sqrt(2)), (-sqrt(2), sqrt(2))],
    order=2,
    source=_TEXTBOOK,
    tags="compact interior",
)
def quartic_on_annulus() -> Any:
    # In polar coordinates r^4 (cos 4t - 1) / 4, least at r = 2 and t an odd multiple of pi/4.
    x, y = ms.variables("x", "y")
    r = x**2 + y**2
    return ms.Problem(minimize=-2 * x**2 * y**2, inequalities=[r - 1, 4 - r])


@_case(
    (3 * sqrt(6) - sqrt(2)) / 8,
    [((sqrt(6) - sqrt(2)) / 8, (sqrt(6) + sqrt(2)) / 8)],
    order=3,
    source="MINLPLib st_e08 (Tawarmalani, Sahinidis collection); closed form: both curves are active",
    tags="compact interior nonconvex_qp",
)
def hyperbola_and_circle() -> Any:
    x, y = ms.variables("x", "y")
    rows = [16 * x * y - 1, 4 * x**2 + 4 * y**2 - 1, *_box([x, y], 0, 1)]
    return ms.Problem(minimize=2 * x + y, inequalities=rows)


@_case(
    -20 / 3,
    [(6.0, 2 / 3)],
    order=2,
    source="Ryoo, Sahinidis, Comput. Chem. Eng. 19 (1995) and MINLPLib st_e01; closed form: x = 6 and x y = 4",
    tags="compact interior nonconvex_qp",
)
def under_a_hyperbola() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=-x - y, inequalities=[4 - x * y, x, 6 - x, y, 4 - y])


@_case(
    -30665.53867178332,
    [(78.0, 33.0, 29.995256025681598, 45.0, 36.77581290578821)],
    order=2,
    source=_FLOUDAS + "GLOBALLib ex3_1_2 (Colville's third problem, also Hock, Schittkowski 83); polished",
    tags="compact interior nonconvex_qp badly_scaled",
)
def floudas_3_1_2() -> Any:
    # Variables near 1e2, coefficients from 6e-4 to 4e4.
    a, b, c, d, e = ms.variables("x1", "x2", "x3", "x4", "x5")
    value = 37.293239 * a + 0.8356891 * a * e + 5.3578547 * c**2 - 40792.141
    first = 85.334407 + 0.0056858 * b * e + 0.0006262 * a * d - 0.0022053 * c * e
    second = 80.51249 + 0.0071317 * b * e + 0.0029955 * a * b + 0.0021813 * c**2
    third = 9.300961 + 0.0047026 * c * e + 0.0012547 * a * c + 0.0019085 * c * d
    rows = [first, 92 - first, second - 90, 110 - second, third - 20, 25 - third]
    rows += [*_box([a], 78, 102), *_box([b], 33, 45), *_box([c, d, e], 27, 45)]
    return ms.Problem(minimize=value, inequalities=rows)


@_case(
    -310.0,
    [(5.0, 1.0, 5.0, 0.0, 5.0, 10.0)],
    order=2,
    source=_FLOUDAS + "GLOBALLib ex3_1_3",
    tags="compact interior nonconvex_qp",
)
def floudas_3_1_3() -> Any:
    a, b, c, d, e, f = ms.variables("x1", "x2", "x3", "x4", "x5", "x6")
    value = -25 * (a - 2) ** 2 - (b - 2) ** 2 - (c - 1) ** 2 - (d - 4) ** 2 - (e - 1) ** 2 - (f - 4) ** 2
    rows = [(c - 3) ** 2 + d - 4, (e - 3) ** 2 + f - 4, 2 - a + 3 * b, 2 + a - b, 6 - a - b, a + b - 2]
    rows += [a, b, *_box([c, e], 1, 5), *_box([d], 0, 6), *_box([f], 0, 10)]
    return ms.Problem(minimize=value, inequalities=rows)


@_case(
    -4.0,
    [(0.5, 0.0, 3.0), (2.0, 0.0, 0.0)],
    order=4,
    source=_FLOUDAS + "GLOBALLib ex3_1_4; a standard example of the GloptiPoly manual",
    tags="compact interior nonconvex_qp",
)
def floudas_3_1_4() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    cone = 24 - 20 * x + 9 * y - 13 * z + 4 * x**2 - 4 * x * y + 4 * x * z + 2 * y**2 - 2 * y * z + 2 * z**2
    rows = [cone, 4 - x - y - z, 6 - 3 * y - z, *_box([x], 0, 2), y, *_box([z], 0, 3)]
    return ms.Problem(minimize=-2 * x + y - z, inequalities=rows)


@_case(
    0.0,
    [(0.0, 0.0)],
    order=3,
    source=_FLOUDAS + "GLOBALLib ex4_1_5 (three-hump camel with x y negated, cut at the minimiser by y <= 0)",
    tags="unbounded_set interior",
)
def floudas_4_1_5() -> Any:
    x, y = ms.variables("x", "y")
    value = 2 * x**2 - 1.05 * x**4 + (1 / 6) * x**6 - x * y + y**2
    return ms.Problem(minimize=value, inequalities=[x + 5, -y])


@_case(
    -16.73889318439464,
    [(0.7175361962908341, 1.4698420822272546)],
    order=2,
    source=_FLOUDAS + "GLOBALLib ex4_1_8; polished",
    tags="compact equalities",
)
def floudas_4_1_8() -> Any:
    x, y = ms.variables("x", "y")
    rows = [*_box([x], 0, 2), *_box([y], 0, 3)]
    return ms.Problem(minimize=-12 * x - 7 * y + y**2, inequalities=rows, equalities=[2 - 2 * x**4 - y])


@_case(
    -5.508013271595274,
    [(2.3295201974776055, 3.1784930741176684)],
    order=4,
    source=_FLOUDAS + "GLOBALLib ex4_1_9; polished",
    tags="compact interior",
)
def floudas_4_1_9() -> Any:
    # The feasible set is nearly disconnected; orders 2 and 3 give -7 and -20/3.
    x, y = ms.variables("x", "y")
    upper = 2 + 2 * x**4 - 8 * x**3 + 8 * x**2 - y
    lower = 36 + 4 * x**4 - 32 * x**3 + 88 * x**2 - 96 * x - y
    return ms.Problem(minimize=-x - y, inequalities=[upper, lower, *_box([x], 0, 3), *_box([y], 0, 4)])


@_case(
    -16 * sqrt(2),
    [(a * 4, b * 2 * sqrt(2), a * b * 2) for a, b in _signs(2)],
    order=2,
    source=_HS + "problem 29; closed form (arithmetic and geometric mean)",
    tags="compact interior",
)
def hock_schittkowski_29() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    return ms.Problem(minimize=-x * y * z, inequalities=[48 - x**2 - 2 * y**2 - 4 * z**2])


# --- Nonnegative polynomials that are not sums of squares, on compact sets --------------------


def _motzkin(x: Any, y: Any) -> Any:
    return x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1


@_case(
    0.0,
    _signs(2),
    order=3,
    source="Motzkin, The Arithmetic-Geometric Inequality, 1967; the ball is added here",
    tags="compact interior",
)
def motzkin_on_ball() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=_motzkin(x, y), inequalities=[4 - x**2 - y**2])


@_case(
    -1 / 27,
    [(a / sqrt(3), b / sqrt(3)) for a, b in _signs(2)],
    order=3,
    source=_LASSERRE + "Example 3; the unit disc is added here (without it see HARD)",
    tags="compact interior",
)
def lasserre_2001_example_3_on_disc() -> Any:
    x, y = ms.variables("x", "y")
    r = x**2 + y**2
    return ms.Problem(minimize=x**2 * y**2 * (r - 1), inequalities=[1 - r])


def _sphere(variables: Iterable[Any]) -> Any:
    return sum(v**2 for v in variables) - 1


_AXES = tuple(tuple(s * (i == j) for j in range(3)) for i in range(3) for s in (1, -1))
_DIAGONALS = tuple(tuple(s / sqrt(3) for s in signs) for signs in _signs(3))
_EDGES = tuple(
    tuple(0.0 if j == i else s[j - (j > i)] / sqrt(2) for j in range(3)) for i in range(3) for s in _signs(2)
)


@_case(
    0.0,
    _DIAGONALS + _AXES[:4],
    order=4,
    source="Motzkin form on the unit sphere, cf. Nie, Certifying Convergence of Lasserre's Hierarchy via "
    "Flat Truncation, Math. Program. 142 (2013); zeros: equality in the arithmetic and geometric "
    "mean",
    tags="compact equalities",
)
def motzkin_form_on_sphere() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    form = x**4 * y**2 + x**2 * y**4 + z**6 - 3 * x**2 * y**2 * z**2
    return ms.Problem(minimize=form, equalities=[_sphere([x, y, z])])


@_case(
    0.0,
    _DIAGONALS + _EDGES,
    order=4,
    source="Robinson 1973, see Reznick, Some Concrete Aspects of Hilbert's 17th Problem, 2000; the ten "
    "zeros of the form, each with its antipode",
    tags="compact equalities",
)
def robinson_form_on_sphere() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    a, b, c = x**2, y**2, z**2
    mixed = a**2 * b + a * b**2 + a**2 * c + a * c**2 + b**2 * c + b * c**2
    return ms.Problem(minimize=a**3 + b**3 + c**3 - mixed + 3 * a * b * c, equalities=[_sphere([x, y, z])])


@_case(
    0.0,
    _DIAGONALS + _AXES,
    order=4,
    source="Choi, Lam, Extremal Positive Semidefinite Forms, Math. Ann. 231 (1977); the seven zeros with antipodes",
    tags="compact equalities",
)
def choi_lam_form_on_sphere() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    form = x**4 * y**2 + y**4 * z**2 + z**4 * x**2 - 3 * x**2 * y**2 * z**2
    return ms.Problem(minimize=form, equalities=[_sphere([x, y, z])])


# --- Equality constraints --------------------


@_case(-sqrt(2), [(-sqrt(0.5), -sqrt(0.5))], order=1, source=_TEXTBOOK, tags="compact equalities nonconvex_qp")
def linear_on_circle() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x + y, equalities=[_sphere([x, y])])


@_case(
    -1 / (3 * sqrt(3)),
    [p for p in _DIAGONALS if p[0] * p[1] * p[2] < 0],
    order=2,
    source=_TEXTBOOK,
    tags="compact equalities",
)
def product_on_sphere() -> Any:
    # Arithmetic and geometric mean of the squares.
    x, y, z = ms.variables("x", "y", "z")
    return ms.Problem(minimize=x * y * z, equalities=[_sphere([x, y, z])])


@_case(1 / 3, _DIAGONALS, order=2, source=_TEXTBOOK, tags="compact equalities")
def fourth_powers_on_sphere() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    return ms.Problem(minimize=x**4 + y**4 + z**4, equalities=[_sphere([x, y, z])])


@_case(
    2 - 2 * cos(pi / 5),
    [tuple(s * sqrt(0.4) * sin(i * pi / 5) for i in range(1, 5)) for s in (1, -1)],
    order=1,
    source="Least eigenvalue of the second-difference matrix tridiag(-1, 2, -1); closed form",
    tags="compact equalities nonconvex_qp",
)
def least_eigenvalue_4() -> Any:
    x = ms.variables("x1", "x2", "x3", "x4")
    form = sum(2 * v**2 for v in x) - 2 * sum(x[i] * x[i + 1] for i in range(3))
    return ms.Problem(minimize=form, equalities=[_sphere(x)])


@_case(
    -sqrt(2 / 3),
    [(-sqrt(2 / 3), 1 / sqrt(6), 1 / sqrt(6))],
    order=1,
    source=_TEXTBOOK,
    tags="compact equalities nonconvex_qp",
)
def circle_in_space() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    return ms.Problem(minimize=x, equalities=[_sphere([x, y, z]), x + y + z])


@_case(2.0, [(1.0, 1.0), (-1.0, -1.0)], order=1, source=_TEXTBOOK, tags="unbounded_set equalities nonconvex_qp")
def nearest_on_hyperbola() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x**2 + y**2, equalities=[x * y - 1])


@_case(
    2.75,
    [(sqrt(2.5), 2.5), (-sqrt(2.5), 2.5)],
    order=1,
    source=_TEXTBOOK,
    tags="unbounded_set equalities nonconvex_qp",
)
def nearest_on_parabola() -> Any:
    # With x^2 = y the squared distance to (0, 3) is y^2 - 5 y + 9.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x**2 + (y - 3) ** 2, equalities=[y - x**2])


@_case(
    -0.25,
    [(2 ** (-1 / 3), 2**-0.5, s * 2 ** (-11 / 12), s * 2**-0.25) for s in (1, -1)],
    order=3,
    source=_HS + "problem 40; closed form: on the feasible set the objective is t^2 - t with t = x1^3",
    tags="unbounded_set equalities",
)
def hock_schittkowski_40() -> Any:
    a, b, c, d = ms.variables("x1", "x2", "x3", "x4")
    return ms.Problem(minimize=-a * b * c * d, equalities=[a**3 + b**2 - 1, a**2 * d - c, d**2 - b])


@_case(
    961.7151721300522,
    [(3.51212134187472, 0.21698794151522303, 3.552171154827017)],
    order=2,
    source=_HS + "problem 63; polished",
    tags="compact equalities nonconvex_qp",
)
def hock_schittkowski_63() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    value = 1000 - x**2 - 2 * y**2 - z**2 - x * y - x * z
    equations = [8 * x + 14 * y + 7 * z - 56, x**2 + y**2 + z**2 - 25]
    return ms.Problem(minimize=value, inequalities=[x, y, z], equalities=equations)


@_case(
    17.0140172891563,
    [(1.0, 4.742999637264417, 3.821149984184874, 1.3794082931726724)],
    order=2,
    source=_HS + "problem 71; polished",
    tags="compact equalities",
)
def hock_schittkowski_71() -> Any:
    a, b, c, d = x = ms.variables("x1", "x2", "x3", "x4")
    rows = [a * b * c * d - 25, *_box(x, 1, 5)]
    return ms.Problem(minimize=a * d * (a + b + c) + c, inequalities=rows, equalities=[sum(v**2 for v in x) - 40])


@_case(
    -1 - sqrt(2),
    [(1.0, 0.0, -sqrt(2))],
    order=2,
    source="Polynomial system of Henrion, Lasserre, Detecting Global Optimality ..., 2005 "
    "(equations only); the linear objective is chosen here",
    tags="compact equalities",
)
def polynomial_system() -> Any:
    x, y, z = ms.variables("x", "y", "z")
    equations = [x**2 + y**2 - 1, x**3 + (2 + z) * x * y + y**3 - 1, z**2 - 2]
    return ms.Problem(minimize=z - x, equalities=equations)


# --- Binary variables --------------------


@_case(
    -3.0,
    [tuple(s * (-1) ** ((j - i) % 5) for j in range(5)) for i in range(5) for s in (1, -1)],
    order=2,
    source="Maximum cut of the 5-cycle, which cuts four of the five edges: 4 - 1 with the sign reversed",
    tags="compact equalities binary nonconvex_qp",
)
def max_cut_5_cycle() -> Any:
    x = ms.variables("x1", "x2", "x3", "x4", "x5")
    return ms.Problem(minimize=sum(x[i] * x[(i + 1) % 5] for i in range(5)), equalities=[v**2 - 1 for v in x])


@_case(
    -27.0,
    [(1.0, 0.0, 0.0, 1.0)],
    order=2,
    source="Knapsack with four items, data chosen here; optimum by enumeration",
    tags="compact equalities binary nonconvex_qp",
)
def knapsack_4() -> Any:
    x = ms.variables("x1", "x2", "x3", "x4")
    value = sum(c * v for c, v in zip((12, 5, 7, 15), x, strict=True))
    weight = sum(w * v for w, v in zip((4, 5, 3, 2), x, strict=True))
    return ms.Problem(minimize=-value, inequalities=[7 - weight], equalities=[v**2 - v for v in x])


@_case(
    -4.0,
    [(1.0, 1.0, 0.0, 0.0)],
    order=2,
    source="Quadratic 0-1 program, data chosen here; optimum by enumeration",
    tags="compact equalities binary nonconvex_qp",
)
def binary_quadratic_4() -> Any:
    a, b, c, d = x = ms.variables("x1", "x2", "x3", "x4")
    value = 2 * a - 3 * b + 5 * c + 2 * d - 3 * a * b + 5 * a * c - a * d - 4 * b * c + 4 * b * d + 5 * c * d
    return ms.Problem(minimize=value, equalities=[v**2 - v for v in x])


# --- The same problems in other units --------------------


@_case(
    -1.0316284534898774,
    [(1e4 * x, 1e4 * y) for x, y in _CAMEL],
    order=3,
    source="six_hump_camel with both variables in units of 1e-4, so that they are of size 1e4",
    tags=_FREE + " badly_scaled",
)
def six_hump_camel_wide() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=_camel(1e-4 * x, 1e-4 * y))


@_case(0.0, _HIMMELBLAU, order=2, source="himmelblau times 1e-5", tags=_FREE + " badly_scaled")
def himmelblau_small_values() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=1e-5 * _himmelblau(x, y))


@_case(
    -44e5,
    _ROSEN_SUZUKI,
    order=1,
    source="rosen_suzuki times 1e5",
    tags="compact interior convex badly_scaled",
)
def rosen_suzuki_large_values() -> Any:
    value, rows = _rosen_suzuki()
    return ms.Problem(minimize=1e5 * value, inequalities=rows)


@_case(
    -sqrt(2) * 1e5,
    [(-sqrt(0.5) * 1e5, -sqrt(0.5) * 1e5)],
    order=1,
    source="linear_on_circle with radius 1e5",
    tags="compact equalities nonconvex_qp badly_scaled",
)
def linear_on_large_circle() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x + y, equalities=[x**2 + y**2 - 1e10])


@_case(
    -1.25e-10,
    [(sqrt(0.75) * 1e-5, -0.5e-5), (-sqrt(0.75) * 1e-5, -0.5e-5)],
    order=1,
    source="trust_region_hard_case with radius 1e-5 (the linear term scaled to match)",
    tags="compact interior nonconvex_qp badly_scaled",
)
def trust_region_tiny_radius() -> Any:
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=-(x**2) + 1e-5 * y, inequalities=[1e-10 - x**2 - y**2])


# === Problems without a tight relaxation of low order ====================


@_hard_case(inf, "INFEASIBLE", order=1, bound=inf, source=_TEXTBOOK, tags="")
def infeasible_half_lines() -> Any:
    # The two constraints add up to -1 >= 0: refuted at order 1.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x + y**2, inequalities=[x - 1, -x])


@_hard_case(inf, "INFEASIBLE", order=1, bound=inf, source=_TEXTBOOK, tags="equalities")
def infeasible_circle_and_line() -> Any:
    # On the unit circle x + y <= sqrt 2: refuted at order 1.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x, equalities=[x**2 + y**2 - 1, x + y - 2])


@_hard_case(inf, "INFEASIBLE", order=2, bound=inf, source=_TEXTBOOK, tags="equalities binary")
def infeasible_parity() -> Any:
    # Three signs cannot add up to zero; order 1 has a feasible point, order 2 refutes.
    x = ms.variables("x1", "x2", "x3")
    return ms.Problem(minimize=x[0], equalities=[*(v**2 - 1 for v in x), sum(x)])


@_hard_case(
    inf,
    "INFEASIBLE",
    order=4,
    bound=inf,
    source="Motzkin 1967: the polynomial is nonnegative, so that it cannot be at most -1/2",
    tags="",
)
def infeasible_below_motzkin() -> Any:
    # Order 3 cannot refute this and gives the bound 8/3; order 4 can, as (1 + x^2 + y^2) times the Motzkin
    # polynomial is a sum of squares.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x**2 + y**2, inequalities=[-0.5 - _motzkin(x, y)])


@_hard_case(-inf, "UNBOUNDED", order=1, bound=-inf, source=_TEXTBOOK, tags="linear")
def unbounded_free_variable() -> Any:
    # The moment relaxation is unbounded without an improving ray (the value -t costs a second moment
    # t^2), so a conic solver finds no certificate at any order.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x, inequalities=[1 - y])


@_hard_case(-inf, "UNBOUNDED", order=2, bound=-inf, source=_TEXTBOOK, tags="unconstrained")
def unbounded_cubic() -> Any:
    # Again no improving ray.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x**3 + y**2)


@_hard_case(-inf, "UNBOUNDED", order=1, bound=-inf, source=_TEXTBOOK, tags="nonconvex_qp")
def unbounded_saddle() -> Any:
    # Along x = t, y = -t; here order 1 does have an improving ray.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x * y, inequalities=[x])


@_hard_case(
    0.0,
    "AT_INFINITY",
    order=2,
    bound=0.0,
    source="Folklore; see Marshall, Positive Polynomials and Sums of Squares, AMS 2008; along (t, 1/t), t -> 0",
    tags="unconstrained",
)
def escaping_valley() -> Any:
    # A sum of squares: the bound 0 is right at order 2, and neither a point nor a moment vector attains it.
    # Interior-point solvers stop early, at values of 1e-3 above the bound.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x**2 + (x * y - 1) ** 2)


@_hard_case(0.0, "AT_INFINITY", order=1, bound=0.0, source=_TEXTBOOK, tags="")
def hyperbola_branch() -> Any:
    # The positive branch of x y = 1 as an epigraph: x -> 0 while y -> inf.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x, inequalities=[x, y, x * y - 1])


@_hard_case(0.0, "AT_INFINITY", order=3, bound=0.0, source=_TEXTBOOK, tags="equalities")
def reciprocal_square() -> Any:
    # On the curve y = (x y)^2, with multiplier y: order 2 if that degree is allowed, else order 3.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=y, equalities=[y * x**2 - 1])


@_hard_case(
    0.0,
    "NOT_TIGHT",
    order=3,
    bound=-inf,
    source="Motzkin 1967; minimisers (+-1, +-1)",
    tags="unconstrained several_minimisers",
)
def motzkin() -> Any:
    # Nonnegative, and not a sum of squares after adding any constant: no finite bound at any order. The
    # moment relaxation is unbounded without an improving ray, and solvers may report some negative
    # number.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=_motzkin(x, y))


@_hard_case(
    -1 / 27,
    "NOT_TIGHT",
    order=3,
    bound=-inf,
    source=_LASSERRE + "Example 3; minimisers (+-1, +-1) / sqrt 3",
    tags="unconstrained several_minimisers",
)
def lasserre_2001_example_3() -> Any:
    # As for the Motzkin polynomial.
    x, y = ms.variables("x", "y")
    return ms.Problem(minimize=x**2 * y**2 * (x**2 + y**2 - 1))


@_hard_case(
    0.0,
    "NOT_TIGHT",
    order=3,
    bound=-0.9337,
    source="Robinson 1973, dehomogenised",
    tags="unconstrained several_minimisers",
)
def robinson_dehomogenised() -> Any:
    # The bound is the same at every order from 3 on, and no moment vector attains it.
    x, y = ms.variables("x", "y")
    a, b = x**2, y**2
    return ms.Problem(minimize=a**3 + b**3 + 1 - (a**2 * b + a * b**2 + a**2 + a + b**2 + b) + 3 * a * b)


@_hard_case(
    0.0,
    "NOT_TIGHT",
    order=4,
    bound=-0.00020329,
    source="Motzkin form on the unit ball, cf. Nie, Optimality Conditions and Finite Convergence of "
    "Lasserre's Hierarchy, Math. Program. 146 (2014)",
    tags="compact interior minimiser_continuum",
)
def motzkin_form_on_ball() -> Any:
    # The origin is a minimiser where the form itself, not a sum of squares, is the leading part: the bounds
    # increase to 0 and never reach it.
    x, y, z = ms.variables("x", "y", "z")
    form = x**4 * y**2 + x**2 * y**4 + z**6 - 3 * x**2 * y**2 * z**2
    return ms.Problem(minimize=form, inequalities=[1 - x**2 - y**2 - z**2])


@_hard_case(
    0.0,
    "NOT_TIGHT",
    order=4,
    bound=-1 / 8,
    source="Stengle, Complexity Estimates for the Schmudgen Positivstellensatz, J. Complexity 12 (1996)",
    tags="compact interior several_minimisers",
)
def stengle() -> Any:
    # [-1, 1] described by a cube: the bound of order k was measured as -1 / (k (k - 2)) for k = 3, ..., 6.
    (x,) = ms.variables("x")
    return ms.Problem(minimize=1 - x**2, inequalities=[(1 - x**2) ** 3])


@_hard_case(
    0.0,
    "NOT_TIGHT",
    order=3,
    bound=-0.27007,
    source="Henrion, Le Franc, Magron, Slow Convergence of the Moment-SOS Hierarchy for an Elementary "
    "Polynomial Optimization Problem, 2024 (arXiv 2403.08329); parameter 1/1000",
    tags="compact interior nonconvex_qp",
)
def slow_univariate() -> Any:
    # The feasible set is [0, 1]; the order of exactness grows with 1 / parameter, here it is 4.
    (x,) = ms.variables("x")
    return ms.Problem(minimize=x, inequalities=[1 - x**2, x + 0.999 * x**2])


@_hard_case(0.0, "NOT_TIGHT", order=1, bound=0.0, source=_TEXTBOOK, tags="compact equalities")
def double_point() -> Any:
    # x^2 = 0 has no multiplier at its only point: the relaxation has the value 0 at every order, while
    # the sums of squares reach every negative bound and never 0 itself.
    (x,) = ms.variables("x")
    return ms.Problem(minimize=x, equalities=[x**2])


CASES: tuple[Case, ...] = tuple(_cases)
HARD: tuple[HardCase, ...] = tuple(_hard)
BY_NAME: dict[str, Case | HardCase] = {**{c.name: c for c in CASES}, **{c.name: c for c in HARD}}
