"""What a sum-of-squares program asks of its polynomials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..machine.checks import integer, items, shown
from ..machine.records import Record
from ..polynomials import Polynomial
from .unknowns import UnknownPolynomial

#: Most factors of a product of inequalities: as many as a certificate takes.
_FACTORS = 4


@dataclass(frozen=True, eq=False, repr=False)
class SOS(Record):
    r"""A polynomial, or a symmetric matrix of them, is a sum of squares, plus what vanishes or is nonnegative on a set.

    .. math::

        P(x) = \Sigma_0(x) + \sum_j \Sigma_j(x)\, g_j(x) + \sum_l \Lambda_l(x)\, h_l(x)

    with sums of squares :math:`\Sigma_j` (Gram matrices in the basis :math:`e_i \otimes x^\beta`) and symmetric
    :math:`\Lambda_l`, all products of degree at most `degree`. So :math:`P(x) \succeq 0` where the `on` are
    nonnegative and the `equalities` vanish.

    Attributes
    ----------
    entries : tuple of rows of UnknownPolynomial
        The matrix `P`; one row of one entry for a polynomial.
    on : tuple of Polynomial
        The :math:`g_j`, and their products where they were asked for.
    factors : tuple of tuple of int
        For each of them, the numbers of the inequalities that it is the product of.
    equalities : tuple of Polynomial
    degree : int
    """

    entries: tuple[tuple[UnknownPolynomial, ...], ...]
    on: tuple[Polynomial, ...]
    factors: tuple[tuple[int, ...], ...]
    equalities: tuple[Polynomial, ...]
    degree: int

    @property
    def size(self) -> int:
        """Rows of the matrix, 1 for a polynomial."""
        return len(self.entries)


@dataclass(frozen=True, eq=False, repr=False)
class Identity(Record):
    """A polynomial is zero, coefficient by coefficient.

    Attributes
    ----------
    polynomial : UnknownPolynomial
    """

    polynomial: UnknownPolynomial


def sos(
    polynomial: Any,
    on: Sequence[Polynomial] = (),
    equalities: Sequence[Polynomial] = (),
    degree: int | None = None,
    products: bool = False,
) -> SOS:
    """Ask that a polynomial is nonnegative on a set, shown by sums of squares.

    Parameters
    ----------
    polynomial : UnknownPolynomial, Polynomial, number, or square matrix of these
        A matrix is asked to be positive semidefinite. A polynomial without variables is a number: ``sos(t - 1)`` says
        that `t` is at least 1.
    on : sequence of Polynomial
        Known polynomials that are nonnegative on the set (Putinar's multipliers).
    equalities : sequence of Polynomial
        Known polynomials that vanish on the set.
    degree : int, optional
        Largest degree in the identity; by default the lowest even one that everything given fits into.
    products : bool
        Also take the products of the inequalities, each at most once (Schmüdgen's multipliers), of at most four of
        them and not above the degree.

    Raises
    ------
    InvalidInput
        A matrix that is not square or not symmetric, unknowns in `on` or `equalities`, a degree that is too low, a set
        that is described in other variables.
    """
    entries = _entries(polynomial)
    g = tuple(known(each, f"on[{i}]") for i, each in enumerate(items(on, "on", "a list of polynomials")))
    h = tuple(known(e, f"equalities[{i}]") for i, e in enumerate(items(equalities, "equalities", "a list")))
    if not isinstance(products, bool | np.bool_):
        raise InvalidInput(f"products: expected True or False, got {shown(products)}")
    _refuse_foreign(entries, g, h)
    least = max([e.degree for row in entries for e in row] + [each.degree for each in (*g, *h)])
    top = least + least % 2 if degree is None else integer(degree, "degree", 0, 200)
    if top < least:
        raise InvalidInput(f"degree = {top}: the polynomials given have degree {least}; expected at least that")
    top += top % 2
    factors = tuple(_factors(g, top) if products else ((j,) for j in range(len(g))))
    made = []
    for chosen in factors:
        product = g[chosen[0]]
        for j in chosen[1:]:
            product = product * g[j]
        made.append(product)
    return SOS(entries, tuple(made), factors, h, top)


def identity(left: Any, right: Any = 0) -> Identity:
    """Ask that two polynomials are the same, coefficient by coefficient.

    Raises
    ------
    InvalidInput
        What is no polynomial.
    """
    return Identity(lifted(left, "left") - lifted(right, "right"))


def lifted(value: object, name: str) -> UnknownPolynomial:
    """Return a number or a polynomial as one with unknowns, of which it has none."""
    if isinstance(value, UnknownPolynomial):
        return value
    return UnknownPolynomial(known(value, name))


def known(value: object, name: str) -> Polynomial:
    """Return a polynomial without unknowns.

    Raises
    ------
    InvalidInput
        Anything else.
    """
    if isinstance(value, UnknownPolynomial):
        if value.parts:
            raise InvalidInput(f"{name}: expected a known polynomial, got one with unknowns ({value!r:.80})")
        return value.known
    if isinstance(value, Polynomial):
        if not np.isfinite(value.values).all():
            raise InvalidInput(f"{name}: a coefficient is beyond the range of floats")
        return value
    if isinstance(value, Real | Fraction) and not isinstance(value, bool | np.bool_):
        return Polynomial.constant(value)  # type: ignore[arg-type]  # numbers.Real is no float
    raise InvalidInput(f"{name}: expected a polynomial or a number, got {shown(value)}")


def _entries(value: object) -> tuple[tuple[UnknownPolynomial, ...], ...]:
    """Return a polynomial or a matrix as rows of polynomials."""
    if isinstance(value, UnknownPolynomial | Polynomial | Real):
        return ((lifted(value, "polynomial"),),)
    rows = [items(row, "polynomial", "a matrix of polynomials") for row in _listed(value)]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise InvalidInput(f"polynomial: expected a square matrix, got rows of lengths {[len(row) for row in rows]}")
    found = tuple(
        tuple(lifted(each, f"polynomial[{i}][{j}]") for j, each in enumerate(row)) for i, row in enumerate(rows)
    )
    for i, row in enumerate(found):
        for j in range(i):
            rest = row[j] - found[j][i]
            if rest.known or rest.parts:
                raise InvalidInput(f"polynomial: the matrix is not symmetric at [{i}][{j}] and [{j}][{i}]")
    return found


def _refuse_foreign(
    entries: tuple[tuple[UnknownPolynomial, ...], ...], g: tuple[Polynomial, ...], h: tuple[Polynomial, ...]
) -> None:
    """Refuse a set that is described in variables which are not tied to those of the polynomial."""
    own = {name for row in entries for each in row for p in (each.known, *each.parts.values()) for name in _used(p)}
    reached, used = set(own), [_used(p) for p in (*g, *h)]
    for _ in used:
        reached |= set().union(*(names for names in used if names & reached))
    foreign = sorted(set().union(*used) - reached)
    if foreign:
        raise InvalidInput(
            f"on, equalities: the set is described in {foreign}, with no tie to the variables {sorted(own)} of the "
            f"polynomial: leave them out"
        )


def _used(polynomial: Polynomial) -> set[str]:
    return {name for name, use in zip(polynomial.variables, polynomial.support.occurs, strict=True) if use}


def _listed(value: object) -> list[Any]:
    if isinstance(value, np.ndarray) and value.ndim != 2:
        raise InvalidInput(f"polynomial: expected a square matrix, got an array of shape {value.shape}")
    return items(value, "polynomial", "a polynomial or a matrix of polynomials")


def _factors(g: tuple[Polynomial, ...], degree: int) -> Iterable[tuple[int, ...]]:
    """Return the sets of inequalities whose product has at most this degree, small ones first."""
    found: list[tuple[int, ...]] = [(j,) for j in range(len(g))]
    layer = found
    for _ in range(_FACTORS - 1):
        layer = [
            (*chosen, j)
            for chosen in layer
            for j in range(chosen[-1] + 1, len(g))
            if sum(g[i].degree for i in chosen) + g[j].degree <= degree
        ]
        found = found + layer
    return found
