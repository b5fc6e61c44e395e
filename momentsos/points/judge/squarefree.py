r"""Constraints without squared factors: at a multiple root Newton's method creeps, at a simple one it runs.

An equality :math:`\prod f_i^{m_i} = 0` says the same as :math:`\prod f_i = 0`. Of an inequality
:math:`c \prod f_i^{m_i} \ge 0`, with `c` and factors normalised, those of even multiplicity only count by their zeros:
where `c` is negative and all are even, it is the equality :math:`\prod f_i = 0`; otherwise the factors of odd
multiplicity are a sufficient condition.

That a polynomial has no squared factor is seen on a line, modulo a prime: a factor would stay one there.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import fmpz_mpoly, fmpz_mpoly_ctx, nmod_poly

from ...machine.remembered import remembered
from ...polynomials import Polynomial
from ...polynomials.exponents import Exponents
from ...problem import Problem
from .exact import Terms
from .forms import Constraints, Form

#: A prime below 2^63, and sizes up to which factors are looked for.
_PRIME = 2**61 - 1
_TERMS, _DEGREE, _VARIABLES = 500, 40, 12


def without_squares(problem: Problem, constraints: Constraints, equivalent: bool = False) -> Problem | None:
    """Return a problem without squared factors whose feasible points are feasible; None where no factor is squared.

    Parameters
    ----------
    problem : Problem
    constraints : Constraints
        Its own.
    equivalent : bool
        Whether the feasible points are to be the same: inequalities with factors of both parities stay as they are.
    """
    names = problem.variables
    zero, nonnegative = (
        [_factors(form) for form in forms] for forms in (constraints.equalities, constraints.inequalities)
    )
    if equivalent:
        nonnegative = [None if p is not None and _has_both_parities(p[1]) else p for p in nonnegative]
    if all(parts is None for parts in (*zero, *nonnegative)):
        return None
    equal, other = [], []
    for form, parts in zip(constraints.equalities, zero, strict=True):
        equal.append(_polynomial(form, names) if parts is None else _product(parts[1], names))
    for form, parts in zip(constraints.inequalities, nonnegative, strict=True):
        if parts is None:
            other.append(_polynomial(form, names))
            continue
        sign, factors = parts
        odd = [(f, power) for f, power in factors if power % 2]
        if odd:
            other.append(_product(odd, names) * float(sign))
        elif sign < 0:
            equal.append(_product(factors, names))
    return Problem(problem.minimize, tuple(other), tuple(equal), names)


def _has_both_parities(factors: list[tuple[fmpz_mpoly, int]]) -> bool:
    return len({power % 2 for _, power in factors}) == 2


def _factors(form: Form) -> tuple[int, list[tuple[fmpz_mpoly, int]]] | None:
    """Return the sign and the squarefree factors with their powers; None where no factor is squared, or too large."""
    exponents = form.exponents
    used = np.flatnonzero(exponents.any(axis=0))
    degree = int(exponents.sum(axis=1).max())
    if degree < 2 or degree > _DEGREE or len(exponents) > _TERMS or len(used) > _VARIABLES or form.bits > 2000:
        return None
    if _has_a_variable_alone(exponents):
        return None
    numbers = form.integers()
    if not _may_have_squares(form, numbers):
        return None
    ring = fmpz_mpoly_ctx.get([f"t{i}" for i in range(exponents.shape[1])], "degrevlex")
    terms = dict(zip(map(tuple, exponents.tolist()), numbers, strict=True))
    constant, factors = ring.from_dict(terms).factor_squarefree()
    if all(power == 1 for _, power in factors):
        return None
    sign = (1 if constant > 0 else -1) * (1 if form.starts_positive else -1)
    return sign, [(factor, int(power)) for factor, power in factors]


@remembered
def _has_a_variable_alone(exponents: Exponents) -> bool:
    """Whether a variable occurs in one term, which is that variable times a number: there is no squared factor then."""
    once = np.flatnonzero((exponents > 0).sum(axis=0) == 1)
    linear = exponents.sum(axis=1) == 1
    return bool(exponents[np.ix_(linear, once)].any())


def _may_have_squares(form: Form, numbers: tuple[int, ...]) -> bool:
    rng = np.random.default_rng(len(numbers))
    line = [
        nmod_poly([int(a), int(b)], _PRIME)
        for a, b in rng.integers(1, _PRIME, size=(form.exponents.shape[1], 2)).tolist()
    ]
    coefficients = [nmod_poly([number % _PRIME], _PRIME) for number in numbers]
    value = Terms(form.exponents).evaluate(coefficients, line, nmod_poly([0], _PRIME), {})
    slope = value.derivative()
    return bool(value.degree() < 1 or value.gcd(slope).degree() > 0)


def _product(factors: list[tuple[fmpz_mpoly, int]], names: tuple[str, ...]) -> Polynomial:
    product = factors[0][0]
    for factor, _ in factors[1:]:
        product = product * factor
    terms = product.to_dict()
    rows = np.array(list(terms), dtype=np.int64).reshape(len(terms), len(names))
    return Polynomial.from_terms(rows, [Fraction(int(value)) for value in terms.values()], names)


def _polynomial(form: Form, names: tuple[str, ...]) -> Polynomial:
    if form.numerators is None:
        return Polynomial.from_terms(form.exponents, form.floats, names)
    scale = 1 << form.shift
    return Polynomial.from_terms(form.exponents, [Fraction(value, scale) for value in form.numerators], names)
