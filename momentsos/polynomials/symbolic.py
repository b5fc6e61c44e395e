"""Polynomials from sympy and to sympy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..errors import InvalidInput
from .coefficients import COUNTED
from .polynomial import Polynomial


def from_sympy(expression: Any, variables: Sequence[str] | None = None) -> Polynomial:
    """Convert a sympy expression; rationals that are not integers, and long integers, stay exact fractions.

    Floats beside them are the binary fractions that they are.

    Parameters
    ----------
    expression : sympy expression or number
        Never a string: nothing is evaluated.
    variables : sequence of str, optional
        The variables and their order; by default the free symbols sorted by name.

    Raises
    ------
    InvalidInput
        When the expression is not a polynomial with real coefficients in the variables.
    """
    import sympy

    if isinstance(expression, str) or not isinstance(expression, sympy.Expr | int | float | Fraction):
        raise InvalidInput(f"from_sympy: expected a sympy expression, got {type(expression).__name__}")
    expression = sympy.sympify(expression)
    names = tuple(sorted(free_names(expression)) if variables is None else variables)
    by_name = {symbol.name: symbol for symbol in expression.free_symbols}
    missing = sorted(set(by_name) - set(names))
    if missing:
        raise InvalidInput(f"from_sympy: symbols {missing} occur but are not among the variables {list(names)}")
    if not names:
        return Polynomial.constant(_number(expression))
    symbols = [by_name.get(name, sympy.Symbol(name)) for name in names]
    if any(not _is_counted(number) for number in expression.atoms(sympy.Rational)):
        # In one domain with floats, rational coefficients would become floats.
        expression = expression.xreplace({number: sympy.Rational(number) for number in expression.atoms(sympy.Float)})
    try:
        poly = sympy.Poly(expression, *symbols)
    except sympy.PolynomialError as error:
        raise InvalidInput(f"from_sympy: not a polynomial in {list(names)}: {error}") from error
    terms = poly.terms()
    return Polynomial.from_terms(
        np.array([row for row, _ in terms]).reshape(len(terms), len(names)),
        [_number(c) for _, c in terms],
        names,
    )


def _number(value: Any) -> float | Fraction:
    if value.is_Rational:
        return float(value) if _is_counted(value) else Fraction(int(value.p), int(value.q))
    if value.is_Float and value.is_finite:  # it may have more digits than a float
        import sympy

        exact = sympy.Rational(value)
        return _shortest(Fraction(int(exact.p), int(exact.q)))
    if value.is_real is False or not value.is_number:
        raise InvalidInput(f"from_sympy: coefficient {value} is not a real number")
    try:
        return float(value)
    except TypeError as error:
        raise InvalidInput(f"from_sympy: coefficient {value} is not a real number") from error


def _is_counted(value: Any) -> bool:
    """Whether a rational number is an integer that is a float without an error."""
    return bool(value.is_Integer) and abs(int(value)) <= COUNTED


def _shortest(exact: Fraction) -> float | Fraction:
    """Return a number as a float where that is the number."""
    if abs(exact) <= sys.float_info.max and Fraction(float(exact)) == exact:
        return float(exact)
    return exact


def free_names(expression: Any) -> set[str]:
    """Return the names of the symbols of an expression, none of what is no expression of sympy."""
    import sympy

    return {symbol.name for symbol in expression.free_symbols} if isinstance(expression, sympy.Basic) else set()


def to_sympy(polynomial: Polynomial) -> Any:
    """Return the sympy expression; floats stay floats, integers become integers, fractions stay exact."""
    import sympy

    symbols = sympy.symbols(polynomial.variables)
    terms = []
    for row, value in zip(polynomial.exponents, polynomial.coefficients, strict=True):
        if isinstance(value, Fraction):
            number = sympy.Rational(value.numerator, value.denominator)
        else:
            whole = float(value).is_integer() and abs(value) <= COUNTED
            number = sympy.Integer(int(value)) if whole else sympy.Float(float(value))
        factors = [symbol ** int(power) for symbol, power in zip(symbols, row, strict=True)]
        terms.append(sympy.Mul(number, *factors))
    return sympy.Add(*terms)
