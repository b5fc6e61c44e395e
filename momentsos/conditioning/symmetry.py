r"""Symmetry of a problem under permutations and reflections of its variables, and half-spaces that use it.

In variables :math:`y_i = x_i - m_i`, the :math:`m_i` being the middles of bounds, a symmetry is a signed permutation
`g` that leaves the objective as it is and permutes the constraints. For a point `c` every orbit has a point that is
nearest to `c`, and at that point

.. math::

    \|y - g c\|^2 - \|y - c\|^2 = 2\, (c - g c)^\top y \ge 0 \qquad\text{for all } g :

the minimum over these half-spaces is that over everything. Whichever symmetries are known, all these cuts together hold
at one point of each orbit, because those that they generate are a discrete group of isometries. Everything is compared
in rational numbers.

Source: Friedman, *Fundamental domains for integer programs with symmetries*, COCOA 2007, Lect. Notes Comput. Sci. 4616.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from ..machine.records import Record
from ..polynomials import Polynomial
from ..problem import Problem

#: Problems with more variables, or more terms in all, are not looked at.
_MOST_VARIABLES, _MOST_TERMS = 16, 600
#: Images of variables that are tried, and symmetries that are kept, at most.
_MOST_NODES, _MOST_ELEMENTS = 3_000, 400
#: The centre of the half-spaces is moved by this share of its size, so that it is fixed by no symmetry.
_MOVED = 0.05
#: Cuts that others imply to within this share are left out; and no more than these are used.
_IMPLIED, _MOST_CUTS = 1e-9, 60
#: So many are compared with each other, those of near images first.
_MOST_COMPARED = 160
#: Coordinates of the centre have these binary digits.
_DIGITS = 12

Exponent = tuple[int, ...]
Terms = dict[Exponent, Fraction]
#: The image of each variable: its number, and its sign.
Element = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Symmetries(Record):
    r"""Symmetries of a problem.

    Attributes
    ----------
    middles : tuple of Fraction
        The :math:`m_i`.
    elements : tuple of Element
        For each symmetry and variable `i` the pair `(j, s)`: :math:`y_i \to s\, y_j`. The identity is not among them.
    """

    middles: tuple[Fraction, ...]
    elements: tuple[Element, ...]

    def image(self, element: Element, point: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        """Return the image of a point, in the variables of the problem."""
        y = [x - m for x, m in zip(point, self.middles, strict=True)]
        return tuple(s * y[j] + m for (j, s), m in zip(element, self.middles, strict=True))


@dataclass(frozen=True, eq=False, repr=False)
class HalfSpaces(Record):
    """Half-spaces that together hold a point of each orbit of symmetries.

    Attributes
    ----------
    polynomials : tuple of Polynomial
        Linear ones, nonnegative in the half-spaces.
    middles, centre : tuple of Fraction
        Of the symmetries, and the point `c`.
    elements : tuple of Element
        The symmetry of each half-space.
    """

    polynomials: tuple[Polynomial, ...]
    middles: tuple[Fraction, ...]
    centre: tuple[Fraction, ...]
    elements: tuple[Element, ...]

    def __len__(self) -> int:
        return len(self.polynomials)


def symmetries_of(problem: Problem) -> Symmetries | None:
    """Return symmetries of a problem, as far as they are found with bounded effort; None where there are none.

    Transpositions and single reflections come first; then all signed permutations are searched.
    """
    polynomials = (problem.minimize, *problem.inequalities, *problem.equalities)
    sizes = sum(map(len, polynomials))
    if problem.matrix_inequalities or problem.ratios or problem.n_variables > _MOST_VARIABLES or sizes > _MOST_TERMS:
        return None
    middles = _middles(problem)
    stated = _Stated.of(problem, middles)
    found = dict.fromkeys((*_simple(stated), *_searched(stated)))
    return Symmetries(middles, tuple(found)) if found else None


def half_spaces(symmetries: Symmetries, problem: Problem, near: NDArray[np.float64]) -> HalfSpaces:
    """Return half-spaces that hold, all together, a point of each orbit.

    Parameters
    ----------
    symmetries : Symmetries
        Of the problem.
    problem : Problem
    near : (n,) array
        A good point: the half-spaces leave what is near to it, and not to its images.
    """
    centre = _centre(symmetries, near)
    exact: dict[tuple[Fraction, ...], tuple[Fraction, Element]] = {}
    own = sum(c * c for c in centre)
    for element in symmetries.elements:
        image = symmetries.image(element, centre)
        slope = tuple(2 * (c - g) for c, g in zip(centre, image, strict=True))
        if any(slope):
            exact[slope] = sum((g * g for g in image), Fraction(0)) - own, element
    n = problem.n_variables
    rows = np.concatenate([np.eye(n, dtype=np.int64), np.zeros((1, n), dtype=np.int64)])
    kept = _irredundant({slope: constant for slope, (constant, _) in exact.items()})
    polynomials = []
    for slope in kept:
        size = Fraction(2) ** math.frexp(max(abs(float(v)) for v in slope))[1]
        values = [v / size for v in (*slope, exact[slope][0])]
        polynomials.append(Polynomial.from_terms(rows, values, problem.variables))
    return HalfSpaces(tuple(polynomials), symmetries.middles, centre, tuple(exact[slope][1] for slope in kept))


def _irredundant(cuts: dict[tuple[Fraction, ...], Fraction]) -> list[tuple[Fraction, ...]]:
    """Return the slopes of cuts that are not implied by the others; leaving any out leaves the rest valid."""
    slopes = sorted(cuts, key=lambda slope: sum(v * v for v in slope))[:_MOST_COMPARED]
    a = np.array([[float(v) for v in slope] for slope in slopes]).reshape(len(slopes), -1)
    b = np.array([float(cuts[slope]) for slope in slopes])
    kept = list(range(len(slopes)))
    for i in range(len(slopes)):
        others = [j for j in kept if j != i]
        if not others:
            break
        answer = linprog(a[i], A_ub=-a[others], b_ub=b[others], bounds=(None, None))
        if answer.status == 0 and answer.fun + b[i] >= -_IMPLIED * np.abs(a[i]).max():
            kept = others
    return [slopes[i] for i in kept[:_MOST_CUTS]]


def _centre(symmetries: Symmetries, near: NDArray[np.float64]) -> tuple[Fraction, ...]:
    """Return a point near the given one that no symmetry fixes, in short binary fractions."""
    middles = np.array([float(m) for m in symmetries.middles])
    size = max(float(np.abs(near - middles).max(initial=0.0)), 1e-3)
    unit = 2.0 ** np.ceil(np.log2(size))
    moved = near + _MOVED * size * np.random.default_rng(0).standard_normal(len(near))
    return tuple(
        m + Fraction(round((x - float(m)) / unit * 2**_DIGITS), 2**_DIGITS) * Fraction(unit)
        for x, m in zip(moved.tolist(), symmetries.middles, strict=True)
    )


def _middles(problem: Problem) -> tuple[Fraction, ...]:
    """Return for each variable the middle of its two bounds, 0 where it has not both."""
    low: dict[int, Fraction] = {}
    high: dict[int, Fraction] = {}
    for g in problem.inequalities:
        used = np.flatnonzero(g.support.occurs)
        if g.degree == 1 and len(used) == 1:
            i = int(used[0])
            unit = [int(k == i) for k in range(problem.n_variables)]
            slope = Fraction(g.coefficient(unit))
            place = -Fraction(g.coefficient([0] * problem.n_variables)) / slope
            (low if slope > 0 else high)[i] = place
    return tuple((low[i] + high[i]) / 2 if i in low and i in high else Fraction(0) for i in range(problem.n_variables))


@dataclass(frozen=True, eq=False)
class _Stated:
    """Objective and constraints in the variables `y`, and what tells variables apart.

    Attributes
    ----------
    parts : list of (role, terms)
    known : Counter
        Of the same, in a form that can be compared.
    pairs : mapping
        For two variables (or one, twice) and their signs what the terms in these alone are, and in what polynomials
        they are. Two variables have images with the same.
    """

    n: int
    parts: list[tuple[str, Terms]]
    known: Counter[tuple[str, frozenset[tuple[Exponent, Fraction]]]]
    pairs: dict[tuple[int, int, int, int], int]

    @classmethod
    def of(cls, problem: Problem, middles: tuple[Fraction, ...]) -> _Stated:
        names = problem.variables
        moved = {
            name: Polynomial.from_terms(
                [[int(k == i) for k in range(len(names))], [0] * len(names)], [Fraction(1), m], names
            )
            for i, (name, m) in enumerate(zip(names, middles, strict=True))
        }

        def terms(p: Polynomial, role: str) -> tuple[str, Terms]:
            q = (p * Fraction(1)).substitute(moved).over(names) if any(middles) else p
            found = dict(zip(map(tuple, q.exponents.tolist()), q.exact, strict=True))
            size = max(map(abs, found.values()), default=Fraction(1)) if role != "f" else Fraction(1)
            return role, {key: value / size for key, value in found.items()}

        parts = [terms(problem.minimize, "f")]
        parts += [terms(g, "g") for g in problem.inequalities] + [terms(h, "h") for h in problem.equalities]
        known = Counter(_key(role, each) for role, each in parts)
        return cls(len(names), parts, known, _pairs(len(names), parts))

    def fits(self, element: Element) -> bool:
        """Whether a signed permutation is a symmetry."""
        return Counter(_key(role, _moved(each, element)) for role, each in self.parts) == self.known


def _key(role: str, terms: Terms) -> tuple[str, frozenset[tuple[Exponent, Fraction]]]:
    """Return a form that can be compared; equalities are the same up to their sign."""
    if role == "h" and terms and terms[min(terms)] < 0:
        terms = {key: -value for key, value in terms.items()}
    return role, frozenset(terms.items())


def _moved(terms: Terms, element: Element) -> Terms:
    """Return a polynomial after the substitution of the images."""
    found = {}
    for key, value in terms.items():
        moved, sign = [0] * len(key), 1
        for power, (j, s) in zip(key, element, strict=True):
            moved[j] = power
            sign = -sign if s < 0 and power % 2 else sign
        found[tuple(moved)] = sign * value
    return found


def _pairs(n: int, parts: list[tuple[str, Terms]]) -> dict[tuple[int, int, int, int], int]:
    """Return a number for what two variables with signs have in common; signs in equalities are not looked at."""
    numbers: dict[object, int] = {}
    found = {}
    for i, j in product(range(n), repeat=2):
        shared: list[tuple[str, int, list[tuple[int, int, Fraction]]]] = []
        for role, terms in parts:
            if any(key[i] for key in terms) and any(key[j] for key in terms):
                alone = [(key, value) for key, value in terms.items() if sum(key) == key[i] + (i != j) * key[j]]
                both = [(key[i], key[j], abs(value) if role == "h" else value) for key, value in alone]
                shared.append((role, len(terms), both))
        for si, sj in product((1, -1), repeat=2):
            signed = tuple(
                sorted(
                    (role, size, tuple(sorted((a, b, v * si**a * (sj**b if i != j else 1)) for a, b, v in both)))
                    if role != "h"
                    else (role, size, tuple(sorted(both)))
                    for role, size, both in shared
                )
            )
            found[i, j, si, sj] = numbers.setdefault((i == j, signed), len(numbers))
    return found


def _simple(stated: _Stated) -> Iterator[Element]:
    """Yield the reflections of one or two variables and the transpositions, with and without signs."""
    identity = [(i, 1) for i in range(stated.n)]
    for i in range(stated.n):
        element = identity.copy()
        element[i] = (i, -1)
        if stated.fits(tuple(element)):
            yield tuple(element)
    for i, j in combinations(range(stated.n), 2):
        for first, second in (((i, -1), (j, -1)), ((j, 1), (i, 1)), ((j, -1), (i, -1))):
            element = identity.copy()
            element[i], element[j] = first, second
            if stated.fits(tuple(element)):
                yield tuple(element)


def _searched(stated: _Stated) -> Iterator[Element]:
    """Yield signed permutations, found by giving one variable after the other an image.

    Pairs of variables must be mapped to pairs with the same terms.
    """
    n, pairs, nodes, found = stated.n, stated.pairs, 0, 0
    stack: list[Element] = [()]
    while stack and nodes < _MOST_NODES and found < _MOST_ELEMENTS:
        images = stack.pop()
        i, nodes = len(images), nodes + 1
        if i == n:
            if any(image != (k, 1) for k, image in enumerate(images)) and stated.fits(images):
                found += 1
                yield images
            continue
        taken = {j for j, _ in images}
        for j, s in product((j for j in reversed(range(n)) if j not in taken), (-1, 1)):
            longer = (*images, (j, s))
            if all(pairs[i, k, s, t] == pairs[j, m, 1, 1] for k, (m, t) in enumerate(longer)):
                stack.append(longer)
