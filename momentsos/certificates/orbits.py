"""Check that half-spaces in a certificate hold a point of each orbit of symmetries. Standard library only.

With y = x - m, an element g maps y_i to s_i y_j, j and s_i as listed, each j once and s_i = +-1. It leaves the problem
as it is when the objective is the same polynomial after it, and the inequalities and equalities are the same up to
their order and positive factors (and signs of equalities). Half-space i has to be a positive multiple of

    |x - g_i c|^2 - |x - c|^2  =  2 (c - g_i c)' x + |g_i c|^2 - |c|^2  >=  0 .

Let x be feasible. Its images under the group that the g_i generate are feasible with the same objective, and they are
finitely many. One of them is nearest to c; its distance to c is at most that of each of its images under the inverse of
g_i, which is its own distance to g_i c. So it is in all half-spaces, and a bound that holds there holds at x.
"""

import math
import time
from collections import Counter
from fractions import Fraction
from typing import Any

from .format import need, read_certificate, sense_of

Terms = dict[tuple[int, ...], Fraction]


def check_half_spaces(document: Any, seconds: float) -> None:
    """Raise `Refused` unless the half-spaces of a document of version 4 are what they have to be."""
    until = time.monotonic() + seconds
    content = read_certificate(document, until)
    problem, given = content["problem"], content["symmetry"]
    n, middles, centre = len(problem["variables"]), given["middles"], given["centre"]
    elements = given["elements"]
    last = len(problem["inequalities"]) - len(content["added"])
    first = last - len(elements)
    need(len(middles) == len(centre) == n and first >= 0, "symmetry: wrong lengths")
    need(all(_is_element(element, n) for element in elements), "symmetry: an element is no signed permutation")
    inequalities = problem["inequalities"]
    for element, half_space in zip(elements, inequalities[first:last], strict=True):
        image = [s * (centre[j] - middles[j]) + m for (j, s), m in zip(element, middles, strict=True)]
        need(_is_multiple(_terms(half_space), _half_space(centre, image)), "symmetry: another half-space was expected")
    parts = [(sense_of(document)[0], problem[sense_of(document)[0]])]
    parts += [(">=", p) for p in (*inequalities[:first], *inequalities[last:])]
    parts += [("=", p) for p in problem["equalities"]]
    moved = [(kind, _shifted(_terms(p), middles, until)) for kind, p in parts]
    known = Counter(_comparable(kind, p) for kind, p in moved)
    for element in elements:
        need(time.monotonic() < until, "the time limit was reached")
        images = Counter(_comparable(kind, _image(p, element)) for kind, p in moved)
        need(images == known, "symmetry: an element changes the problem")


def _is_element(element: Any, n: int) -> bool:
    return sorted(j for j, _ in element) == list(range(n)) and all(s in (1, -1) for _, s in element)


def _terms(polynomial: Any) -> Terms:
    """Return a polynomial of a file as a mapping; each monomial once."""
    found = {tuple(row): value for value, row in polynomial}
    need(len(found) == len(polynomial), "a monomial occurs twice")
    return {key: value for key, value in found.items() if value}


def _half_space(centre: list[Fraction], image: list[Fraction]) -> Terms:
    """Return the linear polynomial that a half-space has to be a multiple of."""
    n = len(centre)
    terms = {
        tuple(int(i == j) for j in range(n)): 2 * (c - g) for i, (c, g) in enumerate(zip(centre, image, strict=True))
    }
    terms[(0,) * n] = sum((g * g - c * c for c, g in zip(centre, image, strict=True)), Fraction(0))
    return {key: value for key, value in terms.items() if value}


def _is_multiple(p: Terms, q: Terms) -> bool:
    """Whether `p` is a positive multiple of `q`, which is not zero."""
    if not q or p.keys() != q.keys():
        return False
    key = next(iter(q))
    factor = p[key] / q[key]
    return factor > 0 and all(value == factor * q[key] for key, value in p.items())


def _shifted(p: Terms, middles: list[Fraction], until: float) -> Terms:
    """Return the polynomial in the variables `y`."""
    for i, middle in enumerate(middles):
        if not middle:
            continue
        found: Terms = {}
        for key, value in p.items():
            need(time.monotonic() < until, "the time limit was reached")
            for power in range(key[i] + 1):
                term = value * math.comb(key[i], power) * middle ** (key[i] - power)
                own = (*key[:i], power, *key[i + 1 :])
                found[own] = found.get(own, Fraction(0)) + term
        p = {key: value for key, value in found.items() if value}
    return p


def _image(p: Terms, element: Any) -> Terms:
    """Return the polynomial after `y_i` has become `s_i y_j`."""
    found: Terms = {}
    for key, value in p.items():
        own = [0] * len(key)
        for power, (j, s) in zip(key, element, strict=True):
            own[j] = power
            value = value * s**power
        found[tuple(own)] = value
    return found


def _comparable(kind: str, p: Terms) -> tuple[str, frozenset[tuple[tuple[int, ...], Fraction]]]:
    """Return what polynomials have in common that say the same."""
    scale = Fraction(1)
    if kind in (">=", "=") and p:
        scale = max(abs(value) for value in p.values())
    if kind == "=" and p and p[min(p)] < 0:
        scale = -scale
    return kind, frozenset((key, value / scale) for key, value in p.items())
