"""What a user may give as a polynomial, an inequality or an equation, checked at the door."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

from ..errors import InvalidInput
from ..machine.checks import converted, items, shown
from ..polynomials import Constraint, Polynomial, RationalSum, from_sympy
from ..polynomials.comparison import Relation
from ..polynomials.conjugates import ComplexConstraint, ComplexPolynomial


def as_polynomial(value: object, name: str) -> Polynomial:
    """Return a polynomial, a number or a sympy expression as a polynomial."""
    if isinstance(value, Polynomial):
        return value
    if isinstance(value, Real) and not isinstance(value, bool):
        return converted(Polynomial.constant, value, name, "a polynomial or a number")
    if isinstance(value, Constraint):
        raise InvalidInput(f"{name}: expected a polynomial, got a comparison; comparisons go into constraints=[...]")
    if is_of_sympy(value):
        return from_sympy(value)
    if isinstance(value, RationalSum):
        raise InvalidInput(f"{name}: expected a polynomial, got a ratio; ratios are known in the objective alone")
    if isinstance(value, ComplexPolynomial):
        raise InvalidInput(f"{name}: expected a real polynomial, got a complex one: state it as ms.ComplexProblem")
    raise InvalidInput(f"{name}: expected a polynomial in momentsos variables, got {type(value).__name__}")


def as_objective(value: object, name: str) -> RationalSum:
    """Return what a user gives as an objective as a sum of a polynomial and ratios."""
    return value if isinstance(value, RationalSum) else RationalSum(as_polynomial(value, name), ())


def as_polynomials(values: object, name: str) -> list[Polynomial]:
    """Return a list of what `as_polynomial` takes as polynomials."""
    if isinstance(values, Polynomial) or not isinstance(values, Iterable):
        raise InvalidInput(f"{name}: expected a list of polynomials, got {type(values).__name__}")
    return [
        as_polynomial(value, f"{name}[{i}]") for i, value in enumerate(items(values, name, "a list of polynomials"))
    ]


def as_constraint(value: object, name: str) -> Constraint:
    """Return a comparison, of polynomials or a relation of sympy, as a constraint."""
    if isinstance(value, Constraint):
        return value
    if is_of_sympy(value) and _is_relation(value):
        equation = _is_equation(value)
        polynomial = from_sympy(one_sided(value, equation, name))
        return Constraint(polynomial, Relation.ZERO if equation else Relation.AT_LEAST_ZERO)
    if isinstance(value, ComplexConstraint):
        raise InvalidInput(f"{name}: a comparison of complex polynomials: expected real ones, or ms.ComplexProblem")
    hint = "; == compares polynomials, an equation is equal(p, q)" if isinstance(value, bool) else ""
    raise InvalidInput(f"{name}: expected a comparison such as x**2 + y**2 <= 1, got {shown(value)}{hint}")


def is_of_sympy(value: object) -> bool:
    """Whether a value is an object of sympy's, which is not imported for the question."""
    return type(value).__module__.split(".")[0] == "sympy"


def one_sided(expression: Any, equality: bool, name: str = "from_sympy") -> Any:
    """Return a sympy expression that is to be zero, or nonnegative, from a relation of that kind or an expression."""
    import sympy

    if isinstance(expression, sympy.Eq) and equality:
        return expression.lhs - expression.rhs
    if isinstance(expression, sympy.GreaterThan | sympy.LessThan) and not equality:
        return expression.gts - expression.lts
    if _is_relation(expression):
        kind = "an equation" if equality else "'>=' or '<='"
        raise InvalidInput(f"{name}: {expression}: expected {kind}; strict relations have no minimum")
    return expression


def _is_relation(value: Any) -> bool:
    import sympy

    return isinstance(value, sympy.core.relational.Relational)


def _is_equation(value: Any) -> bool:
    import sympy

    return isinstance(value, sympy.Eq)
