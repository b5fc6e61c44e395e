"""Families: named generators of cases, and the numbers that they draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

#: What makes a problem of a family from a source of random numbers.
Make = Callable[[Random], Any]


@dataclass(frozen=True)
class Family:
    """A generator with its name and the group that it is counted in."""

    name: str
    group: str
    make: Make

    def case(self, seed: int) -> Any:
        """Return the problem with this number, always the same one."""
        return self.make(Random(f"{self.name}:{seed}"))


FAMILIES: dict[str, Family] = {}


def family(group: str) -> Callable[[Make], Make]:
    """Enter a generator under its function's name."""

    def enter(make: Make) -> Make:
        name = make.__name__
        if name in FAMILIES:
            raise ValueError(f"two families are named {name}")
        FAMILIES[name] = Family(name, group, make)
        return make

    return enter


def dyadic(draw: Random, low: float, high: float, bits: int = 3) -> Fraction:
    """Return a multiple of ``2**-bits`` between two numbers."""
    return Fraction(draw.randint(round(low * 2**bits), round(high * 2**bits)), 2**bits)


def positive(draw: Random, high: float = 3, bits: int = 3) -> Fraction:
    """Return a multiple of ``2**-bits`` above zero."""
    return Fraction(draw.randint(1, round(high * 2**bits)), 2**bits)


def nonzero(draw: Random, size: float = 3, bits: int = 3) -> Fraction:
    """Return such a number with a random sign."""
    return draw.choice((-1, 1)) * positive(draw, size, bits)


def place(draw: Random, n: int, size: float = 2, bits: int = 3) -> tuple[Fraction, ...]:
    """Return a point of dyadic coordinates."""
    return tuple(dyadic(draw, -size, size, bits) for _ in range(n))


def awkward(draw: Random) -> Fraction:
    """Return a positive fraction near one that is no float."""
    return Fraction(draw.randint(1, 40), draw.choice((3, 7, 11, 30, 97)))


def power_of_ten(draw: Random, low: int, high: int) -> Fraction:
    """Return ten to a random power."""
    return Fraction(10) ** draw.randint(low, high)
