r"""Comparisons, bounds and domains as inequalities and equations.

A bound is a linear inequality, the form in which boxes are found (`momentsos.bounds.implied`) and products of bounds
are made; equal bounds are an equation. A finite domain :math:`\{v_1, \dots, v_r\}` is the univariate equation
:math:`\prod_i (x - v_i) = 0`, exactly; values outside of the variable's bounds are not among its factors, and the
bounds, which it implies, are not stated beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from numbers import Real
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..machine.checks import converted, items, shown
from ..polynomials import Constraint, Polynomial
from ..polynomials.comparison import Relation
from .given import as_constraint

#: Most values of a finite domain: each is one more degree of its equation.
MOST_VALUES = 64
#: Domains that have a name, beside "integer", which is all integers between two bounds.
NAMED = {"binary": (0, 1), "sign": (-1, 1)}
_INTEGER = "integer"
#: Characters of a fraction that is shown as one.
_SHORT = 16

#: Ends of an interval, None where there is none.
Ends = tuple[Fraction | None, Fraction | None]


def as_constraints(constraints: object) -> list[Constraint]:
    """Return comparisons as constraints."""
    if isinstance(constraints, Constraint):
        raise InvalidInput("constraints: expected a list of comparisons, got one alone: write [x**2 + y**2 <= 1]")
    given = items(constraints, "constraints", "a list of comparisons such as [x**2 + y**2 <= 1]")
    return [as_constraint(each, f"constraints[{i}]") for i, each in enumerate(given)]


def as_sides(bounds: object, domains: object, variables: tuple[str, ...]) -> list[Constraint]:
    """Return bounds, then domains, as constraints in one variable each.

    Parameters
    ----------
    bounds : mapping from names to (low, high)
        None, or infinity of the right sign, where there is no bound.
    domains : mapping from names to domains
        "binary", "sign", "integer" between two bounds, or a list of numbers.
    variables : tuple of str

    Raises
    ------
    InvalidInput
        A name that is no variable, bounds that cross, a domain without a value within the bounds, and what is none.
    """
    ends = {name: _ends(pair, f"bounds[{name!r}]") for name, pair in _by_name(bounds, "bounds", variables)}
    kinds = dict(_by_name(domains, "domains", variables))
    found = [side for name in ends if name not in kinds for side in _between(name, ends[name], variables)]
    for name, domain in kinds.items():
        values = _values(domain, ends.get(name, (None, None)), f"domains[{name!r}]")
        found.append(Constraint(_vanishing(name, values, variables), Relation.ZERO))
    return found


def _by_name(given: object, what: str, variables: tuple[str, ...]) -> Iterable[tuple[str, Any]]:
    """Yield pairs of a mapping whose keys are names of variables, or the variables themselves."""
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{what}: expected a mapping such as {{'x': (0, 1)}}, got {shown(given)}")
    seen = set[str]()
    for key, value in converted(lambda content: list(content.items()), given, what, "a mapping by name"):
        name = _name(key)
        if name not in variables:
            which = f"{name!r:.60}" if name is not None else shown(key)
            raise InvalidInput(f"{what}: {which} is no variable of the problem; there are {list(variables)!r:.200}")
        if name in seen:
            raise InvalidInput(f"{what}: {name!r} occurs twice")
        seen.add(name)
        yield name, value


def _name(key: object) -> str | None:
    """Return the name that a key is, or that of the variable that it is; None for what is neither."""
    if isinstance(key, str):
        return str(key)
    if isinstance(key, Polynomial) and len(key) == 1 and key.degree == 1 and key.exact[0] == 1:
        return key.variables[int(np.flatnonzero(key.exponents[0])[0])]
    return None


def _ends(pair: object, name: str) -> Ends:
    """Return the ends of an interval, exactly."""
    given = items(pair, name, "two numbers (low, high), None where there is no bound")
    if len(given) != 2:
        raise InvalidInput(f"{name}: expected two numbers (low, high), got {len(given)}")
    low, high = (_end(end, no_end, name) for end, no_end in zip(given, (-math.inf, math.inf), strict=True))
    if low is not None and high is not None and low > high:
        raise InvalidInput(f"{name} = ({shown(given[0])}, {shown(given[1])}): the lower bound is above the upper one")
    return low, high


def _end(value: Any, no_end: float, name: str) -> Fraction | None:
    return None if value is None or (isinstance(value, float) and value == no_end) else _number(value, name)


def _number(value: object, name: str) -> Fraction:
    """Return a finite real number exactly; truth values and text are none."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal):
        raise InvalidInput(f"{name}: expected numbers, got {shown(value)}")
    return converted(Fraction, value, name, "finite numbers")


def _between(name: str, ends: Ends, variables: tuple[str, ...]) -> Iterable[Constraint]:
    low, high = ends
    if low is not None and low == high:
        yield Constraint(_linear(name, 1, -low, variables), Relation.ZERO)
        return
    if low is not None:
        yield Constraint(_linear(name, 1, -low, variables))
    if high is not None:
        yield Constraint(_linear(name, -1, high, variables))


def _linear(name: str, slope: int, constant: Fraction, variables: tuple[str, ...]) -> Polynomial:
    return _univariate(name, [constant, Fraction(slope)], variables)


def _vanishing(name: str, values: list[Fraction], variables: tuple[str, ...]) -> Polynomial:
    r"""Return :math:`\prod_i (x - v_i)`."""
    powers = [Fraction(1)]
    for value in values:
        powers = [a - value * b for a, b in zip([Fraction(0), *powers], [*powers, Fraction(0)], strict=True)]
    return _univariate(name, powers, variables)


def _univariate(name: str, powers: list[Fraction], variables: tuple[str, ...]) -> Polynomial:
    """Return a polynomial from ascending powers of a variable: in floats where these are its coefficients exactly."""
    rows = np.zeros((len(powers), len(variables)), dtype=np.int64)
    rows[:, variables.index(name)] = range(len(powers))
    floats = [_as_float(value) for value in powers]
    exact = any(each is None or each != value for each, value in zip(floats, powers, strict=True))
    return Polynomial.from_terms(rows, powers if exact else floats, variables)  # type: ignore[arg-type]  # none is None


def _as_float(value: Fraction) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _values(domain: object, ends: Ends, name: str) -> list[Fraction]:
    """Return the values of a domain within bounds, in order."""
    low, high = ends
    if isinstance(domain, str) and domain == _INTEGER:
        if low is None or high is None:
            raise InvalidInput(f"{name} = {_INTEGER!r}: expected both bounds on it, such as bounds={{'k': (0, 9)}}")
        given: Iterable[Any] = range(math.ceil(low), math.floor(high) + 1)
    elif isinstance(domain, str) and domain in NAMED:
        given = NAMED[domain]
    elif isinstance(domain, str | bytes | Mapping) or not isinstance(domain, Iterable):
        kinds = ", ".join(map(repr, (*NAMED, _INTEGER)))
        raise InvalidInput(f"{name}: expected {kinds}, or a list of numbers such as range(4), got {shown(domain)}")
    else:
        given = domain
    listed = converted(lambda values: list(islice(values, MOST_VALUES + 1)), given, name, "a list of numbers")
    if len(listed) > MOST_VALUES:
        raise InvalidInput(f"{name}: more than {MOST_VALUES} values, and each is one more degree: expected fewer")
    values = sorted({_number(value, name) for value in listed})
    within = [v for v in values if (low is None or v >= low) and (high is None or v <= high)]
    if not within:
        empty = not values and not isinstance(domain, str)
        kind = "has no value" if empty else f"has no value within the bounds ({_text(low)}, {_text(high)})"
        raise InvalidInput(f"{name}: the domain {kind}")
    return within


def _text(value: Fraction | None) -> str:
    if value is None:
        return "None"
    text = str(value)
    return text if len(text) <= _SHORT else f"about {Decimal(value.numerator) / Decimal(value.denominator):.6g}"
