"""Comparisons of polynomials: what ``x**2 + y**2 <= 1`` is, as a record.

``<=`` and ``>=`` make a `Constraint`, and so does `equal`; ``==`` stays the equality of polynomials, see the decision
on how problems are stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import InvalidInput
from ..machine.checks import shown
from ..machine.notebooks import Shown
from ..machine.records import Record

if TYPE_CHECKING:
    from .polynomial import Polynomial


class Relation(Enum):
    """What is asked of the polynomial of a constraint."""

    AT_LEAST_ZERO = ">="
    ZERO = "="


@dataclass(frozen=True, eq=False, repr=False)
class Constraint(Shown, Record):
    """What a comparison of polynomials asks: that `polynomial` is nonnegative, or zero.

    Attributes
    ----------
    polynomial : Polynomial
        For ``p >= q`` and ``q <= p`` it is ``p - q``, exactly as that is computed.
    relation : Relation

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> print(x**2 + y**2 <= 1)
    1 - x^2 - y^2 >= 0
    """

    polynomial: Polynomial
    relation: Relation = Relation.AT_LEAST_ZERO

    def __bool__(self) -> NoReturn:
        raise InvalidInput(
            f"{self!s:.120}: a constraint is neither true nor false; a chain such as 0 <= x <= 1 is written as two "
            f"comparisons, or as bounds={{'x': (0, 1)}}"
        )

    def __str__(self) -> str:
        return f"{self.polynomial} {self.relation.value} 0"


def at_least(left: Polynomial, right: object) -> Constraint:
    """Return the constraint ``left >= right``, `NotImplemented` where `right` is nothing that polynomials know."""
    return _compared(left, right, False)


def at_most(left: Polynomial, right: object) -> Constraint:
    """Return the constraint ``left <= right``, as `at_least`."""
    return _compared(left, right, True)


def _compared(left: Polynomial, right: object, swapped: bool) -> Constraint:
    if isinstance(right, bool):
        raise InvalidInput(f"a polynomial was compared with {right}: expected a polynomial or a number")
    difference = left.__rsub__(right) if swapped else left.__sub__(right)
    return NotImplemented if difference is NotImplemented else Constraint(difference)


def refuse_strict(left: Polynomial, right: object) -> NoReturn:
    """Raise for ``<`` and ``>``: a set without its border has no minimum."""
    raise InvalidInput("< and > between polynomials: expected <= or >=; a set without its border has no minimum")


def equal(left: object, right: object) -> Any:
    """Return the constraint that two polynomials, or a polynomial and a number, are equal.

    ``left == right`` is another question, whether both are the same polynomial, and its answer is True or False.

    Parameters
    ----------
    left, right : Polynomial or number
        One of them a polynomial.

    Returns
    -------
    Constraint
        Or a `ComplexConstraint` where one of them has complex variables.

    Raises
    ------
    InvalidInput
        Neither is a polynomial, or one is no number.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> circle = ms.equal(x**2 + y**2, 1)
    >>> ms.solve(ms.Problem(maximize=x + y, constraints=[circle])).status.name
    'CERTIFIED'
    """
    from .conjugates import ComplexConstraint, ComplexPolynomial
    from .polynomial import Polynomial

    for value in (left, right):
        if isinstance(value, Constraint | ComplexConstraint | bool):
            raise InvalidInput(f"equal: expected polynomials or numbers, got {shown(value)}")
    difference: Any = NotImplemented
    for value, other in ((left, right), (right, left)):
        if isinstance(value, ComplexPolynomial):
            difference = value.__sub__(other) if value is left else value.__rsub__(other)
            if difference is not NotImplemented:
                return ComplexConstraint(difference, Relation.ZERO)
    if isinstance(left, Polynomial):
        difference = left.__sub__(right)
    elif isinstance(right, Polynomial):
        difference = right.__rsub__(left)
    if difference is NotImplemented:
        raise InvalidInput(f"equal: expected polynomials or numbers, got {shown(left)} and {shown(right)}")
    return Constraint(difference, Relation.ZERO)
