r"""Normal forms of monomials modulo equalities whose leading monomials are powers of different variables.

Signs :math:`x_i^2 = 1`, binaries :math:`x_i^2 = x_i`, any monic equality in one variable, and spheres
:math:`x_1^2 = r^2 - x_2^2 - \dots - x_n^2` rewrite a power :math:`x_i^{d_i}` by smaller terms. Leading monomials
without a common variable make a Gröbner basis in a graded order, so that the monomials that no :math:`x_i^{d_i}`
divides are a basis of the quotient, and of its part of each degree: nothing of a relaxation is lost.

Source: Cox, Little and O'Shea, *Ideals, Varieties, and Algorithms* (2015), section 2.9, proposition 4; Laurent,
*Semidefinite representations for finite varieties*, Math. Program. 109 (2007), for moment matrices in the quotient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..machine.records import Record
from .exponents import ExponentIndex, Exponents, unique_keys
from .polynomial import Polynomial
from .shift import two_product

Floats = NDArray[np.float64]
#: Coefficients beside a leading one of 1 are at most this large: larger ones would lose digits in every power.
LARGEST_TAIL = 1e3
_UNIT = 2.0**-53
#: Sums of multiples of this below this many of them are exact.
_GRAIN, _GRAINS = 2.0**-20, 2.0**50


@dataclass(frozen=True, eq=False)
class Rule:
    """A power of a variable, and what it is.

    Attributes
    ----------
    number : int
        Of the equality that says so.
    variable, degree : int
        The leading monomial.
    rows : (terms, n) integer array
        The monomials of the other side.
    values, errors : (terms,) arrays
        Its coefficients, and bounds of what the floats leave out.
    """

    number: int
    variable: int
    degree: int
    rows: Exponents
    values: Floats
    errors: Floats


@dataclass(frozen=True, eq=False)
class Reduced:
    """Monomials as combinations of standard ones.

    Attributes
    ----------
    rows : (terms, n) integer array
        Standard monomials.
    owner : (terms,) array
        Which of the given monomials each term belongs to, in ascending order.
    values, errors : (terms,) arrays
    """

    rows: Exponents
    owner: NDArray[np.intp]
    values: Floats
    errors: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Quotient(Record):
    """The rules by which monomials are rewritten.

    Attributes
    ----------
    rules : tuple of Rule
    n_variables : int
    """

    rules: tuple[Rule, ...]
    n_variables: int

    @classmethod
    def of(cls, equalities: Sequence[Polynomial], numbers: Sequence[int] | None = None) -> Quotient | None:
        """Return the rules that equalities give, None where there are none.

        Parameters
        ----------
        equalities : sequence of Polynomial
            Each is zero.
        numbers : sequence of int, optional
            Those that may be used; by default all.
        """
        rules: list[Rule] = []
        below: dict[int, set[int]] = {}
        for number in range(len(equalities)) if numbers is None else numbers:
            rule = _rule(number, equalities[number], below)
            if rule is not None:
                rules.append(rule)
                below[rule.variable] = _top_variables(rule)
        return cls(tuple(rules), equalities[0].exponents.shape[1]) if rules else None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The equalities that are used."""
        return tuple(rule.number for rule in self.rules)

    @property
    def pure(self) -> bool:
        """Whether every monomial is one standard monomial, as for signs and binaries."""
        return all(len(rule.rows) == 1 and rule.values[0] == 1.0 and not rule.errors[0] for rule in self.rules)

    def is_like(self, other: Quotient) -> bool:
        """Whether the leading monomials are the same."""
        return [(r.number, r.variable, r.degree) for r in self.rules] == [
            (r.number, r.variable, r.degree) for r in other.rules
        ]

    def standard(self, exponents: Exponents) -> NDArray[np.bool_]:
        """Return which monomials no leading monomial divides."""
        kept = np.ones(len(exponents), dtype=bool)
        for rule in self.rules:
            kept &= exponents[:, rule.variable] < rule.degree
        return kept

    def basis_size(self, degree: int) -> int:
        """Return the number of standard monomials of degree at most `degree`."""
        counts = np.zeros(degree + 1)
        counts[0] = 1.0
        tops = {rule.variable: rule.degree for rule in self.rules}
        for i in range(self.n_variables):
            powers = np.ones(min(degree + 1, tops.get(i, degree + 1)))
            counts = np.convolve(counts, powers)[: degree + 1]
        return int(counts.sum()) if degree >= 0 else 0

    def reduced(self, exponents: Exponents) -> Reduced:
        """Return monomials as combinations of standard ones."""
        rows, owner = np.array(exponents), np.arange(len(exponents), dtype=np.intp)
        values, errors = np.ones(len(rows)), np.zeros(len(rows))
        moved = True
        while moved:
            moved = False
            for rule in self.rules:
                hit = np.flatnonzero(rows[:, rule.variable] >= rule.degree)
                while len(hit):
                    moved = True
                    if len(rule.rows) == 1:
                        _replaced(rule, hit, rows, values, errors)
                        hit = hit[rows[hit, rule.variable] >= rule.degree]
                    else:
                        rows, owner, values, errors = _rewritten(rule, hit, rows, owner, values, errors)
                        hit = np.flatnonzero(rows[:, rule.variable] >= rule.degree)
        if all(len(rule.rows) == 1 for rule in self.rules):
            return Reduced(rows, owner, values, errors)
        order = np.argsort(owner, kind="stable")
        return Reduced(rows[order], owner[order], values[order], errors[order])

    def onto(self, monomials: ExponentIndex) -> tuple[ExponentIndex, sp.csr_matrix]:
        """Return the standard monomials that make up given ones, and the given ones as combinations of them."""
        found = self.reduced(monomials.rows)
        standard, place = ExponentIndex.numbering(found.rows)
        shape = len(monomials), len(standard)
        return standard, sp.csr_matrix((found.values, (found.owner, place)), shape=shape)


def _top_variables(rule: Rule) -> set[int]:
    """Return the variables whose powers of the leading degree a rule brings in."""
    tops = rule.rows[rule.rows.sum(axis=1) == rule.degree]
    return set(np.flatnonzero(tops.any(axis=0)).tolist())


def _rule(number: int, h: Polynomial, below: dict[int, set[int]]) -> Rule | None:
    """Return the rule of an equality, None where it has none beside those that are known."""
    degree, rows = h.degree, h.exponents
    tops = np.flatnonzero(rows.sum(axis=1) == degree)
    if degree < 2 or (np.count_nonzero(rows[tops], axis=1) != 1).any():
        return None
    alone = np.count_nonzero(rows.any(axis=0)) == 1
    if not alone and (degree > 2 or abs(np.sign(h.values[tops]).sum()) < len(tops) or _is_graph(rows, tops)):
        return None
    sizes = np.abs(h.values)
    for place in tops[np.argsort(-sizes[tops], kind="stable")].tolist():
        variable, others = int(rows[place].argmax()), set(rows[tops].argmax(axis=1).tolist())
        if variable in below or sizes.max() > LARGEST_TAIL * sizes[place] or sizes[tops].max() > sizes[place]:
            continue
        if _reaches(others - {variable}, variable, below):
            continue
        rest = np.arange(len(rows)) != place
        lead = Fraction(h.coefficients[place])
        exact = [-Fraction(value) / lead for value in h.coefficients[rest].tolist()]
        values = np.array([float(value) for value in exact])
        lost = [abs(value - Fraction(own)) for value, own in zip(exact, values.tolist(), strict=True)]
        errors = np.array([float(each) * (1.0 + 4.0 * _UNIT) for each in lost])
        return Rule(number, variable, degree, rows[rest], values, errors)
    return None


def _is_graph(rows: Exponents, tops: NDArray[np.intp]) -> bool:
    """Whether a variable occurs without its square: the equality defines it, and bounds nothing."""
    return bool((rows.any(axis=0) & ~rows[tops].any(axis=0)).any())


def _reaches(starts: set[int], goal: int, below: dict[int, set[int]]) -> bool:
    """Whether rules lead from some variables to another one, so that rewriting would not come to an end."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        variable = waiting.pop()
        if variable == goal:
            return True
        more = below.get(variable, set()) - seen
        seen |= more
        waiting += more
    return False


def _replaced(rule: Rule, hit: NDArray[np.intp], rows: Exponents, values: Floats, errors: Floats) -> None:
    """Apply a rule with one term to the terms that it hits, in place."""
    rows[hit, rule.variable] -= rule.degree
    for i in np.flatnonzero(rule.rows[0]).tolist():
        rows[hit, i] += rule.rows[0, i]
    value, error = float(rule.values[0]), float(rule.errors[0])
    if value == 1.0 and not error:
        return
    product, rest = two_product(values[hit], value)
    wrong = np.abs(rest) + errors[hit] * (abs(value) + error) + np.abs(values[hit]) * error
    values[hit], errors[hit] = product, wrong * (1.0 + 16.0 * _UNIT)


def _rewritten(
    rule: Rule, hit: NDArray[np.intp], rows: Exponents, owner: NDArray[np.intp], values: Floats, errors: Floats
) -> tuple[Exponents, NDArray[np.intp], Floats, Floats]:
    """Return terms after a rule was applied to those that it hits, like ones merged."""
    less = rows[hit]
    less[:, rule.variable] -= rule.degree
    product, rest = two_product(values[hit][:, None], rule.values)
    wrong = np.abs(rest) + errors[hit][:, None] * (np.abs(rule.values) + rule.errors)
    wrong = (wrong + np.abs(values[hit])[:, None] * rule.errors) * (1.0 + 16.0 * _UNIT)
    more = (less[:, None, :] + rule.rows).reshape(-1, rows.shape[1])
    kept = np.ones(len(rows), dtype=bool)
    kept[hit] = False
    joined = np.concatenate([rows[kept], more])
    owners = np.concatenate([owner[kept], np.repeat(owner[hit], len(rule.rows))])
    numbers = np.concatenate([values[kept], product.reshape(-1)])
    unknown = np.concatenate([errors[kept], wrong.reshape(-1)])
    return _merged(joined, owners, numbers, unknown)


def _merged(
    rows: Exponents, owner: NDArray[np.intp], values: Floats, errors: Floats
) -> tuple[Exponents, NDArray[np.intp], Floats, Floats]:
    """Add up terms of one owner and monomial; sums of short binary fractions have no error."""
    _, place = ExponentIndex.numbering(rows)
    first, inverse = unique_keys(np.column_stack([owner, place]).astype(np.int64))
    sums = np.bincount(inverse, values, len(first))
    grains = np.abs(values) / _GRAIN
    exact = bool((grains == np.rint(grains)).all() and grains.sum() < _GRAINS)
    unknown = np.bincount(inverse, errors, len(first)) * (1.0 + 4.0 * _UNIT * len(values))
    if not exact:
        unknown = unknown + 2.0 * _UNIT * len(values) * np.bincount(inverse, np.abs(values), len(first))
    kept = (sums != 0.0) | (unknown != 0.0)
    return rows[first][kept], owner[first][kept], sums[kept], unknown[kept]
