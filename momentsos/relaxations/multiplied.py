r"""One polynomial over all of :math:`\mathbb R^n`, multiplied by a power of a sum of squares.

.. math::

    (f - \gamma)\, (c + \textstyle\sum_i x_i^2)^k = \sigma, \qquad c \in \{0, 1\},\ \sigma \text{ a sum of squares}

proves :math:`f \ge \gamma`, the sum over the variables that occur: the denominator is positive, where `c` is 0 but for
the origin, and there by continuity. With `c = 0` the identity of a form is one of forms. Every form that is positive
outside of the origin has one for a `k` that is large enough, and so have many that are not: Motzkin's, Robinson's and
that of Choi and Lam with `k = 1`.

Source: Reznick, *Uniform denominators in Hilbert's seventeenth problem*, Math. Z. 220 (1995).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..polynomials import Polynomial, Support, basis_size, monomial_basis
from ..polynomials.exponents import unique_rows
from ..polynomials.newton import half_newton
from .parity import parity_classes, parity_span
from .plan import Block, BlockKind, Plan
from .size import refuse_if_too_large

#: The name of the planner.
METHOD = "multiplied"


def power_of_squares(f: Polynomial, constant: int, power: int) -> Polynomial:
    r"""Return :math:`(c + \sum_i x_i^2)^k` in the variables that occur in `f`."""
    n = len(f.variables)
    squares = 2 * np.eye(n, dtype=np.int64)[f.support.occurs]
    rows = np.concatenate([np.zeros((constant, n), dtype=np.int64), squares])
    base = Polynomial.from_terms(rows, np.ones(len(rows)), f.variables)
    weight = Polynomial.constant(1.0, f.variables)
    for _ in range(power):
        weight = weight * base
    return weight


def all_squares(f: Polynomial) -> Polynomial:
    """Return the sum of all products of two variables that changes of sign under which `f` stays as it is allow."""
    n, used = len(f.variables), np.flatnonzero(f.support.occurs)
    unit = np.eye(n, dtype=np.int64)
    span = parity_span(f.exponents)
    rows = [unit[i] + unit[j] for i in used for j in used if i <= j]
    kept = [row for row in rows if len(parity_classes(np.array([0 * row, row]), span)) == 1]
    return Polynomial.from_terms(np.array(kept), np.ones(len(kept)), f.variables)


def multiplied_plan(f: Polynomial, gamma: Fraction, weight: Polynomial, memory_limit: int | None = None) -> Plan:
    r"""Plan the search for the identity that proves :math:`f \ge \gamma`.

    The basis has the monomials of the Newton polytope of :math:`(f - \gamma) W`, in a block for each class of signs.

    Parameters
    ----------
    f : Polynomial
        The one whose identity is looked for is `f - gamma`; the plan is about `f`.
    gamma : Fraction
    weight : Polynomial
        The `W`.
    memory_limit : int, optional
        Bytes that assembling may take.

    Raises
    ------
    ProblemTooLarge
    """
    variables, n = f.variables, len(f.variables)
    p = f - gamma if gamma else f
    rows = (p.exponents[:, None, :] + weight.exponents[None, :, :]).reshape(-1, n)
    terms, _ = unique_rows(rows)  # more than those of the product, where some cancel
    half = int(terms.sum(axis=1).max()) // 2
    refuse_if_too_large("the list of monomials", n, basis_size(n, half) * len(terms), memory_limit)
    basis = monomial_basis(n, half)
    basis = basis[2 * basis.sum(axis=1) >= int(terms.sum(axis=1).min())]
    basis = basis[half_newton(terms, basis)]
    one = Polynomial.constant(1.0, variables)
    classes = parity_classes(basis, parity_span(terms))
    entries = sum(len(rows) * (len(rows) + 1) // 2 for rows in classes)
    refuse_if_too_large("the identity with a denominator", n, entries, memory_limit)
    blocks = tuple(Block(one, Support(basis[rows]), BlockKind.PSD) for rows in classes)
    return Plan(f * weight, weight, blocks, weight.degree // 2, METHOD)
