"""Check the content of a certificate in exact integer arithmetic, with the standard library alone.

It claims: every x with g_j(x) >= 0 and h_l(x) = 0 has f(x) >= bound; for "maximize" f is minus the objective, and bound
minus its bound. With x = a + T t, T invertible, W = (c + sum l_i(t)^2)^k, the proof is a rational identity in t,

    (f - bound) W  =  sum_j  b_j' X_j b_j  prod_{i in factors_j} g_i  +  sum_l  p_l h_l,    X_j semidefinite,

b_j the monomials in the basis of block j (X_j = C' Y_j C where a `combination` C is given, Y_j being `gram`). Right is
nonnegative where the g_i are and the h_l vanish, and W >= 1 where c is 1. Where c is 0 there are no g_i and h_l:
f >= bound where W > 0, and by continuity. A polynomial is a pair (terms, d): integers over d, a monomial being one
integer with 16 bits an exponent. An upper bound is f(p), or holds among the x = p + M s, s in [-1, 1]^m, one s_l for
each h_l. No polynomial differs from one of its terms there by more than the others' sizes add up to: so g_j >= 0, and
h_l has the sign of s_l = +-1: all vanish somewhere (Poincare and Miranda).
"""

import math
import time
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from .format import need, read_certificate, sense_of

Poly = tuple[dict[int, int], int]
MAX_VARIABLES, MAX_DEGREE, MAX_BASIS, MAX_TERMS, MAX_BITS = 200, 100, 2_000, 300_000, 4_000_000
PRECISION, PRIME = 256, 2**61 - 1


def check(document: Any, seconds: float) -> tuple[Fraction, Fraction | None]:
    """Return the bound and the value at the feasible point, if there is one; a ValueError at any defect."""
    until = time.monotonic() + seconds
    content, (sense, sign) = read_certificate(document, until), sense_of(document)
    problem, n = content["problem"], len(content["problem"]["variables"])
    need(0 < n <= MAX_VARIABLES and len(set(problem["variables"])) == n, "wrong number or names of variables")
    listed = [[(sign * c, row) for c, row in problem[sense]], *problem["inequalities"], *problem["equalities"]]
    fgh = [common(monomials([row for _, row in p], n), [c for c, _ in p]) for p in listed]
    split = 1 + len(problem["inequalities"])
    shift, T = content["change"]["shift"], content["change"]["matrix"]
    bound, point, basis = sign * content["bound"], content["point"], [0, *(1 << 16 * j for j in range(n))]
    need({len(shift), len(T), *map(len, T)} == {n} and invertible(T), "the change of variables is not invertible")
    FGH = substituted(fgh, [common(basis, [a, *row]) for a, row in zip(shift, T, strict=True)], until)
    F, G, H = FGH[0], FGH[1:split], FGH[split:]
    k, c, chosen, rows = map(content["denominator"].get, ("exponent", "constant", "variables", "forms"), (0, 1, (), ()))
    need(k < MAX_DEGREE and len(set(chosen)) == len(chosen) and max([0, *chosen]) < n, "wrong denominator")
    forms = [common(basis[1:], row) for row in rows]
    need(c == 1 or (c == 0 and any(form for form, _ in forms) and len(fgh) == 1), "a denominator that may vanish")
    W, base = ({0: 1}, 1), total([({0: c} | {2 << 16 * i: 1 for i in chosen}, 1), *(times(q, q, until) for q in forms)])
    for _ in range(k):
        W = times(W, base, until)
    parts = [times(F, W, until), times(common([0], [-bound]), W, until)]
    for place, block in enumerate(content["blocks"]):
        part, factors = gram(block, n, f"block {place}", until), block["factors"]
        need(len(factors) <= 4 and all(j < len(G) for j in factors), f"block {place}: wrong factors")
        for j in factors:
            part = times(part, G[j], until)
        parts.append((part[0], -part[1]))
    for multiplier in content["multipliers"]:
        need(multiplier["equality"] < len(H), "a multiplier of an equality that does not exist")
        part = common(monomials(multiplier["basis"], n), multiplier["coefficients"])
        terms, d = times(part, H[multiplier["equality"]], until)
        parts.append((terms, -d))
    need(not any(total(parts)[0].values()), "the two sides of the identity differ")
    need(len(point) == n or not point + content["directions"], "the point has a wrong length")
    return sign * bound, sign * value_near(point, content["directions"], fgh, split, until) if point else None


def value_near(p: list[Fraction], M: list[list[Fraction]], fgh: list[Poly], split: int, until: float) -> Fraction:
    """Return what the objective is at most at p, or at a point p + M s, after the proof that one is feasible."""
    keys = [0, *(1 << 16 * j for j in range(len(fgh) - split))]
    need(not M or [len(row) for row in M] == [len(keys) - 1] * len(p), "the directions have a wrong shape")
    rows = zip(p, M or [[] for _ in p], strict=True)
    (f, d), *at = substituted(fgh, [common(keys[: 1 + len(row)], [c, *row]) for c, row in rows], until)
    for (q, _), key in zip(at, [0] * (split - 1) + keys[1:], strict=True):
        need(2 * q.get(key, 0) >= sum(map(abs, q.values())), "the point is not feasible")
    return Fraction(f.get(0, 0) - abs(f.get(0, 0)) + sum(map(abs, f.values())), d)


def gram(block: Any, n: int, where: str, until: float) -> Poly:
    """Return b' X b after the proof that X is positive semidefinite."""
    basis, C, lower = monomials(block["basis"], n), block["combination"], block["gram"]
    size = len(C or basis)
    need(0 < size <= len(basis) <= MAX_BASIS, f"{where}: size of basis or combination")
    need([len(row) for row in lower] == [*range(1, size + 1)], f"{where}: shape of Gram matrix")
    d = lcm(y.denominator for row in lower for y in row)
    Y = [[lower[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]
    X = [[y.numerator * (d // y.denominator) for y in row] for row in Y]
    need(semidefinite(X, until), f"{where}: the Gram matrix is not positive definite to {PRECISION} bits")
    if C:
        e = lcm(c.denominator for row in C for c in row)
        columns, d = [[int(c * e) for c in column] for column in zip(*C, strict=True)], d * e * e
        half = [[dot(row, column) for row in X] for column in columns if in_time(until)]
        X = [[dot(row, column) for column in columns] for row in half if in_time(until)]
    terms: dict[int, int] = {}
    for b, row in zip(basis, X, strict=True):
        for c, value in zip(basis, row, strict=True):
            terms[b + c] = terms.get(b + c, 0) + value
    return terms, d


def semidefinite(X: list[list[int]], until: float) -> bool:
    """Whether the symmetric integer matrix X is shown to be positive semidefinite.

    X = D (L L' + E) D exactly, D = diag(2^half), L a rounded Cholesky factor of D^-1 X D^-1 - (small) I,
    scaled by 2^p. When E is diagonally dominant with nonnegative diagonal, X is semidefinite.
    """
    p, size = PRECISION, range(len(X))
    L: list[list[int]] = [[] for _ in X]
    half = [abs(X[i][i]).bit_length() // 2 for i in size]
    for i in filter(lambda _: in_time(until), size):
        for j in range(i):
            L[i].append(((X[i][j] << 2 * p >> half[i] + half[j]) - dot(L[i], L[j])) // L[j][j])
        y = (X[i][i] << 2 * p >> 2 * half[i]) - dot(L[i], L[i]) - (len(X) ** 2 << p + 8)
        if y <= 0:
            return X == [[0]]
        L[i].append(math.isqrt(y))

    def error(i: int, j: int) -> int:  # E, multiplied by a power of two that depends on i
        return ((X[i][j] << 2 * p) - (dot(L[i], L[j]) << half[i] + half[j])) << max(half) - half[j]

    return all(error(i, i) >= sum(abs(error(i, j)) for j in size if j != i) for i in size if in_time(until))


def invertible(T: list[list[Fraction]]) -> bool:
    """Whether the determinant is shown to be nonzero: modulo a prime, after clearing denominators by rows."""
    M = [[y.numerator * (d // y.denominator) % PRIME for y in r] for r in T for d in [lcm(y.denominator for y in r)]]
    for i in range(len(M)):
        pivot = next((r for r in range(i, len(M)) if M[r][i]), i)
        M[i], M[pivot] = M[pivot], M[i]
        inverse = pow(M[i][i], -1, PRIME) if M[i][i] else 0
        for row in filter(lambda row: row[i], M[i + 1 :]):
            row[i:] = [(y - row[i] * inverse * z) % PRIME for y, z in zip(row[i:], M[i][i:], strict=True)]
    return all(M[i][i] for i in range(len(M)))


def substituted(polynomials: list[Poly], x: list[Poly], until: float) -> list[Poly]:
    """Return the polynomials p(x_1, ..., x_n)."""
    images: dict[int, Poly] = {0: ({0: 1}, 1)}

    def image(key: int) -> Poly:
        if key not in images:
            i = (key.bit_length() - 1) // 16
            images[key] = times(image(key - (1 << 16 * i)), x[i], until)
        return images[key]

    return [total([times(image(key), ({0: c}, d), until) for key, c in p.items()]) for p, d in polynomials]


def times(p: Poly, q: Poly, until: float) -> Poly:
    """Return the product."""
    terms: dict[int, int] = {}
    for k, a in p[0].items():
        need(in_time(until) and len(terms) < MAX_TERMS, f"a polynomial has more than {MAX_TERMS} terms")
        for j, b in q[0].items():
            terms[k + j] = terms.get(k + j, 0) + a * b
    return terms, p[1] * q[1]


def total(parts: list[Poly]) -> Poly:
    """Return the sum."""
    d, terms = lcm(abs(part[1]) for part in parts), dict[int, int]()
    for part in parts:
        for key, value in part[0].items():
            terms[key] = terms.get(key, 0) + value * (d // part[1])
    return terms, d


def in_time(until: float) -> bool:
    """Return True, or refuse when the time is over."""
    need(time.monotonic() < until, "the time limit was reached")
    return True


def dot(a: Iterable[int], b: Iterable[int]) -> int:
    """Return the sum of products over the shorter length."""
    return sum(map(int.__mul__, a, b))


def lcm(values: Iterable[int]) -> int:
    """Return the least common multiple, unless it is beyond all reason."""
    d = 1
    for value in set(values):
        d = math.lcm(d, value)
        need(d.bit_length() <= MAX_BITS, f"a common denominator has more than {MAX_BITS} bits")
    return d


def common(keys: list[int], values: list[Fraction]) -> Poly:
    """Return the polynomial with these monomials and coefficients, over a common denominator, without zeros."""
    d = lcm(value.denominator for value in values)
    return {k: v.numerator * (d // v.denominator) for k, v in zip(keys, values, strict=True) if v}, d


def monomials(rows: list[list[int]], n: int) -> list[int]:
    """Return exponent rows as packed integers."""
    keys = [sum(e << 16 * i for i, e in enumerate(row)) for row in rows]
    right = all(len(row) == n and sum(row) < MAX_DEGREE for row in rows)
    need(right, "an exponent row has a wrong length or degree")
    need(len(set(keys)) == len(keys) <= MAX_TERMS, "a monomial occurs twice, or there are too many")
    return keys
