"""Unknown measures, and expressions that are linear in their moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, NoReturn

from ..errors import InvalidInput
from ..machine.checks import items, shown
from ..machine.mappings import ReadOnly
from ..machine.records import Brief, Record
from ..polynomials import Polynomial
from ..polynomials.comparison import Relation
from ..problem import Problem
from ..problem.given import as_polynomial


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Measure(Record):
    r"""An unknown nonnegative measure on a basic semialgebraic set.

    Parameters
    ----------
    name : str
    variables : sequence of Polynomial or str
        What it is a measure on the space of.
    constraints, bounds, domains
        Its support, stated as in `momentsos.Problem`; by default all of space.

    Attributes
    ----------
    name : str
    support : Problem
        The set, as the feasible set of a problem without an objective.

    Raises
    ------
    InvalidInput
        A name that is none, no variables, a support in other variables.

    Examples
    --------
    >>> import momentsos as ms
    >>> (x,) = ms.variables("x")
    >>> mu = ms.Measure("mu", [x], bounds={"x": (0, 1)})
    >>> print(mu.moment(x**2) - 2 * mu.mass == 1)
    -1 + mu[-2 + x^2] = 0
    """

    name: str
    support: Problem

    # NumPy scalars on the left leave the operation to us instead of making an array.
    __array_ufunc__ = None

    def __init__(
        self,
        name: str,
        variables: Sequence[Polynomial | str],
        constraints: Sequence[Any] = (),
        *,
        bounds: Mapping[Any, Any] | None = None,
        domains: Mapping[Any, Any] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise InvalidInput(f"Measure: expected a name such as 'mu', got {shown(name)}")
        own = tuple(_name(each) for each in items(variables, "variables", "a list of variables"))
        if not own:
            raise InvalidInput(f"measure {name}: expected at least one variable")
        zero = Polynomial.constant(0.0, own)
        support = Problem(zero, variables=own, constraints=constraints, bounds=bounds, domains=domains)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "support", support)

    def moment(self, polynomial: Polynomial | float) -> MomentExpression:
        r"""Return :math:`\int p\, d\mu` as an expression.

        Raises
        ------
        InvalidInput
            `p` has a variable that is not the measure's.
        """
        given = as_polynomial(polynomial, f"{self.name}.moment")
        used = [name for name, use in zip(given.variables, given.support.occurs, strict=True) if use]
        foreign = [name for name in used if name not in self.support.variables]
        if foreign:
            raise InvalidInput(
                f"{self.name}.moment: {foreign[0]!r} is none of the variables {list(self.support.variables)!r:.200}"
            )
        return MomentExpression(0.0, ReadOnly({self: given.over(self.support.variables)}))

    @property
    def mass(self) -> MomentExpression:
        """The moment of 1."""
        return self.moment(1.0)

    def __repr__(self) -> str:
        return f"Measure({self.name!r} on {', '.join(self.support.variables)})"


def _name(given: object) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, Polynomial) and len(given) == 1 and given.degree == 1 and given.exact[0] == 1:
        return given.variables[int(given.exponents[0].argmax())]
    raise InvalidInput(f"variables: expected variables or their names, got {shown(given)}")


@dataclass(frozen=True, eq=False, repr=False)
class MomentExpression:
    r"""A number that is linear in moments, :math:`c + \sum_i \int p_i\, d\mu_i`.

    Sums, multiples, and comparisons: ``==``, ``<=`` and ``>=`` make a `MomentConstraint`.

    Attributes
    ----------
    constant : float
    parts : mapping from Measure to Polynomial
        The :math:`p_i`.
    """

    constant: float = 0.0
    parts: Mapping[Measure, Polynomial] = field(default_factory=ReadOnly)

    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]  # == makes a constraint

    def __add__(self, other: object) -> MomentExpression:
        right = _as_expression(other)
        if right is None:
            return NotImplemented
        parts = dict(self.parts)
        for measure, polynomial in right.parts.items():
            parts[measure] = parts[measure] + polynomial if measure in parts else polynomial
        return MomentExpression(self.constant + right.constant, ReadOnly({m: p for m, p in parts.items() if p}))

    __radd__ = __add__

    def __neg__(self) -> MomentExpression:
        return self * -1.0

    def __sub__(self, other: object) -> MomentExpression:
        right = _as_expression(other)
        return NotImplemented if right is None else self + right * -1.0

    def __rsub__(self, other: object) -> MomentExpression:
        return -self + other

    def __mul__(self, other: object) -> MomentExpression:
        if isinstance(other, MomentExpression | Polynomial):
            raise InvalidInput("a moment times a moment or a polynomial: moment problems are linear in moments")
        if not isinstance(other, Real) or isinstance(other, bool):
            return NotImplemented
        factor = float(other)
        parts = {m: p * factor for m, p in self.parts.items()}
        return MomentExpression(self.constant * factor, ReadOnly({m: p for m, p in parts.items() if p}))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> MomentExpression:
        if not isinstance(other, Real) or not other:
            return NotImplemented
        return self * (1.0 / float(other))

    def __eq__(self, other: object) -> Any:
        return _compared(self, other, 1.0, Relation.ZERO)

    def __ge__(self, other: object) -> Any:
        return _compared(self, other, 1.0, Relation.AT_LEAST_ZERO)

    def __le__(self, other: object) -> Any:
        return _compared(self, other, -1.0, Relation.AT_LEAST_ZERO)

    def __str__(self) -> str:
        parts = [f"{m.name}[{p!s:.80}]" for m, p in self.parts.items()]
        shown_constant = [f"{self.constant:g}"] if self.constant or not parts else []
        return " + ".join(shown_constant + parts)

    def __repr__(self) -> str:
        return f"MomentExpression({self!s:.200})"


@dataclass(frozen=True, eq=False, repr=False)
class MomentConstraint(Brief):
    """What is asked of an expression: that it is nonnegative, or zero.

    Attributes
    ----------
    expression : MomentExpression
    relation : Relation
    """

    expression: MomentExpression
    relation: Relation

    def __bool__(self) -> NoReturn:
        raise InvalidInput(f"{self!s:.120}: a constraint is neither true nor false; a chain is written as two of them")

    def __str__(self) -> str:
        return f"{self.expression} {self.relation.value} 0"

    def __repr__(self) -> str:
        return f"MomentConstraint({self!s:.200})"


def _compared(left: MomentExpression, right: object, sign: float, relation: Relation) -> Any:
    other = _as_expression(right)
    if other is None:
        raise InvalidInput(f"a moment was compared with {shown(right)}: expected a number or another moment")
    return MomentConstraint((left - other) * sign, relation)


def _as_expression(value: object) -> MomentExpression | None:
    if isinstance(value, MomentExpression):
        return value
    if isinstance(value, Polynomial):
        raise InvalidInput("a moment plus a polynomial: polynomials go into the moment of a measure, mu.moment(p)")
    return MomentExpression(float(value)) if isinstance(value, Real) and not isinstance(value, bool) else None
