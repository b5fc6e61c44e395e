r"""Polynomials in framed variables, and the monomials that stand for variables of their own.

With :math:`x_i = s_i + w_i t_i` every polynomial of a problem becomes one in `t`, exactly, in fractions. Where its
degree exceeds two, some monomials of `t` join the variables, so that every monomial is a variable or a product of two:
the `lifted variables` :math:`v_1, ..., v_N`, of which the first `n` are the :math:`t_i`. A monomial is named by its
exponents, so :math:`t_1 (t_2 t_3)` and :math:`(t_1 t_2) t_3` are the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from ..polynomials import Polynomial
from ..problem import Problem

Exponents = tuple[int, ...]
Terms = Mapping[Exponents, Fraction]


@dataclass(frozen=True)
class Frame:
    """The change :math:`x = s + w t`, with fractions that are sums of few powers of two."""

    shift: tuple[Fraction, ...]
    width: tuple[Fraction, ...]

    def terms(self, polynomial: Polynomial) -> dict[Exponents, Fraction]:
        """Return a polynomial in the framed variables, exactly."""
        found: dict[Exponents, Fraction] = {}
        powers: dict[tuple[int, int], list[Fraction]] = {}
        n = len(self.shift)
        for row, value in zip(polynomial.exponents.tolist(), polynomial.exact, strict=True):
            parts: dict[Exponents, Fraction] = {(0,) * n: value}
            for i, k in enumerate(row):
                if k:
                    if (i, k) not in powers:
                        powers[i, k] = self._power(i, k)
                    parts = {
                        (*e[:i], j, *e[i + 1 :]): c * share
                        for e, c in parts.items()
                        for j, share in enumerate(powers[i, k])
                        if share
                    }
            for e, c in parts.items():
                found[e] = found.get(e, Fraction(0)) + c
        return {e: c for e, c in found.items() if c}

    def _power(self, i: int, k: int) -> list[Fraction]:
        s, w = self.shift[i], self.width[i]
        return [comb(k, j) * s ** (k - j) * w**j for j in range(k + 1)]


@dataclass(frozen=True, eq=False)
class Framed:
    """A problem in framed variables: what is minimised, the inequalities, the equalities, and the lifted variables.

    Attributes
    ----------
    frame : Frame
    objective : mapping
    inequalities, equalities : tuple of mapping
    pairs : tuple of (int, int)
        The factors of each lifted variable beyond the first `n`, by their numbers.
    """

    frame: Frame
    objective: Terms
    inequalities: tuple[Terms, ...]
    equalities: tuple[Terms, ...]
    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, problem: Problem, frame: Frame) -> Framed:
        """Take a problem with polynomials alone into a frame."""
        objective = frame.terms(problem.minimize)
        inequalities = tuple(frame.terms(g) for g in problem.inequalities)
        equalities = tuple(frame.terms(h) for h in problem.equalities)
        every = {e for p in (objective, *inequalities, *equalities) for e in p}
        return cls(frame, objective, inequalities, equalities, lifting_pairs(every, problem.n_variables))

    @property
    def n(self) -> int:
        """The number of variables of the problem."""
        return len(self.frame.shift)

    @property
    def lifted(self) -> list[Exponents]:
        """The exponents of the lifted variables."""
        return lifted_exponents(self.n, self.pairs)


def lifted_exponents(n: int, pairs: Sequence[tuple[int, int]]) -> list[Exponents]:
    """Return the exponents of the lifted variables."""
    found = [tuple(int(i == k) for i in range(n)) for k in range(n)]
    for i, j in pairs:
        found.append(times(found[i], found[j]))
    return found


def times(a: Exponents, b: Exponents) -> Exponents:
    """Return the exponents of a product."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


def lifting_pairs(monomials: Iterable[Exponents], n: int) -> tuple[tuple[int, int], ...]:
    """Return pairs of variables whose products join them until each monomial is a product of two at most.

    The pair that occurs in most of the monomials that are too long is taken first.
    """
    words = [tuple(i for i, k in enumerate(e) for _ in range(k)) for e in monomials if sum(e) > 2]
    pairs: list[tuple[int, int]] = []
    while words:
        counts = Counter(pair for word in words for pair in set(_pairs_in(word)))
        i, j = max(counts, key=lambda pair: (counts[pair], pair[0] != pair[1], -pair[1], -pair[0]))
        new = n + len(pairs)
        pairs.append((i, j))
        words = [word for word in (_shortened(word, i, j, new) for word in words) if len(word) > 2]
    return tuple(pairs)


def _pairs_in(word: tuple[int, ...]) -> Iterable[tuple[int, int]]:
    return ((a, b) for place, a in enumerate(word) for b in word[place + 1 :])


def _shortened(word: tuple[int, ...], i: int, j: int, new: int) -> tuple[int, ...]:
    rest = list(word)
    while len(rest) > 2 and i in rest:
        left = list(rest)
        left.remove(i)
        if j not in left:
            break
        left.remove(j)
        rest = sorted([*left, new])
    return tuple(rest)
