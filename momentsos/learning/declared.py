"""What an activation is declared with, checked at the door."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInput
from ..machine.checks import converted, is_integer, items, shown
from ..machine.mappings import ReadOnly
from ..polynomials.exponents import MAX_DEGREE
from .bases import BASES

if TYPE_CHECKING:
    from .activation import Activation


def name_of(function: object) -> str:
    """Return what a function is called."""
    return f"{getattr(function, '__name__', type(function).__name__)!s:.40}"


def checked(given: Activation) -> dict[str, Any]:
    """Return the fields of an activation as they are kept; raise `InvalidInput` for what makes no sense."""
    if given.shape is not None:
        return _shape(given)
    if not isinstance(given.per_unit, bool):
        raise InvalidInput(f"per_unit: expected True or False, got {shown(given.per_unit)}")
    found = _functions(given) if not isinstance(given.basis, str) else _polynomial(given)
    places = range(found.pop("size"))
    listed = set(found.get("powers") or places)
    fixed = {k: _number(v, f"fixed[{k}]") for k, v in _by_place(given.fixed, "fixed", places, listed).items()}
    bounds = {k: _interval(v, f"bounds[{k}]") for k, v in _by_place(given.bounds, "bounds", places, listed).items()}
    for place, value in fixed.items():
        low, high = bounds.get(place, (None, None))
        if (low is not None and value < low) or (high is not None and value > high):
            raise InvalidInput(f"fixed[{place}] = {value:g} lies outside of bounds[{place}] = ({low}, {high})")
    constraints = tuple(
        _constraint(each, f"constraints[{i}]", places, listed)
        for i, each in enumerate(items(given.constraints, "constraints", "a list of (weights, limits)"))
    )
    return {**found, "fixed": ReadOnly(fixed), "bounds": ReadOnly(bounds), "constraints": constraints}


def _shape(given: Activation) -> dict[str, Any]:
    if not callable(given.shape):
        raise InvalidInput(f"shape: expected a function of an array, got {shown(given.shape)}")
    others = (given.degree, given.powers, given.interval)
    if any(each is not None for each in others) or given.basis != "monomials" or given.per_unit:
        raise InvalidInput("shape: a fixed activation has no degree, powers, basis or interval; leave them out")
    if len(given.fixed) or len(given.bounds) or len(given.constraints):
        raise InvalidInput("shape: a fixed activation has no coefficients to fix or to bound; leave them out")
    return {"fixed": ReadOnly(), "bounds": ReadOnly(), "constraints": ()}


def _functions(given: Activation) -> dict[str, Any]:
    functions = items(given.basis, "basis", f"one of {', '.join(BASES)}, or a list of functions")
    wrong = [each for each in functions if not callable(each)]
    if wrong or not functions:
        raise InvalidInput(f"basis: expected functions of an array, got {shown(wrong[0]) if wrong else 'none'}")
    if given.degree is not None or given.powers is not None or given.interval is not None:
        raise InvalidInput("basis: a list of functions has no degree, powers or interval; leave them out")
    return {"basis": tuple(functions), "size": len(functions)}


def _polynomial(given: Activation) -> dict[str, Any]:
    if given.basis not in BASES:
        raise InvalidInput(f"basis {shown(given.basis)}: expected one of {', '.join(BASES)}, or a list of functions")
    if given.powers is None:
        degree = _degree(given.degree)
        powers = tuple(range(degree + 1))
    else:
        powers = _powers(given.powers)
        degree = powers[-1]
        if given.degree is not None and given.degree != degree:
            raise InvalidInput(f"degree {shown(given.degree)} and powers up to {degree}: give one of the two")
    interval = given.interval
    if isinstance(interval, str):
        if interval != "data":
            raise InvalidInput(f"interval {shown(interval)}: expected (a, b) or 'data'")
    elif interval is not None:
        low, high = _interval(interval, "interval")
        if low is None or high is None or not low < high:
            raise InvalidInput(f"interval ({low}, {high}): expected two numbers, the lower one first")
        interval = (low, high)
    return {"degree": degree, "powers": powers, "interval": interval, "size": degree + 1}


def _degree(value: object) -> int:
    if not is_integer(value) or not 1 <= value <= MAX_DEGREE:  # type: ignore[operator]  # an integer by now
        raise InvalidInput(f"degree {shown(value)}: expected an integer, at least 1 and at most {MAX_DEGREE}")
    return int(value)  # type: ignore[call-overload]


def _powers(value: object) -> tuple[int, ...]:
    given = items(value, "powers", "a list of powers, such as (1, 3, 5)")
    for power in given:
        if not is_integer(power) or not 0 <= power <= MAX_DEGREE:
            raise InvalidInput(f"powers: expected integers from 0 to {MAX_DEGREE}, got {shown(power)}")
        if given.count(power) > 1:
            raise InvalidInput(f"powers: {power} occurs twice; its two coefficients could not be told apart")
    if not given or max(given) < 1:
        raise InvalidInput("powers: expected at least one power above 0; a constant activation learns nothing")
    return tuple(sorted(map(int, given)))


def _by_place(value: object, name: str, places: range, listed: set[int]) -> dict[int, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{name}: expected a mapping from places to numbers, got {shown(value)}")
    content = converted(dict, value, name, "a mapping from places to numbers")
    for key in content:
        if not is_integer(key) or key not in places or key not in listed:
            raise InvalidInput(f"{name}: there is no coefficient {shown(key)}; there are {sorted(listed)}")
    return {int(key): each for key, each in content.items()}


def _number(value: object, name: str) -> float:
    number = converted(float, value, name, "a number")
    if not math.isfinite(number):
        raise InvalidInput(f"{name}: expected a finite number, got {number}")
    return float(number)


def _interval(value: object, name: str) -> tuple[float | None, float | None]:
    pair = items(value, name, "two numbers, or None where there is no limit")
    if len(pair) != 2:
        raise InvalidInput(f"{name}: expected two numbers, got {len(pair)}")
    ends: list[float | None] = []
    for end, infinite in zip(pair, (-math.inf, math.inf), strict=True):
        number = None if end is None else converted(float, end, name, "two numbers, or None where there is no limit")
        ends.append(None if number is None or number == infinite else _number(number, name))
    low, high = ends
    if low is not None and high is not None and low > high:
        raise InvalidInput(f"{name} = ({low:g}, {high:g}): expected the lower limit first")
    return low, high


def _constraint(
    value: object, name: str, places: range, listed: set[int]
) -> tuple[Mapping[int, float], tuple[float | None, float | None]]:
    pair = items(value, name, "(weights by place, (low, high))")
    if len(pair) != 2:
        raise InvalidInput(f"{name}: expected (weights by place, (low, high)), got {len(pair)} parts")
    weights = {k: _number(v, name) for k, v in _by_place(pair[0], name, places, listed).items()}
    if not any(weights.values()):
        raise InvalidInput(f"{name}: expected at least one weight that is not zero")
    return ReadOnly(weights), _interval(pair[1], name)
