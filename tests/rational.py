"""Polynomials with float coefficients, evaluated in fractions: an oracle for tests."""

from __future__ import annotations

from fractions import Fraction

import momentsos as ms


def value_at(p: ms.Polynomial, point: list[Fraction]) -> Fraction:
    """Return the exact value at a rational point; floats are the binary fractions that they are."""
    total = Fraction(0)
    for row, value in zip(p.exponents.tolist(), p.values.tolist(), strict=True):
        term = Fraction(value)
        for entry, power in zip(point, row, strict=True):
            term *= entry**power
        total += term
    return total
