r"""What the polynomials of a plan stand for: the ones of a problem, to within known errors of their coefficients.

A plan holds floats. An identity that is to prove a bound for a problem must be one between the problem's polynomials:
the objective times the denominator, the products of inequalities, the equalities, all in exact arithmetic. Where the
floats are these numbers the errors are zero; elsewhere they are bounded here, and count as a part of the defect.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.polynomial import merge_variables
from ..problem import Problem
from ..relaxations import Plan
from ..relaxations.plan import Block, BlockKind
from .proof import Unproved
from .rounded import up

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Meaning:
    """How far the coefficients of a plan are from those of the problem.

    Attributes
    ----------
    objective : (terms,) array
        Bounds of the errors, in the order of the terms of ``plan.objective``.
    blocks : tuple of (terms,) arrays
        The same for each block's polynomial.
    """

    objective: Floats
    blocks: tuple[Floats, ...]

    @property
    def exact(self) -> bool:
        """Whether all coefficients are those of the problem."""
        return not self.objective.any() and not any(errors.any() for errors in self.blocks)


def in_units(
    problem: Problem, units: Floats, objective: float, inequalities: Sequence[float], equalities: Sequence[float]
) -> Problem:
    """Return a problem in variables measured in `units`, its polynomials divided by factors, in exact arithmetic.

    Coefficients stay floats where these hold the result, and become fractions elsewhere.

    Parameters
    ----------
    problem : Problem
        As the user gave it.
    units : (n,) array
        Powers of two: what was `x` is `units` times what is.
    objective, inequalities, equalities : powers of two
        What the polynomials are divided by.
    """
    shifts = np.frexp(units)[1].astype(np.int64) - 1

    def scaled(p: Polynomial, factor: float) -> Polynomial:
        powers = p.exponents @ shifts - (math.frexp(factor)[1] - 1)
        if not p.is_exact:
            with np.errstate(all="ignore"):
                values = np.ldexp(p.values, powers)
                exact = np.isfinite(values).all() and (np.ldexp(values, -powers) == p.values).all()
            if exact:
                return Polynomial.from_terms(p.exponents, values, p.variables)
        terms = zip(p.coefficients.tolist(), powers.tolist(), strict=True)
        return Polynomial.from_terms(p.exponents, [Fraction(c) * Fraction(2) ** k for c, k in terms], p.variables)

    return Problem(
        scaled(problem.minimize, objective),
        tuple(scaled(g, factor) for g, factor in zip(problem.inequalities, inequalities, strict=True)),
        tuple(scaled(h, factor) for h, factor in zip(problem.equalities, equalities, strict=True)),
        problem.variables,
    )


def meaning_of(plan: Plan, problem: Problem) -> Meaning | Unproved:
    """Compare a plan with the problem that it was made for, in its variables.

    Parameters
    ----------
    plan : Plan
    problem : Problem
        With the coefficients that are meant, floats or fractions.
    """
    if any(block.combinations is not None for block in plan.blocks):
        return Unproved.COMBINATIONS
    if not _at_least_one(plan.normalization):
        return Unproved.DENOMINATOR
    known: dict[tuple[Polynomial, tuple[int, ...], BlockKind], Floats | None] = {}
    objective = _errors(plan.objective, _product(problem.minimize, plan.normalization))
    blocks = []
    for block in plan.blocks:
        key = block.polynomial, block.factors, block.kind
        if key not in known:
            known[key] = _block_errors(block, problem)
        blocks.append(known[key])
    found = [errors for errors in blocks if errors is not None]
    if objective is None or len(found) < len(blocks):
        return Unproved.OTHER_MONOMIALS
    return Meaning(objective, tuple(found))


def _at_least_one(w: Polynomial) -> bool:
    """Whether a polynomial is a sum of even powers with positive coefficients, its constant at least one."""
    constant = w.coefficient([0] * len(w.variables))
    return bool((w.exponents % 2 == 0).all()) and bool((w.values > 0).all()) and constant >= 1


def _block_errors(block: Block, problem: Problem) -> Floats | None:
    """Return the errors of a block's polynomial; for one that stands for nothing it must be a positive number."""
    if not block.factors:
        constant = len(block.polynomial) == 1 and not block.polynomial.exponents.any()
        return np.zeros(1) if constant and block.polynomial.values[0] > 0 else None
    known = problem.inequalities if block.kind is BlockKind.PSD else problem.equalities
    meant = known[block.factors[0]]
    for factor in block.factors[1:]:
        meant = _product(meant, known[factor])
    return _errors(block.polynomial, meant)


def _product(p: Polynomial, q: Polynomial) -> Polynomial:
    """Return the exact product."""
    if len(q) == 1 and not q.exponents.any() and q.values[0] == 1.0:
        return p
    return p * Fraction(1) * (q * Fraction(1))


def _errors(stored: Polynomial, meant: Polynomial) -> Floats | None:
    """Return bounds of the errors of the stored coefficients; None where monomials with a coefficient are missing."""
    same = not meant.is_exact and stored.variables == meant.variables
    if same and np.array_equal(stored.exponents, meant.exponents) and (stored.values == meant.values).all():
        return np.zeros(len(stored))
    names = merge_variables(stored.variables, meant.variables)
    stored, meant = stored.over(names), meant.over(names)
    rest = dict(zip(map(bytes, meant.exponents), meant.coefficients.tolist(), strict=True))
    found = np.zeros(len(stored))
    for place, (row, value) in enumerate(zip(stored.exponents, stored.values.tolist(), strict=True)):
        difference = abs(Fraction(value) - Fraction(rest.pop(bytes(row), 0)))
        found[place] = _above(difference)
    return None if rest else found


def _above(value: Fraction) -> float:
    try:
        near = float(value)
    except OverflowError:
        return math.inf
    return near if Fraction(near) >= value else up(near)
