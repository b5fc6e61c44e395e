"""Substitution of polynomials and numbers for variables."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from ..errors import InvalidInput
from ..machine.checks import converted, shown
from .polynomial import Polynomial, merge_variables


def substitute(polynomial: Polynomial, replacements: Mapping[str, Polynomial | float | Fraction]) -> Polynomial:
    """Replace variables simultaneously; variables that are not named stay, in their order, before new ones.

    Terms are grouped by their powers of the replaced variables, so that each product of powers is formed once.

    Raises
    ------
    InvalidInput
        When a name is not one of the variables of `polynomial`.
    """
    if not isinstance(replacements, Mapping):
        raise InvalidInput(f"substitute: expected a mapping of names to polynomials, got {shown(replacements)}")
    unknown = [name for name in replacements if name not in polynomial.variables]
    if unknown:
        raise InvalidInput(f"substitute: {unknown} are not among the variables {list(polynomial.variables)}")
    kept = [name for name in polynomial.variables if name not in replacements]
    images = {name: _image(value, name) for name, value in replacements.items()}
    introduced = merge_variables(*(image.variables for image in images.values()))
    own = [name for name in polynomial.variables if name in kept or name in introduced]
    names = merge_variables(own, introduced)
    columns = [polynomial.variables.index(name) for name in images]
    kept_columns = [polynomial.variables.index(name) for name in kept]
    powers = {
        name: _powers(image.over(names), int(polynomial.exponents[:, column].max(initial=0)))
        for (name, image), column in zip(images.items(), columns, strict=True)
    }
    patterns, group = np.unique(polynomial.exponents[:, columns], axis=0, return_inverse=True)
    total = Polynomial.constant(0.0, names)
    for index, pattern in enumerate(patterns):
        chosen = np.flatnonzero(group.reshape(-1) == index)
        rest = Polynomial.from_terms(
            polynomial.exponents[chosen][:, kept_columns], polynomial.coefficients[chosen], kept
        ).over(names)
        for name, power in zip(images, pattern, strict=True):
            rest = rest * powers[name][int(power)]
        total = total + rest
    return total


def _image(value: Polynomial | float | Fraction, name: str) -> Polynomial:
    if isinstance(value, Polynomial):
        return value
    return converted(Polynomial.constant, value, f"substitute {name}", "a polynomial or a number")


def _powers(base: Polynomial, highest: int) -> list[Polynomial]:
    powers = [Polynomial.constant(1.0, base.variables)]
    for _ in range(highest):
        powers.append(powers[-1] * base)
    return powers
