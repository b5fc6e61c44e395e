r"""What the polynomials of a plan stand for: those of a problem, in exact arithmetic.

A plan holds floats. An identity that is to prove a bound for a problem must be one between the problem's polynomials:
the objective times the denominator, the products of inequalities, the equalities. Here each of their coefficients is
given by two floats and a bound of what they leave out. Where the floats of the plan are the numbers that are meant,
nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.exponents import unique_rows
from ..problem import Problem
from ..relaxations import Plan
from ..relaxations.plan import Block, BlockKind, MatrixPart
from ..sdp.svec import svec_index
from .accurate import TINY, UNIT
from .proof import Unproved

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Meant:
    """A polynomial whose coefficients are sums of two floats, but for small errors.

    For a matrix of polynomials the coefficients are those of the polynomial for each entry of the block.

    Attributes
    ----------
    rows : (terms, n) integer array
    high, low, errors : (terms,) arrays, for a matrix (entries, terms) arrays
    """

    rows: NDArray[np.int64]
    high: Floats
    low: Floats
    errors: Floats

    @classmethod
    def of(cls, p: Polynomial) -> Meant:
        """Return a polynomial with floats or fractions as coefficients in this form."""
        if not p.is_exact:
            none = np.zeros(len(p))
            return cls(p.exponents, p.values, none, none)
        parts = [_in_two_floats(value.numerator, value.denominator) for value in p.coefficients.tolist()]
        high, low, errors = np.array(parts, dtype=np.float64).reshape(-1, 3).T
        return cls(p.exponents, high, low, errors)

    @property
    def exact(self) -> bool:
        """Whether the first floats are the coefficients."""
        return not self.low.any() and not self.errors.any()

    @property
    def positive_number(self) -> bool:
        """Whether it is a positive number that a float holds."""
        alone = len(self.rows) == 1 and self.high.ndim == 1 and not self.rows.any()
        return alone and self.exact and bool(self.high[0] > 0)

    @classmethod
    def of_matrix(cls, part: MatrixPart, problem: Problem, entry_rows: NDArray[np.intp]) -> Meant:
        """Return the entries of a matrix in this form, for each entry of a block in svec order."""
        given = problem.matrix_inequalities[part.number]
        entries = [given[i][j] for i in part.rows for j in part.rows]
        rows = unique_rows(np.concatenate([entry.exponents for entry in entries]))[0]
        index = {tuple(row): place for place, row in enumerate(rows.tolist())}
        table = np.zeros((3, len(entries), len(rows)))
        for number, entry in enumerate(entries):
            own = cls.of(entry)
            places = [index[tuple(row)] for row in own.rows.tolist()]
            table[:, number, places] = own.high, own.low, own.errors
        first, second = svec_index(len(entry_rows))
        high, low, errors = table[:, len(part.rows) * entry_rows[first] + entry_rows[second]]
        return cls(rows, high, low, errors)


@dataclass(frozen=True, eq=False)
class Meaning:
    """What the polynomials of a plan stand for.

    Attributes
    ----------
    objective : Meant
        The objective times the denominator.
    blocks : tuple of Meant
        The polynomial of each block.
    """

    objective: Meant
    blocks: tuple[Meant, ...]


def meaning_of(plan: Plan, problem: Problem) -> Meaning | Unproved:
    """Return what a plan stands for when it was made for a problem.

    Parameters
    ----------
    plan : Plan
    problem : Problem
        In the variables of the plan, with the coefficients that are meant, floats or fractions.
    """
    if not _at_least_one(plan.normalization):
        return Unproved.DENOMINATOR
    known: dict[tuple[Polynomial, tuple[int, ...], BlockKind], Meant | None] = {}
    blocks: list[Meant | None] = []
    for block in plan.blocks:
        if block.matrix is not None:
            fits = block.matrix.number < len(problem.matrix_inequalities)
            blocks.append(Meant.of_matrix(block.matrix, problem, block.entry_rows) if fits else None)
            continue
        key = block.polynomial, block.factors, block.kind
        if key not in known:
            known[key] = _meant(block, problem)
        blocks.append(known[key])
    found = [meant for meant in blocks if meant is not None]
    if len(found) < len(blocks):
        return Unproved.OTHER_POLYNOMIALS
    return Meaning(Meant.of(_product(problem.minimize, plan.normalization)), tuple(found))


def _at_least_one(w: Polynomial) -> bool:
    """Whether a polynomial is a sum of even powers with positive coefficients, its constant at least one."""
    constant = w.coefficient([0] * len(w.variables))
    return bool((w.exponents % 2 == 0).all()) and bool((w.values > 0).all()) and constant >= 1


def _meant(block: Block, problem: Problem) -> Meant | None:
    """Return what a block's polynomial stands for, None where it is not seen to be known on the feasible set."""
    if not block.factors:
        own = Meant.of(block.polynomial)
        return own if own.positive_number else None
    known = problem.inequalities if block.kind is BlockKind.PSD else problem.equalities
    if max(block.factors) >= len(known):
        return None
    found = known[block.factors[0]]
    for factor in block.factors[1:]:
        found = _product(found, known[factor])
    return Meant.of(found)


def _product(p: Polynomial, q: Polynomial) -> Polynomial:
    """Return the exact product."""
    if len(q) == 1 and not q.exponents.any() and q.values[0] == 1.0:
        return p
    return p * Fraction(1) * (q * Fraction(1))


def _in_two_floats(numerator: int, denominator: int) -> tuple[float, float, float]:
    """Return a fraction as the sum of two floats, and a bound of what they leave out.

    Integers are divided with correct rounding.
    """
    try:
        high = numerator / denominator
    except OverflowError:
        return np.inf, 0.0, 0.0
    own, power = high.as_integer_ratio()
    rest, below = numerator * power - own * denominator, denominator * power
    low = rest / below
    own, power = low.as_integer_ratio()
    if own * below == rest * power:
        return high, low, 0.0
    return high, low, 2.0 * UNIT * abs(low) + TINY
