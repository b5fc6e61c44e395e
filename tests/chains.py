"""Problems in any number of variables, each term of which has few of them, with their known optima.

Sources: More, Garbow and Hillstrom, ACM TOMS 7 (1981) for Broyden's tridiagonal function (problem 30); Conn, Gould and
Toint, Math. Comp. 50 (1988) for the chained singular and the chained Wood function; Nash, SIAM J. Numer. Anal. 21
(1984) for the generalised Rosenbrock function: sums of squares with a common zero. Jamil and Yang (2013) for Trid and
Styblinski-Tang. The ring of spins: neighbours in the plane point away from each other as far as an odd ring lets them,
by the angle pi - pi / n.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

import momentsos as ms
from momentsos.polynomials import Polynomial

Term = tuple[float, dict[int, int]]


def polynomial(n: int, terms: Iterable[Term]) -> Polynomial:
    """A polynomial in x0 ... x(n-1) from coefficients and the exponents that are not zero."""
    listed = list(terms)
    rows = np.zeros((len(listed), n), dtype=np.int64)
    for row, (_, exponents) in zip(rows, listed, strict=True):
        row[list(exponents)] = list(exponents.values())
    return Polynomial.from_terms(rows, [value for value, _ in listed], [f"x{i}" for i in range(n)])


def square(terms: list[Term], factor: float = 1.0) -> list[Term]:
    return [(factor * a * b, {i: p.get(i, 0) + q.get(i, 0) for i in {**p, **q}}) for a, p in terms for b, q in terms]


def rosenbrock(n: int) -> ms.Problem:
    terms = []
    for i in range(n - 1):
        terms += square([(1, {i + 1: 1}), (-1, {i: 2})], 100.0) + square([(1, {}), (-1, {i: 1})])
    return ms.Problem(polynomial(n, terms))


def broyden(n: int) -> ms.Problem:
    terms = []
    for i in range(n):
        before = [(-1, {i - 1: 1})] if i else []
        after = [(-2, {i + 1: 1})] if i < n - 1 else []
        terms += square([(3, {i: 1}), (-2, {i: 2}), (1, {}), *before, *after])
    return ms.Problem(polynomial(n, terms))


def chained_singular(n: int) -> ms.Problem:
    terms = []
    for i in range(0, n - 3, 2):
        terms += square([(1, {i: 1}), (10, {i + 1: 1})]) + square([(1, {i + 2: 1}), (-1, {i + 3: 1})], 5.0)
        terms += square(square([(1, {i + 1: 1}), (-2, {i + 2: 1})]))
        terms += square(square([(1, {i: 1}), (-1, {i + 3: 1})]), 10.0)
    return ms.Problem(polynomial(n, terms))


def chained_wood(n: int) -> ms.Problem:
    terms = []
    for i in range(0, n - 3, 2):
        terms += square([(1, {i + 1: 1}), (-1, {i: 2})], 100.0) + square([(1, {}), (-1, {i: 1})])
        terms += square([(1, {i + 3: 1}), (-1, {i + 2: 2})], 90.0) + square([(1, {}), (-1, {i + 2: 1})])
        terms += square([(1, {i + 1: 1}), (1, {i + 3: 1}), (-2, {})], 10.0)
        terms += square([(1, {i + 1: 1}), (-1, {i + 3: 1})], 0.1)
    return ms.Problem(polynomial(n, terms))


def trid(n: int) -> ms.Problem:
    """The minimum is -n (n + 4) (n - 1) / 6."""
    terms = [term for i in range(n) for term in square([(1, {i: 1}), (-1, {})])]
    return ms.Problem(polynomial(n, terms + [(-1, {i: 1, i - 1: 1}) for i in range(1, n)]))


#: The minimum of Styblinski-Tang for each variable: a root of 4 x^3 - 32 x + 5.
STYBLINSKI = -39.166165703771415


def styblinski_tang(n: int) -> ms.Problem:
    return ms.Problem(polynomial(n, [t for i in range(n) for t in ((0.5, {i: 4}), (-8, {i: 2}), (2.5, {i: 1}))]))


def ring_of_spins(n: int) -> ms.Problem:
    """Points on the unit circle, cosines and sines in turn; the minimum is -n cos(pi / n) for odd `n`."""
    terms = []
    for i in range(n):
        j = (i + 1) % n
        terms += [(1, {2 * i: 1, 2 * j: 1}), (1, {2 * i + 1: 1, 2 * j + 1: 1})]
    circles = [polynomial(2 * n, [(1, {2 * i: 2}), (1, {2 * i + 1: 2}), (-1, {})]) for i in range(n)]
    return ms.Problem(polynomial(2 * n, terms), [], circles)


def in_a_box(problem: ms.Problem, width: float) -> ms.Problem:
    n = problem.n_variables
    sides = [polynomial(n, [(width, {}), (sign, {i: 1})]) for i in range(n) for sign in (1, -1)]
    return ms.Problem(problem.minimize, sides, variables=problem.variables)
