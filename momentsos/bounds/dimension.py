r"""The polynomials that identities on a face can make up, in exact arithmetic: how many dimensions they have.

On a face the products :math:`g\, u_i u_j` of combinations :math:`u_i` and the :math:`h\, x^\beta` span fewer dimensions
than they have monomials. Whether the objective lies in their span, up to multiples of the denominator, decides whether
the face has an identity for any bound at all; their dimension, how many equations an identity has to satisfy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from flint import fmpz_mat, nmod_mat
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem
from ..relaxations import Plan
from ..relaxations.exposed_face import integers_of
from ..relaxations.plan import Block, BlockKind

#: Numbers in the matrix of the products, at most: its rank is then found in a second or two.
_MOST_ENTRIES = 1_000_000
#: A prime of 62 bits: ranks modulo it are those of fractions but for bad luck, which is no matter where they are used.
_PRIME = 4611686018427387847

#: The coefficients of a polynomial, integers, by exponents.
Terms = dict[tuple[int, ...], int]


def on_a_face(plan: Plan) -> bool:
    """Whether blocks of a plan are made of combinations that are known exactly."""
    mixed = [block for block in plan.blocks if block.combinations is not None]
    return bool(mixed) and all(integers_of(block) is not None for block in mixed)


def dimension_of(plan: Plan, problem: Problem) -> int | None:
    """Return the dimension of the space that all polynomials of identities lie in, None where it is too large to tell.

    Parameters
    ----------
    plan : Plan
        Blocks without combinations, or with those of `momentsos.relaxations.exposed_face`.
    problem : Problem
        In the variables of the plan, with the coefficients that are meant.
    """
    rows = _spanned(plan, problem)
    if rows is None:
        return None
    table = _table([*rows, *_others(plan, problem)])
    return None if table is None else int(fmpz_mat(table).rank())


def has_identities(plan: Plan, problem: Problem) -> bool:
    """Whether the objective is a combination of the products and the denominator, modulo a large prime.

    It is a question of what to try, so that a wrong answer proves nothing false.
    """
    rows = _spanned(plan, problem)
    if rows is None:
        return False
    objective, denominator = _others(plan, problem)
    table = _table([*rows, denominator, objective])
    if table is None:
        return False
    return _rank(table) == _rank(table[:-1])


def _rank(table: list[list[int]]) -> int:
    return int(nmod_mat(len(table), len(table[0]), [x % _PRIME for row in table for x in row], _PRIME).rank())


def _others(plan: Plan, problem: Problem) -> tuple[Terms, Terms]:
    """Return the objective times the denominator, and the denominator."""
    denominator = plan.normalization * Fraction(1)
    return _terms(problem.minimize * Fraction(1) * denominator), _terms(denominator)


def _spanned(plan: Plan, problem: Problem) -> list[Terms] | None:
    """Return the products of all blocks, each once; None where combinations are not short integers."""
    found: list[Terms] = []
    for block in plan.blocks:
        own = integers_of(block)
        if own is None:
            return None
        if block.kind is BlockKind.ZERO:
            factor = _terms(problem.equalities[block.factors[0]])
            found += [_shifted(factor, row) for row in map(tuple, block.basis.tolist())]
            continue
        p = Polynomial.constant(1.0, plan.variables) * Fraction(1)
        for number in block.factors:
            p = p * problem.inequalities[number]
        found += [_times(each, _terms(p)) for each in _products(block, own)]
    return list({frozenset(terms.items()): terms for terms in found}.values())


def _products(block: Block, rows: NDArray[np.int64]) -> Iterator[Terms]:
    """Yield the products of pairs of combinations of the monomials of a block."""
    basis = [tuple(row) for row in block.basis.tolist()]
    forms = [[(basis[i], int(row[i])) for i in np.flatnonzero(row)] for row in rows]
    for i, first in enumerate(forms):
        for second in forms[i:]:
            terms: Terms = {}
            for a, x in first:
                for b, y in second:
                    key = tuple(p + q for p, q in zip(a, b, strict=True))
                    terms[key] = terms.get(key, 0) + x * y
            yield terms


def _terms(p: Polynomial) -> Terms:
    """Return a multiple of a polynomial with integer coefficients."""
    values = [Fraction(c) for c in p.coefficients.tolist()]
    common = math.lcm(*(value.denominator for value in values)) if values else 1
    rows = map(tuple, p.exponents.tolist())
    return {row: int(value * common) for row, value in zip(rows, values, strict=True)}


def _shifted(terms: Terms, by: tuple[int, ...]) -> Terms:
    return {tuple(p + q for p, q in zip(row, by, strict=True)): value for row, value in terms.items()}


def _times(left: Terms, right: Terms) -> Terms:
    if len(right) == 1 and not any(next(iter(right))):
        return left
    found: Terms = {}
    for a, x in left.items():
        for b, y in right.items():
            key = tuple(p + q for p, q in zip(a, b, strict=True))
            found[key] = found.get(key, 0) + x * y
    return found


def _table(polynomials: list[Terms]) -> list[list[int]] | None:
    """Return the matrix of coefficients, polynomials by monomials, None where it is too large."""
    places: dict[tuple[int, ...], int] = {}
    for p in polynomials:
        for row in p:
            places.setdefault(row, len(places))
    if len(places) * len(polynomials) > _MOST_ENTRIES:
        return None
    table = [[0] * len(places) for _ in polynomials]
    for line, p in zip(table, polynomials, strict=True):
        for row, value in p.items():
            line[places[row]] = value
    return table
