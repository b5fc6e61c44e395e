r"""A problem in changed variables, in exact arithmetic: what the floats of a conditioned problem stand for.

The polynomials at :math:`x = a + T t`, divided by factors; `a` and `T` are floats, taken as the binary fractions that
they are, as are the coefficients that are no fractions. With FLINT that takes a few milliseconds for the forty
constraints of a small network, where fractions in Python take half a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import Ordering, fmpq, fmpq_mpoly_ctx
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.exponents import unique_rows
from ..polynomials.support import Support
from ..problem import Problem
from ..problem.matrices import from_upper, upper_entries
from .accurate import TINY, UNIT
from .rigorous import relative_error

Floats = NDArray[np.float64]


def exactly_changed(
    problem: Problem,
    shift: Floats,
    fine: Floats,
    matrix: Floats,
    objective: float,
    inequalities: Sequence[float],
    equalities: Sequence[float],
    matrices: Sequence[Sequence[float]] = (),
) -> Problem:
    r"""Return a problem at :math:`x = a + T t`, its polynomials divided by factors, in exact arithmetic.

    Where no variable is shifted or mixed and `T` is a diagonal of powers of two, as the factors are, coefficients stay
    floats that hold the result; elsewhere they become fractions.

    Parameters
    ----------
    problem : Problem
        As the user gave it.
    shift, fine : (n,) arrays
        The `a` is their sum.
    matrix : (n, n) array
        The `T`.
    objective, inequalities, equalities : floats
        What the polynomials are divided by.
    matrices : sequences of floats
        What rows and columns of the matrix inequalities are divided by.
    """
    polynomials = [problem.minimize, *problem.inequalities, *problem.equalities]
    factors = [objective, *inequalities, *equalities]
    last, count = 1 + len(problem.inequalities), len(polynomials)
    for each, d in zip(problem.matrix_inequalities, matrices, strict=True):
        polynomials += upper_entries(each)
        factors += [d[i] * d[j] for i in range(len(d)) for j in range(i, len(d))]
    units = np.diag(matrix)
    powers = np.append(units, factors)
    if not shift.any() and not fine.any() and not (matrix - np.diag(units)).any() and _are_powers_of_two(powers):
        exponents = np.frexp(units)[1].astype(np.int64) - 1
        changed = [_scaled(p, exponents, factor) for p, factor in zip(polynomials, factors, strict=True)]
    else:
        changed = _composed(polynomials, factors, shift, fine, matrix)
    listed, start = [], count
    for each in problem.matrix_inequalities:
        end = start + len(each) * (len(each) + 1) // 2
        listed.append(from_upper(changed[start:end], len(each)))
        start = end
    return Problem(
        changed[0],
        tuple(changed[1:last]),
        tuple(changed[last:count]),
        problem.variables,
        matrix_inequalities=listed,
        minors=problem.minors,
    )


def changed_box(low: Floats, high: Floats, shift: Floats, fine: Floats, matrix: Floats) -> tuple[Floats, Floats]:
    r"""Return a box with all `t` for which :math:`a + T t` lies in a box, rounded outwards.

    With `W` near the inverse of `T`, :math:`t = W (x - a) + (I - W T) t`. Infinite where nothing is shown.

    Parameters
    ----------
    low, high : (n,) arrays
        The box of `x`.
    shift, fine, matrix : arrays
        As for `exactly_changed`.
    """
    n, nowhere = len(low), np.full(len(low), np.inf)
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return -nowhere, nowhere
    with np.errstate(all="ignore"):
        error = 4.0 * float(relative_error(n))
        centre, half = 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low
        half = (half + 4.0 * UNIT * (np.abs(low) + np.abs(high))) * (1.0 + error) + TINY
        size = np.abs(centre) + np.abs(shift) + np.abs(fine)
        middle = inverse @ ((centre - shift) - fine)
        reach = (np.abs(inverse) @ (half + error * size)) * (1.0 + error)
        rest = np.abs(np.eye(n) - inverse @ matrix) + error * (np.eye(n) + np.abs(inverse) @ np.abs(matrix))
        share = float(rest.sum(axis=1).max()) * (1.0 + error)
        if not share < 0.5:
            return -nowhere, nowhere
        largest = float((np.abs(middle) + reach).max()) / (1.0 - share) * (1.0 + error)
        reach = (reach + share * largest) * (1.0 + error)
        below, above = middle - reach, middle + reach
        if not (np.isfinite(below).all() and np.isfinite(above).all()):
            return -nowhere, nowhere
    return np.nextafter(below, -np.inf), np.nextafter(above, np.inf)


def _are_powers_of_two(values: Floats) -> bool:
    return bool((values > 0).all()) and bool((np.frexp(values)[0] == 0.5).all())


def _scaled(p: Polynomial, units: NDArray[np.int64], factor: float) -> Polynomial:
    """Multiply coefficients by powers of two, without rounding."""
    powers = p.exponents @ units - (int(np.frexp(factor)[1]) - 1)
    if not p.is_exact:
        with np.errstate(all="ignore"):
            values = np.ldexp(p.values, powers)
            exact = np.isfinite(values).all() and (np.ldexp(values, -powers) == p.values).all()
        if exact:
            return Polynomial.from_terms(p.exponents, values, p.variables)
    terms = zip(p.coefficients.tolist(), powers.tolist(), strict=True)
    return Polynomial.from_terms(p.exponents, [Fraction(c) * Fraction(2) ** k for c, k in terms], p.variables)


def _composed(
    polynomials: Sequence[Polynomial], factors: Sequence[float], shift: Floats, fine: Floats, matrix: Floats
) -> list[Polynomial]:
    n, names = len(matrix), polynomials[0].variables
    ring: Any = fmpq_mpoly_ctx.get([f"t{i}" for i in range(n)], Ordering.degrevlex)
    gens = ring.gens()
    forms = []
    for i in range(n):
        form = ring.constant(_exact(shift[i]) + _exact(fine[i]))
        for j in np.flatnonzero(matrix[i]).tolist():
            form = form + gens[j] * _exact(matrix[i, j])
        forms.append(form)
    found = []
    supports: dict[tuple[tuple[int, ...], ...], tuple[Support, NDArray[np.intp]]] = {}
    for p, factor in zip(polynomials, factors, strict=True):
        terms = zip(map(tuple, p.exponents.tolist()), p.coefficients.tolist(), strict=True)
        own = ring.from_dict({row: _exact(c) for row, c in terms}) * (1 / _exact(factor))
        changed = own.compose(*forms, ctx=ring)
        monomials = tuple(changed.monoms())
        if monomials not in supports:  # residuals have the same monomials: they are sorted once
            rows, places = unique_rows(np.array(monomials, dtype=np.int64).reshape(len(monomials), n))
            supports[monomials] = Support(rows), places
        support, places = supports[monomials]
        values = np.empty(len(monomials), dtype=object)
        for place, c in zip(places.tolist(), changed.coeffs(), strict=True):
            values[place] = Fraction(int(c.p), int(c.q))
        values.setflags(write=False)
        found.append(Polynomial(support, values, names))
    return found


def _exact(value: float | Fraction) -> fmpq:
    numerator, denominator = (value if isinstance(value, Fraction) else float(value)).as_integer_ratio()
    return fmpq(numerator, denominator)
